import { ensureSyntaxTree, type syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';

type SyntaxNode = ReturnType<typeof syntaxTree>['topNode'];
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** The longest a text is parsed to find a place in it, ms. */
const PARSE_MS = 100;

/**
 * Where a JSON pointer (RFC 6901) leads in a text: a member of an object by its name and value, an item of an array by
 * its value; an object that has a name by that, else by its opening. null where there is no such thing in it.
 */
export function placeOf(pointer: string, state: EditorState): Place | null {
  const root = ensureSyntaxTree(state, state.doc.length, PARSE_MS)?.topNode.firstChild ?? null;
  const steps = pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let value: SyntaxNode | null = root;
  let whole = value;
  for (const step of steps) {
    if (value === null) return null;
    whole = value.name === 'Array' ? itemAt(value, step) : memberOf(value, step, state);
    value = whole?.name === 'Property' ? valueOf(whole) : whole;
  }
  if (whole === null) return null;
  // A record, a field or an enum is known by its name.
  if (whole.name === 'Object') whole = memberOf(whole, 'name', state) ?? whole;
  // Of what goes on for many lines its first one is enough.
  return { from: whole.from, to: Math.min(whole.to, state.doc.lineAt(whole.from).to) };
}

function itemAt(array: SyntaxNode, step: string): SyntaxNode | null {
  if (!/^\d+$/.test(step)) return null;
  return valuesIn(array)[Number(step)] ?? null;
}
function memberOf(object: SyntaxNode, step: string, state: EditorState): SyntaxNode | null {
  return object.getChildren('Property').find((property) => nameOf(property, state) === step) ?? null;
}
function valueOf(property: SyntaxNode): SyntaxNode | null {
  return valuesIn(property)[0] ?? null;
}

const VALUES: readonly string[] = ['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null'];
function valuesIn(parent: SyntaxNode): SyntaxNode[] {
  const values: SyntaxNode[] = [];
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) if (VALUES.includes(child.name)) values.push(child);
  return values;
}
function nameOf(property: SyntaxNode, state: EditorState): string | null {
  const name = property.getChild('PropertyName');
  if (name === null) return null;
  try {
    return String(JSON.parse(state.sliceDoc(name.from, name.to)));
  } catch {
    return null;
  }
}
