import { isDeepStrictEqual } from 'node:util';
import { fieldFacts } from '../catalog/avro/fields.ts';
import { parseSchema } from '../catalog/avro/parse.ts';
import { sameSchema } from '../catalog/avro/same-schema.ts';
import { type Aspect, compareInstants, type CompatibilityLevel, type FactBodies, type GraphChange, type Instant, type SchemaVersionFact, type Statement } from '../catalog/changes.ts';
import type { EntityRef, Named } from '../catalog/names.ts';
import type { EntityRecord, FactRecord } from '../store/store.ts';
import type { Governed } from './subject-names.ts';

/** What a poll saw of one subject. */
export interface SeenSubject {
  readonly subject: Named;
  /** When the poll began, ms: whatever was said later is newer than what it saw. */
  readonly at: number;
  /** All there are, ascending, soft-deleted ones too. */
  readonly versions: readonly SeenVersion[];
  /** null: not asked. */
  readonly level: CompatibilityLevel | null;
  readonly mode: string | null;
  readonly governs: Governed | null;
}
export interface SeenVersion {
  readonly version: number;
  readonly deleted: boolean;
  /** null: not fetched, since the catalog has it. */
  readonly content: VersionContent | null;
}
export type VersionContent = Omit<SchemaVersionFact, 'version' | 'deleted'>;

export interface SubjectChanges {
  readonly changes: readonly GraphChange[];
  /** Versions whose schema is another than the catalog has; a version is never edited, so nothing is said of them. */
  readonly differing: readonly number[];
  /** Versions of the same schema under another id. */
  readonly renumbered: readonly number[];
}
export interface KnownBefore {
  readonly subject: EntityRecord | null;
  readonly dataset: EntityRecord | null;
}

/** The mode that is no news. */
const USUAL_MODE = 'READWRITE';
/** A mode stands in the catalog as a tag of its subject. */
const MODE_TAG = 'registry-mode';

/**
 * What the catalog lacks of what a poll saw: the facts that a SchemaRegistered or SubjectConfigured event would state. What
 * the catalog says already, or was told after the poll began, is left alone; so the same poll twice says nothing new.
 */
export function changesOfSubject(seen: SeenSubject, { subject: known, dataset }: KnownBefore): SubjectChanges {
  const about: EntityRef = { kind: 'subject', ...seen.subject };
  const held = versionsIn(known);
  const versions = seen.versions.flatMap(({ version, deleted, content }): SchemaVersionFact[] => {
    const before = held.get(version) ?? content;
    return before === null ? [] : [{ version, schemaId: before.schemaId, schemaType: before.schemaType, schema: before.schema, references: before.references, deleted }];
  });
  const there = new Set(seen.versions.map(({ version }) => version));
  const gone = [...held.keys()].filter((version) => !there.has(version));
  const compared = seen.versions.flatMap(({ version, content }) => {
    const before = held.get(version);
    return content === null || before === undefined ? [] : [{ version, before, content }];
  });
  const differing = compared.filter(({ before, content }) => !sameContent(before, content)).map(({ version }) => version);
  const say = <A extends Aspect>(aspect: A, part: string, body: FactBodies[A] | null): GraphChange[] => lacking(known, about, { aspect, part, body, time: seen.at });
  return {
    changes: [
      ...versions.flatMap((body) => say('schema-version', String(body.version), body)),
      ...gone.flatMap((version) => say('schema-version', String(version), null)),
      ...(seen.level === null ? [] : say('compatibility', '', { level: seen.level })),
      ...(seen.mode === null ? [] : say('tags', '', seen.mode === USUAL_MODE ? null : { tags: [`${MODE_TAG}:${seen.mode}`] })),
      ...(seen.governs === null ? [] : governing(seen, seen.governs, versions, dataset)),
    ],
    differing,
    renumbered: compared.filter(({ version, before, content }) => before.schemaId !== content.schemaId && !differing.includes(version)).map(({ version }) => version),
  };
}

