import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import { type Diagnostic, lintGutter, linter, lintKeymap } from '@codemirror/lint';
import { EditorState, StateEffect } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Anchor } from './anchor.ts';
import { placeOf } from './pointer-place.ts';

export interface Editor {
  /** Shows these at their lines until the text changes. Answers the lines, counted from 1, by pointer; what has none is absent. */
  mark(anchors: readonly Anchor[]): ReadonlyMap<string, number>;
  /** Brings a line into view, counted from 1, and the cursor to it. */
  show(line: number): void;
  close(): void;
}
export interface Fault {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}
export interface EditorWishes {
  readonly text: string;
  readonly label: string;
  /** What is shown first: an offset into the text. */
  readonly at: number;
  readonly onchange: (text: string, fault: Fault | null) => void;
}
/** How long after a keystroke errors are looked for, ms. */
const LINT_DELAY_MS = 150;

/** A JSON editor in a shadow tree: there its styles need no style element, which the policy of the page forbids. */
export function openEditor(host: HTMLElement, { text, label, at, onchange }: EditorWishes): Editor {
  let marked: readonly Anchor[] = [];
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const tell = EditorView.updateListener.of(({ docChanged, state }) => {
    if (!docChanged) return;
    marked = [];
    onchange(state.doc.toString(), faultOf(state));
  });
  const state = EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(), history(), bracketMatching(), indentOnInput(), highlightActiveLine(), json(), syntaxHighlighting(COLOURS), THEME, lintGutter(), tell,
      linter((view) => diagnosticsOf(view.state, marked), { delay: LINT_DELAY_MS, needsRefresh: ({ transactions }) => transactions.some(({ effects }) => effects.some((effect) => effect.is(MARKED))) }), EditorView.lineWrapping, EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'true', tabindex: '0' }),
      // Tab leaves the editor, as it leaves every other field.
      keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
    ],
  });
  const view = new EditorView({ state, parent: root, root, scrollTo: EditorView.scrollIntoView(Math.min(at, text.length), { y: 'center' }) });
  return {
    mark(anchors) {
      marked = anchors;
      view.dispatch({ effects: MARKED.of(null) });
      return new Map(anchors.flatMap(({ pointer }) => lineOf(pointer, view.state)));
    },
    show(line) {
      const { from } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      view.focus();
    },
    close: () => view.destroy(),
  };
}
/** What is said of the text is another. */
const MARKED = StateEffect.define<null>();

/** Text that is not JSON has nothing else said of it. */
function diagnosticsOf(state: EditorState, marked: readonly Anchor[]): Diagnostic[] {
  const fault = faultPlace(state);
  if (fault !== null) return [{ ...fault, severity: 'error' }];
  return marked.flatMap(({ pointer, severity, message }) => {
    const place = placeOf(pointer, state);
    return place === null ? [] : [{ ...place, severity, message }];
  });
}
function lineOf(pointer: string, state: EditorState): [string, number][] {
  const place = placeOf(pointer, state);
  return place === null ? [] : [[pointer, state.doc.lineAt(place.from).number]];
}
function faultOf(state: EditorState): Fault | null {
  const at = faultPlace(state);
  return at === null ? null : { line: state.doc.lineAt(at.from).number, message: at.message };
}

/** Where the text stops being JSON: as the browser says it, or, where it does not say, at the first thing that does not parse. */
function faultPlace(state: EditorState): { readonly from: number; readonly to: number; readonly message: string } | null {
  const text = state.doc.toString();
  try {
    JSON.parse(text);
    return null;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const position = /at position (\d+)/.exec(message)?.[1];
    const from = Math.min(position === undefined ? firstError(state) : Number(position), text.length);
    return { from, to: Math.min(from + 1, text.length), message: message.replace(/,? *(\.\.\.)?"[^]*" is not valid JSON/, '').replace(/ (in JSON )?at position.*/, '') };
  }
}
function firstError(state: EditorState): number {
  let at = state.doc.length;
  syntaxTree(state).iterate({ enter: ({ type, from }) => void (type.isError && (at = Math.min(at, from))) });
  return at;
}

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--ok)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--unknown)' },
]);
const THEME = EditorView.theme({
  '&': { fontSize: 'var(--text-small)', border: '1px solid var(--line)', borderRadius: 'var(--radius)', background: 'var(--surface)', color: 'var(--ink)', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', overflow: 'auto' },
  '.cm-gutters': { background: 'var(--sunken)', color: 'var(--quiet)', border: '0' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-activeLine': { background: 'color-mix(in srgb, var(--accent-soft) 45%, transparent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': { background: 'var(--accent-soft)' },
  '.cm-tooltip': { background: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--line)' },
});
