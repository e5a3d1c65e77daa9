import { API_OPTIONS, ApiClient, TENANT_KEY_FILE } from '../api-client.js';
import type { Command, Surroundings } from '../command.js';
import { followJob, jobPath, type JobView } from '../follow-job.js';
import { textTable } from '../text-table.js';

const PAGE = 100;

/** Prints the model that a job made, its metrics beside it, or why there is none. @returns the exit code */
export function endOfJob(job: JobView, { out, error }: Pick<Surroundings, 'out' | 'error'>): number {
  if (job.status !== 'succeeded') {
    error(`${job.id} ${job.status}\n`); // its events have said why
    return 1;
  }
  const figures = Object.entries(job.metrics ?? {}).filter((entry): entry is [string, number] => {
    return typeof entry[1] === 'number';
  });
  figures.sort(([a], [b]) => (a < b ? -1 : 1));
  error(`${textTable(figures.map(([name, value]) => [name, figure(value)])).join('\n')}\n`);
  out(`${job.fine_tuned_model ?? ''}\n`);
  return 0;
}

const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(4));

/** A command about one job, named by its id. */
function jobCommand(
  action: string,
  summary: string,
  run: (client: ApiClient, id: string, surroundings: Surroundings) => Promise<number>,
): Command {
  return {
    name: `jobs ${action}`,
    usage: 'JOB [--url URL] [--key KEY]',
    summary,
    options: API_OPTIONS,
    positionals: [1, 1],
    async run({ positionals: [id = ''], options }, surroundings) {
      return run(await ApiClient.open(options, surroundings, TENANT_KEY_FILE), id, surroundings);
    },
  };
}

const watchCommand = jobCommand(
  'watch',
  'show what happens to a job until it has ended',
  async (client, id, surroundings) => endOfJob(await followJob(client, id, surroundings), surroundings),
);

const showCommand = jobCommand('show', 'print a job as JSON', async (client, id, { out }) => {
  out(`${JSON.stringify(await client.call('GET', jobPath(id)), null, 2)}\n`);
  return 0;
});

const intervention = (action: string, summary: string): Command =>
  jobCommand(action, summary, async (client, id, { out }) => {
    const job = (await client.call('POST', `${jobPath(id)}/${action}`)) as JobView;
    out(`${job.id} ${job.status}\n`);
    return 0;
  });

const listCommand: Command = {
  name: 'jobs',
  usage: '[--url URL] [--key KEY]',
  summary: 'list the fine-tuning jobs of the tenant whose key it is, newest first',
  options: API_OPTIONS,
  positionals: [0, 0],
  async run({ options }, surroundings) {
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: unknown = await client.call('GET', `/v1/fine_tuning/jobs?limit=${PAGE}${after && `&after=${after}`}`);
      const { data, has_more } = page as { data: JobView[]; has_more: boolean };
      if (data.length === 0 && after === '') surroundings.error('no jobs yet; tessera train FILE makes one\n');
      if (data.length > 0) surroundings.out(`${textTable(data.map(rowOf), ROW_COLUMNS).join('\n')}\n`);
      after = has_more ? data.at(-1)?.id : undefined;
    }
    return 0;
  },
};

const ROW_COLUMNS = 5;

function rowOf({ id, status, created_at, model, fine_tuned_model, progress }: JobView): string[] {
  const goesOn = status === 'running' || status === 'paused';
  const share = goesOn && progress ? `${Math.floor((100 * progress.step) / progress.total_steps)} %` : '';
  const created = new Date(created_at * 1000).toISOString().replace('T', ' ').slice(0, 16);
  return [id, created, status, share, fine_tuned_model ?? `(${model})`];
}

/** The list is last: its name begins all of them. */
export const JOB_COMMANDS: readonly Command[] = [
  watchCommand,
  showCommand,
  intervention('cancel', 'end a job without a result'),
  intervention('pause', 'stop a job at a checkpoint'),
  intervention('resume', 'let it go on'),
  listCommand,
];
