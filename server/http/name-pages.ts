import type { FastifyRequest } from 'fastify';
import { decodeCursor, encodeCursor } from './cursor.ts';

/** Where a page begins that goes by name: each page is true at its own revision. */
export function namePlaceOf(request: FastifyRequest): { readonly after: string | null; readonly limit: number } {
  const { limit, cursor } = request.query as { readonly limit: number; readonly cursor?: string };
  return { after: decodeCursor(cursor, { after: 'string' })?.after ?? null, limit };
}

export function nameCursor(key: string | null): string | null {
  return key === null ? null : encodeCursor({ after: key });
}
