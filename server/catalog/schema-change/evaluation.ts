import { diffSchemas, type SchemaChange } from '../avro/diff.ts';
import { fieldEntries } from '../avro/fields.ts';
import { type AvroSchema, typeText } from '../avro/schema.ts';
import type { Completeness } from '../changes.ts';
import { CHECKS_OF_WRITING, type GateContext, type JudgedFinding, judgeFindings } from '../gate/decide.ts';
import type { Finding } from '../gate/finding.ts';
import type { GateRequest } from '../gate/request.ts';
import { currentSchema, type GateWorld, stateOf } from '../gate/world.ts';
import { type DatasetRef, entityKey, type Named } from '../names.ts';
import { findingsByLevelAlone, type VersionVerdict, versionVerdicts } from './level-verdicts.ts';
import { type ReaderVerdict, readerVerdicts } from './reader-verdicts.ts';
import type { SubjectState } from './subject-state.ts';

/** Stands for whoever may write the topic; no job has an empty name. */
export const ANYBODY: Named = { namespace: '', name: '' };

/** What the gate would be asked by a job that writes a schema to these topics. */
export function writingRequest(topics: readonly DatasetRef[], candidate: AvroSchema, job: Named): GateRequest {
  const outputs = topics.map((dataset) => ({ dataset, writerSchema: candidate, mapping: null }));
  return { job: { namespace: job.namespace, name: job.name, owner: null, artifactDigest: null }, inputs: [], outputs, unknown: [], differences: [] };
}

/** What the gate finds wrong with what a request writes. */
export function findingsOfWriting(request: GateRequest, world: GateWorld): readonly Finding[] {
  return CHECKS_OF_WRITING.flatMap((check) => check(request, world));
}

/**
 * The writers whose verdict may differ from anybody's: a deployed job that is itself among those its topic reaches is
 * not asked about itself when it is the one to write.
 */
export function writersAmongReached(found: readonly Finding[], world: GateWorld, topics: readonly DatasetRef[]): { readonly reached: readonly Named[]; readonly others: boolean } {
  const affected = new Set(found.flatMap((finding) => finding.affected.map(({ ref }) => entityKey(ref))));
  const writers = topics.flatMap((topic) => stateOf(world, topic).writers).filter(({ ref }) => ref.kind === 'job');
  const reached = new Map(writers.filter(({ ref }) => affected.has(entityKey(ref))).map(({ ref }) => [entityKey(ref), ref]));
  return { reached: [...reached.values()], others: writers.length === 0 || writers.some(({ ref }) => !affected.has(entityKey(ref))) };
}

/** A candidate for a subject, and what of the catalog it is judged by. */
export interface Candidacy {
  readonly candidate: AvroSchema;
  readonly subject: SubjectState;
  /** As anybody writes; null: the subject governs no topic anybody knows. */
  readonly world: GateWorld | null;
  /** What the gate finds for each of those that may write. */
  readonly found: readonly Finding[];
}
export interface Evaluation {
  /** Errors first, as the gate has them; ids are the gate's. */
  readonly findings: readonly JudgedFinding[];
  /** Against the newest version that is not deleted. */
  readonly changes: readonly SchemaChange[];
  readonly comparedWith: number | null;
  readonly versions: readonly VersionVerdict[];
  readonly readers: readonly ReaderVerdict[];
  /** How much of what it rests on is known. */
  readonly completeness: Completeness;
}

export function evaluate({ candidate, subject, world, found }: Candidacy, context: Pick<GateContext, 'policy' | 'digest'>): Evaluation {
  const all = world === null ? findingsByLevelAlone(candidate, subject) : found;
  const newest = subject.versions.find(({ deleted }) => !deleted);
  const current = currentSchema(subject);
  const readers = world === null ? [] : subject.topics.flatMap((topic) => readerVerdicts(stateOf(world, topic), all));
  return {
    // Who has agreed to which of them is the proposal's own to say.
    findings: judgeFindings(all, world ?? { datasets: new Map() }, { ...context, approvals: [] }),
    changes: current === null ? fieldEntries(candidate).map(asAdded) : diffSchemas(current, candidate),
    comparedWith: current === null ? null : (newest?.version ?? null),
    versions: versionVerdicts(candidate, subject),
    readers,
    completeness: completenessOf(subject, world),
  };
}

function asAdded({ path, type }: { readonly path: string; readonly type: AvroSchema }): SchemaChange {
  return { kind: 'added', path, message: `is new (${typeText(type)})`, before: null, after: typeText(type) };
}

function completenessOf({ topics, level, versions }: SubjectState, world: GateWorld | null): Completeness {
  if (world === null || level === null) return 'unknown';
  const readers = topics.flatMap((topic) => stateOf(world, topic).readers);
  const all = new Set<Completeness>([...readers.map(({ completeness }) => completeness), ...(versions.some(({ schema }) => !schema.readable) ? ['partial' as const] : [])]);
  return all.has('unknown') ? 'unknown' : all.has('partial') ? 'partial' : 'complete';
}
