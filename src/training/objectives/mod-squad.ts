import { z } from 'zod';
import { BALANCES } from '../squad/balance.js';
import { taskWeights } from './multi-task.js';

/**
 * Several tasks over shared experts: Σ_t w_t · L_t + w_B · Σ_places B. See `multiTaskLoss`, and for B `mutualInformationLoss` and
 * `loadBalanceLoss`.
 */
export const modSquadObjective = z
  .object({
    name: z.literal('mod_squad'),
    tasks: taskWeights.refine(
      (tasks) => !Object.keys(tasks).some((task) => /^e\d\d$/.test(task)),
      'expected no task whose name is that of an expert: e00, e01 …',
    ),
    /** `uncertainty` learns the weights, beginning with those given times 1. */
    weighting: z.enum(['given', 'uncertainty']).default('given'),
    labelSmoothing: z.number().min(0).max(1).default(0),
    balance: z.enum(BALANCES).default('mutual_information'),
    balanceWeight: z.number().min(0).max(1000).default(0.1),
  })
  .strict();

export type ModSquadObjective = z.infer<typeof modSquadObjective>;
