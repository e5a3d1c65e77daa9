/** One attribute of an ONNX node. ONNX tells integers from floats, JavaScript does not, so the kind is written out. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string };
