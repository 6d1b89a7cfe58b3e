import { checkCompatibility, type CompatibilityVerdict } from '../avro/compatibility.ts';
import { pathOfLocation } from '../avro/fields.ts';
import { checkLevel, type Direction } from '../avro/levels.ts';
import { sameSchema } from '../avro/same-schema.ts';
import type { AvroSchema } from '../avro/schema.ts';
import { finding, type Finding } from '../gate/finding.ts';
import type { SubjectState } from './subject-state.ts';

/** What a candidate is to one retained version. */
export interface VersionVerdict {
  readonly version: number;
  readonly schemaId: number;
  readonly deleted: boolean;
  /** Directions the level asks of this version; none of a soft-deleted one, though its records may still be in the log. */
  readonly asked: readonly Direction[];
  /** By the level alone; null: the level is not known, or a schema that is asked for cannot be read. */
  readonly accepted: boolean | null;
  /** Why the version cannot be judged. */
  readonly unreadable: string | null;
  /** Whether the candidate reads its records. */
  readonly newReadsOld: CompatibilityVerdict | null;
  /** Whether a reader with its schema reads the candidate's records. */
  readonly oldReadsNew: CompatibilityVerdict | null;
}

/** A verdict for every retained version, newest first. */
export function versionVerdicts(candidate: AvroSchema, { level, versions }: SubjectState): readonly VersionVerdict[] {
  const live = versions.filter(({ deleted }) => !deleted);
  // A schema that is registered already is not asked again.
  const isRegistered = live.some(({ schema }) => schema.readable && sameSchema(schema.schema, candidate));
  const asked = new Map<number, Direction[]>();
  const stand = live.map(({ version, schema }) => ({ version, schema: schema.readable ? schema.schema : candidate }));
  if (level !== null && !isRegistered) for (const { version, direction } of checkLevel(level, candidate, stand)) asked.set(version, [...(asked.get(version) ?? []), direction]);
  return versions.map(({ version, schemaId, deleted, schema }): VersionVerdict => {
    const about = { version, schemaId, deleted, asked: asked.get(version) ?? [] };
    if (!schema.readable) return { ...about, accepted: level === null || about.asked.length > 0 ? null : true, unreadable: schema.reason, newReadsOld: null, oldReadsNew: null };
    const verdicts = { newReadsOld: checkCompatibility(candidate, schema.schema), oldReadsNew: checkCompatibility(schema.schema, candidate) };
    const accepted = about.asked.every((direction) => (direction === 'backward' ? verdicts.newReadsOld : verdicts.oldReadsNew).outcome === 'compatible');
    return { ...about, accepted: level === null ? null : accepted, unreadable: null, ...verdicts };
  });
}

/** The findings on a subject that governs no topic anybody knows: its level is all it can be judged by. */
export function findingsByLevelAlone(candidate: AvroSchema, state: SubjectState): Finding[] {
  return versionVerdicts(candidate, state).flatMap((verdict) => {
    const about = `${state.subject.namespace}/${state.subject.name}`;
    if (verdict.unreadable !== null && verdict.asked.length > 0) return [finding('version-unreadable', `version ${verdict.version} of \`${state.subject.name}\` cannot be judged: ${verdict.unreadable}`, { version: verdict.version, about })];
    return verdict.asked.flatMap((direction) => refusals(direction, { verdict, candidate, state, about }));
  });
}

interface Asked {
  readonly verdict: VersionVerdict;
  readonly candidate: AvroSchema;
  readonly state: SubjectState;
  readonly about: string;
}

function refusals(direction: Direction, { verdict, candidate, state, about }: Asked): Finding[] {
  const { version } = verdict;
  const of = direction === 'backward' ? verdict.newReadsOld : verdict.oldReadsNew;
  const reads = direction === 'backward' ? `the new schema cannot read version ${version}` : `version ${version} cannot read the new schema`;
  if (of === null || of.outcome === 'compatible') return [];
  if (of.outcome === 'failed') return [finding('subject-compatibility', `${state.level}: ${reads}: ${of.message}`, { version, about })];
  const old = state.versions.find((v) => v.version === version)?.schema;
  const reader = direction === 'backward' || old?.readable !== true ? candidate : old.schema;
  return of.incompatibilities.map(({ type, message, location }) => {
    const field = pathOfLocation(reader, location);
    return finding('subject-compatibility', `${state.level}: ${reads}: ${type} at \`${field ?? state.subject.name}\`: ${message}`, { version, field, location: `${direction}:${location}`, about });
  });
}
