import type { Notice, NoticeEvent } from '../catalog/notices/notice.ts';
import { noticesOf, TOLD_DECISIONS, TOLD_KINDS } from '../catalog/notices/notices-of.ts';
import type { LedgerEntry, Store } from '../store/store.ts';

/** Entries read in one go. */
const ENTRIES_AT_ONCE = 100;

/** A notice with the entry it tells of. */
export interface PlacedNotice {
  readonly entry: Pick<LedgerEntry, 'sequence' | 'id' | 'kind' | 'at' | 'hash'>;
  readonly notice: Notice;
}
export interface NoticePage {
  readonly notices: readonly PlacedNotice[];
  /** No entry up to here is told by a later page. */
  readonly through: number;
  /** Entries that nothing can be made of. */
  readonly untellable: readonly { readonly sequence: number; readonly failure: unknown }[];
}

/** Notices of the ledger after a place, oldest first. */
export async function noticesAfter(store: Pick<Store, 'ledgerAfter' | 'ledgerEntry'>, after: number, newest: number): Promise<NoticePage> {
  const page = { after, limit: ENTRIES_AT_ONCE };
  const parts = [await store.ledgerAfter({ ...page, kinds: TOLD_KINDS }), await store.ledgerAfter({ ...page, kinds: ['decision'], outcome: TOLD_DECISIONS })];
  // Beyond the end of a full part, and beyond what was there before both were read, there may be entries that only one of them shows.
  const through = Math.min(newest, ...parts.map((part) => (part.length < ENTRIES_AT_ONCE ? newest : (part.at(-1)?.sequence ?? newest))));
  const entries = parts.flat().filter(({ sequence }) => sequence <= through).sort((a, b) => a.sequence - b.sequence);
  const notices: PlacedNotice[] = [];
  const untellable: NoticePage['untellable'][number][] = [];
  for (const entry of entries) {
    const origin = await originOf(store, entry);
    try {
      notices.push(...placed(entry, origin));
    } catch (failure) {
      untellable.push({ sequence: entry.sequence, failure });
    }
  }
  return { notices, through, untellable };
}

function placed({ sequence, id, kind, at, hash, outcome, body }: LedgerEntry, origin: LedgerEntry | null): PlacedNotice[] {
  const recorded = { id, kind, outcome, body: JSON.parse(body) as unknown, origin: origin === null ? null : (JSON.parse(origin.body) as unknown) };
  return noticesOf(recorded).map((notice) => ({ entry: { sequence, id, kind, at, hash }, notice }));
}

/** The first entry of a proposal, which has the proposal's own id. */
async function originOf(store: Pick<Store, 'ledgerEntry'>, { id, kind, body }: LedgerEntry): Promise<LedgerEntry | null> {
  const proposal = kind === 'proposal' ? /"proposal":"([^"]*)"/.exec(body)?.[1] : undefined;
  return proposal === undefined || proposal === id ? null : store.ledgerEntry(proposal);
}

export function concerns({ events, teams }: { readonly events: readonly NoticeEvent[]; readonly teams: readonly string[] }, notice: Notice): boolean {
  if (events.length > 0 && !events.includes(notice.event)) return false;
  return teams.length === 0 || notice.teams === null || notice.teams.some((team) => teams.includes(team));
}
