interface Answer {
  readonly compatible?: boolean;
  readonly incompatibilities?: readonly { readonly type: string; readonly location: string; readonly message: string }[];
  readonly error?: { readonly side: string };
}

/** What two answers must have in common: all of a verdict, in order; of an error its side, the words are each one's own. */
export function essenceOf(answer: string | Answer): string {
  const { compatible, incompatibilities, error } = typeof answer === 'string' ? (JSON.parse(answer) as Answer) : answer;
  if (error !== undefined) return `error: ${error.side}`;
  return JSON.stringify([compatible, incompatibilities?.map(({ type, location, message }) => [type, location, message])]);
}
