import type { DatasetUse, DatasetWrite, Observation, ProgramFact } from '../changes.ts';
import type { EntityRef, ReaderRef } from '../names.ts';
import { type Edge, reasonMask } from './rows.ts';

/** The edges a program implies, each once, in the order of the program. */
export function edgesOfProgram(program: ReaderRef, fact: ProgramFact): Edge[] {
  return [
    ...fact.reads.flatMap((use) => edgesOfUse(program, use)),
    ...fact.writes.flatMap((write) => edgesOfWrite(program, write)),
  ];
}

/** The edges one observation implies; none for a heartbeat. */
export function edgesOfObservation(seen: Observation): Edge[] {
  if (seen.what === 'alive' || seen.dataset === null) return [];
  const dataset: EntityRef = { kind: 'dataset', ...seen.dataset };
  if (seen.what === 'writes') return [edge('WRITES', seen.actor, dataset, { completeness: 'unknown' })];
  if (seen.path === null) return [edge('USES', dataset, seen.actor, { completeness: 'unknown' })];
  const field: EntityRef = { kind: 'field', ...seen.dataset, path: seen.path };
  return [
    edge('USES', dataset, seen.actor, { completeness: 'partial' }),
    edge('READS', field, seen.actor, { reasons: reasonMask(['VALUE']) }),
  ];
}

function edgesOfUse(reader: ReaderRef, use: DatasetUse): Edge[] {
  const opens = edge('USES', { kind: 'dataset', ...use.dataset }, reader, { completeness: use.completeness });
  const reads = (use.fields ?? []).map(({ path, why }) =>
    edge('READS', { kind: 'field', ...use.dataset, path }, reader, {
      reasons: reasonMask(why.length === 0 ? ['VALUE'] : why),
      completeness: use.completeness,
    }),
  );
  return [opens, ...reads];
}

function edgesOfWrite(job: ReaderRef, write: DatasetWrite): Edge[] {
  const dataset: EntityRef = { kind: 'dataset', ...write.dataset };
  if (write.derivations === null) return [edge('WRITES', job, dataset, { completeness: 'unknown' })];
  const computed = write.derivations.flatMap(({ to, from }) => {
    const target: EntityRef = { kind: 'field', ...write.dataset, path: to };
    if (from.length === 0) return [edge('GENERATES', job, target, {})];
    return from.map((origin) =>
      edge('DERIVES', { kind: 'field', ...origin.dataset, path: origin.path }, target, {
        via: job,
        identity: origin.kind === 'IDENTITY',
      }),
    );
  });
  return [edge('WRITES', job, dataset, { completeness: 'partial' }), ...computed];
}

function edge(kind: Edge['kind'], from: EntityRef, to: EntityRef, rest: Partial<Edge>): Edge {
  return { kind, from, to, via: null, reasons: 0, identity: false, completeness: 'complete', ...rest };
}
