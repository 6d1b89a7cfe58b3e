import type { AvroSchema } from '../../avro/schema.ts';
import type { DatasetRef } from '../../names.ts';
import { fieldName, finding, type Finding } from '../finding.ts';
import type { Obstacle } from '../judge-reader.ts';
import type { GateRequest, ProgramInput } from '../request.ts';
import { currentSchema, type DatasetState, type GateWorld, stateOf } from '../world.ts';

/** Check 1: can the job read every record it will meet, those of old and soft-deleted versions included? */
export function checkInputs(request: GateRequest, world: GateWorld): Finding[] {
  return request.inputs.flatMap((input) => {
    const state = stateOf(world, input.dataset);
    if (input.readerSchema !== null) {
      return [...readerAgainstVersions(input.readerSchema, state, world), ...readerAgainstWriters(input.readerSchema, state, { request, world })];
    }
    return input.fields === null ? [useUnknown(input)] : fieldsAgainstVersions(input.fields, state, world);
  });
}

function readerAgainstVersions(reader: AvroSchema, state: DatasetState, { obstacles }: GateWorld): Finding[] {
  const dataset = state.ref;
  const current = currentSchema(state);
  return state.versions.flatMap(({ version, deleted, schema }) => {
    const name = deleted ? `version ${version} (soft-deleted, its records may remain)` : `version ${version}`;
    if (!schema.readable) return [finding('version-unreadable', `${name} of \`${dataset.name}\` cannot be judged: ${schema.reason}`, { dataset, version })];
    return obstacles(reader, schema.schema)
      .filter(({ kind }) => kind !== 'reinterprets' || schema.schema === current)
      .map((obstacle) => inputFinding(obstacle, dataset, `in records of ${name}`, version));
  });
}

function inputFinding(obstacle: Obstacle, dataset: DatasetRef, where: string, version: number | null): Finding {
  const rule = version === null ? 'input-reader-cannot-read-writer' : 'input-reader-cannot-read-version';
  return finding(obstacle.kind === 'reinterprets' ? 'input-reinterpreted' : rule, `${where}, ${fieldName(dataset, obstacle.field)} ${obstacle.message}`, {
    dataset,
    field: obstacle.field,
    version,
    location: obstacle.location,
  });
}

/** Writers may run ahead of the registry: what a deployed job says it writes counts as well. */
function readerAgainstWriters(reader: AvroSchema, state: DatasetState, { request, world }: { readonly request: GateRequest; readonly world: GateWorld }): Finding[] {
  return state.writers
    .filter(({ ref }) => ref.namespace !== request.job.namespace || ref.name !== request.job.name)
    .flatMap(({ ref, owner, writerSchema }) => {
      if (writerSchema === null || !writerSchema.readable) return [];
      return world.obstacles(reader, writerSchema.schema)
        .filter(({ kind }) => kind !== 'reinterprets')
        .map((obstacle) => ({
          ...inputFinding(obstacle, state.ref, `in what ${ref.kind} \`${ref.name}\` writes`, null),
          affected: [{ ref, owner, path: [ref] }],
        }));
    });
}

function fieldsAgainstVersions(fields: readonly string[], state: DatasetState, { pathsOf }: GateWorld): Finding[] {
  const dataset = state.ref;
  if (state.fields.length === 0 && fields.length > 0) {
    return [finding('input-schema-unknown', `the catalog knows no schema of \`${dataset.name}\`, so nobody can say whether it has ${fields.map((path) => `\`${path}\``).slice(0, 3).join(', ')}`, { dataset })];
  }
  const known = new Set(state.fields);
  const missing = fields.filter((path) => !known.has(path));
  const gone = missing.map((field) => finding('input-field-missing', `${fieldName(dataset, field)} does not exist${nearest(field, state.fields)}`, { dataset, field }));
  const present = fields.filter((path) => known.has(path));
  return [...gone, ...state.versions.flatMap(({ version, schema }) => (!schema.readable || schema.schema === currentSchema(state) ? [] : lackingIn(version, present.filter((path) => !pathsOf(schema.schema).has(path)), dataset)))];
}

function lackingIn(version: number, fields: readonly string[], dataset: DatasetRef): Finding[] {
  return fields.map((field) => finding('input-field-missing-in-version', `records of version ${version} have no ${fieldName(dataset, field)}`, { dataset, field, version }));
}

function useUnknown(input: ProgramInput): Finding {
  return finding('input-use-unknown', `nothing says which fields of \`${input.dataset.name}\` the job reads, so no change of it can be proven safe for this job`, { dataset: input.dataset });
}

function nearest(field: string, fields: readonly string[]): string {
  const last = field.slice(field.lastIndexOf('.') + 1);
  const close = fields.filter((other) => other.endsWith(last) || other.startsWith(field) || field.startsWith(`${other}.`)).slice(0, 3);
  return close.length === 0 ? '' : `; there is ${close.map((name) => `\`${name}\``).join(', ')}`;
}
