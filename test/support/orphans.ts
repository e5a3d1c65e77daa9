import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** Rows that nothing belongs to any longer, or that say what is not so. Each statement gives a text for each. */
const ROWS = [
  "select 'announced objects ' || coalesce(prefix, digest) from object_cleanups",
  "select 'a claim on job ' || id from fine_tuning_jobs where claim_id is not null",
  "select 'job ' || id || ' that is ' || status from fine_tuning_jobs where finished_at is null",
  `select 'stored checkpoint of ended job ' || job.id from fine_tuning_checkpoints checkpoint
   join fine_tuning_jobs job on job.id = checkpoint.job_id where checkpoint.files is not null`,
  `select 'events of job ' || id || ' that do not count to ' || event_count from fine_tuning_jobs job where event_count <>
   (select case when count(*) = coalesce(max(number), 0) then count(*) else -1 end from fine_tuning_events where job_id = job.id)`,
  "select 'adapter without a version: ' || name from adapters where not exists (select from adapter_versions where adapter_id = adapters.id)",
  `select 'version of job ' || id || ' that is ' || status from fine_tuning_jobs job
   where (status = 'succeeded') <> (fine_tuned_model is not null)`,
  `select 'lineage of job ' || job.id || ' that is ' || job.status from version_lineage lineage
   join fine_tuning_jobs job on job.id = lineage.job_id where job.status <> 'succeeded'`,
  `select 'model without a version: ' || fine_tuned_model from fine_tuning_jobs where fine_tuned_model is not null and not exists
   (select from adapter_versions version join adapters on adapters.id = version.adapter_id
    where adapters.name || '@' || version.digest = fine_tuned_model)`,
];

/** Prefixes below which objects may lie. */
const PLACES = `
  select 'tenants/' || tenant_id || '/files/' || id || '/' as prefix from files
  union all select 'tenants/' || tenant_id || '/datasets/' || id || '/' from datasets
  union all select 'tenants/' || tenant_id || '/checkpoints/' || id || '/' from fine_tuning_checkpoints where files is not null
  union all select 'tenants/' || tenant_id || '/adapters/' || substr(digest, 8) || '/' || import_id || '/' from adapter_versions`;

/**
 * What a service with an embedded database still has of work that has ended: rows, objects, files and processes, one line
 * for each. Nothing when all is well and no job is under way.
 */
export async function findOrphans(dataDir: string, servicePid: number | undefined): Promise<string[]> {
  const client = new Client({ host: join(dataDir, 'postgres'), user: 'postgres', database: 'tessera' });
  await client.connect();
  try {
    const { rows } = await client.query<{ what: string }>(
      `select what from (${ROWS.join(' union all ')}) as found (what)`,
    );
    const { rows: places } = await client.query<{ prefix: string }>(PLACES);
    const objects = (await filesBelow(join(dataDir, 'objects'))).filter(
      (key) => !places.some(({ prefix }) => key.startsWith(prefix)),
    );
    const files = await Promise.all(
      ['runs', 'uploads'].map(async (name) => (await readdir(join(dataDir, name))).map((file) => `${name}/${file}`)),
    );
    return [
      ...rows.map(({ what }) => what),
      ...objects.map((key) => `object ${key}`),
      ...files.flat().map((file) => `file ${file}`),
      ...(await trainingChildren(servicePid)).map((pid) => `process ${pid}`),
    ];
  } finally {
    await client.end();
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

/** Ids of the processes that train or prepare data for a service. */
export async function trainingChildren(parent: number | undefined): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
      const isOurs = (await read('cmdline')).includes('training-child.js');
      return isOurs && (await read('stat')).split(') ')[1]?.split(' ')[1] === String(parent) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z ');
  return !stat.includes(') Z ');
}
