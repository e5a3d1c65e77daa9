import type { Program } from '../engine/executors/executor.js';

/**
 * Compiled programs by key, at most `limit`; the least recently used is disposed first. A program is absent → compiling →
 * ready → disposed; one that fails to compile stays absent. Callers do not overlap (see `Serial`).
 */
export class ProgramCache {
  private readonly programs = new Map<string, Program>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.programs.size;
  }

  has(key: string): boolean {
    return this.programs.has(key);
  }

  async get(key: string, compile: () => Promise<Program>): Promise<Program> {
    const known = this.programs.get(key);
    if (known) this.programs.delete(key); // set again below: a Map keeps the order of insertion
    const program = known ?? (await compile());
    this.programs.set(key, program);
    await this.dropOldest();
    return program;
  }

  async dispose(): Promise<void> {
    const all = [...this.programs.values()];
    this.programs.clear();
    for (const program of all) await program.dispose();
  }

  private async dropOldest(): Promise<void> {
    for (const [key, program] of this.programs) {
      if (this.programs.size <= this.limit) return;
      this.programs.delete(key);
      await program.dispose();
    }
  }
}
