import { Command } from 'commander';
import { exportLines } from '../queries/ledger-export.ts';
import { LEDGER_KINDS, type LedgerKind } from '../store/store.ts';
import { clientAt, defaultUrl } from './api-client.ts';
import { STORE_ADDRESS, withLedger } from './audit-store.ts';
import { type Verdict, verify, type VerifyOptions } from './audit-verify.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { lines, type Terminal } from './terminal.ts';

interface Options {
  readonly url: string;
  readonly store?: string;
  readonly json?: boolean;
}
interface ExportOptions extends Options {
  readonly from?: string;
  readonly to?: string;
  readonly kind?: string;
}

/** `sluice audit verify | checkpoint | export`: the record, for those who check it. */
export function auditCommand(terminal: Terminal): Command {
  const url = defaultUrl(terminal);
  return new Command('audit')
    .description('verify, mark and export the ledger')
    .addCommand(new Command('verify')
      .description('recompute every hash of a ledger; exit 1 when an entry was changed, dropped, moved or cut off')
      .option('--store <address>', STORE_ADDRESS)
      .option('--file <export>', 'an exported part of a ledger instead; - for standard input')
      .option('--url <url>', 'what a running Sluice exports instead')
      .option('--checkpoint <file>', 'what `sluice audit checkpoint` printed, one or more lines: the ledger must still contain it')
      .option('--json', 'print the result as JSON')
      .action(async (options: VerifyOptions & { json?: boolean }) => {
        const verdict = await verify(options, terminal);
        terminal.write(options.json ? lines(JSON.stringify(verdict.facts)) : lines(verdict.text));
        endWith(verdict);
      }))
    .addCommand(new Command('checkpoint')
      .description('print the end of the ledger, to be kept elsewhere')
      .option('--store <address>', `ask a store instead: ${STORE_ADDRESS}`)
      .option('--url <url>', 'where Sluice answers', url)
      .action((options: Options) => checkpoint(options, terminal)))
    .addCommand(new Command('export')
      .description('print a part of the ledger as JSON lines; `sluice audit verify --file` checks it')
      .option('--from <instant>', 'recorded then or later, ISO 8601')
      .option('--to <instant>', 'recorded before, ISO 8601')
      .option('--kind <kind>', LEDGER_KINDS.join(', '))
      .option('--store <address>', `read a store instead: ${STORE_ADDRESS}`)
      .option('--url <url>', 'where Sluice answers', url)
      .action((options: ExportOptions) => exportLedger(options, terminal)));
}

function endWith({ outcome, text }: Verdict): void {
  if (outcome === 'broken') throw new CommandFailure(EXIT.checkFailed, '');
  if (outcome === 'unchecked') throw new CommandFailure(EXIT.usage, text);
}

async function checkpoint({ store, url }: Options, terminal: Terminal): Promise<void> {
  const answer = store === undefined ? await clientAt(url, terminal).get('/v1/ledger/head', undefined as never) : await withLedger(store, terminal, async (ledger) => {
    const { sequence, hash, at } = await ledger.ledgerHead();
    return { sequence, hash, at: at === 0 ? null : new Date(at).toISOString() };
  });
  terminal.write(lines(JSON.stringify(answer)));
}

async function exportLedger(options: ExportOptions, terminal: Terminal): Promise<void> {
  const { from, to, kind, store, url } = options;
  const asked = { from: timeOf('--from', from), to: timeOf('--to', to), kind: kindOf(kind) };
  if (store !== undefined) {
    return withLedger(store, terminal, async (ledger) => {
      for await (const text of exportLines(ledger, asked)) {
        terminal.write(text);
        await terminal.drained?.();
      }
    });
  }
  const instant = (time: number | null): string | undefined => (time === null ? undefined : new Date(time).toISOString());
  let last = '';
  for await (const text of clientAt(url, terminal).lines('/v1/ledger', { from: instant(asked.from), to: instant(asked.to), kind } as never)) {
    terminal.write(`${text}\n`);
    await terminal.drained?.();
    last = text;
  }
  if (!last.startsWith('{"end":')) throw new CommandFailure(EXIT.unavailable, 'the export is not whole: it broke off before its end');
}

function timeOf(option: string, text: string | undefined): number | null {
  const time = text === undefined ? null : Date.parse(text);
  if (time !== null && Number.isNaN(time)) throw new CommandFailure(EXIT.usage, `${option} is "${text}", no instant such as 2026-06-01T12:00:00Z`);
  return time;
}

function kindOf(text: string | undefined): LedgerKind | null {
  const kind = LEDGER_KINDS.find((known) => known === text);
  if (text !== undefined && kind === undefined) throw new CommandFailure(EXIT.usage, `--kind is "${text}", not one of ${LEDGER_KINDS.join(', ')}`);
  return kind ?? null;
}
