import type { Brick } from '../adapters/brick.js';
import { isScaling } from '../adapters/rows/placement.js';
import { SITE_ROLES } from '../models/sites.js';

/** What a brick may hold, as far as the rules of composing tell it apart; `brick-rules.ts` has those. */
export const BRICK_PARTS = [
  'low_rank',
  'scaled_low_rank',
  'scale',
  'bias',
  'norm',
  'embedding',
  'bottleneck',
  'prefix',
  'prompt',
  'whole_model',
] as const;
export type BrickPart = (typeof BRICK_PARTS)[number];

/**
 * The parts of a brick, read from what is in it, not from its method's name. A scale of outputs that stands with pages
 * belongs to them (DoRA: `scaled_low_rank`); one that stands alone is a method's own ((IA)³: `scale`).
 */
export function partsOf(brick: Brick): BrickPart[] {
  const parts = new Set<BrickPart>();
  for (const role of SITE_ROLES) {
    const vectors = brick.vectors[role];
    const pages = brick.lowRank[role];
    if (pages) parts.add(vectors?.outputScale ? 'scaled_low_rank' : 'low_rank');
    if (vectors?.bias) parts.add('bias');
  }
  if (isScaling(brick)) parts.add('scale');
  if (brick.blockNorms || brick.embeddingNorm) parts.add('norm');
  if (brick.embeddings.length > 0) parts.add('embedding');
  if (brick.bottlenecks.length > 0) parts.add('bottleneck');
  if (brick.prefix) parts.add('prefix');
  if (brick.prompt) parts.add('prompt');
  if (brick.model) parts.add('whole_model');
  return BRICK_PARTS.filter((part) => parts.has(part));
}
