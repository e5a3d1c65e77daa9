import type { AliasHistory } from './alias-history.js';
import type { AnswerOracle, Question } from './answer-oracle.js';
import { bodyOf, difference, readingsOf } from './readings.js';
import type { Answer, RunningService } from './running-service.js';
import type { SeededRandom } from './seeded-random.js';

/** A name that requests use, what it may be asked, and which versions may answer. */
export interface Target {
  readonly model: string;
  readonly questions: readonly Question[];
  /** One version, or an alias that is moved meanwhile. */
  readonly version: string | AliasHistory;
  /** The version is imported and deleted meanwhile, so that it may be gone. */
  readonly comesAndGoes?: boolean;
}

/** Counts over all traffic of a run. */
export class Tally {
  answers = 0;
  requests = 0;
  /** Requests that found a version deleted. */
  gone = 0;
  /** Requests refused with 503 and asked again. */
  overloaded = 0;
  largest = 0;
  readonly faults: string[] = [];

  fault(text: string): void {
    if (this.faults.length < 50) this.faults.push(text);
  }
}

export interface TrafficOptions {
  readonly service: RunningService;
  readonly oracle: AnswerOracle;
  readonly tally: Tally;
  readonly tolerance: number;
  readonly maxInputs: number;
}

/** One client of one tenant: asks its models at random until it is told to stop, and compares every answer. */
export async function runClient(
  options: TrafficOptions,
  { key, targets, random }: { key: string; targets: readonly Target[]; random: SeededRandom },
  isDone: () => boolean,
): Promise<void> {
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length)]!;
  while (!isDone()) {
    const target = pick(targets);
    const { operation, texts } = pick(target.questions);
    const inputs = Array.from({ length: random.integer(1, options.maxInputs + 1) }, () => pick(texts));
    const startMs = performance.now();
    const body = bodyOf(operation, target.model, inputs);
    const answer = await options.service.call(key, 'POST', `/v1/${operation}`, body);
    check(options, { target, operation, inputs, startMs }, answer);
  }
}

interface Asked {
  readonly target: Target;
  readonly operation: Question['operation'];
  readonly inputs: readonly string[];
  readonly startMs: number;
}

function check({ oracle, tally, tolerance }: TrafficOptions, asked: Asked, answer: Answer): void {
  const { target, operation, inputs, startMs } = asked;
  tally.requests++;
  if (answer.status === 503 && answer.headers.has('retry-after')) {
    tally.overloaded++;
    return;
  }
  if (answer.status === 404 && target.comesAndGoes) {
    tally.gone++;
    return;
  }
  if (answer.status !== 200) {
    tally.fault(`${target.model} ${operation}: status ${answer.status} ${JSON.stringify(answer.body)}`);
    return;
  }
  const version = answer.headers.get('x-tessera-version') ?? 'none';
  const allowed =
    typeof target.version === 'string' ? new Set([target.version]) : target.version.during(startMs, performance.now());
  if (!allowed.has(version)) {
    tally.fault(`${target.model}: answered by ${version}, expected ${[...allowed].join(' or ')}`);
    return;
  }
  const readings = readingsOf(operation, answer);
  if (readings.length !== inputs.length) tally.fault(`${target.model}: ${readings.length} answers to ${inputs.length}`);
  for (const [at, reading] of readings.entries()) {
    const text = inputs[at] ?? '';
    const found = difference(reading, oracle.require(version, operation, text));
    tally.answers++;
    if (found <= tolerance) tally.largest = Math.max(tally.largest, found);
    else tally.fault(`${target.model} (${version.slice(0, 15)}) ${operation} of "${text}": differs by ${found}`);
  }
}
