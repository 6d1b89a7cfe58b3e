import type { DatasetState, DeployedReader, DeployedWriter } from '../catalog/gate/world.ts';
import type { Reservation } from '../catalog/gate/reservation.ts';
import { datasetKey } from '../catalog/names.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import { sameName } from '../queries/dataset-state.ts';
import type { PermitBook } from './permit-book.ts';

/** Adds what jobs with a permit will read and write to what is deployed. */
export class ReservedStates {
  readonly #book: PermitBook;
  readonly #catalog: CatalogReader;
  // The same state must come back as the same object while nothing changes: verdicts are remembered by it.
  readonly #merged = new WeakMap<DatasetState, { readonly stamp: number; readonly state: DatasetState }>();
  readonly #parts = new WeakMap<Reservation, Map<string, { readonly readers: readonly DeployedReader[]; readonly writers: readonly DeployedWriter[] }>>();

  constructor(book: PermitBook, catalog: CatalogReader) {
    this.#book = book;
    this.#catalog = catalog;
  }

  with(state: DatasetState): DatasetState {
    const stamp = this.#book.stampOf(state.ref);
    if (stamp === 0) return state;
    const known = this.#merged.get(state);
    if (known?.stamp === stamp) return known.state;
    const parts = this.#book.touching(state.ref).map((reservation) => this.#partOf(reservation, state));
    const merged = { ...state, readers: [...state.readers, ...parts.flatMap(({ readers }) => readers)], writers: [...state.writers, ...parts.flatMap(({ writers }) => writers)] };
    this.#merged.set(state, { stamp, state: merged });
    return merged;
  }

  #partOf(reservation: Reservation, { ref }: DatasetState): { readonly readers: readonly DeployedReader[]; readonly writers: readonly DeployedWriter[] } {
    let parts = this.#parts.get(reservation);
    if (parts === undefined) this.#parts.set(reservation, (parts = new Map()));
    const key = datasetKey(ref);
    const known = parts.get(key);
    if (known !== undefined) return known;
    const { job, owner, evidence, program } = reservation;
    const by = { ref: { kind: 'job' as const, namespace: job.namespace, name: job.name }, owner };
    const schema = (text: string | null) => (text === null ? null : this.#catalog.schema(text));
    const readers = program.reads.filter(({ dataset }) => sameName(dataset, ref)).map(({ readerSchema, fields, completeness }): DeployedReader =>
      ({ ...by, evidence: [evidence], permitted: true, readerSchema: schema(readerSchema), fields: fields ?? [], completeness }));
    const writers = program.writes.filter(({ dataset }) => sameName(dataset, ref)).map(({ writerSchema }): DeployedWriter => ({ ...by, writerSchema: schema(writerSchema) }));
    const part = { readers, writers };
    parts.set(key, part);
    return part;
  }
}
