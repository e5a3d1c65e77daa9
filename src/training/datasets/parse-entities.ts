import { countCodePoints } from '../../common/code-points.js';
import { isPlainText } from '../../common/text.js';
import type { EntitySpan } from './example.js';
import { type FaultKind, shown } from './fault.js';

/** @returns the rule broken; undefined when none is */
export type SpanCheck = (text: string, span: EntitySpan) => string | undefined;

export type Refuse = (kind: FaultKind, message: string) => null;

export interface EntityRules {
  readonly labels?: ReadonlySet<string> | undefined;
  /** Whether a span begins and ends at borders of tokens; see `tokenBorderCheck`. */
  readonly offToken?: SpanCheck | undefined;
}

/**
 * Entities of one row in the order of the text.
 *
 * @param refuse  is told each fault
 * @returns null when there was a fault
 */
export function parseEntities(text: string, value: unknown, rules: EntityRules, refuse: Refuse): EntitySpan[] | null {
  if (!Array.isArray(value)) return refuse('wrong_type', `entities: expected a list, got ${shown(value)}`);
  const points = countCodePoints(text);
  let faulty = 0;
  const spans: EntitySpan[] = [];
  value.forEach((item: unknown, at) => {
    const span = parseSpan(item, `entities[${at}]`, refuse);
    const fault = span && faultOf(span, text, points, rules);
    if (fault) refuse(fault[0], `entities[${at}]: ${fault[1]}`);
    if (span && !fault) spans.push(span);
    else faulty++;
  });
  spans.sort((a, b) => a.start - b.start || a.end - b.end);
  const overlapping = spans.find((span, at) => at > 0 && span.start < spans[at - 1]!.end);
  if (overlapping) {
    return refuse(
      'span_overlap',
      `entities: expected spans that do not overlap, got ${shown(overlapping)} over another`,
    );
  }
  return faulty === 0 ? spans : null;
}

function parseSpan(item: unknown, name: string, refuse: Refuse): EntitySpan | null {
  const { start, end, label } = (item ?? {}) as Partial<Record<keyof EntitySpan, unknown>>;
  const isIndex = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x);
  if (isIndex(start) && isIndex(end) && typeof label === 'string') return { start, end, label: label.trim() };
  return refuse('wrong_type', `${name}: expected {start, end, label} with whole numbers, got ${shown(item)}`);
}

function faultOf(span: EntitySpan, text: string, points: number, rules: EntityRules): [FaultKind, string] | undefined {
  const { start, end, label } = span;
  if (label === '' || !isPlainText(label)) return ['invalid_label', `expected a printable label, got ${shown(label)}`];
  if (rules.labels && !rules.labels.has(label)) return ['unknown_label', `expected a known label, got ${shown(label)}`];
  if (start < 0 || end > points || start >= end) {
    return ['span_outside', `expected 0 ≤ start < end ≤ ${points} code points, got ${start}, ${end}`];
  }
  const rule = rules.offToken?.(text, span);
  return rule === undefined ? undefined : ['span_off_token', rule];
}
