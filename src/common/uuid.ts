const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Lower case, as we and PostgreSQL write them. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
