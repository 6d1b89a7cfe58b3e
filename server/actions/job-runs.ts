import type { Named } from '../catalog/names.ts';
import { goesOn, hasEnded, type JobStart, namesRuns, startOf, type StateSaid } from '../catalog/permit/job-start.ts';
import { factsOf } from '../queries/catalog-reader.ts';
import type { EntityRecord, Store } from '../store/store.ts';

/** Statements gone back over to find where a run began; a job that changes state more often began long ago. */
const MOST_STEPS_BACK = 200;

/** A job, and since when its runs matter, ms. */
export interface JobSince {
  readonly job: Named;
  readonly since: number;
}

/** Finds the runs that statements of a job's state tell of, in the catalog's history. */
export class JobRuns {
  readonly #store: Pick<Store, 'entity'>;

  constructor(store: Pick<Store, 'entity'>) {
    this.#store = store;
  }

  /** The run a statement tells of, from where it began. */
  async of(said: StateSaid, { job, since }: JobSince): Promise<JobStart> {
    const then = namesRuns(said) ? await this.#stateAt(job, said, since) : null;
    // It ran already when there were no permits yet.
    if (then !== null && goesOn(then, said)) return { ...startOf(said), time: since };
    let first = said;
    for (let step = 0; step < MOST_STEPS_BACK && first.at.time > since; step++) {
      const before = await this.#stateAt(job, first, first.at.time - 1);
      if (before === null || !goesOn(before, first)) return { ...startOf(first), time: first.at.time };
      first = before;
    }
    return { ...startOf(first), time: first.at.time };
  }

  /** The run that ended, where it was one; it may never have been seen running. */
  async ended(said: StateSaid, about: JobSince): Promise<JobStart | null> {
    const before = await this.#stateAt(about.job, said, said.at.time - 1);
    const isOwnName = namesRuns(said) && said.at.event !== 'vanished' && (before === null || startOf(before).id !== startOf(said).id);
    if (isOwnName) return startOf(said);
    return before === null || hasEnded(before) ? null : this.of(before, about);
  }

  async #stateAt(job: Named, { evidence, part }: StateSaid, time: number): Promise<StateSaid | null> {
    const record = await this.#store.entity({ kind: 'job', ...job }, time);
    return record === null ? null : (statesOf(record).find((other) => other.evidence === evidence && other.part === part) ?? null);
  }
}

/** What is said of its state, oldest first. */
export function statesOf(record: EntityRecord): readonly StateSaid[] {
  return record.facts.flatMap((fact) => (fact.aspect === 'state' ? [{ part: fact.part, evidence: fact.evidence, at: { time: fact.at.time, event: fact.at.event }, body: fact.body }] : [])).sort((a, b) => a.at.time - b.at.time);
}

/** The newest word on which artifact it is. */
export function digestOf(record: EntityRecord): { readonly text: string; readonly since: number } | null {
  const [newest] = factsOf(record, 'job').flatMap(({ body, at }) => (body.artifactDigest === null ? [] : [{ text: body.artifactDigest, since: at.time }])).sort((a, b) => b.since - a.since);
  return newest ?? null;
}
