import type { GraphNode } from './graph-nodes.ts';
import { type RowGroup, sendGroups } from './row-groups.ts';
import { LABELS } from './schema.ts';
import { STEADY, type Transaction } from './transaction.ts';
import type { Parameter, Row } from './values.ts';

/** What nearly every field says of itself and nothing more, in the order in which it is sent; its dataset and revision come once for all. */
const PLAIN = ['id', 'path', 'type', 'doc', 'validFrom', 'validTo', 'current', 'wordsWhole', 'wordsName', 'wordsDoc'] as const;
const PLAIN_PROPERTIES = PLAIN.map((property, i) => `${property}: said[${i}]`).join(', ');
const PLAIN_DESCRIPTION: ReadonlySet<string> = new Set(['type', 'doc']);
/** A dataset is no field, so what is made here is never looked up here, and rows need not be collected in between. */
const OF_DATASET = `${STEADY} UNWIND $rows AS row MATCH (d:Dataset:Entity { id: row.dataset }) USING INDEX d:Entity(id) UNWIND row.each AS said`;

/** What a node is stored as: its properties, null where there is none, and those of them that search looks at. */
export interface NodeProperties {
  readonly revision: number;
  readonly of: (node: GraphNode) => Row;
  readonly wordsOf: (node: GraphNode) => Row;
}

/** Writes nodes that are new: entities by kind, then fields with their datasets. */
export function sendNewNodes(transaction: Transaction, nodes: readonly GraphNode[], properties: NodeProperties): void {
  for (const [kind, label] of Object.entries(LABELS)) {
    const rows = nodes.filter((node) => node.kind === kind && node.dataset === null).map((node) => withoutNulls(properties.of(node)));
    transaction.sendEach(`${STEADY} UNWIND $rows AS row CREATE (n:Entity:${label}) SET n = row`, rows);
  }
  const { plain = [], other = [] } = Object.groupBy(nodes.filter(({ dataset }) => dataset !== null), (node) => (isPlain(node) ? 'plain' : 'other'));
  sendGroups(transaction, `${OF_DATASET} CREATE (d)-[:HAS_FIELD]->(n:Entity:Field { dataset: row.dataset, revision: row.revision, ${PLAIN_PROPERTIES} })`,
    byDataset(plain, properties.revision, (field) => plainRow(field, properties.wordsOf(field))));
  sendGroups(transaction, `${OF_DATASET} CREATE (d)-[:HAS_FIELD]->(n:Entity:Field) SET n = said`, byDataset(other, properties.revision, (field) => withoutNulls(properties.of(field))));
}

function byDataset(fields: readonly GraphNode[], revision: number, own: (field: GraphNode) => Parameter): RowGroup[] {
  return [...Map.groupBy(fields, ({ dataset }) => dataset?.id ?? 0)].map(([dataset, ofDataset]) => ({ dataset, revision, each: ofDataset.map(own) }));
}

function isPlain({ carded, description }: GraphNode): boolean {
  if (carded) return false;
  for (const property in description) if (description[property] !== null && !PLAIN_DESCRIPTION.has(property)) return false;
  return true;
}

function plainRow({ id, name, description, lifetime, current }: GraphNode, { wordsWhole = null, wordsName = null, wordsDoc = null }: Row): Parameter {
  return [id, name, description['type'] ?? null, description['doc'] ?? null, lifetime.from, lifetime.to, current ? true : null, wordsWhole, wordsName, wordsDoc];
}

function withoutNulls(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row;
}
