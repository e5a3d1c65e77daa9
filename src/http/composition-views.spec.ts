import { expect, it } from 'vitest';
import { bricksView, itemView } from './composition-views.js';

const brick = (name: string, rest: object = {}) => ({ name, version: `sha256:${name}`, weight: 1, ...rest });
const answered = { model: 'm', versions: [], data: [], usage: { prompt_tokens: 1, total_tokens: 1 } };

it('numbers the bricks of several answers, and leaves those of one as they are', () => {
  expect(bricksView([[brick('a')]])).toEqual([brick('a')]);
  expect(bricksView([[brick('a')], [brick('b')]])).toEqual([brick('a', { answer: 0 }), brick('b', { answer: 1 })]);
});

it('gives each item the shares of its routes by name, the base’s last', () => {
  const bricks = [[brick('a', { route: 0 }), brick('c'), brick('b', { route: 0 })]];
  const shares = [undefined, [Float32Array.of(0.75, 0.25, 0)]];
  const item = { ...answered, answersPerInput: 1, bricks, shares };
  expect(itemView(item, 0)).toEqual({});
  expect(itemView(item, 1)).toEqual({
    shares: [
      { route: 0, name: 'a', version: 'sha256:a', share: 0.75 },
      { route: 0, name: 'b', version: 'sha256:b', share: 0.25 },
      { route: 0, name: 'base', version: null, share: 0 },
    ],
  });
  expect(itemView({ ...answered, answersPerInput: 2, shares: [undefined] }, 3)).toEqual({ answer: 1 });
});
