/** A place in a schema document, as the steps to it from the innermost out; null is the document as a whole. */
export type Place = { readonly parent: Place; readonly step: string | number } | null;

/** Thrown inside the parser only, where a schema turns out to be none; `parseSchema` turns it into its outcome. */
export class Refusal extends Error {
  /** undefined: wherever the reader of the document stands. */
  readonly place: Place | undefined;
  constructor(message: string, place?: Place) {
    super(message);
    this.place = place;
  }
}

export function refuse(message: string, place?: Place): never {
  throw new Refusal(message, place);
}

/** A JSON pointer (RFC 6901); '' is the document as a whole. */
export function pointerTo(place: Place): string {
  const steps: string[] = [];
  for (let at = place; at !== null; at = at.parent) steps.push(`/${String(at.step).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return steps.reverse().join('');
}
