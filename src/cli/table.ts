import type { Command } from './command.js';
import { importCommand, listCommand } from './commands/adapters.js';
import { adviseCommand } from './commands/advise.js';
import { centroidCommand } from './commands/centroid.js';
import { dataCommand } from './commands/data.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { inspectCommand } from './commands/inspect.js';
import { JOB_COMMANDS } from './commands/jobs.js';
import { mergeCommand } from './commands/merge.js';
import { openapiCommand } from './commands/openapi.js';
import { pretrainCommand } from './commands/pretrain.js';
import { extractCommand } from './commands/squad.js';
import { createKeyCommand, createTenantCommand } from './commands/tenants.js';
import { trainCommand } from './commands/train.js';
import { versionCommand } from './commands/version.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  inspectCommand,
  exportCommand,
  mergeCommand,
  importCommand,
  listCommand,
  centroidCommand,
  dataCommand,
  adviseCommand,
  trainCommand,
  ...JOB_COMMANDS,
  extractCommand,
  evaluateCommand,
  pretrainCommand,
  createTenantCommand,
  createKeyCommand,
  openapiCommand,
  versionCommand,
];
