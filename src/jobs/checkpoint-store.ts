import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { IsNull, Not, type EntityManager } from 'typeorm';
import { StorageError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { checkpointPlace, type PrefixPlace } from '../registry/object-layout.js';
import { ObjectSweeper } from '../registry/object-sweeper.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { JobCheckpointEntity, type JobCheckpoint } from './job-checkpoint.entity.js';
import type { JobClaims } from './job-claims.js';
import type { Claim } from './row-claims.js';
import type { JobStatus } from './job-status.js';

export interface NewCheckpoint {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Local and whole, below the run's directory; stays the caller's. */
  readonly directory: string;
  readonly runDirectory: string;
  /** Statuses in which the job may get it. */
  readonly from: readonly JobStatus[];
}

/**
 * Checkpoints in the object store, so that a run can go on on another machine. Only the newest one's objects are kept:
 * the one before goes in the transaction that makes it known. When the job has ended none is left.
 */
@Injectable()
export class CheckpointStore {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly sweeper: ObjectSweeper,
  ) {}

  /** @throws CancelledError  when the claim was lost while the files were stored; then nothing of it stays */
  async save(claims: JobClaims, claim: Claim, checkpoint: NewCheckpoint): Promise<JobCheckpoint> {
    const { step, metrics } = checkpoint;
    const { tenantId, jobId } = claim;
    const id = randomUUID();
    const place = checkpointPlace(tenantId, id);
    await this.sweeper.announceImport(place);
    let removed: PrefixPlace[] = [];
    try {
      const { files, bytes } = await this.storeFiles(place, checkpoint);
      const row = { id, tenantId, jobId, step, metrics, bytes, files, createdAt: new Date() };
      removed = await this.db.run(tenantId, async (manager) => {
        const data = { checkpoint: id, step };
        const events = [{ message: `Checkpoint created at step ${step}`, data }];
        await claims.changeIn(manager, claim, checkpoint.from, { set: { failures: 0 }, events });
        const before = await this.forget(manager, tenantId, jobId);
        await manager.delete(JobCheckpointEntity, { jobId, step }); // a resumed run may pass a step again
        if (!(await this.sweeper.keep(manager, place))) {
          throw new StorageError(`checkpoint of job ${jobId}: expected its stored files, found them removed meanwhile`);
        }
        await manager.insert(JobCheckpointEntity, row); // TypeORM's partial of a json column is not its type
        return before;
      });
      return row;
    } finally {
      // Still announced: the older ones, and this one unless it was kept.
      for (const gone of [...removed, place]) await this.sweeper.removeSoon(gone);
    }
  }

  /** Puts the newest checkpoint where it was in its run's directory, an empty one; false when the job has none. */
  async restore(tenantId: string, jobId: string, directory: string): Promise<boolean> {
    const checkpoint = await this.latest(tenantId, jobId);
    if (!checkpoint?.files) return false;
    const { prefix } = checkpointPlace(tenantId, checkpoint.id);
    for (const file of checkpoint.files) {
      const path = join(directory, file);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(await this.store.get(`${prefix}${file}`), createWriteStream(path));
    }
    return true;
  }

  /** The newest whose objects are kept. */
  async latest(tenantId: string, jobId: string): Promise<JobCheckpoint | undefined> {
    const where = { jobId, files: Not(IsNull()) };
    const find = { where, order: { step: 'DESC' as const } };
    return (await this.db.run(tenantId, (manager) => manager.findOne(JobCheckpointEntity, find))) ?? undefined;
  }

  /** Removes the objects of every checkpoint of a job. */
  async removeAll(tenantId: string, jobId: string): Promise<void> {
    const places = await this.db.run(tenantId, (manager) => this.forget(manager, tenantId, jobId));
    for (const place of places) await this.sweeper.removeSoon(place);
  }

  /** Jobs that ended with nobody left to remove their checkpoints, such as one whose worker was killed. */
  orphaned(): Promise<{ tenant_id: string; job_id: string }[]> {
    return this.db.runAsAdmin((manager) =>
      manager.query(
        `select distinct checkpoint.tenant_id, checkpoint.job_id from fine_tuning_checkpoints checkpoint
         join fine_tuning_jobs job on job.id = checkpoint.job_id
         where checkpoint.files is not null and job.status in ('succeeded', 'failed', 'cancelled')
           and (job.lease_until is null or job.lease_until < now())`,
      ),
    );
  }

  private async forget(manager: EntityManager, tenantId: string, jobId: string): Promise<PrefixPlace[]> {
    const kept = await manager.findBy(JobCheckpointEntity, { jobId, files: Not(IsNull()) });
    const places = kept.map(({ id }) => checkpointPlace(tenantId, id));
    for (const place of places) await this.sweeper.announceRemoval(manager, place);
    if (kept.length > 0) await manager.update(JobCheckpointEntity, { jobId, files: Not(IsNull()) }, { files: null });
    return places;
  }

  private async storeFiles(
    place: PrefixPlace,
    { directory, runDirectory }: NewCheckpoint,
  ): Promise<{ files: string[]; bytes: number }> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(runDirectory, join(entry.parentPath, entry.name)))
      .sort();
    let total = 0;
    for (const file of files) {
      const { bytes } = await this.store.put(`${place.prefix}${file}`, createReadStream(join(runDirectory, file)));
      total += bytes;
    }
    return { files, bytes: total };
  }
}
