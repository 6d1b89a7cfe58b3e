import { pagesOfTopics } from '../../server/actions/known-topics.ts';
import { canonical, type ClusterAliases } from '../../server/catalog/cluster-aliases.ts';
import type { FactBodies, Statement } from '../../server/catalog/changes.ts';
import { type JobOutline, jobOutline, outlineText } from '../../server/catalog/flink/rest/job-outline.ts';
import { type FlinkJob, jobsOfOverview } from '../../server/catalog/flink/rest/job-overview.ts';
import { type KnownJob, statementsOfJob } from '../../server/catalog/flink/rest/job-statements.ts';
import { isSqlJob, nameInMetrics, sourceVertices, topicsOfMetrics } from '../../server/catalog/flink/rest/source-topics.ts';
import type { DatasetRef, Named } from '../../server/catalog/names.ts';
import { inTurns } from '../../server/outside/in-turns.ts';
import type { JsonReader } from '../../server/outside/json-reader.ts';
import { concernsAll, OutsideFailure } from '../../server/outside/outside-failure.ts';
import { entityPages, type EntityRecord, type Store } from '../../server/store/store.ts';
import type { FlinkCluster } from './flink-config.ts';
import { JobRestarts } from './job-restarts.ts';

/** Most that is read of an answer, and how long it is waited for. Jobs of thousands of vertices stay below a few MB. */
const OVERVIEW = { bytes: 32 * 1024 * 1024, milliseconds: 20_000 };
const DETAILS = { bytes: 16 * 1024 * 1024, milliseconds: 10_000 };
/** Requests under way at once: a job manager has other things to do. */
const REQUESTS_AT_ONCE = 4;
/** Jobs looked into in one poll; the others wait for the next. */
const LOOKED_INTO = 100;
/** A source's metrics come once it reads; after so many looks without any there are none to come. */
const MOST_LOOKS = 30;

export interface WatchParts {
  readonly cluster: FlinkCluster;
  readonly reader: Pick<JsonReader, 'get'>;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
}
export interface ClusterPoll {
  readonly jobs: number;
  readonly changes: number;
  /** Jobs that could not be read, and why. */
  readonly left: readonly string[];
}
/** What a job told about itself. */
interface Insight {
  readonly changedAt: number;
  readonly looks: number;
  readonly kind: 'flink-sql' | 'flink-jar' | null;
  readonly topics: readonly DatasetRef[] | null;
  readonly outline: JobOutline | null;
}

