import { answerOf, api, type Schemas } from '../shared/api.ts';
import { pagesOf } from '../shared/pages-of.ts';
import { Remote } from '../shared/remote.svelte.ts';
import type { Direction, LineageQuestion } from './lineage-question.ts';

type Way = Exclude<Direction, 'both'>;
export interface Row extends Readonly<Schemas['Reached']> {
  readonly way: Way;
}
/** One way's answer as far as it was read. */
interface Part {
  readonly way: Way;
  readonly rows: readonly Row[];
  readonly total: number;
  readonly unknown: boolean;
  /** Where it goes on; null at its end. */
  readonly cursor: string | null;
}
export interface Answer {
  readonly rows: readonly Row[];
  readonly total: number;
  readonly unknown: boolean;
}
export interface ReachedView {
  readonly start: LineageQuestion['start'];
  readonly direction: Direction;
  readonly asOf: string | null;
  readonly evidence: readonly Schemas['Evidence'][];
}

/** Rows of one answer of the API. */
const AT_ONCE = 1_000;
/** Rows of one way that are read without being asked for: more than anybody scrolls through. */
const READ_FIRST = 20_000;

/** Everything reached from a start, nearest first. */
export class Reached {
  readonly remote = new Remote<Answer>();
  /** The rest is being read because somebody asked for it. */
  isReadingOn = $state(false);
  #view: ReachedView | null = null;
  #parts: readonly Part[] = [];

  ask(view: ReachedView): void {
    this.#view = view;
    const ways = view.direction === 'both' ? (['upstream', 'downstream'] as const) : [view.direction];
    void this.remote.ask(async (signal) => {
      this.#parts = await Promise.all(ways.map((way) => readOn(view, { way, rows: [], total: 0, unknown: false, cursor: '' }, { most: READ_FIRST, signal })));
      return wholeOf(this.#parts);
    });
  }

  /** Reads what is left, however much it is. */
  async readAll(): Promise<void> {
    const view = this.#view;
    if (view === null || this.isReadingOn) return;
    this.isReadingOn = true;
    const before = this.#parts;
    await this.remote.ask(async (signal) => {
      this.#parts = await Promise.all(before.map((part) => readOn(view, part, { most: Infinity, signal })));
      return wholeOf(this.#parts);
    });
    this.isReadingOn = false;
  }
}

function wholeOf(parts: readonly Part[]): Answer {
  return { rows: parts.flatMap(({ rows }) => rows), total: parts.reduce((sum, { total }) => sum + total, 0), unknown: parts.some(({ unknown }) => unknown) };
}

async function readOn({ start, asOf, evidence }: ReachedView, part: Part, { most, signal }: { readonly most: number; readonly signal: AbortSignal }): Promise<Part> {
  const view = { ...start, direction: part.way, limit: AT_ONCE, ...(asOf === null ? {} : { asOf }), ...(evidence.length === 0 ? {} : { evidence: [...evidence] }) };
  const rows = [...part.rows];
  let { cursor, total, unknown } = part;
  const ask = async (from: { cursor?: string }) => (await answerOf(api.GET('/v1/lineage', { params: { query: { ...view, ...from } }, signal }))) as Schemas['Lineage'];
  for await (const page of pagesOf(ask, cursor)) {
    for (const entry of page.entries) rows.push({ ...entry, way: part.way });
    ({ nextCursor: cursor, total } = page);
    unknown = page.completeness !== 'complete';
    if (rows.length >= most) break;
  }
  return { way: part.way, rows, total, unknown, cursor };
}
