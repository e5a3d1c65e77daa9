import { describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick, type BrickKind } from '../../test/support/random-brick.js';
import { partsOf } from './brick-parts.js';
import { BRICK_RULES, checkBricks, type BrickUse } from './brick-rules.js';
import { reduceComposition } from './terms.js';
import { parseText } from './text.js';

const { sites } = randomBase();
const partsOfKind = (kind: BrickKind) => partsOf(randomBrick(kind, sites, { seed: 1 }));
const EXAMPLES: Readonly<Record<BrickUse, string>> = {
  weight: '0.5*a',
  negate: '-1*a',
  sum: 'a + b',
  split: 'split(a[0:4])',
  route: 'arrow(a, b)',
  fuse: 'adapter_fusion(a; router=r)',
  stack: 'stack(a, b)',
};

function check(text: string, kind: BrickKind): void {
  const [answer] = reduceComposition(parseText(text)).answers;
  checkBricks(answer!, (member) => partsOfKind(member === 'a' ? kind : 'lora'));
}

describe('the parts of a brick', () => {
  it.each<[BrickKind, string[]]>([
    ['lora', ['low_rank']],
    ['all_linear', ['low_rank']],
    ['dora', ['scaled_low_rank']],
    ['ia3', ['scale', 'bias']],
    ['biases', ['bias']],
    ['norms', ['norm']],
    ['embedding', ['embedding']],
    ['bottleneck_normed', ['bottleneck']],
    ['prefix', ['prefix']],
    ['prompt', ['prompt']],
  ])('%s holds %j', (kind, parts) => expect(partsOfKind(kind)).toEqual(parts));
});

describe('what a brick refuses', () => {
  const table = BRICK_KINDS.flatMap((kind) => (Object.keys(EXAMPLES) as BrickUse[]).map((use) => [kind, use] as const));

  it.each(table)('%s: %s is allowed, or refused with the reason of the table', (kind, use) => {
    const reason = partsOfKind(kind)
      .map((part) => BRICK_RULES[part][use])
      .find((found) => found !== undefined);
    if (reason === undefined) expect(() => check(EXAMPLES[use], kind)).not.toThrow();
    else expect(() => check(EXAMPLES[use], kind)).toThrow(reason);
  });

  it('low-rank updates and bottlenecks compose in every way', () => {
    for (const text of Object.values({ ...EXAMPLES, fuse: 'a' }))
      for (const kind of ['lora', 'all_linear', 'bottleneck_output'] as const) check(text, kind);
  });

  it('attention mixes bottlenecks and nothing else', () => {
    check(EXAMPLES.fuse, 'bottleneck_normed');
    for (const kind of BRICK_KINDS.filter((one) => !one.startsWith('bottleneck')))
      expect(() => check(EXAMPLES.fuse, kind)).toThrow('cannot be mixed by attention: adapter_fusion mixes what');
  });

  it('a whole model is merged, never composed', () => {
    const [answer] = reduceComposition(parseText('a + b')).answers;
    expect(() => checkBricks(answer!, () => ['whole_model'], 'model')).toThrow(
      expect.objectContaining({ code: 'invalid_composition', param: 'model' }),
    );
  });

  it('alone with weight 1 everything is itself', () => {
    for (const kind of BRICK_KINDS) expect(() => check('a', kind)).not.toThrow();
  });
});
