import { existsSync } from 'node:fs';
import { LineageIndex } from '../graph/lineage-index.ts';
import { copyChanges } from '../store/copy-store.ts';
import { type GraphHash, graphHash } from '../store/graph-hash.ts';
import type { StoreHistory } from '../store/history.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';

export interface Verdict {
  /** All three are one graph. */
  readonly same: boolean;
  /** As the store holds it. */
  readonly found: GraphHash;
  /** As all that was ever said makes it. */
  readonly expected: GraphHash;
  /** As answers have it: the lineage index, opened from its snapshot if that can be used, else from the store. */
  readonly index: GraphHash & { readonly from: 'snapshot' | 'store' };
}
interface Verified {
  readonly store: Store & { readonly identity: string };
  readonly history: StoreHistory;
  /** Where the index's snapshot would be. */
  readonly snapshot: string;
  readonly clock: () => number;
}

/** Compares the graph of a store that nobody writes to with what it follows from, and with what is answered from. */
export async function verifyStore({ store, history, snapshot, clock }: Verified): Promise<Verdict> {
  const found = await graphHash(store);
  const expected = { ...(await hashRebuilt(history, clock)), revision: found.revision };
  const index = await hashIndex(store, snapshot);
  return { same: found.hash === expected.hash && found.hash === index.hash, found, expected, index };
}

async function hashRebuilt(history: StoreHistory, clock: () => number): Promise<GraphHash> {
  const rebuilt = openSqliteStore({ file: ':memory:' });
  try {
    await copyChanges(history, rebuilt, clock);
    return await graphHash(rebuilt);
  } finally {
    await rebuilt.close();
  }
}

async function hashIndex(store: Verified['store'], file: string): Promise<Verdict['index']> {
  let from: Verdict['index']['from'] = existsSync(file) ? 'snapshot' : 'store';
  const index = await LineageIndex.open(store, { snapshot: { file, identity: store.identity }, onNote: () => (from = 'store') });
  return { ...(await graphHash(index)), from };
}

/** For people: what is the same, or who holds which graph. */
export function verdictText({ same, found, expected, index }: Verdict): string {
  const of = ({ hash, nodes, edges }: GraphHash): string => `${hash} (${nodes} nodes, ${edges} edges)`;
  const origin = index.from === 'snapshot' ? 'its snapshot' : 'the store';
  if (same) return `revision ${found.revision}: ${found.nodes} nodes, ${found.edges} edges, graph ${found.hash}, as all that was said makes it, and so has it the lineage index from ${origin}`;
  const others = [
    ...(found.hash === expected.hash ? [] : [`but what was said makes ${of(expected)}`]),
    ...(found.hash === index.hash ? [] : [`but the lineage index from ${origin} has ${of(index)}`]),
  ];
  return `revision ${found.revision}: the graph is ${of(found)}, ${others.join(', ')}`;
}
