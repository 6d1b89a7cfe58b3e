import { fieldFacts } from '../../avro/fields.ts';
import type { AvroSchema } from '../../avro/schema.ts';
import { isWithin } from '../../avro/within.ts';
import { isMadeUpByFlink } from '../../flink/named-as-written.ts';
import type { EntityRef } from '../../names.ts';
import { type Affected, fieldName, finding, type Finding } from '../finding.ts';
import type { Obstacle } from '../judge-reader.ts';
import type { GateRequest } from '../request.ts';
import type { RuleId } from '../rules.ts';
import { type DatasetState, type DeployedReader, type GateWorld, schemasWritten, stateOf } from '../world.ts';

/** Check 2: can every deployed reader of an output read what the job will write? */
export function checkReadersOfOutputs(request: GateRequest, world: GateWorld): Finding[] {
  return request.outputs.flatMap(({ dataset, writerSchema }) => {
    const state = stateOf(world, dataset);
    const readers = state.readers.filter(({ ref }) => ref.kind !== 'job' || ref.namespace !== request.job.namespace || ref.name !== request.job.name);
    if (writerSchema === null) return schemaMissing(state, readers);
    const today = schemasWritten(state);
    const fields = [...new Set([...state.fields, ...today.flatMap((schema) => [...world.pathsOf(schema)])])];
    return readers.flatMap((reader) => judge(reader, { state: { ...state, fields }, today, writer: writerSchema, world }));
  });
}

interface Written {
  /** With every field that anybody writes today. */
  readonly state: DatasetState;
  readonly today: readonly AvroSchema[];
  readonly writer: AvroSchema;
  readonly world: GateWorld;
}

function judge(reader: DeployedReader, { state, today, writer, world }: Written): Finding[] {
  if (reader.readerSchema?.readable === false) return [unreadable(reader, state, reader.readerSchema.reason)];
  const stands = [...new Set((today.length === 0 ? [null] : today).flatMap((schema) => world.standsOf(reader, schema)))];
  if (stands.length === 0) return judgeByNames(reader, state, writer);
  const [known, possible] = [true, false].map((k) => stands.filter((s) => s.known === k).flatMap(({ schema }) => world.obstacles(schema, writer)));
  const proven = (known ?? []).map((o) => readerFinding(reader, state, o, true));
  const seen = new Set((known ?? []).map(({ field }) => field));
  const byDefault = hiddenByDefaults(reader, state, world.pathsOf(writer)).filter(({ obstacle }) => ![...(known ?? []), ...(possible ?? [])].some(({ field }) => field === null || isWithin(obstacle.field ?? '', field)));
  return [
    ...proven,
    ...(possible ?? []).filter(({ field }) => !seen.has(field)).map((o) => readerFinding(reader, state, o, false)),
    ...byDefault.map(({ obstacle, known: isRead }) => readerFinding(reader, state, obstacle, isRead)),
  ];
}

/**
 * Fields that go and that a default stands in for: the reader decodes on, and computes with what nobody wrote. Of what is
 * gone as a whole only the outermost field is named. A default in a schema of the reader's own is believed: somebody
 * chose it for this case.
 */
function hiddenByDefaults(reader: DeployedReader, state: DatasetState, written: ReadonlySet<string>): { readonly obstacle: Obstacle; readonly known: boolean }[] {
  if (choosesDefaults(reader, state)) return [];
  const gone = state.fields.filter((path) => isOfValue(path) && !written.has(path));
  const read = new Set(reader.fields.map(({ path }) => path));
  const missed = gone.filter((path) => read.has(path)).map((path) => ({ path, known: true }));
  const outermost = gone.filter((path) => !gone.some((other) => other !== path && isWithin(path, other)));
  const possible = reader.completeness === 'complete' ? [] : outermost.filter((path) => !missed.some((one) => isWithin(one.path, path))).map((path) => ({ path, known: false }));
  return [...missed, ...possible].map(({ path, known }) => ({ known, obstacle: { kind: 'hidden', field: path, location: null, message: 'is not written any more, and a default hides it' } }));
}

/** Flink makes every column nullable with a null as default, and who decodes with the topic's own schema chose nothing. */
function choosesDefaults({ readerSchema }: DeployedReader, { versions }: DatasetState): boolean {
  return readerSchema?.readable === true && !isMadeUpByFlink(readerSchema.schema) && !versions.some(({ schema }) => schema === readerSchema);
}

/** Fields of the key and the headers are in no writer schema of the value. */
function isOfValue(path: string): boolean {
  return !path.startsWith('$key') && !path.startsWith('$headers');
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

const RULE_OF: Readonly<Record<Obstacle['kind'], RuleId>> = { breaks: 'output-breaks-reader', unreadable: 'output-breaks-reader', reinterprets: 'output-reinterpreted', hidden: 'output-field-not-written' };

function readerFinding(reader: DeployedReader, state: DatasetState, obstacle: Obstacle, known: boolean): Finding {
  const name = fieldName(state.ref, obstacle.field);
  const rule: RuleId = !known ? 'output-unknown-use' : RULE_OF[obstacle.kind];
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
  const evidence = [...reader.evidence, ...(reader.permitted ? ['permitted to start'] : [])].join(', ');
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
