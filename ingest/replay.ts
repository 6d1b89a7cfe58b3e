import type { DeadLetter } from './dead-letter.ts';
import { changesFrom } from './changes-from.ts';
import { canonicalChange, type ClusterAliases } from '../server/catalog/cluster-aliases.ts';
import type { Store } from '../server/store/store.ts';
import type { GraphChange } from '../server/catalog/changes.ts';
import { lineageChanges } from '../server/actions/take-lineage.ts';
import type { Contract, Decoder } from './decode/decoder.ts';
import { readLineageEvent } from './lineage-event.ts';
import type { TopicContract } from './topics.ts';

/** Where dead letters are read back from. */
export interface DeadLetterSource {
  read(): Promise<readonly DeadLetter[]>;
}
export interface ReplayParts {
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly decoder: Decoder;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly contracts: ReadonlyMap<string, TopicContract>;
}
export interface Replayed {
  readonly letter: DeadLetter;
  /** null: it is applied now (or would be). Otherwise why it still cannot be. */
  readonly failure: string | null;
}

/**
 * Tries dead letters again, the way a worker would. Their offsets are long past, so none is stored; events
 * carry their own order, so applying one late, or twice, ends in the same graph.
 */
export async function replay(letters: readonly DeadLetter[], parts: ReplayParts, options: { readonly dryRun: boolean }): Promise<readonly Replayed[]> {
  const results: Replayed[] = [];
  for (const letter of letters) results.push({ letter, failure: await tryAgain(letter, parts, options.dryRun) });
  return results;
}

async function tryAgain(letter: DeadLetter, parts: ReplayParts, dryRun: boolean): Promise<string | null> {
  const { store, aliases, clock } = parts;
  const contract = parts.contracts.get(letter.topic);
  if (contract === undefined) return `no contract is known for topic ${letter.topic}`;
  // Empty is a message without a value; any other letter without one was put aside without it.
  if (letter.value === null && letter.failure !== 'Empty') return 'its payload was not kept; it is still in its own topic';
  const said = contract === 'openlineage' ? await lineageOf(letter, parts) : await eventOf(contract, letter, parts);
  if (typeof said === 'string') return said;
  if (!dryRun) await store.apply({ changes: said.map((change) => canonicalChange(aliases, change)), committedAt: clock(), offset: null });
  return null;
}

/** What it says, or why it cannot be applied. */
async function eventOf(contract: Contract, { value }: DeadLetter, { decoder }: ReplayParts): Promise<readonly GraphChange[] | string> {
  const [outcome] = await decoder.decode(contract, [value]);
  if (outcome === undefined || outcome.outcome === 'undecodable') return outcome?.message ?? 'it was not decoded';
  const said = changesFrom(outcome.event);
  return said.outcome === 'refused' ? said.reason : said.changes;
}

async function lineageOf({ value }: DeadLetter, parts: ReplayParts): Promise<readonly GraphChange[] | string> {
  const read = readLineageEvent(value);
  if (read.outcome === 'unreadable') return read.reason;
  const [taken] = await lineageChanges([read.event], parts);
  if (taken === undefined) return 'it was not read';
  return taken.outcome === 'refused' ? taken.reason : taken.changes;
}
