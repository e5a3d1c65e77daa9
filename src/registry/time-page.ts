import type { EntityManager, EntityTarget, SelectQueryBuilder } from 'typeorm';
import { wrongCursor, type Page } from '../common/page.js';
import { fromPublicId, toPublicId, type IdKind } from '../common/public-id.js';

/** A page as OpenAI's clients ask for it: `after` is the id of the last item of the page before. */
export interface TimePageRequest {
  readonly limit: number;
  readonly after?: string | undefined;
  /** Newest first unless `asc`. */
  readonly order?: 'asc' | 'desc' | undefined;
}

interface Timed {
  id: string;
  createdAt: Date;
}

/** Rows of one tenant's transaction in order of time, those of equal time in order of id. */
export async function timePage<E extends Timed>(
  manager: EntityManager,
  entity: EntityTarget<E>,
  { kind, limit, after, order = 'desc', narrow }: TimePageRequest & { kind: IdKind; narrow?: Narrow<E> },
): Promise<Page<E>> {
  const query = manager.createQueryBuilder(entity, 'row');
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  query.orderBy('row.createdAt', direction).addOrderBy('row.id', direction);
  if (after !== undefined) {
    const id = fromPublicId(kind, after);
    const last = id === undefined ? null : await manager.findOneBy(entity, { id } as never);
    if (last === null) throw wrongCursor(after);
    query.where(`(row.createdAt, row.id) ${order === 'asc' ? '>' : '<'} (:at, :id)`, { at: last.createdAt, id });
  }
  narrow?.(query);
  const rows = await query.limit(limit + 1).getMany();
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, nextCursor: toPublicId(kind, last.id) } : { items };
}

type Narrow<E extends Timed> = (query: SelectQueryBuilder<E>) => SelectQueryBuilder<E>;
