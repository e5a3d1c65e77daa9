import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { advise } from '../../../training/advisor/advise.js';
import type { Facts } from '../../../training/advisor/facts.js';
import { factsOf } from '../../../training/advisor/facts.js';
import { prepareDataset } from '../../../training/datasets/prepare.js';
import type { CellRequest } from './cell.js';
import { requestOf, type RequestPlace } from './request.js';
import type { LearnTask } from './tasks.js';

/** The run that the advisor plans for a task from its training rows. */
export async function advisedRequest(task: LearnTask, place: RequestPlace): Promise<CellRequest> {
  const { reasons: _reasons, ...plan } = advise(await factsOfFile(task, place));
  const request = requestOf(task, { name: 'advisor', method: plan.method }, place);
  return { ...request, spec: { ...request.spec, ...plan } };
}

async function factsOfFile(task: LearnTask, { files, directory }: RequestPlace): Promise<Facts> {
  const prepared = join(directory, 'prepared');
  await mkdir(prepared, { recursive: true });
  const card = await prepareDataset(createReadStream(files.train), 'jsonl', {
    directory: prepared,
    task: task.task,
    fractions: { validation: 0, test: 0 },
  });
  return { ...factsOf(card), hasValidation: true };
}
