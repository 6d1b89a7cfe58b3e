import type { ProgramFact } from '../changes.ts';
import { type DatasetRef, datasetKey } from '../names.ts';
import type { GateRequest } from './request.ts';
import type { ProgramSignature } from './world.ts';

/**
 * What a program computes, whatever it writes it to: the fields it reads of each input and where each
 * output field comes from. null where any of that is unknown, or there is no output: then nothing can be called a repetition.
 */
export function signatureOf({ inputs, outputs }: GateRequest): ProgramSignature | null {
  if (outputs.length === 0 || inputs.some(({ fields }) => fields === null) || outputs.some(({ mapping }) => mapping === null)) return null;
  return signature(
    inputs.map(({ dataset, fields }) => [dataset, fields ?? []]),
    outputs.map(({ mapping }) => (mapping ?? []).map(({ to, from }) => [to, from.map((o) => [o.dataset, o.field])])),
  );
}

/** The same of a deployed program. */
export function signatureOfFact({ reads, writes }: ProgramFact): ProgramSignature | null {
  if (writes.length === 0 || reads.some(({ fields }) => fields === null) || writes.some(({ derivations }) => derivations === null)) return null;
  return signature(
    reads.map(({ dataset, fields }) => [dataset, (fields ?? []).map(({ path }) => path)]),
    writes.map(({ derivations }) => (derivations ?? []).map(({ to, from }) => [to, from.map((o) => [o.dataset, o.path])])),
  );
}

type Reads = readonly (readonly [DatasetRef, readonly string[]])[];
type Writes = readonly (readonly (readonly [string, readonly (readonly [DatasetRef, string])[]])[])[];

function signature(reads: Reads, writes: Writes): ProgramSignature {
  const inputs = reads.map(([dataset, fields]) => JSON.stringify([datasetKey(dataset), [...fields].sort()])).sort();
  const outputs = writes
    .map((fields) => fields.map(([to, from]) => JSON.stringify([to, from.map(([dataset, path]) => JSON.stringify([datasetKey(dataset), path])).sort()])).sort())
    .map((fields) => JSON.stringify(fields))
    .sort();
  return JSON.stringify([inputs, outputs]);
}
