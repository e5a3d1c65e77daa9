import { lowerToOnnx, type WeightPlacement } from '../executors/onnx-lowering.js';
import type { Graph } from '../graph.js';
import { encodeModel } from './onnx-model.js';

/**
 * A graph as the bytes of a standard ONNX file.
 *
 * @param externalData  says for a weight in which file beside the model its bytes lie; without it, or where it gives
 *                      undefined, they are written into the model, which protobuf ends at 2 GiB
 */
export function exportOnnx(
  graph: Graph,
  { externalData }: { readonly externalData?: WeightPlacement } = {},
): Uint8Array {
  return encodeModel(lowerToOnnx(graph, externalData).model);
}
