/** A value of a document, and where it lies, as a JSON pointer. */
export interface Place {
  readonly value: unknown;
  readonly pointer: string;
}

/** An event that is none; the message names the place. */
export class BadEvent extends Error {
  override readonly name = 'BadEvent';
}

export function fail({ pointer }: Place, why: string): never {
  throw new BadEvent(`${pointer === '' ? 'the event' : pointer} ${why}`);
}

export interface ObjectPlace {
  /** A member; its value is undefined where there is none. */
  get(name: string): Place;
  entries(): Iterable<readonly [string, Place]>;
}

export function object(place: Place): ObjectPlace {
  const { value, pointer } = place;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(place, `is ${nameOf(value)}, not an object`);
  const at = (name: string): Place => ({ value: Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` });
  return { get: at, entries: () => Object.keys(value).map((name) => [name, at(name)] as const) };
}

export function array(place: Place): readonly Place[] {
  const { value, pointer } = place;
  if (!Array.isArray(value)) return fail(place, `is ${nameOf(value)}, not a list`);
  return value.map((item: unknown, i) => ({ value: item, pointer: `${pointer}/${i}` }));
}

/** The items of a list that may be left out, or null. */
export function optionalArray(place: Place): readonly Place[] {
  return place.value === undefined || place.value === null ? [] : array(place);
}

export function text(place: Place): string {
  return typeof place.value === 'string' ? place.value : fail(place, `is ${nameOf(place.value)}, not a text`);
}

export function optionalText(place: Place): string | null {
  return place.value === undefined || place.value === null ? null : text(place);
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
