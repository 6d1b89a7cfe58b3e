/** Where a hit stands: the smaller each of these in turn, the earlier it comes. */
export interface Place {
  readonly tier: number;
  /** bm25: more negative is more relevant. */
  readonly score: number;
  readonly length: number;
  readonly id: number;
}

export function comparePlaces(a: Place, b: Place): number {
  return a.tier - b.tier || a.score - b.score || a.length - b.length || a.id - b.id;
}

/** The first `limit` places after a cursor, out of any number offered in any order. */
export class RankedPage {
  readonly #limit: number;
  readonly #after: Place | null;
  #kept: Place[] = [];

  constructor(limit: number, cursor: string | null) {
    this.#limit = limit;
    this.#after = cursor === null ? null : readCursor(cursor);
  }

  offer(place: Place): void {
    if (this.isPast(place)) return;
    this.#kept.push(place);
    // One more than the page is kept, to tell whether there is a next.
    if (this.#kept.length > 4 * (this.#limit + 1)) this.#trim();
  }

  /** True when a place lies on an earlier page. */
  isPast(place: Place): boolean {
    return this.#after !== null && comparePlaces(place, this.#after) <= 0;
  }

  /** True when places offered in order from here on cannot be on this page. */
  isFull(): boolean {
    return this.#kept.length > this.#limit;
  }

  hasMore(): boolean {
    return this.#kept.length > this.#limit;
  }

  take(): Place[] {
    this.#trim();
    return this.#kept.slice(0, this.#limit);
  }

  #trim(): void {
    this.#kept = this.#kept.sort(comparePlaces).slice(0, this.#limit + 1);
  }
}

/** A cursor is the place of the last hit shown. */
export function writeCursor({ tier, score, length, id }: Place): string {
  return Buffer.from(JSON.stringify([tier, score, length, id])).toString('base64url');
}

function readCursor(cursor: string): Place {
  try {
    const [tier, score, length, id, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (isNumber(tier) && isNumber(score) && isNumber(length) && isNumber(id) && rest.length === 0) return { tier, score, length, id };
  } catch {
    // Not JSON, or not a list: the same answer as for a list of something else.
  }
  throw new RangeError('this is not a cursor of a search result');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
