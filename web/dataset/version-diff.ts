/** A schema with one thing a line, so that a difference of texts shows what differs. */
export function prettySchema(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** How a change is shown: what goes or changes meaning first. */
export function toneOf(kind: string): 'deny' | 'warn' | 'ok' | 'plain' {
  switch (kind) {
    case 'removed':
      return 'deny';
    case 'renamed':
    case 'retyped':
    case 'logical-type':
    case 'symbols':
      return 'warn';
    case 'added':
      return 'ok';
    default:
      return 'plain';
  }
}
