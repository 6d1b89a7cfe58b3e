import { fieldFacts } from '../../avro/fields.ts';
import type { AvroSchema } from '../../avro/schema.ts';
import type { EntityRef } from '../../names.ts';
import { type Affected, fieldName, finding, type Finding } from '../finding.ts';
import type { Obstacle } from '../judge-reader.ts';
import type { GateRequest } from '../request.ts';
import type { RuleId } from '../rules.ts';
import { currentSchema, type DatasetState, type DeployedReader, type GateWorld, stateOf } from '../world.ts';

/** Check 2: can every deployed reader of an output read what the job will write? */
export function checkReadersOfOutputs(request: GateRequest, world: GateWorld): Finding[] {
  return request.outputs.flatMap(({ dataset, writerSchema }) => {
    const state = stateOf(world, dataset);
    const readers = state.readers.filter(({ ref }) => ref.kind !== 'job' || ref.namespace !== request.job.namespace || ref.name !== request.job.name);
    if (writerSchema === null) return schemaMissing(state, readers);
    return readers.flatMap((reader) => judge(reader, { state, writer: writerSchema, world }));
  });
}

function judge(reader: DeployedReader, { state, writer, world }: { readonly state: DatasetState; readonly writer: AvroSchema; readonly world: GateWorld }): Finding[] {
  if (reader.readerSchema?.readable === false) return [unreadable(reader, state, reader.readerSchema.reason)];
  const stands = world.standsOf(reader, currentSchema(state));
  if (stands.length === 0) return judgeByNames(reader, state, writer);
  const [known, possible] = [true, false].map((k) => stands.filter((s) => s.known === k).flatMap(({ schema }) => world.obstacles(schema, writer)));
  const proven = (known ?? []).map((o) => readerFinding(reader, state, o, true));
  const seen = new Set((known ?? []).map(({ field }) => field));
  return [...proven, ...(possible ?? []).filter(({ field }) => !seen.has(field)).map((o) => readerFinding(reader, state, o, false))];
}

/** Without a current schema there are only names: a field the reader uses must still be written. */
function judgeByNames(reader: DeployedReader, state: DatasetState, writer: AvroSchema): Finding[] {
  const written = new Set(fieldFacts(writer).map(({ path }) => path));
  const used = reader.completeness === 'complete' ? [] : state.fields.filter((path) => !reader.fields.some((f) => f.path === path));
  const gone = (path: string): Obstacle => ({ kind: 'breaks', field: path, location: null, message: 'is not written any more' });
  return [
    ...reader.fields.filter(({ path }) => !written.has(path)).map(({ path }) => readerFinding(reader, state, gone(path), true)),
    ...used.filter((path) => !written.has(path)).map((path) => readerFinding(reader, state, gone(path), false)),
  ];
}

function readerFinding(reader: DeployedReader, state: DatasetState, obstacle: Obstacle, known: boolean): Finding {
  const name = fieldName(state.ref, obstacle.field);
  const rule: RuleId = !known ? 'output-unknown-use' : obstacle.kind === 'reinterprets' ? 'output-reinterpreted' : 'output-breaks-reader';
  const message = known
    ? `${reader.ref.kind} \`${reader.ref.name}\` reads ${name}${whyOf(reader, obstacle.field)}, which ${obstacle.message}`
    : `${reader.ref.kind} \`${reader.ref.name}\` reads \`${state.ref.name}\`, nobody knows which fields, and ${name} ${obstacle.message}`;
  return finding(rule, message, { dataset: state.ref, field: obstacle.field, location: obstacle.location, affected: [affectedBy(reader, state, obstacle.field)] });
}

function affectedBy(reader: DeployedReader, state: DatasetState, field: string | null): Affected {
  const start: EntityRef = field === null ? { kind: 'dataset', ...state.ref } : { kind: 'field', ...state.ref, path: field };
  return { ref: reader.ref, owner: reader.owner, path: [start, reader.ref] };
}

function whyOf(reader: DeployedReader, field: string | null): string {
  const why = reader.fields.find(({ path }) => path === field)?.why ?? [];
  const evidence = reader.evidence.join(', ');
  return why.length === 0 ? ` (${evidence})` : ` (${why.join(', ')}; ${evidence})`;
}

function unreadable(reader: DeployedReader, state: DatasetState, reason: string): Finding {
  return finding('version-unreadable', `the schema ${reader.ref.kind} \`${reader.ref.name}\` reads \`${state.ref.name}\` with cannot be judged: ${reason}`, {
    dataset: state.ref,
    affected: [affectedBy(reader, state, null)],
  });
}

function schemaMissing(state: DatasetState, readers: readonly DeployedReader[]): Finding[] {
  if (readers.length === 0) return [finding('output-schema-missing', `nothing says what the job writes to \`${state.ref.name}\``, { dataset: state.ref })];
  return readers.map((reader) =>
    finding('output-unknown-use', `nothing says what the job writes to \`${state.ref.name}\`, which ${reader.ref.kind} \`${reader.ref.name}\` reads`, {
      dataset: state.ref,
      affected: [affectedBy(reader, state, null)],
    }),
  );
}
