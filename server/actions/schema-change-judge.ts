import { createHash } from 'node:crypto';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import type { Finding } from '../catalog/gate/finding.ts';
import type { GateWorld } from '../catalog/gate/world.ts';
import { type DatasetRef, datasetKey, type FieldRef } from '../catalog/names.ts';
import { ownersIn } from '../catalog/schema-change/agreement.ts';
import { ANYBODY, evaluate, type Evaluation, findingsOfWriting, writersAmongReached, writingRequest } from '../catalog/schema-change/evaluation.ts';
import { type Passage, passages } from '../catalog/schema-change/evolution.ts';
import type { Candidate, CandidateReference } from '../catalog/schema-change/proposal.ts';
import type { SubjectState } from '../catalog/schema-change/subject-state.ts';
import { Problem } from '../problem.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import { type CatalogReader, factOf, factsOf } from '../queries/catalog-reader.ts';
import { requestedSchema } from '../queries/requested-schema.ts';
import { type ChangeReach, changeReach } from '../queries/change-reach.ts';
import { versionsOf } from '../queries/dataset-state.ts';
import type { GovernedTopics } from '../queries/governed-topics.ts';
import { loadPassingJobs } from '../queries/passing-jobs.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import type { SubjectFreshness } from './gate.ts';
import type { GateWorlds } from './gate-world.ts';
import type { PolicyBook } from './policy-book.ts';

/** A candidate judged at one revision. */
export interface JudgedChange {
  /** The schema's text, and the texts of what it refers to, in the order they must be parsed. */
  readonly candidate: { readonly text: string; readonly references: readonly string[] };
  readonly subject: SubjectState;
  readonly evaluation: Evaluation;
  readonly reach: ChangeReach;
  readonly passages: readonly Passage[];
  readonly ownerOf: (dataset: DatasetRef) => string | null;
  readonly revision: number;
  readonly asOf: number;
  readonly policyRevision: number;
}
export interface JudgeParts {
  readonly catalog: CatalogReader;
  readonly index: LineageIndex;
  readonly worlds: GateWorlds;
  readonly governed: GovernedTopics;
  readonly policies: PolicyBook;
  /** null: no registry is mirrored. */
  readonly registry: SubjectFreshness | null;
}

/** Verdicts remembered within one revision: as many as there may be open proposals. */
export const REMEMBERED_VERDICTS = 1_000;

/** Judges a candidate schema by the gate's own checks, at the newest revision. What keeps a true answer away ends the request. */
export class SchemaChangeJudge {
  readonly #parts: JudgeParts;
  #judged = new BoundedCache<string, Promise<JudgedChange>>(REMEMBERED_VERDICTS);
  #at = '';

  constructor(parts: JudgeParts) {
    this.#parts = parts;
  }

