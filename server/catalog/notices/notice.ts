/** What people can be told of. */
export const NOTICE_EVENTS = [
  'proposal.opened', 'approval.needed', 'proposal.decided', 'deploy.denied', 'reader.broken', 'bypass.seen', 'break-glass.used', 'policy.changed',
] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** Something that happened, as it is told. */
export interface Notice {
  readonly event: NoticeEvent;
  /** The teams it concerns; null: everyone, also where it is not known whom. */
  readonly teams: readonly string[] | null;
  /** One or a few lines for people. */
  readonly text: string;
  /** For machines. */
  readonly data: object;
  /** Where the portal shows it, below its address. */
  readonly page: string;
}

/** An entry of the ledger, as far as notices need it. */
export interface RecordedEntry {
  readonly id: string;
  readonly kind: string;
  readonly outcome: string | null;
  /** Parsed. */
  readonly body: unknown;
  /** The parsed body of the entry that began what this one goes on with; null where there is none. */
  readonly origin: unknown;
}

/** Longest part of a text that comes from elsewhere, UTF-16 units: a chat shows it in two or three lines. */
const LONGEST_PART = 240;
/** Parts listed before "and n more". */
const MOST_PARTS = 3;

/** Teams without those nobody knows; everyone when none is left. */
export function teamsOf(teams: readonly (string | null | undefined)[]): readonly string[] | null {
  const known = [...new Set(teams.flatMap((team) => team ?? []))].sort();
  return known.length === 0 ? null : known;
}

/** Lines of a list: the first few, each cut short, and how many more there are. */
export function listed(parts: readonly string[]): string {
  const shown = parts.slice(0, MOST_PARTS).map((part) => `\n• ${short(part)}`).join('');
  return parts.length > MOST_PARTS ? `${shown}\n… and ${parts.length - MOST_PARTS} more` : shown;
}

export function short(text: string): string {
  return text.length > LONGEST_PART ? `${text.slice(0, LONGEST_PART - 1)}…` : text;
}

export function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
