import { PlanFault } from './plan-fault.ts';

/**
 * Units of work (origins looked at, path steps copied, nodes visited) one answer may cost. The largest plans seen
 * need some ten thousand; a plan made to multiply origins through its nodes is refused after about a second.
 */
const MAX_WORK = 20_000_000;

export class WorkBudget {
  #left = MAX_WORK;

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new PlanFault(`the plan multiplies its fields beyond ${MAX_WORK} steps of lineage`);
  }
}
