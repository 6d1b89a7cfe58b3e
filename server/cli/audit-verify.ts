import { createReadStream, readFileSync } from 'node:fs';
import { checkExport, type ExportOutcome } from '../queries/ledger-export.ts';
import { LedgerCheck, type LedgerCheckpoint, type LedgerFault } from '../store/ledger-check.ts';
import { ledgerPages } from '../store/ledger-pages.ts';
import { clientAt } from './api-client.ts';
import { withLedger } from './audit-store.ts';
import { boundedLines } from './bounded-lines.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Longest line of an export, UTF-16 units: an entry with the largest body, each character of it escaped. */
const MAX_EXPORT_LINE = 32 * 1_048_576;

export interface VerifyOptions {
  readonly store?: string;
  readonly file?: string;
  readonly url?: string;
  readonly checkpoint?: string;
}
export interface Verdict {
  /** `unchecked`: nothing is wrong with what was looked at, but a checkpoint lies outside of it. */
  readonly outcome: 'whole' | 'broken' | 'unchecked';
  readonly facts: object;
  readonly text: string;
}

/** Verifies the ledger of a store, or a part of one that was exported. */
export async function verify(options: VerifyOptions, terminal: Terminal): Promise<Verdict> {
  const { store, file, url, checkpoint } = options;
  if ([store, file, url].filter((source) => source !== undefined).length > 1) throw new CommandFailure(EXIT.usage, '--store, --file and --url exclude each other');
  const checkpoints = checkpoint === undefined ? [] : checkpointsIn(checkpoint);
  if (file !== undefined) return verdictOfExport(await checkExport(linesOf(file, terminal), checkpoints), file);
  if (url !== undefined) return verdictOfExport(await checkExport(clientAt(url, terminal).lines('/v1/ledger', {} as never), checkpoints), `the export of ${url}`);
  return withLedger(store, terminal, async (ledger) => {
    const { sequence, counted } = await ledger.ledgerHead();
    const check = new LedgerCheck({ checkpoints });
    for await (const entries of ledgerPages(ledger, { after: 0, last: sequence, kind: null })) if (!entries.every((entry) => check.take(entry))) break;
    if (check.fault === null) check.end(counted);
    const uncounted = counted === null ? '; this store has not counted its entries so far, so only a checkpoint shows that its end was cut off' : '';
    return verdictOf(check, { fault: check.fault, checkpoints, said: uncounted });
  });
}

function verdictOfExport(outcome: ExportOutcome, name: string): Verdict {
  if (outcome.outcome === 'unreadable') throw new CommandFailure(EXIT.usage, `${name} is no export of a ledger: ${outcome.message}`);
  const { check, head, fault } = outcome;
  const { first } = check.checked;
  const part = head.kind !== null ? `; of entries of kind ${head.kind} alone, so none of them was changed, but whether one is missing cannot be known`
    : first !== null && first > 1 ? `; a part of a ledger, taken from what entry ${first} says came before it` : '';
  return verdictOf(check, { fault, checkpoints: [], said: part });
}

function verdictOf(check: LedgerCheck, { fault, checkpoints, said }: { readonly fault: LedgerFault | null; readonly checkpoints: readonly LedgerCheckpoint[]; readonly said: string }): Verdict {
  const { entries, first, last, hash } = check.checked;
  const unanswered = check.unanswered.map(({ sequence }) => sequence);
  const facts = { whole: fault === null, fault, entries, first, last: first === null ? null : last, hash: first === null ? null : hash, uncheckedCheckpoints: unanswered };
  const range = first === null ? 'no entries' : `entries ${first} to ${last} are as they were recorded, the last with hash ${hash}`;
  if (fault !== null) return { outcome: 'broken', facts, text: `BROKEN at entry ${fault.sequence} (${fault.fault}): ${fault.message}` };
  if (unanswered.length > 0) return { outcome: 'unchecked', facts, text: `${range}${said}; but a checkpoint of entry ${unanswered.join(', ')} lies outside and could not be checked` };
  return { outcome: 'whole', facts, text: `${range}${checkpoints.length > 0 ? `, and contain ${checkpoints.length === 1 ? 'the checkpoint' : `all ${checkpoints.length} checkpoints`}` : ''}${said}` };
}

async function* linesOf(file: string, { stdin }: Terminal): AsyncGenerator<string> {
  try {
    yield* boundedLines(file === '-' ? stdin : createReadStream(file), MAX_EXPORT_LINE);
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function checkpointsIn(file: string): LedgerCheckpoint[] {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new CommandFailure(EXIT.usage, `${file} holds no checkpoints: ${reason}`, { cause });
  };
  try {
    return readFileSync(file, 'utf8').split('\n').filter((text) => text.trim() !== '').map((text) => {
      const { sequence, hash } = JSON.parse(text) as Partial<LedgerCheckpoint>;
      return Number.isSafeInteger(sequence) && typeof hash === 'string' ? { sequence: sequence as number, hash } : refuse(`"${text.slice(0, 100)}" is none`);
    });
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause;
    return refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
