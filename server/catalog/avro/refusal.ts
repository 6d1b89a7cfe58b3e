/** Thrown inside the parser only, where a schema turns out to be none; `parseSchema` turns it into its outcome. */
export class Refusal extends Error {}

export function refuse(message: string): never {
  throw new Refusal(message);
}
