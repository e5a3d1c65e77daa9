import type { Op } from '../op.js';
import { absOp } from './abs.js';
import { addOp } from './add.js';
import { andOp } from './and.js';
import { argMaxOp } from './arg-max.js';
import { castOp } from './cast.js';
import { concatOp } from './concat.js';
import { cumsumOp } from './cumsum.js';
import { dequantizeWeightOp } from './dequantize-weight.js';
import { detachOp } from './detach.js';
import { dimValueOp } from './dim-value.js';
import { divOp } from './div.js';
import { equalOp } from './equal.js';
import { erfOp } from './erf.js';
import { expOp } from './exp.js';
import { gatherOp } from './gather.js';
import { gatherElementsOp, scatterElementsAddOp } from './gather-elements.js';
import { geluOp } from './gelu.js';
import { geluTanhOp } from './gelu-tanh.js';
import { greaterOp } from './greater.js';
import { greaterEqualOp } from './greater-equal.js';
import { iotaOp } from './iota.js';
import { layerNormOp } from './layer-norm.js';
import { leakyReluOp } from './leaky-relu.js';
import { lessOp } from './less.js';
import { lessEqualOp } from './less-equal.js';
import { linearInt8Op } from './linear-int8.js';
import { logOp } from './log.js';
import { logSoftmaxOp } from './log-softmax.js';
import { matmulOp } from './matmul.js';
import { maximumOp } from './maximum.js';
import { minimumOp } from './minimum.js';
import { mulOp } from './mul.js';
import { negOp } from './neg.js';
import { normalizeOp } from './normalize.js';
import { notOp } from './not.js';
import { orOp } from './or.js';
import { powOp } from './pow.js';
import { reciprocalOp } from './reciprocal.js';
import { reduceMaxOp } from './reduce-max.js';
import { reduceMeanOp } from './reduce-mean.js';
import { reduceSumOp, broadcastToOp } from './reduce-sum.js';
import { reluOp } from './relu.js';
import { relu6Op } from './relu6.js';
import { reshapeOp } from './reshape.js';
import { rsqrtOp } from './rsqrt.js';
import { sigmoidOp } from './sigmoid.js';
import { signOp } from './sign.js';
import { siluOp } from './silu.js';
import { sinOp, cosOp } from './sin-cos.js';
import { sliceOp, padOp } from './slice.js';
import { softmaxOp } from './softmax.js';
import { sqrtOp } from './sqrt.js';
import { subOp } from './sub.js';
import { tanhOp } from './tanh.js';
import { topKOp } from './top-k.js';
import { transposeOp } from './transpose.js';
import { whereOp } from './where.js';

/** Every op by its name. What is not here is composed of these: linear, square, squeeze, split, oneHot, scatterAdd. */
export const ops: ReadonlyMap<string, Op> = new Map(
  [
    absOp,
    addOp,
    andOp,
    argMaxOp,
    broadcastToOp,
    castOp,
    concatOp,
    cosOp,
    cumsumOp,
    dequantizeWeightOp,
    detachOp,
    dimValueOp,
    divOp,
    equalOp,
    erfOp,
    expOp,
    gatherElementsOp,
    gatherOp,
    geluOp,
    geluTanhOp,
    greaterEqualOp,
    greaterOp,
    iotaOp,
    layerNormOp,
    leakyReluOp,
    lessEqualOp,
    lessOp,
    linearInt8Op,
    logOp,
    logSoftmaxOp,
    matmulOp,
    maximumOp,
    minimumOp,
    mulOp,
    negOp,
    normalizeOp,
    notOp,
    orOp,
    padOp,
    powOp,
    reciprocalOp,
    reduceMaxOp,
    reduceMeanOp,
    reduceSumOp,
    relu6Op,
    reluOp,
    reshapeOp,
    rsqrtOp,
    scatterElementsAddOp,
    sigmoidOp,
    signOp,
    siluOp,
    sinOp,
    sliceOp,
    softmaxOp,
    sqrtOp,
    subOp,
    tanhOp,
    topKOp,
    transposeOp,
    whereOp,
  ].map((op: Op) => [op.name, op] as const),
);
