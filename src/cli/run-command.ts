import { parseArgs } from 'node:util';
import { AppError, ValidationError } from '../common/errors.js';
import type { Arguments, Command, OptionValues, Surroundings } from './command.js';

/** Finds the command that the words name, runs it, and gives the exit code: 2 for a wrong call, 1 for a failure. */
export async function runCommand(
  words: readonly string[],
  commands: readonly Command[],
  surroundings: Surroundings,
): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, i) => words[i] === word));
  if (command === undefined) {
    const isAsked = words.length === 0 || words[0] === 'help' || words[0] === '--help';
    (isAsked ? surroundings.out : surroundings.error)(help(commands));
    return isAsked ? 0 : 2;
  }
  const own = words.slice(command.name.split(' ').length);
  if (own.includes('--help')) {
    surroundings.out(`usage: tessera ${command.name} ${command.usage}\n\n${command.summary}\n`);
    return 0;
  }
  try {
    return await command.run(parse(command, own), surroundings);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    surroundings.error(`tessera ${command.name}: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

class UsageError extends ValidationError {}

/** @throws UsageError  for unknown options and a wrong number of arguments */
function parse(command: Command, words: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: command.options, allowPositionals: true });
    const [min, max] = command.positionals;
    if (positionals.length < min || positionals.length > max) {
      const count = min === max ? `${min} argument${min === 1 ? '' : 's'}` : `${min} to ${max} arguments`;
      throw new Error(`expected ${count}, got ${positionals.length}`);
    }
    return { positionals, options: values as OptionValues };
  } catch (cause) {
    const { message } = cause as Error;
    throw new UsageError(`${message}\nusage: tessera ${command.name} ${command.usage}`, { cause });
  }
}

function help(commands: readonly Command[]): string {
  const lines = commands.map(({ name, usage, summary }) => `  tessera ${name} ${usage}\n      ${summary}`);
  return `usage: tessera COMMAND\n\n${lines.join('\n')}\n`;
}
