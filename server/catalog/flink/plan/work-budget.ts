import { PlanFault } from './plan-fault.ts';

/**
 * Units of work (origins merged, path steps copied, reads kept, nodes visited) one answer may cost. The largest plans
 * seen need about a thousand; each may keep an object, so this also bounds memory to some hundred megabytes.
 */
const MAX_WORK = 3_000_000;

export class WorkBudget {
  #left = MAX_WORK;

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new PlanFault(`the plan multiplies its fields beyond ${MAX_WORK} steps of lineage`);
  }
}
