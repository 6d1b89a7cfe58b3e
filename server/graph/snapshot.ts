import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { OPEN_END, type RevisionInfo } from '../catalog/lineage/rows.ts';
import type { BaseGraph } from './base-graph.ts';
import { type LifeTime, LifeTimes } from './life-times.ts';
import { NameHeap } from './name-heap.ts';

/** Changes whenever the arrays mean something else: an older file is then not read but made anew. */
const FORMAT = 'sluice lineage snapshot 3';
const ARRAYS = [
  ['kinds', Uint8Array], ['datasetOf', Int32Array], ['fieldCount', Int32Array], ['storeIds', Int32Array], ['denseIds', Int32Array], ['nodeLife', Int32Array],
  ['from', Int32Array], ['to', Int32Array], ['via', Int32Array], ['slot', Int32Array], ['traits', Int32Array], ['life', Int32Array],
  ['outStart', Int32Array], ['outNow', Int32Array], ['inStart', Int32Array], ['inNow', Int32Array], ['inRow', Int32Array],
  ['downStart', Int32Array], ['downTo', Int32Array], ['upStart', Int32Array], ['upTo', Int32Array],
  ['actorStart', Int32Array], ['actorRow', Int32Array], ['opaque', Uint8Array],
] as const satisfies readonly (readonly [keyof BaseGraph, typeof Int32Array | typeof Uint8Array])[];
/** Typed arrays must begin at a multiple of their element size. */
const ALIGNMENT = 8;

interface Header {
  readonly format: string;
  /** The store the snapshot was taken of: a snapshot of another one says nothing. */
  readonly identity: string;
  readonly revision: RevisionInfo;
  readonly nodes: number;
  readonly rows: number;
  /** Byte lengths of the sections, in order of ARRAYS, then name bytes, name offsets, life times. */
  readonly sections: readonly number[];
}
/** In front of the header: the checksum of everything behind it, in so many hexadecimal digits. */
const CHECKSUM_LENGTH = 8;
export interface Snapshot {
  readonly base: BaseGraph;
  readonly revision: RevisionInfo;
}
export type SnapshotOutcome = { readonly outcome: 'read'; readonly snapshot: Snapshot } | { readonly outcome: 'unusable'; readonly reason: string };

/** Writes the base beside the store: to a new file first, flushed, then put in place, so that no reader meets half of it. */
export function writeSnapshot(file: string, identity: string, { base, revision }: Snapshot): void {
  const sections = sectionsOf(base);
  const header: Header = { format: FORMAT, identity, revision, nodes: base.nodes, rows: base.rows, sections: sections.map(({ byteLength }) => byteLength) };
  const text = Buffer.from(JSON.stringify(header));
  const fresh = `${file}.new`;
  const descriptor = openSync(fresh, 'w');
  try {
    writeAll(descriptor, pad(Buffer.concat([Buffer.from(checksumOf([text, ...sections])), text, Buffer.from('\n')]), ' '));
    for (const section of sections) writeAll(descriptor, pad(Buffer.from(section.buffer, section.byteOffset, section.byteLength), '\0'));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, file);
  flushFolder(dirname(file));
}

/** Reads a snapshot back; one that is damaged, of another format or of another store is unusable, with the reason. */
export function readSnapshot(file: string, identity: string): SnapshotOutcome {
  try {
    const bytes = readFileSync(file);
    const end = bytes.indexOf('\n');
    const text = bytes.subarray(CHECKSUM_LENGTH, end);
    const header = JSON.parse(text.toString('utf8')) as Header;
    if (header.format !== FORMAT) return unusable(`its format is "${String(header.format)}"`);
    if (header.identity !== identity) return unusable('it was taken of another store');
    const sections = sectionsIn(bytes, header, aligned(end + 1));
    if (checksumOf([text, ...sections]) !== bytes.toString('latin1', 0, CHECKSUM_LENGTH)) return unusable('its checksum is wrong');
    return decode(sections, header);
  } catch (failure) {
    return unusable(failure instanceof Error ? failure.message : 'it cannot be read');
  }
}

function sectionsIn(bytes: Buffer, header: Header, start: number): Uint8Array[] {
  let offset = start;
  return header.sections.map((length) => {
    if (offset + length > bytes.length) throw new Error('it ends too early');
    const section = new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
    offset = aligned(offset + length);
    return section;
  });
}

function checksumOf(parts: readonly Uint8Array[]): string {
  return parts.reduce((sum, part) => crc32(part, sum), 0).toString(16).padStart(CHECKSUM_LENGTH, '0');
}

function decode(sections: readonly Uint8Array[], header: Header): SnapshotOutcome {
  const arrays = ARRAYS.map(([name, Type], i) => [name, view<Int32Array | Uint8Array>(sections[i], Type)] as const);
  const [nameBytes, nameOffsets, times] = sections.slice(ARRAYS.length);
  if (nameBytes === undefined || nameOffsets === undefined || times === undefined) return unusable('a section is missing');
  const base = {
    ...(Object.fromEntries(arrays) as unknown as BaseGraph),
    nodes: header.nodes, rows: header.rows,
    names: new NameHeap(nameBytes, view(nameOffsets, Uint32Array)),
    lifeTimes: lifeTimesFrom(view(times, Float64Array)),
  };
  return { outcome: 'read', snapshot: { base, revision: header.revision } };
}

function sectionsOf(base: BaseGraph): Uint8Array[] {
  const times = Float64Array.from(base.lifeTimes.all.flatMap(({ validFrom, validTo, firstSeen, lastSeen }) => [validFrom, validTo === OPEN_END ? Infinity : validTo, firstSeen, lastSeen]));
  return [...ARRAYS.map(([name]) => base[name]), base.names.bytes, base.names.offsets, times].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

function lifeTimesFrom(times: Float64Array): LifeTimes {
  const lifeTimes = new LifeTimes();
  for (let i = 0; i + 3 < times.length; i += 4) {
    const [validFrom = 0, validTo = 0, firstSeen = 0, lastSeen = 0] = times.subarray(i, i + 4);
    lifeTimes.number({ validFrom, validTo: validTo === Infinity ? OPEN_END : validTo, firstSeen, lastSeen } satisfies LifeTime);
  }
  return lifeTimes;
}

type ArrayType<T> = { new (buffer: ArrayBufferLike, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number };

function view<T>(section: Uint8Array | undefined, Type: ArrayType<T>): T {
  if (section === undefined) throw new Error('a section is missing');
  return new Type(section.buffer, section.byteOffset, section.byteLength / Type.BYTES_PER_ELEMENT);
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
/** Fills up to the alignment; a header keeps its line end last. */
function pad(bytes: Buffer, fill: string): Buffer[] {
  const missing = aligned(bytes.length) - bytes.length;
  return missing === 0 ? [bytes] : [bytes, Buffer.from(fill.repeat(missing))];
}
function writeAll(descriptor: number, buffers: readonly Buffer[]): void {
  for (const buffer of buffers) {
    let written = 0;
    while (written < buffer.length) written += writeSync(descriptor, buffer, written);
  }
}
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
function unusable(reason: string): SnapshotOutcome {
  return { outcome: 'unusable', reason };
}