/** The changes that a subject brings which the registry no longer has at all. */
export function changesOfGoneSubject({ subject, at, governs }: Pick<SeenSubject, 'subject' | 'at' | 'governs'>, { subject: known, dataset }: KnownBefore): readonly GraphChange[] {
  const about: EntityRef = { kind: 'subject', ...subject };
  const withdrawn = (known?.facts ?? []).filter(isMirrored).flatMap(({ aspect, part }) => lacking(known, about, { aspect, part, body: null, time: at }));
  if (governs === null || governor(dataset, governs.part)?.name !== subject.name) return withdrawn;
  const governed: EntityRef = { kind: 'dataset', ...governs.dataset };
  return [...withdrawn, ...(['governed-by', 'fields'] as const).flatMap((aspect) => lacking(dataset, governed, { aspect, part: governs.part, body: null, time: at }))];
}

/** Version facts by number, as the registry or events of it stated them. */
export function versionsIn(record: EntityRecord | null): ReadonlyMap<number, SchemaVersionFact> {
  return new Map((record?.facts ?? []).flatMap((fact) => (fact.aspect === 'schema-version' && isMirrored(fact) ? [[fact.body.version, fact.body]] : [])));
}

function governing({ subject, at }: SeenSubject, { dataset: governed, part }: Governed, versions: readonly SchemaVersionFact[], record: EntityRecord | null): GraphChange[] {
  if (versions.length === 0) return [];
  const about: EntityRef = { kind: 'dataset', ...governed };
  const newest = versions.findLast(({ deleted }) => !deleted) ?? versions.at(-1);
  const schema = newest?.schemaType === 'AVRO' ? parseSchema(newest.schema, { references: newest.references, validateDefaults: false }) : null;
  // Those of an older version would be told as the newest's: of a schema that nobody here can read the fields are not known.
  const fields = schema?.outcome !== 'parsed' ? null : { fields: part === 'key' ? fieldFacts(schema.schema, '$key') : fieldFacts(schema.schema) };
  return [
    ...lacking(record, about, { aspect: 'governed-by', part, body: { subject: { namespace: subject.namespace, name: subject.name } }, time: at }),
    ...lacking(record, about, { aspect: 'fields', part, body: fields, time: at }),
  ];
}

interface Said<A extends Aspect> {
  readonly aspect: A;
  readonly part: string;
  readonly body: FactBodies[A] | null;
  readonly time: number;
}

/** The statement, unless it is in force already or something newer is. */
function lacking<A extends Aspect>(record: EntityRecord | null, about: EntityRef, { aspect, part, body, time }: Said<A>): GraphChange[] {
  const inForce = (record?.facts ?? []).find((fact) => fact.aspect === aspect && fact.part === part && isMirrored(fact));
  const at: Instant = { time, sequence: 0, event: 'registry-mirror' };
  if (inForce === undefined ? body === null : isDeepStrictEqual(inForce.body, body) || compareInstants(at, inForce.at) <= 0) return [];
  return [{ change: 'statement', about, aspect, part, evidence: 'registry', at, body } as Statement];
}

function governor(dataset: EntityRecord | null, part: string): Named | null {
  for (const fact of dataset?.facts ?? []) if (fact.aspect === 'governed-by' && fact.part === part && isMirrored(fact)) return fact.body.subject;
  return null;
}

function isMirrored({ evidence }: FactRecord): boolean {
  return evidence === 'registry';
}

/** The registry may serve a text that differs from the registered one in white space and the order of attributes. */
function sameContent(a: VersionContent, b: VersionContent): boolean {
  if (a.schemaType !== b.schemaType) return false;
  if (a.schema === b.schema && isDeepStrictEqual(a.references, b.references)) return true;
  if (a.schemaType !== 'AVRO') return false;
  const [x, y] = [a, b].map(({ schema, references }) => parseSchema(schema, { references, validateDefaults: false }));
  return x?.outcome === 'parsed' && y?.outcome === 'parsed' && sameSchema(x.schema, y.schema);
}