/** Looks at one Flink cluster: which jobs run, and what their sources read. A cluster that does not answer changes nothing. */
export class ClusterWatch {
  readonly #parts: WatchParts;
  readonly #insights = new Map<string, Insight>();
  readonly #restarts: JobRestarts;
  #written: Promise<ReadonlyMap<string, readonly string[]>> | null = null;
  /** Names of the jobs that are or were on this cluster; null before the catalog was asked. */
  #names: Set<string> | null = null;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#restarts = new JobRestarts(parts.reader);
  }

  /** Of the jobs listed last, as far as they are known. */
  get restarts(): number {
    return this.#restarts.sum;
  }

  /** Rejects with OutsideFailure or StoreUnavailable; then nothing was changed. */
  async poll(): Promise<ClusterPoll> {
    const { reader, store, clock, cluster } = this.#parts;
    const { status, body } = await reader.get('/jobs/overview', OVERVIEW);
    const overview = jobsOfOverview(status === 200 ? body : null);
    if (overview.outcome === 'malformed') throw new OutsideFailure('malformed', `the answer to /jobs/overview is not a Flink cluster's: ${overview.reason}`);
    const at = clock();
    this.#written = null;
    const left = [...overview.left, ...(await this.#lookInto(overview.jobs))];
    await this.#restarts.look(overview.jobs, at);
    const seen = await inTurns(overview.jobs, REQUESTS_AT_ONCE, (job) => this.#statements(job, at));
    const changes = [...seen.flat(), ...(await this.#vanished(new Set(overview.jobs.map(({ name }) => name)), at))];
    if (changes.length > 0) await store.apply({ changes, committedAt: at, offset: null });
    const listed = new Set(overview.jobs.map(({ id }) => id));
    for (const id of this.#insights.keys()) if (!listed.has(id)) this.#insights.delete(id);
    return { jobs: overview.jobs.length, changes: changes.length, left: left.map((why) => `${cluster.name}: ${why}`) };
  }

  /** Asks jobs that are new or changed what they are made of; gives why some could not be asked. */
  async #lookInto(jobs: readonly FlinkJob[]): Promise<readonly string[]> {
    const wanted = jobs.filter((job) => job.state === 'RUNNING' && this.#isWorthALook(job)).slice(0, LOOKED_INTO);
    const faults = await inTurns(wanted, REQUESTS_AT_ONCE, async (job) => {
      try {
        this.#insights.set(job.id, await this.#insight(job));
        return [];
      } catch (failure) {
        if (!(failure instanceof OutsideFailure) || concernsAll(failure)) throw failure;
        this.#insights.set(job.id, { changedAt: job.changedAt, looks: this.#looks(job) + 1, kind: null, topics: null, outline: null });
        return [`what ${job.name} reads is unknown: ${failure.message}`];
      }
    });
    return faults.flat();
  }

  #isWorthALook(job: FlinkJob): boolean {
    const known = this.#insights.get(job.id);
    return known === undefined || known.changedAt !== job.changedAt || (known.topics === null && known.looks < MOST_LOOKS);
  }

  #looks(job: FlinkJob): number {
    const known = this.#insights.get(job.id);
    return known === undefined || known.changedAt !== job.changedAt ? 0 : known.looks;
  }

  async #insight(job: FlinkJob): Promise<Insight> {
    const { reader } = this.#parts;
    const looks = this.#looks(job) + 1;
    const details = await reader.get(`/jobs/${job.id}`, DETAILS);
    const vertices = details.status === 404 ? null : sourceVertices(details.body);
    // It ended between two requests, or tells nothing: unknown.
    if (vertices === null) return { changedAt: job.changedAt, looks, kind: null, topics: null, outline: null };
    const known = { changedAt: job.changedAt, looks, kind: isSqlJob(details.body) ? 'flink-sql' : 'flink-jar', outline: jobOutline(details.body) } as const;
    const names = await inTurns(vertices, REQUESTS_AT_ONCE, async (vertex) => topicsOfMetrics((await reader.get(`/jobs/${job.id}/vertices/${vertex}/subtasks/metrics`, DETAILS)).body));
    // A source that names no topic yet, or is no Kafka source: what the job reads is not whole.
    if (names.some((topics) => topics.length === 0) || vertices.length === 0) return { ...known, topics: null };
    return { ...known, topics: await this.#knownTopics([...new Set(names.flat())].sort()) };
  }

  /** null where a name with `_` stands for no topic of the catalog, or for several. */
  async #knownTopics(names: readonly string[]): Promise<readonly DatasetRef[] | null> {
    const { cluster, aliases } = this.#parts;
    const topics = canonical(aliases, { namespace: cluster.topics, name: '' }).namespace;
    const written = names.some((name) => name.includes('_')) ? await this.#topicsAsWritten(topics) : new Map<string, readonly string[]>();
    const meant = names.map((name) => (name.includes('_') ? (written.get(name) ?? []) : [name]));
    return meant.every((candidates) => candidates.length === 1) ? meant.flat().sort().map((name) => ({ namespace: topics, name })) : null;
  }

  /** Topics of the catalog by the names Flink gives them; asked once a poll, for it may be many. */
  #topicsAsWritten(namespace: string): Promise<ReadonlyMap<string, readonly string[]>> {
    return (this.#written ??= pagesOfTopics(this.#parts.store).then((pages) => Map.groupBy(pages.flat().flatMap((topic) => (topic.namespace === namespace ? [topic.name] : [])), nameInMetrics)));
  }

  async #statements(job: FlinkJob, now: number): Promise<readonly Statement[]> {
    const named = { namespace: this.#parts.cluster.jobs, name: job.name };
    const { kind = null, topics = null, outline = null } = this.#insights.get(job.id) ?? {};
    const text = outline === null ? null : outlineText(job.id, outline, this.#restarts.of(job.id));
    return statementsOfJob({ job: named, id: job.id, state: job.state, at: Math.min(job.changedAt, now), kind, topics, outline: text }, knownOf(await this.#parts.store.entity({ kind: 'job', ...named })));
  }

  /** Jobs the cluster had and has no longer: they were stopped, and it forgot them. */
  async #vanished(listed: ReadonlySet<string>, at: number): Promise<readonly Statement[]> {
    const { store, cluster } = this.#parts;
    const names = (this.#names ??= await this.#namesInCatalog());
    const gone = [...names].filter((name) => !listed.has(name));
    this.#names = new Set(listed);
    const statements = await inTurns(gone, REQUESTS_AT_ONCE, async (name) => {
      const job: Named = { namespace: cluster.jobs, name };
      const known = knownOf(await store.entity({ kind: 'job', ...job }));
      if (known.state === null || known.state === 'STOPPED' || known.state === 'FINISHED') return [];
      return statementsOfJob({ job, id: 'vanished', state: 'STOPPED', at, kind: null, topics: null, outline: null }, known);
    });
    return statements.flat();
  }

  /** Jobs of this cluster that some poll saw, before this process began. */
  async #namesInCatalog(): Promise<Set<string>> {
    const { store, cluster } = this.#parts;
    const names = new Set<string>();
    for await (const page of entityPages(store, 'job')) {
      for (const ref of page) if (ref.namespace === cluster.jobs) names.add(ref.name);
    }
    return names;
  }
}

function knownOf(record: EntityRecord | null): KnownJob {
  const factOf = (aspect: 'state' | 'job' | 'program' | 'doc') => (record?.facts ?? []).find((fact) => fact.aspect === aspect && fact.evidence === 'flink-rest' && fact.part === '');
  const said = <A extends 'state' | 'job' | 'program' | 'doc'>(aspect: A): FactBodies[A] | null => (factOf(aspect)?.body as FactBodies[A] | undefined) ?? null;
  const at = factOf('state')?.at;
  return { state: said('state')?.state ?? null, run: at === undefined ? null : { id: at.event, since: at.time }, kind: said('job')?.kind ?? null, program: said('program'), outline: said('doc')?.text ?? null };
}
