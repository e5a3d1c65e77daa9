import { requireLength } from './checks.js';
import type { Tag } from '../../models/tag-scheme.js';
import { averageScores, labelScores, type AveragedScores, type LabelScores, type Outcome } from './precision-recall.js';

/** A stretch and its type; units are what both sides count in: words, tokens or code points. */
export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly label: string;
}

/**
 * Entities of a row of tags: neighbours of one type are one entity unless a tag begins a new one or ended the last. A tag
 * that breaks its scheme, such as an `I-X` after `O`, begins an entity: seqeval's default mode, and that of `tokenSpans`.
 */
export function tagSpans(tags: readonly Tag[]): Span[] {
  const spans: { start: number; end: number; label: string }[] = [];
  tags.forEach(({ type, begins }, at) => {
    if (type === undefined) return;
    const before = tags[at - 1];
    const last = spans.at(-1);
    if (last && before?.type === type && !begins && !before.ends) last.end = at + 1;
    else spans.push({ start: at, end: at + 1, label: type });
  });
  return spans;
}

export interface EntityScores extends AveragedScores {
  readonly perLabel: Readonly<Record<string, LabelScores>>;
}

/**
 * Precision, recall and F1 over whole entities: one is right only when start, end and label all are. Micro counts all
 * types together, the usual figure; macro and weighted go over types.
 *
 * Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task", §4. Meant as seqeval's default mode
 * reads BIO tags.
 *
 * @param truth      entities of each row
 * @param predicted  the same rows
 */
export function entityScores(
  truth: readonly (readonly Span[])[],
  predicted: readonly (readonly Span[])[],
): EntityScores {
  const outcomes = entityOutcomes(truth, predicted);
  const types = [...outcomes.keys()].sort();
  return {
    ...averageScores([...outcomes.values()]),
    perLabel: Object.fromEntries(types.map((type) => [type, labelScores(outcomes.get(type)!)])),
  };
}

/** Entities found, made up and missed, by type. A row's equal spans count once. */
export function entityOutcomes(
  truth: readonly (readonly Span[])[],
  predicted: readonly (readonly Span[])[],
): Map<string, Outcome> {
  requireLength('entityScores: predicted', predicted.length, truth.length);
  const outcomes = new Map<string, { -readonly [key in keyof Outcome]: number }>();
  const count = (label: string, key: keyof Outcome): void => {
    const outcome = outcomes.get(label) ?? { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
    outcome[key]++;
    outcomes.set(label, outcome);
  };
  truth.forEach((spans, row) => {
    const wanted = keyed(spans);
    const found = keyed(predicted[row]!);
    for (const [key, { label }] of wanted) count(label, found.has(key) ? 'truePositives' : 'falseNegatives');
    for (const [key, { label }] of found) if (!wanted.has(key)) count(label, 'falsePositives');
  });
  return outcomes;
}

function keyed(spans: readonly Span[]): Map<string, Span> {
  return new Map(spans.map((span) => [`${span.start} ${span.end} ${span.label}`, span]));
}
