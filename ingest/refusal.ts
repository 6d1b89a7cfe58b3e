/** Thrown while an event is turned into changes: it can never be applied, and this says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
