import type { DatasetUse, DatasetWrite, Derivation, Evidence, ProgramFact } from '../server/catalog/changes.ts';
import type { LineageResult } from '../server/catalog/flink/lineage.ts';
import { lineageOfPlan } from '../server/catalog/flink/plan/plan-lineage.ts';
import { programFactOf, usesOf } from '../server/catalog/flink/program-uses.ts';
import { lineageOfScript } from '../server/catalog/flink/sql/script-lineage.ts';
import type { ControlPayloads, WireDerivation, WireUse, WireWrite } from './contracts/events.ts';
import { checkedName, checkedReason, checkedSchema, checkedWord } from './checked.ts';
import { Refusal } from './refusal.ts';

export interface SaidProgram {
  readonly evidence: Evidence;
  /** null: nothing is said any more by this evidence. */
  readonly body: ProgramFact | null;
}
type Program = Pick<ControlPayloads['io.sluice.control.JobDeployed'], 'reads' | 'writes' | 'sql' | 'compiledPlan'>;

/** The evidence a Flink program itself gives. */
export const FLINK_EVIDENCES = ['flink-sql', 'compiled-plan'] as const satisfies readonly Evidence[];

/**
 * Everything a deployment says of what the job reads and writes: what is declared, and what follows from its
 * SQL and its compiled plan. A Flink job that comes without one of them withdraws what an earlier one said.
 */
export function programsFrom({ reads, writes, sql = null, compiledPlan = null }: Program, isFlink: boolean): SaidProgram[] {
  const nothingDeclared = reads.length === 0 && writes.length === 0 && (sql !== null || compiledPlan !== null);
  const declared: SaidProgram = { evidence: 'declared', body: nothingDeclared ? null : programFrom(reads, writes) };
  if (!isFlink && sql === null && compiledPlan === null) return [declared];
  return [
    declared,
    { evidence: 'flink-sql', body: sql === null ? null : flinkProgram('sql', lineageOfScript(sql)) },
    { evidence: 'compiled-plan', body: compiledPlan === null ? null : flinkProgram('compiledPlan', lineageOfPlan(parsedPlan(compiledPlan))) },
  ];
}

function flinkProgram(place: string, result: LineageResult): ProgramFact {
  if (result.outcome === 'resolved') return programFactOf(usesOf(result.lineage, () => null));
  const { message, line, column } = result.fault;
  throw new Refusal(`${place} is no program Flink would take${line === undefined ? '' : ` (line ${line}, column ${column})`}: ${message}`);
}

function parsedPlan(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold secrets.
    throw new Refusal('compiledPlan is not JSON');
  }
}

/** What a deployed job or declared consumer reads and writes, checked. */
export function programFrom(reads: readonly WireUse[], writes: readonly WireWrite[]): ProgramFact {
  const uses = reads.map(useFrom);
  return { reads: uses, writes: writes.map((write, i) => writeFrom(write, i, uses)) };
}

function useFrom({ dataset, readerSchema, fields, whole, evolution }: WireUse, i: number): DatasetUse {
  const place = `reads[${i}]`;
  if (readerSchema !== null) checkedSchema(`${place}.readerSchema`, readerSchema);
  return {
    dataset: checkedName(`${place}.dataset`, dataset),
    readerSchema,
    fields: fields?.map(({ path, why }) => ({ path: checkedWord(`${place}.fields`, path), why: why.map((reason) => checkedReason(`${place}.fields.why`, reason)) })) ?? null,
    completeness: fields === null ? 'unknown' : whole ? 'complete' : 'partial',
    evolution: evolution === null ? null : evolution === 'OPT_IN' ? 'opt-in' : 'opt-out',
  };
}

function writeFrom({ dataset, writerSchema, derivations }: WireWrite, i: number, uses: readonly DatasetUse[]): DatasetWrite {
  const place = `writes[${i}]`;
  if (writerSchema !== null) checkedSchema(`${place}.writerSchema`, writerSchema);
  return {
    dataset: checkedName(`${place}.dataset`, dataset),
    writerSchema,
    derivations: derivations?.map((derivation) => derivationFrom(derivation, place, uses)) ?? null,
  };
}

function derivationFrom({ to, from }: WireDerivation, place: string, uses: readonly DatasetUse[]): Derivation {
  return {
    to: checkedWord(`${place}.derivations.to`, to),
    from: from.map(({ read, path, identity }) => {
      const use = uses[read];
      if (use === undefined) throw new Refusal(`${place}.derivations of "${to}" names read ${read}, there are ${uses.length}`);
      return { dataset: use.dataset, path: checkedWord(`${place}.derivations.from`, path), kind: identity ? 'IDENTITY' : 'TRANSFORM' };
    }),
  };
}
