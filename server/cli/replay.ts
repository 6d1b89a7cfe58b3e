import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { DeadLetter } from '../../ingest/dead-letter.ts';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';
import { createDecoder, RegistryUnavailable } from '../../ingest/decode/decoder.ts';
import { replay, type Replayed } from '../../ingest/replay.ts';
import { contractsOf, DEFAULT_TOPICS } from '../../ingest/topics.ts';
import { parseClusterAliases } from '../catalog/cluster-aliases.ts';
import { dataFolder, DEAD_LETTER_FILE, storeFile } from '../config.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { StoreIncompatible, StoreUnavailable } from '../store/store.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { lines, type Terminal } from './terminal.ts';

interface Options {
  readonly data: string;
  readonly registry?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `sluice replay`: tries the dead letters of a data folder again; exit 1 when one still cannot be applied. */
export function replayCommand(terminal: Terminal): Command {
  return new Command('replay')
    .description('apply dead letters again, after what kept them out was mended')
    .option('--data <folder>', 'data folder of Sluice', dataFolder(terminal.env))
    .option('--registry <url>', 'Schema Registry that has the writer schemas; the contracts of this version otherwise', terminal.env['SLUICE_REGISTRY_URL'])
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--json', 'print one JSON object a dead letter')
    .action(async (options: Options) => {
      const results = await replayFile(options, terminal);
      terminal.write(options.json ? results.map((result) => lines(JSON.stringify(documentOf(result)))).join('') : render(results, options.dryRun === true));
      if (results.some(({ failure }) => failure !== null)) throw new CommandFailure(EXIT.checkFailed, '');
    });
}

async function replayFile({ data, registry, dryRun }: Options, terminal: Terminal): Promise<readonly Replayed[]> {
  const file = new DeadLetterFile(join(data, DEAD_LETTER_FILE));
  const letters = await file.read();
  if (letters.length === 0) return [];
  if (!existsSync(storeFile(data))) throw new CommandFailure(EXIT.usage, `there is no store in ${data}`);
  const aliases = parseClusterAliases(terminal.env['SLUICE_CLUSTER_ALIASES'] ?? '');
  if (aliases.outcome === 'refused') throw new CommandFailure(EXIT.usage, `SLUICE_CLUSTER_ALIASES: ${aliases.message}`);
  const results = await withStore(data, letters, { registry, aliases: aliases.aliases, dryRun: dryRun === true });
  if (dryRun !== true) await file.remove(results.filter(({ failure }) => failure === null).map(({ letter }) => letter));
  return results;
}

async function withStore(data: string, letters: readonly DeadLetter[], how: { readonly registry: string | undefined; readonly aliases: ReadonlyMap<string, string>; readonly dryRun: boolean }): Promise<readonly Replayed[]> {
  const decoder = createDecoder({ registry: how.registry === undefined ? { kind: 'embedded' } : { kind: 'http', url: how.registry } });
  try {
    const store = openSqliteStore({ file: storeFile(data) });
    try {
      return await replay(letters, { store, decoder, aliases: how.aliases, clock: Date.now, contracts: contractsOf(DEFAULT_TOPICS) }, { dryRun: how.dryRun });
    } finally {
      await store.close();
    }
  } catch (cause) {
    if (cause instanceof StoreUnavailable || cause instanceof StoreIncompatible || cause instanceof RegistryUnavailable) throw new CommandFailure(EXIT.unavailable, cause.message, { cause });
    throw cause;
  } finally {
    await decoder.close();
  }
}

function render(results: readonly Replayed[], dryRun: boolean): string {
  const failed = results.filter(({ failure }) => failure !== null);
  const verb = dryRun ? 'would be applied' : 'applied';
  const rows = failed.map(({ letter, failure }) => `  ${placeOf(letter)}: ${failure}`);
  return lines(`${results.length - failed.length} ${verb}, ${failed.length} still cannot be`, rows);
}
function documentOf({ letter, failure }: Replayed): object {
  const { topic, partition, offset, stage, failure: kind, message } = letter;
  return { topic, partition, offset, stage, class: kind, message, applied: failure === null, ...(failure === null ? {} : { reason: failure }) };
}
function placeOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}[${partition}]@${offset}`;
}
