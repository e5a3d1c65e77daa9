import { In, type EntityManager } from 'typeorm';
import type { RecipeTensor } from '../engine/io/tensor-recipe.js';
import type { ObjectStore } from '../storage/object-store.js';
import { tensorKey, type ImportPlace } from './object-layout.js';
import { TensorRefEntity } from './tensor-ref.entity.js';

type Holder = Pick<ImportPlace, 'tenantId' | 'importId'>;

/** Rows in one statement; each takes four of PostgreSQL's 65,535 parameters. */
const CHUNK = 1_000;

/**
 * An import holds its tensors from before it stores the first of them until its own objects are removed. Holding and
 * releasing of one tenant take turns, and objects are removed while none may hold: a tensor that is held stays.
 */
export async function holdTensors(
  manager: EntityManager,
  { tenantId, importId }: Holder,
  tensors: readonly RecipeTensor[],
): Promise<void> {
  await takeTurns(manager, tenantId);
  const rows = [
    ...new Map(tensors.map(({ sha256, bytes }) => [sha256, { tenantId, importId, sha256, bytes }])).values(),
  ];
  for (let at = 0; at < rows.length; at += CHUNK) await manager.insert(TensorRefEntity, rows.slice(at, at + CHUNK));
}

/** Lets go of what the import holds, and removes the objects of those tensors that no other import holds. */
export async function releaseTensors(
  manager: EntityManager,
  store: ObjectStore,
  { tenantId, importId }: Holder,
): Promise<void> {
  if (!(await manager.existsBy(TensorRefEntity, { importId }))) return;
  await takeTurns(manager, tenantId);
  const held = await manager.findBy(TensorRefEntity, { importId });
  await manager.delete(TensorRefEntity, { importId });
  const names = held.map(({ sha256 }) => sha256);
  const others = await manager.findBy(TensorRefEntity, { tenantId, sha256: In(names) });
  const kept = new Set(others.map(({ sha256 }) => sha256));
  for (const sha256 of names) if (!kept.has(sha256)) await store.delete(tensorKey(tenantId, sha256));
}

const STORED = `
  select (select coalesce(sum(bytes), 0) from adapter_versions) - (select coalesce(sum(bytes * (n - 1)), 0) from (
    select max(r.bytes) as bytes, count(*) as n
    from tensor_refs r join adapter_versions v on v.import_id = r.import_id group by r.sha256) shared) as bytes`;

/** Bytes that the versions of a tenant take, tensors of several counted once. */
export async function storedBytes(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<{ bytes: string }[]>(STORED);
  return Number(row?.bytes ?? 0);
}

async function takeTurns(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tensors ${tenantId}`]);
}
