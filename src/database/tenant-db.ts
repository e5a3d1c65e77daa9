import type { DataSource, EntityManager } from 'typeorm';
import { StorageError, ValidationError } from '../common/errors.js';
import { isUuid } from '../common/uuid.js';

/** SQLSTATE classes and system errors of a server that is away, not of a query that is wrong. */
const AWAY = /^(08...|57P0[123]|53300|ECONN.*|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT)$/;

/** What `pg` says of a connection that it has lost, without a code. */
const GONE = /Connection terminated|is not queryable/;

/**
 * The only way to the database for application code. Each call is one transaction that says whose rows it may see;
 * PostgreSQL's row-level security holds it to that, whatever its queries say. A query outside of one sees no rows.
 */
export class TenantDb {
  constructor(private readonly source: DataSource) {}

  /** Sees and writes the rows of one tenant. */
  run<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (!isUuid(tenantId)) throw new ValidationError(`tenant id: expected a UUID, got ${tenantId.slice(0, 50)}`);
    return this.transaction('app.tenant_id', tenantId, work);
  }

  /** Sees what the admin policies of each table grant; only for admin routes and the service's own housekeeping. */
  runAsAdmin<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transaction('app.scope', 'admin', work);
  }

  /** Sees the one key with this sha256, 64 hexadecimal digits; for a caller whose tenant is not known yet. */
  runWithKeyHash<T>(hashHex: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transaction('app.key_hash', hashHex, work);
  }

  private async transaction<T>(
    setting: string,
    value: string,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.source.transaction(async (manager) => {
        await manager.query('select set_config($1, $2, true)', [setting, value]);
        return work(manager);
      });
    } catch (error) {
      throw isAway(error)
        ? new StorageError(`database: expected an answer, got ${String(error)}`, {
            code: 'database_unavailable',
            cause: error,
          })
        : error;
    }
  }
}

function isAway(error: unknown): boolean {
  const { code, driverError, name } = error as { code?: unknown; driverError?: { code?: unknown }; name?: unknown };
  const reason = driverError?.code ?? code;
  if (typeof reason === 'string' && AWAY.test(reason)) return true;
  // TypeORM drops the connection of a transaction when the server closes it, and says so at the next query.
  return name === 'QueryRunnerProviderAlreadyReleasedError' || GONE.test(String(error));
}
