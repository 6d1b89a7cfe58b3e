import type { DatasetUse, DatasetWrite, Derivation, ProgramFact } from '../server/catalog/changes.ts';
import type { WireDerivation, WireUse, WireWrite } from './contracts/events.ts';
import { checkedName, checkedReason, checkedSchema, checkedWord } from './checked.ts';
import { Refusal } from './refusal.ts';

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
