import { describe, expect, it } from 'vitest';
import { ApiClient } from './api-client.js';
import { followJob } from './follow-job.js';

const event = (number: number, message: string, data: object | null = null) => ({
  ...{ id: `ftevent-1-${number}`, message, type: data && 'step' in data ? 'metrics' : 'message', data },
});
const step = (at: number) =>
  event(10 + at, `Step ${at}`, {
    ...{
      step: at,
      total_steps: 20,
      train_loss: 1 / at,
      learning_rate: 1e-3,
      tokens_per_second: 100,
      seconds_left: 20 - at,
    },
  });
const sse = (events: readonly object[], isEnd: boolean): string =>
  `${events.map((one) => `event: message\ndata: ${JSON.stringify(one)}\n\n`).join(': still here\n\n')}${isEnd ? 'data: [DONE]\n\n' : ''}`;

/** A service that answers event streams in turn, cut into small pieces; `null` breaks the connection. */
async function follow(streams: readonly (string | null)[], columns?: number) {
  const rest = [...streams];
  const asked: string[] = [];
  const fetcher: typeof fetch = (url) => {
    const address = url as string;
    asked.push(address);
    if (!address.includes('/events')) return Promise.resolve(Response.json({ id: 'j', status: 'succeeded' }));
    const text = rest.shift();
    if (text == null) return Promise.reject(new TypeError('fetch failed'));
    const bytes = Buffer.from(text);
    return Promise.resolve(
      new Response(
        new ReadableStream({
          start(controller) {
            for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.subarray(at, at + 7));
            controller.close();
          },
        }),
      ),
    );
  };
  let shown = '';
  const surroundings = { out: () => undefined, error: (text: string) => void (shown += text), env: {}, fetch: fetcher };
  const client = await ApiClient.open({ key: 'k', url: 'http://service' }, surroundings, 'default.key');
  const job = await followJob(client, 'j', { ...surroundings, columns }, 5_000);
  return { job, asked, shown };
}

describe('followJob', () => {
  it('prints events, steps at each tenth where there is no terminal, and gives the job at its end', async () => {
    const steps = Array.from({ length: 20 }, (_, at) => step(at + 1));
    const { job, shown } = await follow([sse([event(1, 'Created — größer'), ...steps, event(40, 'Done')], true)]);
    expect(job.status).toBe('succeeded');
    const lines = shown.trim().split('\n');
    expect([lines[0], lines.at(-1), lines.length]).toEqual(['Created — größer', 'Done', 12]);
    expect(lines[1]).toContain(' 10 %  step  2/20');
  });

  it('writes one line in place on a terminal, and clears it for what stays', async () => {
    const { shown } = await follow([sse([step(1), step(2), event(40, 'Done')], true)], 100);
    expect(
      shown
        .split('\r\u001b[2K')
        .filter(Boolean)
        .map((part) => part.trimEnd()),
    ).toEqual([expect.stringContaining('step  1/20'), expect.stringContaining('step  2/20'), 'Done']);
  });

  it('goes on after the last event when the stream breaks or the service is away', async () => {
    const { shown, asked } = await follow([sse([event(1, 'one')], false), null, sse([event(2, 'two')], true)]);
    expect(shown).toBe('one\ntwo\n');
    expect(asked.slice(1, 3).every((url) => url.endsWith('stream=true&after=ftevent-1-1'))).toBe(true);
  });

  it('lists the faults of the data', async () => {
    const first = Array.from({ length: 12 }, (_, at) => ({
      source: 'data',
      line: at + 1,
      column: 3,
      message: 'no label',
    }));
    const { shown } = await follow([sse([event(1, 'The job failed', { faults: { first } })], true)]);
    expect(shown).toContain('  data, line 10, column 3: no label\n  and 2 more\n');
  });
});
