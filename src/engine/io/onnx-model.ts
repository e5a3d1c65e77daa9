import { ValidationError } from '../../common/errors.js';
import { ProtoWriter, readFields } from './protobuf.js';

/** One attribute of an ONNX node. ONNX tells integers from floats, JavaScript does not, so the kind is written out. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string };

/** Numbers of TensorProto.DataType for the element types we write. */
export const ONNX_DTYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxDType = keyof typeof ONNX_DTYPES;

/** Where in a file beside the model a tensor's bytes lie. */
export interface ExternalRange {
  /** A path relative to the model's folder. */
  readonly location: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** A constant of the model, its bytes (little endian, row-major) inside it or in another file. */
export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | ExternalRange;
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** Empty for standard ONNX. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output; a symbolic axis is a string. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly irVersion: number;
  /** Version by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/**
 * A model as an ONNX ModelProto. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 * A protobuf message ends at 2 GiB: larger weights must lie outside of it.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = new ProtoWriter();
  for (const node of model.nodes) graph.message(1, encodeNode(node));
  graph.string(2, model.name);
  for (const initializer of model.initializers) graph.message(5, encodeInitializer(initializer));
  for (const input of model.inputs) graph.message(11, encodeValueInfo(input));
  for (const output of model.outputs) graph.message(12, encodeValueInfo(output));

  const file = new ProtoWriter().int(1, model.irVersion).string(2, 'tessera').message(7, graph);
  for (const [domain, version] of Object.entries(model.opsets)) {
    file.message(8, new ProtoWriter().string(1, domain).int(2, version));
  }
  return file.finish();
}

function encodeNode(node: OnnxNode): ProtoWriter {
  const out = new ProtoWriter();
  for (const name of node.inputs) out.string(1, name);
  for (const name of node.outputs) out.string(2, name);
  out.string(3, node.name).string(4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes)) out.message(5, encodeAttribute(name, attribute));
  if (node.domain !== '') out.string(7, node.domain);
  return out;
}

/** AttributeProto.AttributeType */
const ATTRIBUTE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

function encodeAttribute(name: string, attribute: OnnxAttribute): ProtoWriter {
  const out = new ProtoWriter().string(1, name);
  if ('float' in attribute) return out.float(2, attribute.float).int(20, ATTRIBUTE.float);
  if ('int' in attribute) return out.int(3, attribute.int).int(20, ATTRIBUTE.int);
  if ('string' in attribute) return out.string(4, attribute.string).int(20, ATTRIBUTE.string);
  if ('floats' in attribute) {
    for (const value of attribute.floats) out.float(7, value);
    return out.int(20, ATTRIBUTE.floats);
  }
  for (const value of attribute.ints) out.int(8, value);
  return out.int(20, ATTRIBUTE.ints);
}

function encodeInitializer({ name, dtype, shape, data }: OnnxInitializer): ProtoWriter {
  const out = new ProtoWriter();
  for (const size of shape) out.int(1, size);
  out.int(2, ONNX_DTYPES[dtype]).string(8, name);
  if (data instanceof Uint8Array) return out.bytes(9, data);
  const entries = { location: data.location, offset: String(data.byteOffset), length: String(data.byteLength) };
  for (const [key, value] of Object.entries(entries))
    out.message(13, new ProtoWriter().string(1, key).string(2, value));
  return out.int(14, 1); // data_location: EXTERNAL
}

function encodeValueInfo({ name, dtype, shape }: OnnxValueInfo): ProtoWriter {
  const dims = new ProtoWriter();
  for (const size of shape) {
    dims.message(1, typeof size === 'number' ? new ProtoWriter().int(1, size) : new ProtoWriter().string(2, size));
  }
  const tensorType = new ProtoWriter().int(1, ONNX_DTYPES[dtype]).message(2, dims);
  return new ProtoWriter().string(1, name).message(2, new ProtoWriter().message(1, tensorType));
}

/**
 * Reads what `encodeModel` writes, and of other models the parts that ours have.
 * @throws ValidationError  for bytes that are no ONNX model, and for an element or attribute type that ours do not have
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const file = fieldsOf(bytes);
  const graph = fieldsOf(file.bytes(7));
  const opsets = file.all(8).map((entry): [string, number] => {
    const opset = fieldsOf(entry);
    return [opset.text(1), opset.int(2)];
  });
  return {
    name: graph.text(2),
    irVersion: file.int(1),
    opsets: Object.fromEntries(opsets),
    nodes: graph.all(1).map(decodeNode),
    initializers: graph.all(5).map(decodeInitializer),
    inputs: graph.all(11).map(decodeValueInfo),
    outputs: graph.all(12).map(decodeValueInfo),
  };
}

function decodeNode(bytes: Uint8Array): OnnxNode {
  const fields = fieldsOf(bytes);
  return {
    inputs: fields.texts(1),
    outputs: fields.texts(2),
    name: fields.text(3),
    opType: fields.text(4),
    domain: fields.text(7),
    attributes: Object.fromEntries(fields.all(5).map(decodeAttribute)),
  };
}

function decodeAttribute(bytes: Uint8Array): [string, OnnxAttribute] {
  const fields = fieldsOf(bytes);
  const name = fields.text(1);
  const type = fields.int(20);
  if (type === ATTRIBUTE.float) return [name, { float: floatOf(fields.bytes(2)) }];
  if (type === ATTRIBUTE.int) return [name, { int: fields.int(3) }];
  if (type === ATTRIBUTE.string) return [name, { string: fields.text(4) }];
  if (type === ATTRIBUTE.floats) return [name, { floats: fields.all(7).map(floatOf) }];
  if (type === ATTRIBUTE.ints) return [name, { ints: fields.ints(8) }];
  throw new ValidationError(`onnx: attribute ${name}: expected a number, numbers or text, got type ${type}`);
}

function decodeInitializer(bytes: Uint8Array): OnnxInitializer {
  const fields = fieldsOf(bytes);
  const external = new Map(fields.all(13).map((entry) => [fieldsOf(entry).text(1), fieldsOf(entry).text(2)]));
  const range = {
    location: external.get('location') ?? '',
    byteOffset: Number(external.get('offset') ?? 0),
    byteLength: Number(external.get('length') ?? 0),
  };
  const isExternal = fields.int(14) === 1;
  const data = isExternal ? range : fields.bytes(9);
  return { name: fields.text(8), dtype: dtypeOf(fields.int(2)), shape: fields.ints(1), data };
}

function decodeValueInfo(bytes: Uint8Array): OnnxValueInfo {
  const fields = fieldsOf(bytes);
  const tensorType = fieldsOf(fieldsOf(fields.bytes(2)).bytes(1));
  const dims = fieldsOf(tensorType.bytes(2)).all(1).map(fieldsOf);
  const shape = dims.map((size) => (size.has(2) ? size.text(2) : size.int(1)));
  return { name: fields.text(1), dtype: dtypeOf(tensorType.int(1)), shape };
}

function dtypeOf(code: number): OnnxDType {
  const found = (Object.keys(ONNX_DTYPES) as OnnxDType[]).find((name) => ONNX_DTYPES[name] === code);
  if (!found)
    throw new ValidationError(`onnx: element type: expected ${Object.keys(ONNX_DTYPES).join(' ')}, got ${code}`);
  return found;
}

function floatOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}

/** The fields of a message by number; a field that is absent has the default of its type, as protobuf says. */
function fieldsOf(message: Uint8Array) {
  const fields = [...readFields(message)];
  const all = (field: number) => fields.filter((item) => item.field === field);
  const signed = (value: bigint) => Number(BigInt.asIntN(64, value));
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    has: (field: number) => all(field).length > 0,
    all: (field: number) => all(field).map((item) => item.bytes),
    bytes: (field: number) => all(field).at(-1)?.bytes ?? new Uint8Array(0),
    int: (field: number) => signed(all(field).at(-1)?.value ?? 0n),
    ints: (field: number) => all(field).map((item) => signed(item.value)),
    text: (field: number) => text(all(field).at(-1)?.bytes ?? new Uint8Array(0)),
    texts: (field: number) => all(field).map((item) => text(item.bytes)),
  };
}
