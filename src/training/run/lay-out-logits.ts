import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';

/**
 * Logits in another order of labels and, for tokens, behind another number of virtual tokens; what has no source is 0.
 *
 * @param logits   [batch, labels] or [batch, seq, labels]
 * @param columns  the output that becomes each label
 * @param places   where real tokens begin in `logits` (`from`) and in the result (`to`), and the result's `seq`
 * @returns        [batch, columns] or [batch, places.seq, columns]
 */
export function layOut(
  logits: Tensor<'float32'>,
  columns: readonly number[],
  places: { readonly from: number; readonly to: number; readonly seq: number },
): Tensor<'float32'> {
  const [batch = 0, ...rest] = logits.shape;
  const outputs = rest.at(-1) ?? 0;
  const isSequence = rest.length === 1;
  const seqFrom = isSequence ? 1 : (rest[0] ?? 0);
  const [from, to, seq] = isSequence ? [0, 0, 1] : [places.from, places.to, places.seq];
  const shape = isSequence ? [batch, columns.length] : [batch, seq, columns.length];
  const data = new Float32Array(sizeOf(shape));
  const tokens = Math.min(seqFrom - from, seq - to);
  for (let row = 0; row < batch; row++)
    for (let token = 0; token < tokens; token++) {
      const source = (row * seqFrom + from + token) * outputs;
      const target = (row * seq + to + token) * columns.length;
      columns.forEach((column, at) => (data[target + at] = logits.data[source + column]!));
    }
  return tensor('float32', shape, data);
}
