import { train } from '../training/train.js';
import { runFit } from './fits/run-fit.js';
import { prepareData } from './prepare-data.js';
import { reportEvaluation } from './report-evaluation.js';
import { serveTraining } from './serve-training.js';
import { trainGroup } from './train-group.js';

/** Entry of the child process that prepares data, trains and measures answers; `TrainingProcess` starts it. */
serveTraining(process, {
  train: ({ spec, directory }, context) => train(spec, { ...context, directory }),
  fit: ({ spec, directory }, context) => runFit(spec, { ...context, directory }),
  train_together: trainGroup,
  prepare: (request, { signal }) => prepareData(request, signal),
  evaluate: (request) => reportEvaluation(request),
});
