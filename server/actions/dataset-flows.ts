import { signatureOf, signatureOfFact } from '../catalog/gate/program-signature.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { Reservation } from '../catalog/gate/reservation.ts';
import { type DatasetRef, datasetKey, type Named } from '../catalog/names.ts';
import type { DatasetReach } from '../graph/closure.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import { sameName } from '../queries/dataset-state.ts';
import type { PermitBook } from './permit-book.ts';

/** Datasets whose reach is remembered within one revision. */
const REMEMBERED_DATASETS = 5_000;

/** What flows from dataset to dataset through what is deployed, and through jobs that may start. */
export class DatasetFlows {
  readonly #index: LineageIndex;
  readonly #permits: PermitBook;
  #reach = new BoundedCache<string, DatasetReach>(REMEMBERED_DATASETS);

  constructor(index: LineageIndex, permits: PermitBook) {
    this.#index = index;
    this.#permits = permits;
  }

  /** To be called with every new revision. */
  forget(): void {
    this.#reach = new BoundedCache(REMEMBERED_DATASETS);
  }

  /** Through what is deployed, and through jobs that may start; `except`: the job that asks. */
  flowsInto(from: DatasetRef, to: DatasetRef, except: Named): boolean {
    if (this.#reaches(from, to)) return true;
    const seen = new Set<Reservation>();
    const waiting = this.#permits.isEmpty ? [] : [from];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const reservation of this.#reservedBehind(next)) {
        if (seen.has(reservation) || sameName(reservation.job, except)) continue;
        seen.add(reservation);
        const written = reservation.program.writes.map(({ dataset }) => dataset);
        if (written.some((dataset) => this.#reaches(dataset, to))) return true;
        waiting.push(...written);
      }
    }
    return false;
  }

  /** Jobs that may start and would read what lies behind a dataset, itself included. */
  #reservedBehind(dataset: DatasetRef): Reservation[] {
    const keys = [datasetKey(dataset), ...this.#reachOf(dataset).keys()];
    return keys.flatMap((key) => this.#permits.touchingKey(key).filter(({ program }) => program.reads.some((use) => datasetKey(use.dataset) === key)));
  }

  /** Whether a verdict on the request might have been another had this been reserved as well. */
  touches(reservation: Reservation, request: GateRequest): boolean {
    if (sameName(reservation.job, request.job)) return false;
    const { reads, writes } = reservation.program;
    const mine = [...request.inputs, ...request.outputs];
    if (writes.some(({ dataset }) => mine.some((one) => sameName(one.dataset, dataset)))) return true;
    if (reads.some(({ dataset }) => request.outputs.some((output) => this.flowsInto(output.dataset, dataset, request.job)))) return true;
    const [first] = request.inputs;
    const work = first !== undefined && reads.some(({ dataset }) => sameName(dataset, first.dataset)) ? signatureOf(request) : null;
    return work !== null && work === signatureOfFact(reservation.program);
  }

  #reaches(from: DatasetRef, to: DatasetRef): boolean {
    return sameName(from, to) || this.#reachOf(from).has(to);
  }

  #reachOf(from: DatasetRef): DatasetReach {
    const key = datasetKey(from);
    let reach = this.#reach.get(key);
    if (reach === undefined) {
      reach = this.#index.closure({ from: [{ kind: 'dataset', ...from }], direction: 'downstream', depth: null, asOf: null, evidence: null }).datasetReach();
      this.#reach.set(key, reach);
    }
    return reach;
  }
}
