import { API_OPTIONS, ApiClient, TENANT_KEY_FILE } from '../api-client.js';
import { oneOf, optionText, positiveNumber, requireOption, wholeNumber, type Command } from '../command.js';
import { textTable } from '../text-table.js';

interface Counts {
  readonly before: number;
  readonly after: number;
}

/** What the service answers, as far as it is shown. */
interface ExtractionView {
  /** Absent in a dry run. */
  readonly model?: string;
  readonly extracted: {
    readonly experts: Counts;
    readonly bytes: Counts;
    readonly places: readonly {
      readonly place: string | null;
      readonly usage: readonly number[];
      readonly kept: readonly number[];
    }[];
  };
}

export const extractCommand: Command = {
  name: 'squad extract',
  usage:
    'COMPOSITION --name NAME [--by layers|experts] [--threshold X | --keep N] [--alias ALIAS] [--dry-run] [--url URL] [--key KEY]',
  summary:
    "cut one task's part out of a squad, a composition that a mod_squad job made: prints the model of fewer experts, and beside " +
    'it what each place used of them',
  options: {
    ...API_OPTIONS,
    name: { type: 'string' },
    by: { type: 'string' },
    threshold: { type: 'string' },
    keep: { type: 'string' },
    alias: { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  positionals: [1, 1],
  async run({ positionals: [squad = ''], options }, surroundings) {
    const number = (name: string, read: typeof wholeNumber): number | undefined => {
      const text = optionText(options, name);
      return text === undefined ? undefined : read(name, text);
    };
    const request = {
      name: requireOption(options, 'name'),
      by: oneOf('by', ['layers', 'experts'], options),
      threshold: number('threshold', positiveNumber),
      keep: number('keep', wholeNumber),
      alias: optionText(options, 'alias'),
      dry_run: options['dry-run'] === true,
    };
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    const path = `/v1/compositions/${encodeURIComponent(squad)}/extract`;
    const { model, extracted } = (await client.call('POST', path, request)) as ExtractionView;
    surroundings.error(`${textTable(extracted.places.map(rowOf)).join('\n')}\n${summaryOf(extracted)}\n`);
    if (model !== undefined) surroundings.out(`${model}\n`);
    return 0;
  },
};

/** A place, the experts that stay, and their part of its choices. */
function rowOf({ place, usage, kept }: ExtractionView['extracted']['places'][number]): string[] {
  const share = kept.reduce((sum, expert) => sum + (usage[expert] ?? 0), 0);
  return [place ?? 'all', kept.join(' '), `${share.toFixed(1)} %`];
}

function summaryOf({ experts, bytes }: ExtractionView['extracted']): string {
  const share = ((100 * bytes.after) / bytes.before).toFixed(1);
  return `${experts.after} of ${experts.before} experts, ${bytes.after} of ${bytes.before} bytes (${share} %)`;
}
