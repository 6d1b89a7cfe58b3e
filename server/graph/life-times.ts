/** When an edge was true and when it was stated or seen, ms. */
export interface LifeTime {
  readonly validFrom: number;
  readonly validTo: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/**
 * The few distinct life times that millions of edges share: all edges of a program begin and end with
 * its statements, so each edge keeps a number instead of four times.
 */
export class LifeTimes {
  readonly #times: LifeTime[] = [];
  readonly #numbers = new Map<string, number>();
  #last: LifeTime | null = null;
  #lastNumber = 0;

  get all(): readonly LifeTime[] {
    return this.#times;
  }

  /** The number of a life time; the same times always get the same number. */
  number(life: LifeTime): number {
    const last = this.#last;
    if (last !== null && last.validFrom === life.validFrom && last.validTo === life.validTo && last.firstSeen === life.firstSeen && last.lastSeen === life.lastSeen) return this.#lastNumber;
    const key = `${life.validFrom} ${life.validTo} ${life.firstSeen} ${life.lastSeen}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#times.length;
      this.#times.push({ validFrom: life.validFrom, validTo: life.validTo, firstSeen: life.firstSeen, lastSeen: life.lastSeen });
      this.#numbers.set(key, number);
    }
    this.#last = life;
    this.#lastNumber = number;
    return number;
  }

  at(number: number): LifeTime {
    const life = this.#times[number];
    if (life === undefined) throw new RangeError(`no life time ${number}`);
    return life;
  }
}
