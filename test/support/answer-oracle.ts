import { bodyOf, readingsOf, type Operation, type Reading } from './readings.js';
import type { RunningService } from './running-service.js';

/** One thing a model can be asked, and the inputs it is asked with. */
export interface Question {
  readonly operation: Operation;
  readonly texts: readonly string[];
}

/** What each version answers to each input alone: asked one input at a time, while nothing else runs. */
export class AnswerOracle {
  private readonly readings = new Map<string, Reading>();

  constructor(private readonly service: RunningService) {}

  get size(): number {
    return this.readings.size;
  }

  /** Asks a model every input of a question, each in a request of its own; what is known of its version is not asked again. */
  async learn(key: string, model: string, version: string, { operation, texts }: Question): Promise<void> {
    for (const text of texts.filter((known) => !this.readings.has(keyOf(version, operation, known)))) {
      const answer = await this.service.call(key, 'POST', `/v1/${operation}`, bodyOf(operation, model, [text]));
      if (answer.status !== 200) throw new Error(`${model}: expected 200, got ${JSON.stringify(answer.body)}`);
      const [reading] = readingsOf(operation, answer);
      if (reading === undefined || answer.headers.get('x-tessera-version') !== version) {
        throw new Error(
          `${model}: expected an answer of ${version}, got one of ${answer.headers.get('x-tessera-version')}`,
        );
      }
      this.readings.set(keyOf(version, operation, text), reading);
    }
  }

  require(version: string, operation: Operation, text: string): Reading {
    const reading = this.readings.get(keyOf(version, operation, text));
    if (reading === undefined) throw new Error(`${version}: expected a known answer to ${operation} of ${text}`);
    return reading;
  }
}

const keyOf = (version: string, operation: Operation, text: string): string => `${version}|${operation}|${text}`;
