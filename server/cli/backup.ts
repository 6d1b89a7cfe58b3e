import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { dataFolder, storeFile } from '../config.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { StoreIncompatible, StoreUnavailable } from '../store/store.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { lines, type Terminal } from './terminal.ts';

/** `sluice backup <file>`: a copy of the embedded store, taken while it is in use, of one revision. */
export function backupCommand(terminal: Terminal): Command {
  return new Command('backup')
    .description('copy the embedded store while it is in use')
    .argument('<file>', 'new file to write')
    .option('--data <folder>', 'data folder of Sluice', dataFolder(terminal.env))
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: { data: string; json?: boolean }) => {
      const source = storeFile(options.data);
      if (!existsSync(source)) throw new CommandFailure(EXIT.usage, `there is no store at ${source}`);
      if (existsSync(file)) throw new CommandFailure(EXIT.usage, `${file} exists already; a backup never overwrites`);
      const { revision } = await copy(source, file);
      terminal.write(options.json ? lines(JSON.stringify({ file, revision })) : lines(`${file} holds the catalog at revision ${revision}`));
    });
}

async function copy(source: string, file: string): Promise<{ revision: number }> {
  try {
    const store = openSqliteStore({ file: source, readonly: true });
    try {
      return await store.backup(file);
    } finally {
      await store.close();
    }
  } catch (cause) {
    if (cause instanceof StoreUnavailable || cause instanceof StoreIncompatible) throw new CommandFailure(EXIT.unavailable, cause.message, { cause });
    throw cause;
  }
}
