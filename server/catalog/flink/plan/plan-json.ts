import { NotUnderstood } from './plan-fault.ts';

export interface JsonObject {
  readonly [key: string]: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `what` names the place in the node, for people: `joinSpec`. Values are never part of a message, they may be secrets. */
export function objectAt(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new NotUnderstood(`expected an object in ${what}`);
  return value;
}

export function listAt(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new NotUnderstood(`expected a list in ${what}`);
  return value;
}

export function textAt(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new NotUnderstood(`expected a text in ${what}`);
  return value;
}

export function indexAt(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new NotUnderstood(`expected a whole number in ${what}`);
  return value;
}

export function indexesAt(value: unknown, what: string): readonly number[] {
  return listAt(value, what).map((index) => indexAt(index, what));
}

/** The field positions of a sort specification: `{fields: [{index, …}]}`. */
export function sortFields(value: unknown, what: string): readonly number[] {
  return listAt(objectAt(value, what).fields, `${what}.fields`).map((field) => indexAt(objectAt(field, `${what}.fields`).index, `${what}.fields`));
}

/** The field positions of a partition specification: `{fields: [0, 1]}`. */
export function partitionFields(value: unknown, what: string): readonly number[] {
  return indexesAt(objectAt(value, what).fields, `${what}.fields`);
}

const LONGEST_NAME = 80;

/** A name from the plan as messages may carry it. */
export function shortName(value: unknown): string {
  if (typeof value !== 'string') return 'none';
  return value.length > LONGEST_NAME ? `${value.slice(0, LONGEST_NAME)}…` : value;
}
