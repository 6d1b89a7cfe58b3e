import type { RevisionInfo } from '../../catalog/lineage/rows.ts';
import { ENTITY_KINDS, type EntityKind } from '../../catalog/names.ts';
import { StoreUnavailable } from '../store.ts';
import { countOf } from './schema.ts';
import { STEADY, type Transaction } from './transaction.ts';

/** What the one node that every batch locks says about the whole store. */
export interface CatalogNode extends RevisionInfo {
  readonly identity: string;
  /** Largest ids given out so far. */
  readonly nodes: number;
  readonly slots: number;
  readonly edges: number;
  readonly counts: Readonly<Record<EntityKind, number>>;
}

/** Finds the node, always by its index. */
export const CATALOG = "MATCH (s:SluiceStore { name: 'catalog' }) USING INDEX s:SluiceStore(name)";

/**
 * Makes the transaction the only one that changes the graph until it ends: all writers ask for this lock
 * first, so revisions have one order and writers never wait for each other in a circle. Whoever holds it
 * sees all of every batch before it, which Neo4j promises to nobody else.
 */
export function lockCatalog(transaction: Transaction): void {
  transaction.send(`${STEADY} ${CATALOG} SET s.lock = randomUUID()`);
}

export async function readCatalog(transaction: Transaction): Promise<CatalogNode> {
  const [found] = (await transaction.one<[Record<string, unknown> | null]>(`${STEADY} ${CATALOG} RETURN properties(s)`)) ?? [null];
  if (found === null) throw new StoreUnavailable('corrupt', 'the database no longer holds the store it held when it was opened');
  const number = (name: string): number => Number(found[name] ?? 0);
  return {
    identity: String(found['identity']), revision: number('revision'), committedAt: number('committedAt'),
    nodes: number('nodes'), slots: number('slots'), edges: number('edges'),
    counts: Object.fromEntries(ENTITY_KINDS.map((kind) => [kind, number(countOf(kind))])) as Record<EntityKind, number>,
  };
}

/** The newest revision; 0 for an empty store. */
export async function newestRevision(transaction: Transaction): Promise<RevisionInfo> {
  const { revision, committedAt } = await readCatalog(transaction);
  return { revision, committedAt };
}
