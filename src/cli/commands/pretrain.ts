import { ValidationError } from '../../common/errors.js';
import { pretrain } from '../../training/pretrain/pretrain.js';
import type { PretrainEvent } from '../../training/pretrain/pretrain-options.js';
import { PRETRAIN_CONFIGS } from '../../training/pretrain/sizes.js';
import { optionText, requireOption, type Command, type OptionValues } from '../command.js';

/** Steps between two lines of progress. */
const LINE_EVERY = 20;

export const pretrainCommand: Command = {
  name: 'pretrain',
  usage: '--corpus DIR --out DIR [--config tiny] [--tokens N] [--threads N] [--seed N]',
  summary: 'train a base model from nothing on the .txt files of a directory; goes on where it was stopped',
  options: {
    corpus: { type: 'string' },
    out: { type: 'string' },
    config: { type: 'string', default: 'tiny' },
    tokens: { type: 'string' },
    threads: { type: 'string', default: '2' },
    seed: { type: 'string', default: '0' },
  },
  positionals: [0, 0],
  async run({ options }, { out }) {
    const name = requireOption(options, 'config');
    const config = PRETRAIN_CONFIGS[name];
    if (!config) {
      const known = Object.keys(PRETRAIN_CONFIGS).join(', ');
      throw new ValidationError(`--config: expected one of ${known}, got ${name}`);
    }
    const directory = requireOption(options, 'out');
    const stop = new AbortController();
    const onInterrupt = () => stop.abort();
    process.once('SIGINT', onInterrupt);
    try {
      const result = await pretrain({
        corpus: requireOption(options, 'corpus'),
        out: directory,
        config,
        tokens: wholeNumber(options, 'tokens', config.tokens, 1),
        threads: wholeNumber(options, 'threads', 2, 1),
        seed: wholeNumber(options, 'seed', 0, 0),
        checkpointEvery: 200,
        onEvent: (event) => out(lineOf(event)),
        signal: stop.signal,
      });
      const state = result.finished ? 'finished' : 'stopped; the same command goes on';
      out(`${directory}: ${state} after ${result.steps} steps, loss ${result.averageLoss.toFixed(3)}\n`);
      return 0;
    } finally {
      process.off('SIGINT', onInterrupt);
    }
  },
};

/** A line of progress; nothing for the steps between. */
function lineOf(event: PretrainEvent): string {
  if (event.type === 'prepared') {
    const resumed = event.resumedFrom === 0 ? '' : `, going on after step ${event.resumedFrom}`;
    return `${event.vocab} token types, ${event.corpusTokens} tokens of text${resumed}\n`;
  }
  const { step, totalSteps } = event;
  if (step % LINE_EVERY !== 0 && step !== totalSteps) return '';
  const done = Math.floor((20 * step) / totalSteps);
  const bar = '█'.repeat(done) + '░'.repeat(20 - done);
  const speed = `${Math.round(event.tokensPerSecond)} tokens/s, ${Math.ceil(event.secondsLeft / 60)} min left`;
  const tokens = `${(event.tokens / 1e6).toFixed(2)} M tokens`;
  return `${bar} ${step}/${totalSteps}  ${tokens}  loss ${event.averageLoss.toFixed(3)}  ${speed}\n`;
}

function wholeNumber(options: OptionValues, name: string, otherwise: number, least: number): number {
  const text = optionText(options, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ValidationError(`--${name}: expected a whole number from ${least}, got ${text}`);
}
