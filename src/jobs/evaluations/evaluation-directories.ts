import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';

/** Where answers lie until they are measured: one directory for each claim. The first use clears what a killed process left. */
@Injectable()
export class EvaluationDirectories {
  private readonly root: string;
  private cleared: Promise<void> | undefined;

  constructor(@Inject(CONFIG) { dataDir }: Pick<Config, 'dataDir'>) {
    this.root = join(dataDir, 'evaluations');
  }

  async make(name: string): Promise<string> {
    this.cleared ??= rm(this.root, { recursive: true, force: true });
    await this.cleared;
    const path = join(this.root, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.root, name), { recursive: true, force: true });
  }
}
