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
    if (input.readerSchema === null && input.fields === null) return [useUnknown(input)];
    const bySchema = input.readerSchema === null ? [] : [...readerAgainstVersions(input.readerSchema, state, world), ...readerAgainstWriters(input.readerSchema, state, { request, world })];
    const broken = new Set(bySchema.map(({ field }) => field));
    // A reader schema with defaults reads on when a field is gone, and the job computes with nulls.
    const byName = input.fields === null ? [] : [...fieldsAgainstVersions(input.fields, state, world), ...fieldsAgainstWriters(input.fields, state, { request, world })];
    return [...bySchema, ...byName.filter(({ field }) => !broken.has(field))].map((found) => withClause(found, input));
  });
}

/** Where in the script the field is read, for people and as data. */
function withClause(found: Finding, { clauses }: ProgramInput): Finding {
  const clause = found.field === null ? undefined : clauses.get(found.field);
  if (clause === undefined) return found;
  return { ...found, clause, message: `${found.message}; the script reads it at line ${clause.line}, column ${clause.column} (${clause.why})` };
}

/** A deployed writer may run ahead of the registry: a field it no longer writes is as good as gone. */
function fieldsAgainstWriters(fields: readonly string[], state: DatasetState, { request, world }: { readonly request: GateRequest; readonly world: GateWorld }): Finding[] {
  const known = new Set(state.fields);
  return othersWriting(state, request).flatMap(({ ref, owner, writerSchema }) => {
    if (writerSchema === null || !writerSchema.readable) return [];
    const written = world.pathsOf(writerSchema.schema);
    return fields.filter((field) => known.has(field) && isOfValue(field) && !written.has(field)).map((field) =>
      finding('input-field-not-written', `${ref.kind} \`${ref.name}\` of ${owner ?? 'nobody'} writes \`${state.ref.name}\` without ${fieldName(state.ref, field)}, which the job reads`, {
        dataset: state.ref,
        field,
        affected: [{ ref, owner, path: [ref] }],
      }));
  });
}

function othersWriting(state: DatasetState, { job }: GateRequest): DatasetState['writers'] {
  return state.writers.filter(({ ref }) => ref.namespace !== job.namespace || ref.name !== job.name);
}

/** Fields of the key and the headers are in no writer schema of the value. */
function isOfValue(field: string): boolean {
  return !field.startsWith('$key') && !field.startsWith('$headers');
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
  return othersWriting(state, request)
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
  const keysKnown = state.fields.some((path) => path.startsWith('$key'));
  const missing = fields.filter((path) => !known.has(path) && (keysKnown || isOfValue(path)));
  const gone = missing.map((field) => finding('input-field-missing', `${fieldName(dataset, field)} does not exist${nearest(field, state.fields)}`, { dataset, field }));
  const present = fields.filter((path) => known.has(path));
  return [...gone, ...state.versions.flatMap(({ version, schema }) => (!schema.readable || schema.schema === currentSchema(state) ? [] : lackingIn(version, present.filter((path) => isOfValue(path) && !pathsOf(schema.schema).has(path)), dataset)))];
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
