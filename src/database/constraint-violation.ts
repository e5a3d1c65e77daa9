/** SQLSTATEs of class 23 that services turn into errors of their own. */
const STATES = { unique: '23505', foreignKey: '23503' } as const;

/** True when PostgreSQL refused the statement for a constraint of this kind. */
export function isViolation(error: unknown, kind: keyof typeof STATES): boolean {
  return (error as { driverError?: { code?: unknown } }).driverError?.code === STATES[kind];
}
