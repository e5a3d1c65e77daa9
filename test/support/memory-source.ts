import { NotFoundError } from '../../src/common/errors.js';
import type { LocalSource } from '../../src/models/model-source.js';

/** A model directory in memory; every read is counted by file. */
export function memorySource(files: ReadonlyMap<string, Uint8Array>): LocalSource & { reads: string[] } {
  const reads: string[] = [];
  const stat = (name: string) => {
    const held = files.get(name);
    return held && { name, bytes: held.byteLength };
  };
  return {
    name: 'memory',
    reads,
    list: () => Promise.resolve([...files].map(([name, { byteLength }]) => ({ name, bytes: byteLength }))),
    stat: (file) => Promise.resolve(stat(file)),
    stamp: () => Promise.resolve([...files].map(([name, { byteLength }]) => `${name} ${byteLength}`).join('\n')),
    readNow: (file, { start, bytes }) => {
      reads.push(file);
      return files.get(file)!.slice(start, start + bytes);
    },
    read: (file, range) => {
      reads.push(file);
      const held = files.get(file);
      if (!held) return Promise.reject(new NotFoundError(`memory: expected ${file}, got nothing there`));
      return Promise.resolve(range ? held.slice(range.start, range.start + range.bytes) : held);
    },
  };
}
