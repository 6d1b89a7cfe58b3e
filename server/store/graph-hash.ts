import { createHash } from 'node:crypto';
import { type EdgeRow, type GraphSource, type NodeRow, OPEN_END } from '../catalog/lineage/rows.ts';
import { type EntityRef, entityKey } from '../catalog/names.ts';

/** A graph as one number that does not depend on the ids a store gave out, nor on the order of its rows. */
export interface GraphHash {
  readonly revision: number;
  readonly nodes: number;
  readonly edges: number;
  /** Hex, 128 bit: the sum of the hashes of all lines. */
  readonly hash: string;
}
const BITS = 128n;

/**
 * Hashes what follows from statements and observations: edges, and nodes that are stated or have an edge.
 * A node that only a replaced statement named is left out, since nothing that is kept tells of it.
 */
export async function graphHash(source: Pick<GraphSource, 'scan'>): Promise<GraphHash> {
  const nodes = new Map<number, { readonly line: string; readonly key: string }>();
  const counted = new Set<number>();
  let [sum, edges] = [0n, 0];
  const add = (line: string): void => {
    sum = BigInt.asUintN(Number(BITS), sum + BigInt(`0x${createHash('sha256').update(line).digest('hex').slice(0, Number(BITS) / 4)}`));
  };
  const { revision } = await source.scan({
    onNodes: (rows) => {
      for (const row of rows) {
        const key = keyOf(row);
        nodes.set(row.id, { key, line: `node ${key} ${row.validFrom} ${row.validTo}` });
        if (row.validFrom !== OPEN_END) counted.add(row.id);
      }
    },
    onEdges: (rows) => {
      edges += rows.length;
      for (const row of rows) {
        for (const end of [row.from, row.to, ...(row.via === 0 ? [] : [row.via])]) counted.add(end);
        add(edgeLine(row, (id) => nodes.get(id)?.key ?? `missing ${id}`));
      }
    },
  });
  for (const id of counted) add(nodes.get(id)?.line ?? `missing ${id}`);
  return { revision, nodes: counted.size, edges, hash: sum.toString(16).padStart(Number(BITS) / 4, '0') };
}

function keyOf({ kind, namespace, name, path }: NodeRow): string {
  return entityKey((kind === 'field' ? { kind, namespace, name, path } : { kind, namespace, name }) as EntityRef);
}

function edgeLine(row: EdgeRow, key: (id: number) => string): string {
  const { kind, from, to, via, reasons, identity, evidence, completeness, validFrom, validTo, firstSeen, lastSeen } = row;
  return JSON.stringify([kind, key(from), key(to), via === 0 ? '' : key(via), reasons, identity, evidence, completeness, validFrom, validTo, firstSeen, lastSeen]);
}
