import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';

/** Where runs work on this machine: one directory for each claim of a job or an evaluation, gone when the claim is. */
@Injectable()
export class WorkDirectories implements OnModuleInit {
  private readonly root: string;

  constructor(@Inject(CONFIG) { dataDir }: Pick<Config, 'dataDir'>) {
    this.root = join(dataDir, 'runs');
  }

  /** Removes what a process that was killed has left; nobody else uses this data directory. */
  async onModuleInit(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.root)) await this.remove(name);
  }

  async make(name: string): Promise<string> {
    const path = join(this.root, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.root, name), { recursive: true, force: true });
  }
}
