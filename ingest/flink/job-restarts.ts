import type { FlinkJob } from '../../server/catalog/flink/rest/job-overview.ts';
import { restartsOf } from '../../server/catalog/flink/rest/job-outline.ts';
import { inTurns } from '../../server/outside/in-turns.ts';
import type { JsonReader } from '../../server/outside/json-reader.ts';
import { concernsAll, OutsideFailure } from '../../server/outside/outside-failure.ts';

/** One number; a cluster that answers more is none. */
const ANSWER = { bytes: 64 * 1024, milliseconds: 5_000 };
const REQUESTS_AT_ONCE = 4;
/** Jobs asked in one look; the others wait for the next. */
const ASKED = 200;
/** Flink gathers its metrics every ten seconds: only so long after a job changed its state the number is the new one, ms. */
const SETTLED_AFTER_MS = 25_000;

/** How often the jobs of a cluster were restarted, asked of those alone whose state changed. */
export class JobRestarts {
  readonly #reader: Pick<JsonReader, 'get'>;
  readonly #known = new Map<string, { readonly restarts: number | null; readonly settledOf: number | null }>();

  constructor(reader: Pick<JsonReader, 'get'>) {
    this.#reader = reader;
  }

  /** null: not told. */
  of(id: string): number | null {
    return this.#known.get(id)?.restarts ?? null;
  }

  get sum(): number {
    return [...this.#known.values()].reduce((sum, { restarts }) => sum + (restarts ?? 0), 0);
  }

  async look(jobs: readonly FlinkJob[], now: number): Promise<void> {
    const listed = new Set(jobs.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!listed.has(id)) this.#known.delete(id);
    const lives = jobs.filter(({ state }) => state === 'RUNNING' || state === 'DEPLOYING');
    const wanted = lives.filter(({ id, changedAt }) => this.#known.get(id)?.settledOf !== changedAt).slice(0, ASKED);
    await inTurns(wanted, REQUESTS_AT_ONCE, (job) => this.#ask(job, now));
  }

  async #ask({ id, changedAt }: FlinkJob, now: number): Promise<void> {
    const restarts = await this.#answer(id);
    this.#known.set(id, { restarts: restarts ?? this.of(id), settledOf: now - changedAt >= SETTLED_AFTER_MS ? changedAt : null });
  }

  /** null: this job does not say. */
  async #answer(id: string): Promise<number | null> {
    try {
      return restartsOf((await this.#reader.get(`/jobs/${id}/metrics?get=numRestarts`, ANSWER)).body);
    } catch (failure) {
      if (!(failure instanceof OutsideFailure) || concernsAll(failure)) throw failure;
      return null;
    }
  }
}
