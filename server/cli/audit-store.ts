import { existsSync } from 'node:fs';
import { dataFolder, storeFile } from '../config.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { type Store, StoreIncompatible, StoreUnavailable } from '../store/store.ts';
import { openStore, parseStoreAddress, type StoreAddress } from '../store/store-address.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export const STORE_ADDRESS = 'path of an embedded store, or neo4j://user@host:port/database (password in SLUICE_NEO4J_PASSWORD)';

/** Opens the store at an address, or the configured one, only to read its ledger; servers may use it meanwhile. */
export async function withLedger<T>(address: string | undefined, terminal: Terminal, work: (ledger: Pick<Store, 'ledgerAfter' | 'ledgerHead'>) => Promise<T>): Promise<T> {
  try {
    const store = await opened(addressOf(terminal, address));
    return await work(store).finally(() => store.close());
  } catch (cause) {
    if (cause instanceof StoreUnavailable || cause instanceof StoreIncompatible) throw new CommandFailure(EXIT.unavailable, cause.message, { cause });
    throw cause;
  }
}

function addressOf({ env }: Terminal, text: string | undefined): StoreAddress {
  const parsed = parseStoreAddress(text ?? (env['SLUICE_STORE'] || storeFile(dataFolder(env))), env['SLUICE_NEO4J_PASSWORD']);
  if (parsed.outcome === 'refused') throw new CommandFailure(EXIT.usage, `the store address ${parsed.message}`);
  return parsed.address;
}

async function opened(address: StoreAddress): Promise<Store> {
  if (address.kind !== 'embedded') return openStore(address);
  if (!existsSync(address.file)) throw new CommandFailure(EXIT.usage, `there is no store at ${address.file}`);
  return openSqliteStore({ file: address.file, readonly: true });
}
