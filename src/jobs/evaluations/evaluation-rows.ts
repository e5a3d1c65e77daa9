import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { toPublicId } from '../../common/public-id.js';
import type { HeadLabels } from '../../models/heads.js';
import { DatasetsService } from '../../registry/datasets.service.js';
import { FilesService } from '../../registry/files.service.js';
import type { Example } from '../../training/datasets/example.js';
import type { FaultSink } from '../../training/datasets/fault.js';
import { rulesOf } from '../../training/datasets/prepare.js';
import { readExamples } from '../../training/datasets/read-examples.js';
import type { Evaluation } from './evaluation.entity.js';

/** Opens what an evaluation reads: a file as it was uploaded, or the frozen part of a job's data set. */
@Injectable()
export class EvaluationRows {
  constructor(
    private readonly files: FilesService,
    private readonly datasets: DatasetsService,
  ) {}

  /** @param directory  for the part of a data set */
  async open(
    { tenantId, fileId, request }: Evaluation,
    problem: HeadLabels['problem'],
    { directory, faults }: { directory: string; faults: FaultSink },
  ): Promise<AsyncGenerator<Example | undefined>> {
    const { task, split, datasetId, file: asked } = request;
    const rules = rulesOf({ task, problem });
    if (split !== null && datasetId !== null) {
      await this.datasets.fetch(await this.datasets.require(tenantId, datasetId), [split], directory);
      return readExamples(createReadStream(join(directory, `${split}.jsonl`)), { format: 'jsonl', rules }, faults);
    }
    const file = await this.files.require(tenantId, toPublicId('file', fileId));
    const format = asked.format ?? (/\.(csv|tsv)$/i.test(file.filename) ? 'csv' : 'jsonl');
    return readExamples(await this.files.open(file), { ...asked, format, rules }, faults);
  }
}
