/** Control characters, NUL among them, and halves of surrogate pairs. PostgreSQL holds neither NUL nor such halves. */
const UNPRINTABLE = /[\p{Cc}\p{Surrogate}]/u;

/** True for a text that a person can read and the database can hold: names, labels. */
export function isPlainText(text: string): boolean {
  return !UNPRINTABLE.test(text);
}
