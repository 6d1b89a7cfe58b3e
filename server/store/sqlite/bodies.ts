import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * From this length on a body is stored compressed, in UTF-16 units. Lists of fields and programs shrink
 * to a seventh, which is most of the file; below it the compressor costs more than it saves.
 */
const COMPRESSED_FROM = 1_024;

/** A statement's body as stored: JSON text, or that text compressed with zstd; null withdraws. */
export type StoredBody = string | Uint8Array | null;

export function packBody(json: string): string | Uint8Array {
  return json.length < COMPRESSED_FROM ? json : zstdCompressSync(json);
}
export function unpackBody(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : zstdDecompressSync(body).toString();
}
