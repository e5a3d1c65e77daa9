import type { Answer } from './running-service.js';

/** What one input was answered: everything that is not a number as text, and the numbers. */
export interface Reading {
  readonly text: string;
  readonly scores: readonly number[];
}

export type Operation = 'classify' | 'token_classify' | 'fill_mask' | 'embeddings';

interface Item {
  readonly scores?: readonly { label: string; score: number }[];
  readonly entities?: readonly { start: number; end: number; label: string; score: number }[];
  readonly masks?: readonly { start: number; end: number; candidates: readonly { score: number }[] }[];
  readonly embedding?: readonly number[];
}

/** The body of a request that asks for every score. */
export function bodyOf(operation: Operation, model: string, input: readonly string[]): Record<string, unknown> {
  const topK = { classify: { top_k: 1000 }, fill_mask: { top_k: 20 } } as Readonly<Record<string, object>>;
  return { model, input, ...topK[operation] };
}

/** One reading for each input, in order. */
export function readingsOf(operation: Operation, { body }: Answer): Reading[] {
  const data = body.data as readonly Item[];
  return data.map((item) => {
    if (operation === 'embeddings') return { text: '', scores: item.embedding ?? [] };
    if (operation === 'classify') {
      const scores = [...(item.scores ?? [])].sort((a, b) => (a.label < b.label ? -1 : 1));
      return { text: scores.map(({ label }) => label).join(), scores: scores.map(({ score }) => score) };
    }
    const spans = operation === 'fill_mask' ? (item.masks ?? []) : (item.entities ?? []);
    const places = spans.map((span) => `${span.start}-${span.end}${'label' in span ? ` ${span.label}` : ''}`);
    const scores = spans.flatMap((span) =>
      'candidates' in span ? span.candidates.map(({ score }) => score) : [span.score],
    );
    return { text: places.join(), scores };
  });
}

/** Largest difference of a score; infinite where anything else differs. */
export function difference(a: Reading, b: Reading): number {
  if (a.text !== b.text || a.scores.length !== b.scores.length) return Infinity;
  return a.scores.reduce((largest, score, at) => Math.max(largest, Math.abs(score - (b.scores[at] ?? NaN))), 0);
}