  async judge(candidate: Candidate): Promise<JudgedChange> {
    const { index, policies } = this.#parts;
    const policy = await policies.current();
    await index.catchUp();
    const topics = await this.#topics(candidate);
    this.#requireFresh(candidate, topics);
    const at = `${index.revision.revision} ${policy.revision}`;
    if (at !== this.#at) [this.#judged, this.#at] = [new BoundedCache(REMEMBERED_VERDICTS), at];
    const key = JSON.stringify(candidate);
    const known = this.#judged.get(key) ?? this.#judge(candidate, topics, policy);
    this.#judged.set(key, known);
    known.catch(() => this.#judged.delete(key));
    return known;
  }

  async #judge(candidate: Candidate, topics: readonly DatasetRef[], policy: Awaited<ReturnType<PolicyBook['current']>>): Promise<JudgedChange> {
    const { catalog, index } = this.#parts;
    const { revision, committedAt } = index.revision;
    const references = await this.#texts(candidate.subject.namespace, candidate.references);
    const schema = requestedSchema({ value: candidate.schema, place: 'schema', references }, catalog);
    const subject = await this.#subject(candidate, topics);
    const { world, found } = await this.#asWritten(schema, topics);
    const evaluation = evaluate({ candidate: schema, subject, world, found }, { policy, digest: sha256 });
    const jobsBehind = await loadPassingJobs(topics, { catalog, index });
    return {
      candidate: { text: candidate.schema, references }, subject, evaluation, revision, asOf: committedAt, policyRevision: policy.revision,
      reach: await changeReach(world === null ? [] : changedIn(schema, world, topics), { catalog, index }),
      passages: topics.flatMap((topic) => passages(topic, evaluation.changes, jobsBehind)),
      ownerOf: ownersIn(world?.datasets.values() ?? []),
    };
  }

  /** The topics whose values the subject governs. */
  async #topics({ subject }: Candidate): Promise<readonly DatasetRef[]> {
    if ((await this.#parts.catalog.entity({ kind: 'subject', ...subject })) === null) throw new Problem('subject-not-found', `the catalog knows no subject ${subject.namespace}/${subject.name}`, { subject });
    const governed = await this.#parts.governed.of(subject);
    const key = governed.find(({ part }) => part === 'key');
    if (key === undefined) return governed.map(({ dataset }) => dataset);
    throw new Problem('key-subject-unjudged', `${subject.name} governs the key of ${key.dataset.name}: what a reader does with a key, and which partition a changed key falls in, nobody declares, so no verdict on it would be true`, { subject });
  }

  #requireFresh({ subject }: Candidate, topics: readonly DatasetRef[]): void {
    const refusal = this.#parts.registry?.refusal(topics, [subject]) ?? null;
    if (refusal !== null) throw new Problem('registry-stale', refusal);
  }

  /** Texts of what is referred to, indirectly too, in the order they must be parsed. */
  async #texts(namespace: string, references: readonly CandidateReference[]): Promise<readonly string[]> {
    const texts = new Set<string>();
    for (const { subject, version } of references) {
      const record = await this.#parts.catalog.entity({ kind: 'subject', namespace, name: subject });
      const fact = factsOf(record, 'schema-version').find(({ body }) => body.version === version)?.body;
      if (fact === undefined) throw new Problem('schema-invalid', `references: the catalog knows no version ${version} of ${subject}`, { place: 'references' });
      for (const text of [...fact.references, fact.schema]) texts.add(text);
    }
    return [...texts];
  }

  async #subject({ subject }: Candidate, topics: readonly DatasetRef[]): Promise<SubjectState> {
    const { catalog } = this.#parts;
    const record = await catalog.entity({ kind: 'subject', ...subject });
    return { subject, level: factOf(record, 'compatibility')?.level ?? null, versions: await versionsOf(subject, catalog), topics };
  }

  /** What the gate finds for whoever may write the candidate: anybody, and the deployed writers that would be asked about themselves. */
  async #asWritten(candidate: AvroSchema, topics: readonly DatasetRef[]): Promise<{ readonly world: GateWorld | null; readonly found: readonly Finding[] }> {
    if (topics.length === 0) return { world: null, found: [] };
    const { worlds } = this.#parts;
    const anybody = writingRequest(topics, candidate, ANYBODY);
    const world = await worlds.load(anybody);
    const found = findingsOfWriting(anybody, world);
    const { reached, others } = writersAmongReached(found, world, topics);
    const ofReached: Finding[] = [];
    for (const job of reached) {
      const asked = writingRequest(topics, candidate, job);
      ofReached.push(...findingsOfWriting(asked, await worlds.load(asked)));
    }
    return { world, found: others ? [...found, ...ofReached] : ofReached };
  }
}

/** The fields that go or change, each once. */
function changedIn(candidate: AvroSchema, world: GateWorld, topics: readonly DatasetRef[]): readonly FieldRef[] {
  const changed = topics.flatMap((topic) => {
    const state = world.datasets.get(datasetKey(topic));
    return state === undefined ? [] : world.changedFields(candidate, state).map(({ path }) => ({ ...topic, path }));
  });
  return [...new Map(changed.map((field) => [`${datasetKey(field)} ${field.path}`, field])).values()];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
