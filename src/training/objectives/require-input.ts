import { ShapeError } from '../../common/errors.js';
import { type Value, expectDType, shapeFault } from '../../engine/op.js';
import { sameShape, shapeToString } from '../../engine/shape.js';
import type { ObjectiveInputs } from './objective.js';

/** An input that the objective cannot do without. */
export function requireInput(objective: string, inputs: ObjectiveInputs, name: keyof ObjectiveInputs): Value {
  const value = inputs[name];
  if (!value) throw new ShapeError(`${objective}: ${name}: expected a value, got none`);
  return value;
}

/** @throws ShapeError  when `value` is not float32 of the shape of `like` */
export function expectLike(objective: string, operand: string, value: Value, like: Value): void {
  expectDType(objective, operand, value, 'float32');
  if (sameShape(value.shape, like.shape)) return;
  throw shapeFault(objective, operand, shapeToString(like.shape), shapeToString(value.shape));
}
