import { zstdDecompressSync } from 'node:zlib';
import neo4j from 'neo4j-driver';
import { packBody } from '../sqlite/bodies.ts';

/** What a parameter of a query may be; every number is a whole one. */
export type Parameter = string | number | boolean | null | Int8Array | readonly Parameter[] | { readonly [name: string]: Parameter };
export type Row = { readonly [name: string]: Parameter };

/** A parameter as the driver sends it. Plain numbers would arrive as floating point ones. */
export function sent(value: Parameter): unknown {
  if (typeof value === 'number') return neo4j.int(value);
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (value === null || typeof value !== 'object' || value instanceof Int8Array) return value;
  if (Array.isArray(value)) return value.map(sent);
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = sent(part);
  return copy;
}

/** A statement's body as stored: JSON text, or that text compressed with zstd; null withdraws. */
export type StoredBody = string | Int8Array | null;

export function storedBody(json: string | null): StoredBody {
  const packed = json === null ? null : packBody(json);
  return packed === null || typeof packed === 'string' ? packed : new Int8Array(packed.buffer, packed.byteOffset, packed.byteLength);
}
export function bodyText(body: StoredBody): string | null {
  return body === null || typeof body === 'string' ? body : zstdDecompressSync(body).toString();
}
