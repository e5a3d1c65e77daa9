import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { TrainingQueue } from '../training-queue.js';

export const EVALUATIONS = 'evaluations';

/** The tickets of evaluations, by the rules of those of training. */
@Injectable()
export class EvaluationQueue extends TrainingQueue {
  constructor(@InjectQueue(EVALUATIONS) queue: Queue) {
    super(queue);
  }
}
