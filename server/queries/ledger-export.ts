import { LedgerCheck, type LedgerCheckpoint, type LedgerFault } from '../store/ledger-check.ts';
import { ledgerPages, type LedgerRange, rangeOfTimes } from '../store/ledger-pages.ts';
import type { LedgerEntry, LedgerKind, Store } from '../store/store.ts';

/** Which part of the ledger to export: recorded in [from, to), ms, and of one kind; null: without such a limit. */
export interface ExportAsked {
  readonly from: number | null;
  readonly to: number | null;
  readonly kind: LedgerKind | null;
}
/** First line of an export: which entries it holds, those after `after` up to `last`. */
interface ExportHead extends LedgerRange {
  readonly from: string | null;
  readonly to: string | null;
}
/** Last line of an export that is whole. */
interface ExportEnd {
  readonly entries: number;
  /** Of the last entry; null without one. */
  readonly sequence: number | null;
  readonly hash: string | null;
}

/**
 * A part of the ledger as JSON lines: `{"ledger": …}`, an entry a line with its body byte for byte, `{"end": …}`. Entries
 * appended meanwhile are not in it. When the store fails on the way the last line is `{"error": …}` and the generator throws.
 */
export async function* exportLines(store: Pick<Store, 'ledgerAfter' | 'ledgerHead'>, asked: ExportAsked): AsyncGenerator<string> {
  const range = await rangeOfTimes(store, await store.ledgerHead(), asked);
  const instant = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
  yield line({ ledger: { from: instant(asked.from), to: instant(asked.to), ...range } satisfies ExportHead });
  let end: ExportEnd = { entries: 0, sequence: null, hash: null };
  try {
    for await (const entries of ledgerPages(store, range)) {
      const last = entries.at(-1);
      end = { entries: end.entries + entries.length, sequence: last?.sequence ?? end.sequence, hash: last?.hash ?? end.hash };
      yield entries.map(line).join('');
    }
  } catch (failure) {
    yield line({ error: `the export is not whole: it was broken off after ${end.entries} entries` });
    throw failure;
  }
  yield line({ end });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** What a check of an export came to. */
export type ExportOutcome =
  | { readonly outcome: 'checked'; readonly check: LedgerCheck; readonly head: ExportHead; readonly fault: LedgerFault | null }
  | { readonly outcome: 'unreadable'; readonly message: string };

/** Checks an export line by line, without the store it came from. What comes before and after it, it cannot know. */
export async function checkExport(lines: AsyncIterable<string>, checkpoints: readonly LedgerCheckpoint[]): Promise<ExportOutcome> {
  let [head, check, end, at]: [ExportHead | null, LedgerCheck, ExportEnd | null, number] = [null, new LedgerCheck(), null, 0];
  for await (const text of lines) {
    at++;
    const value = parsed(text);
    if (head === null) {
      head = headIn(value);
      if (head === null) return { outcome: 'unreadable', message: 'its first line is not that of an exported ledger' };
      check = new LedgerCheck({ checkpoints, begins: head.after === 0 ? 'at-root' : 'anywhere', contiguous: head.kind === null });
    } else if (end !== null) return { outcome: 'unreadable', message: `line ${at} comes after its end` };
    else if (typeof value === 'object' && value !== null && 'end' in value) end = value.end as ExportEnd;
    else if (typeof value === 'object' && value !== null && 'error' in value) break;
    else if (!isEntry(value)) return { outcome: 'unreadable', message: `line ${at} is no entry of a ledger` };
    else if (!check.take(value)) return { outcome: 'checked', check, head, fault: check.fault };
  }
  return head === null ? { outcome: 'unreadable', message: 'it is empty' } : { outcome: 'checked', check, head, fault: check.fault ?? faultOfEnd(check, head, end) };
}

/** An export is cut off when its last line is gone, or when that line tells of other entries than came before it. */
function faultOfEnd(check: LedgerCheck, head: ExportHead, end: ExportEnd | null): LedgerFault | null {
  const { entries, last, hash, first } = check.checked;
  const next = first === null ? head.after + 1 : last + 1;
  if (end === null) return { fault: 'truncated', sequence: next, message: `the export is not whole: its last line is missing${first === null ? '' : `; it breaks off after entry ${last}`}` };
  const same = end.entries === entries && (first === null ? end.sequence === null : end.sequence === last && end.hash === hash);
  const whole = head.kind !== null || head.last === (first === null ? head.after : last);
  return same && whole ? null : { fault: 'truncated', sequence: next, message: `the export was made of ${end.entries} entries up to ${head.last}, but holds ${entries}${first === null ? '' : ` up to ${last}`}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function headIn(value: unknown): ExportHead | null {
  const head = (value as { readonly ledger?: Partial<ExportHead> } | null)?.ledger;
  return Number.isSafeInteger(head?.after) && Number.isSafeInteger(head?.last) && head?.kind !== undefined ? (head as ExportHead) : null;
}

function isEntry(value: unknown): value is LedgerEntry {
  return typeof value === 'object' && value !== null && 'sequence' in value && Number.isSafeInteger(value.sequence) && 'hash' in value && 'previous' in value;
}
