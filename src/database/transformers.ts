/** bigint columns as numbers, exact up to 2⁵³; PostgreSQL's driver gives them as text. */
export const bigintAsNumber = {
  to: (value: number | null): number | null => value,
  from: (value: string | null): number | null => (value === null ? null : Number(value)),
};
