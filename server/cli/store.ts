import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { dataFolder, snapshotFile, storeFile } from '../config.ts';
import { copyStore } from '../store/copy-store.ts';
import { graphHash } from '../store/graph-hash.ts';
import type { StoreHistory } from '../store/history.ts';
import { migrateNeo4jStore, openNeo4jHistory } from '../store/neo4j-store.ts';
import { openSqliteHistory } from '../store/sqlite/history.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { type Store, StoreIncompatible, StoreUnavailable } from '../store/store.ts';
import { nameOfAddress, openStore, parseStoreAddress, type StoreAddress } from '../store/store-address.ts';
import { verdictText, verifyStore } from '../queries/verify-store.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { lines, type Terminal } from './terminal.ts';

interface Options {
  readonly store?: string;
  readonly from: string;
  readonly to: string;
  readonly json?: boolean;
}
export const ADDRESS = 'path of an embedded store, or neo4j://user@host:port/database (password in SLUICE_NEO4J_PASSWORD)';

/** `sluice store migrate | copy | verify`: what is done to a store while nothing else uses it. */
export function storeCommand(terminal: Terminal): Command {
  const report = (options: Options, facts: object, text: string): void => terminal.write(options.json ? lines(JSON.stringify(facts)) : lines(text));
  const address = (text: string | undefined): StoreAddress => addressOf(terminal, text);
  return new Command('store')
    .description('migrate, copy and verify stores')
    .addCommand(new Command('migrate')
      .description('bring a store to the version of this Sluice')
      .option('--store <address>', ADDRESS).option('--json', 'print the result as JSON')
      .action(async (options: Options) => report(options, ...(await answering(() => migrated(address(options.store)))))))
    .addCommand(new Command('copy')
      .description('copy everything from one store to another that is empty')
      .requiredOption('--from <address>', ADDRESS).requiredOption('--to <address>', ADDRESS).option('--json', 'print the result as JSON')
      .action(async (options: Options) => report(options, ...(await answering(() => copied(address(options.from), address(options.to)))))))
    .addCommand(new Command('verify')
      .description('compare the graph of a store with one built anew from all it was told, and with the lineage index')
      .option('--store <address>', ADDRESS).option('--json', 'print the result as JSON')
      .action(async (options: Options) => {
        const { same, facts, text } = await answering(() => verified(address(options.store), snapshotFile(dataFolder(terminal.env))));
        report(options, facts, text);
        if (!same) throw new CommandFailure(EXIT.checkFailed, '');
      }));
}

export function addressOf({ env }: Terminal, text: string | undefined): StoreAddress {
  const parsed = parseStoreAddress(text ?? (env['SLUICE_STORE'] || storeFile(dataFolder(env))), env['SLUICE_NEO4J_PASSWORD']);
  if (parsed.outcome === 'refused') throw new CommandFailure(EXIT.usage, `the store address ${parsed.message}`);
  return parsed.address;
}

async function migrated(address: StoreAddress): Promise<[object, string]> {
  if (address.kind === 'embedded') {
    mustExist(address);
    await openSqliteStore({ file: address.file }).close();
    return [{ store: address.file }, `${address.file} is of this version`];
  }
  const versions = await migrateNeo4jStore(address.options);
  const name = nameOfAddress(address);
  return [{ store: name, ...versions }, versions.from === versions.to ? `${name} is of version ${versions.to} already` : `${name} went from version ${versions.from} to ${versions.to}`];
}

async function copied(from: StoreAddress, to: StoreAddress): Promise<[object, string]> {
  mustExist(from);
  return using(openStore(from), (source) => using(openStore(to), (target) => using(openHistory(from), async (history) => {
    const { entries: [entry] } = await target.ledger({ limit: 1 });
    if ((await target.revision()).revision > 0 || entry !== undefined) throw new CommandFailure(EXIT.usage, `${nameOfAddress(to)} is not empty; a copy never overwrites`);
    const done = await copyStore(history, source, target, Date.now);
    const [before, after] = [await graphHash(source), await graphHash(target)];
    if (before.hash !== after.hash) throw new CommandFailure(EXIT.checkFailed, `the copy has the graph ${after.hash}, the source ${before.hash}: was it written to meanwhile? Copy again, to an empty store`);
    return [{ ...done, ...after }, `${nameOfAddress(to)} holds ${after.nodes} nodes, ${after.edges} edges and ${done.ledgerEntries} ledger entries; graph ${after.hash}`];
  })));
}

export function mustExist(address: StoreAddress): void {
  if (address.kind === 'embedded' && !existsSync(address.file)) throw new CommandFailure(EXIT.usage, `there is no store at ${address.file}`);
}

async function verified(address: StoreAddress, snapshot: string): Promise<{ same: boolean; facts: object; text: string }> {
  mustExist(address);
  const verdict = await using(openStore(address), (store) => using(openHistory(address), (history) => verifyStore({ store, history, snapshot, clock: Date.now })));
  const { same, found, expected, index } = verdict;
  return { same, facts: { same, found, expected, index }, text: verdictText(verdict) };
}

function openHistory(address: StoreAddress): StoreHistory {
  return address.kind === 'embedded' ? openSqliteHistory(address.file) : openNeo4jHistory(address.options);
}

export async function using<R extends Pick<Store, 'close'>, T>(opened: R | Promise<R>, work: (resource: R) => Promise<T>): Promise<T> {
  const resource = await opened;
  try {
    return await work(resource);
  } finally {
    await resource.close();
  }
}

export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof StoreUnavailable || cause instanceof StoreIncompatible) throw new CommandFailure(EXIT.unavailable, cause.message, { cause });
    throw cause;
  }
}
