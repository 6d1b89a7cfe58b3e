import { type FieldEdit, replaceField, siblingsOf } from '../catalog/avro/replace-field.ts';
import { faultOfName } from '../catalog/avro/avro-names.ts';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import { isWithin } from '../catalog/avro/within.ts';
import { obstacles, standsOf } from '../catalog/gate/judge-reader.ts';
import { currentSchema, type DatasetState, type DeployedReader } from '../catalog/gate/world.ts';
import { entityKey, type FieldRef } from '../catalog/names.ts';
import type { Closure, ReachedEntry } from '../graph/closure.ts';
import { Problem } from '../problem.ts';
import { loadDatasetState } from './dataset-state.ts';
import { reachedDocument } from './lineage-view.ts';
import { type QueryParts, requireEntity, trueAt } from './view.ts';

export interface FieldChange {
  readonly field: FieldRef;
  readonly edit: FieldEdit;
}
/**
 * breaks: the reader cannot decode any more; changes: what it gets is computed from the field;
 * possible: nobody knows whether it reads the field; unaffected: it reads the field and can go on.
 */
export type Effect = 'breaks' | 'changes' | 'possible' | 'unaffected';

export interface Impact {
  readonly sentence: string;
  readonly summary: { fields: number; jobs: number; consumers: number; owners: readonly string[]; breaks: number; unknownReaders: number };
  readonly affected: readonly { readonly entry: ReachedEntry; readonly effect: Effect }[];
  readonly closure: Closure;
  readonly head: object;
}

/** What removing, retyping or renaming a field reaches, whole: direct readers judged by their schemas, everyone further on by lineage. */
export async function assessImpact({ field, edit }: FieldChange, parts: QueryParts): Promise<Impact> {
  const { catalog, index } = parts;
  const dataset = { namespace: field.namespace, name: field.name };
  await requireEntity({ kind: 'field', ...field }, catalog, null);
  const state = await loadDatasetState(dataset, catalog, index);
  if (state === null) throw new Problem('entity-not-found', `the catalog knows no dataset ${field.namespace}/${field.name}`);
  if (edit.kind === 'rename') requireFreeName(field, edit.name, state, parts);
  const going = index.fieldsOf(dataset).filter(({ path }) => isWithin(path, field.path)).map((ref) => ({ kind: 'field' as const, ...ref }));
  const closure = index.closure({ from: going, direction: 'downstream', depth: null, asOf: null, evidence: null });
  const direct = directEffects(state, field.path, edit);
  const affected = [...closure.entries()].map((entry) => ({ entry, effect: effectOn(entry, direct) }));
  const summary = await summaryOf(affected, parts);
  const head = { field: { kind: 'field', ...field }, completeness: closure.completeness, ...trueAt(index) };
  const goOn = affected.filter(({ entry, effect }) => effect === 'unaffected' && entry.ref.kind !== 'field').length;
  return { sentence: sentenceOf({ field, edit }, summary, goOn), summary, affected, closure, head };
}

/** A name that Avro takes, and no other field beside it has. */
function requireFreeName({ namespace, name: dataset, path }: FieldRef, name: string, state: DatasetState, { index }: QueryParts): void {
  const fault = faultOfName(name);
  if (fault !== null) throw new Problem('request-invalid', `change.name: ${fault}`);
  const [, before, leaf] = /^(.*?)([^.[\]{}<>]+)$/.exec(path) ?? [];
  if (before === undefined || leaf === undefined || leaf.startsWith('$')) throw new Problem('request-invalid', `\`${path}\` has no name of its own that could change`);
  const current = currentSchema(state);
  const siblings = current === null ? null : siblingsOf(current, path);
  const known = (): boolean => index.fieldsOf({ namespace, name: dataset }).some((field) => field.path === before + name);
  if (siblings === null ? known() : siblings.some((field) => field.name === name)) throw new Problem('name-taken', `\`${before}${name}\` is a field of ${dataset} already`, { name });
}

export async function affectedDocuments(impact: Impact, window: { readonly offset: number; readonly limit: number }, parts: QueryParts): Promise<object[]> {
  const page = impact.affected.slice(window.offset, window.offset + window.limit);
  return Promise.all(page.map(async ({ entry, effect }) => ({ ...(await reachedDocument(entry, impact.closure, true, parts)), effect })));
}

function effectOn({ ref, certainty }: ReachedEntry, direct: ReadonlyMap<string, Effect>): Effect {
  return direct.get(entityKey(ref)) ?? (certainty === 'possible' ? 'possible' : 'changes');
}

/** By `entityKey` of the reader. Without a schema to judge by, a reader of the field is one it breaks. */
function directEffects(state: DatasetState, path: string, edit: FieldEdit): Map<string, Effect> {
  const current = currentSchema(state);
  const candidate = current === null ? null : replaceField(current, path, edit);
  return new Map(state.readers.map((reader) => [entityKey(reader.ref), candidate === null ? effectByName(reader, path) : effectBySchema(reader, current, candidate)]));
}

function effectByName(reader: DeployedReader, path: string): Effect {
  if (reader.fields.some((f) => isWithin(f.path, path))) return 'breaks';
  return reader.completeness === 'complete' ? 'unaffected' : 'possible';
}

function effectBySchema(reader: DeployedReader, current: AvroSchema | null, candidate: AvroSchema): Effect {
  const stands = standsOf(reader, current).filter(({ schema }) => obstacles(schema, candidate).length > 0);
  if (stands.some(({ known }) => known)) return 'breaks';
  return stands.length > 0 ? 'possible' : 'unaffected';
}

async function summaryOf(affected: Impact['affected'], { catalog }: QueryParts): Promise<Impact['summary']> {
  const touched = affected.filter(({ effect }) => effect !== 'unaffected');
  const count = (kind: string): number => touched.filter(({ entry }) => entry.ref.kind === kind).length;
  const owners = new Set<string>();
  for (const { entry } of touched) {
    if (entry.ref.kind === 'field') continue;
    const owner = (await catalog.entity(entry.ref))?.facts.find((fact) => fact.aspect === 'owner');
    if (owner?.aspect === 'owner') owners.add(owner.body.team);
  }
  return {
    fields: count('field'),
    jobs: count('job'),
    consumers: count('consumer'),
    owners: [...owners].sort(),
    breaks: touched.filter(({ effect }) => effect === 'breaks').length,
    unknownReaders: touched.filter(({ entry, effect }) => effect === 'possible' && entry.ref.kind !== 'field').length,
  };
}

function sentenceOf({ field, edit }: FieldChange, { jobs, consumers, owners, breaks, unknownReaders }: Impact['summary'], goOn: number): string {
  const what = `${DOING[edit.kind]} \`${field.name}.${field.path}\`${edit.kind === 'rename' ? ` to \`${edit.name}\`` : ''}`;
  const unknown = unknownReaders === 0 ? '' : `; of ${unknownReaders} nobody knows whether they read it`;
  if (jobs + consumers + goOn === 0) return `${what} reaches no reader that anybody declared or observed.`;
  if (jobs + consumers === 0) return `${what} breaks nobody known: ${counted(goOn, 'reader')} can go on.`;
  const reached = `${counted(jobs, 'job')} and ${counted(consumers, 'consumer')} of ${counted(owners.length, 'team')}`;
  return breaks === 0 ? `${what} breaks nobody known; it reaches ${reached}${unknown}.` : `${what} breaks ${counted(breaks, 'reader')} and reaches ${reached}${unknown}.`;
}

const DOING: Readonly<Record<FieldEdit['kind'], string>> = { remove: 'Removing', retype: 'Retyping', rename: 'Renaming' };

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
