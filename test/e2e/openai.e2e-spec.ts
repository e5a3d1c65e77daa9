import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningService } from '../support/running-service.js';

let service: RunningService;
let client: OpenAI;
beforeAll(async () => {
  service = await RunningService.start();
  client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: await service.defaultKey, maxRetries: 0 });
});
afterAll(() => service.remove());

describe('the official openai client', () => {
  it('lists and retrieves models', async () => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual(['base', 'clinc-banking', 'clinc-travel']);
    expect(await client.models.retrieve('clinc-banking')).toMatchObject({ id: 'clinc-banking', object: 'model' });
  });

  it('embeds a text, texts, token ids and lists of token ids, base64 and float alike', async () => {
    const embed = async (input: string | string[] | number[] | number[][], encoding_format?: 'float' | 'base64') => {
      const { data } = await client.embeddings.create({
        model: 'base',
        input,
        ...(encoding_format && { encoding_format }),
      });
      return data.map(({ embedding }) => embedding);
    };
    const [base64] = await embed('a text');
    const [float] = await embed('a text', 'float');
    expect(base64).toHaveLength(256);
    base64?.forEach((x, i) => expect(x).toBeCloseTo(float?.[i] ?? NaN, 6));
    expect(await embed(['a text', 'another'])).toHaveLength(2);
    expect(await embed([2, 5, 6, 3])).toHaveLength(1);
    expect(
      await embed([
        [2, 5, 3],
        [2, 6, 3],
      ]),
    ).toHaveLength(2);
  });

  it('throws its typed errors', async () => {
    const embed = (model: string, extra = {}, by = client) => by.embeddings.create({ model, input: 'a', ...extra });
    await expect(embed('nobody')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(embed('nobody')).rejects.toMatchObject({ code: 'model_not_found', param: 'model', status: 404 });
    await expect(embed('base', { dimensions: 3 })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(embed('base', { input: [] })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: 'tk_wrong', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    const admin = new OpenAI({ baseURL: client.baseURL, apiKey: await service.adminKey, maxRetries: 0 });
    await expect(admin.models.list()).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    await expect(embed('nobody')).rejects.toMatchObject({ requestID: expect.stringMatching(/^[\w-]{36}$/) });
  });

  it('deletes a model, and reads a rate limit with its headers', async () => {
    const { id, key } = await service.newTenant('limited');
    await service.call(await service.adminKey, 'PUT', `/admin/quotas/${id}`, { requests_per_second: 0.2 });
    const limited = new OpenAI({ baseURL: client.baseURL, apiKey: key, maxRetries: 0 });
    const embed = () => limited.embeddings.create({ model: 'base', input: 'a' });
    const { response } = await embed()
      .asResponse()
      .then((raw) => ({ response: raw }));
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    await embed();
    const refused = await embed().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OpenAI.RateLimitError);
    expect((refused as InstanceType<typeof OpenAI.RateLimitError>).headers.get('retry-after')).toBe('5');
    expect(await client.models.delete('clinc-travel')).toMatchObject({ id: 'clinc-travel', deleted: true });
    await expect(client.models.retrieve('clinc-travel')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});
