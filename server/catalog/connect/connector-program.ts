import type { DatasetUse, DatasetWrite, Derivation, ProgramFact } from '../changes.ts';
import { datasetKey, type Named } from '../names.ts';
import type { ConnectorLineage, Copy } from './connector-lineage.ts';

/** Paths of a dataset's value schema, by the dataset's key; a dataset that is absent has no schema the catalog knows. */
export type KnownPaths = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The program of a connector. A field is said to be copied only where both schemas are known and hold it under the same
 * name; of every other field the origins are unknown, and so is which fields are read besides.
 */
export function connectorProgram({ reads, writes, copies }: ConnectorLineage, known: KnownPaths): ProgramFact {
  const pairs = copies.map((copy) => ({ from: datasetKey(copy.from), to: datasetKey(copy.to), derivations: derivationsOf(copy, known) }));
  const [byOrigin, byTarget] = [Map.groupBy(pairs, ({ from }) => from), Map.groupBy(pairs, ({ to }) => to)];
  const use = ({ namespace, name }: Named): DatasetUse => {
    const derivations = (byOrigin.get(datasetKey({ namespace, name })) ?? []).flatMap((pair) => pair.derivations);
    const paths = [...new Set(derivations.flatMap(({ from }) => from.map(({ path }) => path)))];
    return { dataset: { namespace, name }, readerSchema: null, fields: paths.length === 0 ? null : paths.map((path) => ({ path, why: ['VALUE'] })), completeness: paths.length === 0 ? 'unknown' : 'partial', evolution: null };
  };
  const write = ({ namespace, name }: Named): DatasetWrite => {
    const into = byTarget.get(datasetKey({ namespace, name })) ?? [];
    return { dataset: { namespace, name }, writerSchema: null, derivations: united(into.map(({ derivations }) => derivations)) };
  };
  return { reads: reads.map(use), writes: writes.map(write) };
}

function derivationsOf({ from, to, shape }: Copy, known: KnownPaths): readonly Derivation[] {
  const [origins, targets] = [known.get(datasetKey(from)), known.get(datasetKey(to))];
  if (origins === undefined || targets === undefined) return [];
  const dataset = { namespace: from.namespace, name: from.name };
  return [...targets].flatMap((target) => {
    const path = shape === 'envelope' ? /^(?:before|after)\.(.+)$/s.exec(target)?.[1] : target;
    return path === undefined || !origins.has(path) ? [] : [{ to: target, from: [{ dataset, path, kind: 'IDENTITY' as const }] }];
  });
}

/** null: nothing is known of any field. A field copied from several datasets has all of them as origins; one that a source cannot give is left out, for it stays unknown. */
function united(copies: readonly (readonly Derivation[])[]): readonly Derivation[] | null {
  const byTarget = new Map<string, Derivation['from'][number][]>();
  for (const { to, from } of copies.flat()) byTarget.set(to, [...(byTarget.get(to) ?? []), ...from]);
  const whole = [...byTarget].filter(([, from]) => from.length === copies.length);
  return whole.length === 0 ? null : whole.map(([to, from]) => ({ to, from }));
}
