import type { Completeness, Evidence, ReadReason } from '../catalog/changes.ts';
import type { EdgeKind, RevisionInfo } from '../catalog/lineage/rows.ts';
import type { DatasetRef, EntityKind, EntityRef, FieldRef, ReaderRef } from '../catalog/names.ts';

/** Which part of the graph an answer looks at. */
export interface View {
  /** Event time, ms since epoch; null: what is in force now. */
  readonly asOf: number | null;
  /** Only what rests on these; null: all. */
  readonly evidence: readonly Evidence[] | null;
}
export const WHOLE_VIEW: View = { asOf: null, evidence: null };

export type Direction = 'downstream' | 'upstream';

export interface ClosureRequest extends View {
  /**
   * Fields; datasets (their fields in the view); jobs and consumers (what they write downstream, what
   * they read upstream). What the graph has never heard of, and other kinds, add nothing.
   */
  readonly from: readonly EntityRef[];
  readonly direction: Direction;
  /** Greatest distance that counts; null: no end. */
  readonly depth: number | null;
}

/** Whether something is reached over stated edges alone, or only because somebody's reads or origins are unknown. */
export type Certainty = 'known' | 'possible';

export interface ReachedEntry {
  /** A field, a job or a consumer; a dataset only where none of its fields is known, so that it stands for them. */
  readonly ref: EntityRef;
  /** Steps from the nearest start, at least 1. From a field to its reader, to the field derived from it and to the job between them is one step. */
  readonly distance: number;
  readonly certainty: Certainty;
}

/** One step of a path, in the direction of the walk. */
export interface PathStep {
  readonly from: EntityRef;
  readonly to: EntityRef;
  /** The job or consumer that computes `to` from `from` (or the reverse, upstream); null unless both are fields. */
  readonly via: ReaderRef | null;
  /**
   * What the step rests on. DERIVES between fields and from a field up to the job that computes it;
   * GENERATES to or from a job that makes the field of nothing; READS between a field and whoever reads
   * it or derives from it; USES where the reader's fields are unknown; WRITES between a job and an output
   * whose origins are unknown, and from a job the walk began at.
   */
  readonly kind: EdgeKind;
  readonly evidence: readonly Evidence[];
}

export interface ReachedDataset {
  readonly dataset: DatasetRef;
  /** How many of its fields are reached. */
  readonly fields: number;
  /** Of the nearest of them. */
  readonly distance: number;
  /** 'known' when one of them is. */
  readonly certainty: Certainty;
}

/**
 * Everything reached from the starts, whole, without the starts. It stays what it is, of its revision,
 * however the index moves on.
 */
export interface Closure {
  readonly revision: RevisionInfo;
  /** Entries in all. */
  readonly size: number;
  /** Entries by kind; kinds that do not occur are 0. */
  readonly counts: Readonly<Record<Extract<EntityKind, 'dataset' | 'field' | 'job' | 'consumer'>, number>>;
  readonly possible: number;
  /** complete: every entry is known; unknown: none is, though there are some; partial: some are only possible. */
  readonly completeness: Completeness;
  /** By distance, then in the order the store came to know them: the same for every index over the same store. */
  entries(offset?: number, limit?: number): Iterable<ReachedEntry>;
  /** What is said of one entity; null when it is not reached (a start is not). */
  find(ref: EntityRef): ReachedEntry | null;
  /** One shortest path from a start, step by step; empty when the entity is not reached. */
  pathTo(ref: EntityRef): PathStep[];
  /** The same path as the entities it passes, from the start to `ref`, jobs between fields included. */
  walkTo(ref: EntityRef): EntityRef[];
  /** Datasets of the reached fields, nearest first. */
  datasets(): ReachedDataset[];
  reachesDataset(dataset: DatasetRef): boolean;
}

/** When a kind of evidence first and last said so, ms. */
export interface Sighting {
  readonly evidence: Evidence;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export interface FieldRead {
  readonly path: string;
  readonly reasons: readonly ReadReason[];
  readonly evidence: readonly Sighting[];
}

/** A job or consumer that reads a dataset. */
export interface DatasetReader {
  readonly ref: ReaderRef;
  /** The best that any evidence says: 'unknown' only when none states its fields, 'complete' when `fields` is all. */
  readonly completeness: Completeness;
  readonly evidence: readonly Sighting[];
  /** By path. */
  readonly fields: readonly FieldRead[];
}

/** A job or consumer that writes a dataset. */
export interface DatasetWriter {
  readonly ref: ReaderRef;
  /** Of the origins of its fields: 'complete' when all are stated. */
  readonly completeness: Completeness;
  readonly evidence: readonly Sighting[];
}

export interface FieldReader {
  readonly ref: ReaderRef;
  /** Empty when only possible. */
  readonly reasons: readonly ReadReason[];
  readonly certainty: Certainty;
  readonly evidence: readonly Sighting[];
}

/** The other end of a derivation. */
export interface FieldOrigin {
  readonly field: FieldRef;
  readonly via: ReaderRef;
  /** Copied unchanged, by any evidence. */
  readonly identity: boolean;
  readonly evidence: readonly Sighting[];
}

export interface FieldUse {
  /** Known ones first, then those of unknown use of the dataset. */
  readonly readers: readonly FieldReader[];
  /** Who writes the dataset and states this field's origins, or states them not wholly. */
  readonly writers: readonly DatasetWriter[];
  readonly derivesFrom: readonly FieldOrigin[];
  readonly derivesTo: readonly FieldOrigin[];
}

export interface UsedDataset {
  readonly dataset: DatasetRef;
  readonly completeness: Completeness;
  readonly evidence: readonly Sighting[];
  readonly fields: readonly FieldRead[];
}
export interface WrittenDataset {
  readonly dataset: DatasetRef;
  readonly completeness: Completeness;
  readonly evidence: readonly Sighting[];
  /** Fields whose origins are stated, by path. */
  readonly fields: readonly { readonly path: string; readonly derivesFrom: readonly { readonly field: FieldRef; readonly identity: boolean }[] }[];
}
export interface Program {
  readonly reads: readonly UsedDataset[];
  readonly writes: readonly WrittenDataset[];
}

export interface GraphStatistics {
  /** Datasets, fields, jobs and consumers. */
  readonly nodes: number;
  /** Edge rows of all times. */
  readonly edges: number;
  /** Edge rows that wait to be merged into the packed arrays. */
  readonly overlayEdges: number;
  /** Memory of the packed arrays. */
  readonly bytes: number;
}

/** Store ids of nodes that something new was said about, or 'everything' after the graph was read anew. */
export type Changed = readonly number[] | 'everything';
