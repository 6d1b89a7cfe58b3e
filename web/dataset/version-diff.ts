/** A schema with one thing a line, so that a difference of texts shows what differs. */
export function prettySchema(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const WEIGHTS = ['deny', 'warn', 'ok', 'plain'] as const;

/** What goes first, then what changes meaning, then what comes; what only reads otherwise last. */
export function byWeight<Change extends { readonly kind: string }>(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((a, b) => WEIGHTS.indexOf(toneOf(a.kind)) - WEIGHTS.indexOf(toneOf(b.kind)));
}

/** How a change is shown. */
export function toneOf(kind: string): (typeof WEIGHTS)[number] {
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
