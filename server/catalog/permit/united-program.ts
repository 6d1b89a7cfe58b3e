import type { DatasetUse, DatasetWrite, Derivation, FieldUse, Origin, ProgramFact, ReadReason } from '../changes.ts';
import { datasetKey } from '../names.ts';

/** What either of two accounts of one program says: it reads and writes no less than that. */
export function unitedProgram(a: ProgramFact, b: ProgramFact): ProgramFact {
  return { reads: united(a.reads, b.reads, unitedUse), writes: united(a.writes, b.writes, unitedWrite) };
}

function united<T extends { readonly dataset: DatasetUse['dataset'] }>(a: readonly T[], b: readonly T[], both: (a: T, b: T) => T): T[] {
  const all = new Map<string, T>();
  for (const one of [...a, ...b]) {
    const key = datasetKey(one.dataset);
    const there = all.get(key);
    all.set(key, there === undefined ? one : both(there, one));
  }
  return [...all.values()];
}

function unitedUse(a: DatasetUse, b: DatasetUse): DatasetUse {
  const completeness = [a, b].find((use) => use.completeness === 'unknown')?.completeness ?? (a.completeness === 'partial' ? 'partial' : b.completeness);
  return { dataset: a.dataset, readerSchema: a.readerSchema ?? b.readerSchema, fields: a.fields === null || b.fields === null ? (a.fields ?? b.fields) : unitedFields(a.fields, b.fields), completeness, evolution: a.evolution ?? b.evolution };
}

function unitedFields(a: readonly FieldUse[], b: readonly FieldUse[]): FieldUse[] {
  const why = new Map<string, Set<ReadReason>>();
  for (const field of [...a, ...b]) why.set(field.path, new Set([...(why.get(field.path) ?? []), ...field.why]));
  return [...why].map(([path, reasons]) => ({ path, why: [...reasons] }));
}

/** Where either does not know where fields come from, nobody does. */
function unitedWrite(a: DatasetWrite, b: DatasetWrite): DatasetWrite {
  const derivations = a.derivations === null || b.derivations === null ? null : unitedDerivations(a.derivations, b.derivations);
  return { dataset: a.dataset, writerSchema: a.writerSchema ?? b.writerSchema, derivations };
}

function unitedDerivations(a: readonly Derivation[], b: readonly Derivation[]): Derivation[] {
  const from = new Map<string, Map<string, Origin>>();
  for (const derivation of [...a, ...b]) {
    const origins = from.get(derivation.to) ?? new Map<string, Origin>();
    for (const origin of derivation.from) origins.set(`${datasetKey(origin.dataset)} ${origin.path}`, origins.get(`${datasetKey(origin.dataset)} ${origin.path}`) ?? origin);
    from.set(derivation.to, origins);
  }
  return [...from].map(([to, origins]) => ({ to, from: [...origins.values()] }));
}
