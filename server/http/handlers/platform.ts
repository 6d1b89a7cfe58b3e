import type { FastifyRequest } from 'fastify';
import { connectors, type GroupedBy, groupedJobs, repeatedJobs } from '../../queries/job-groups.ts';
import type { JobWork } from '../../queries/job-work.ts';
import type { RecentChanges } from '../../queries/recent-changes.ts';
import { UnreadTopics } from '../../queries/unread-topics.ts';
import { type QueryParts, trueAt } from '../../queries/view.ts';
import type { FigureSource } from '../../status/figures.ts';
import type { Readiness } from '../../status/readiness.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';

export interface PlatformParts extends QueryParts {
  readonly work: JobWork;
  readonly recent: RecentChanges;
  readonly readiness: Readiness;
  /** The parts of this process that count something. */
  readonly doors: readonly FigureSource[];
}
interface Paged {
  readonly limit: number;
  readonly cursor?: string;
}

/** What those ask who run the platform. Pages go by name, so that each is true at its own revision. */
export function platformHandlers(parts: PlatformParts) {
  const { index, work, recent, readiness, doors } = parts;
  const unread = new UnreadTopics(index);

  return {
    async getPlatform(): Promise<object> {
      const said = await readiness();
      const { nodes, edges, bytes } = index.statistics();
      const figures = doors.flatMap((door) => door.figures().map(({ name, help, kind, value }) => ({ part: door.part, name, help, kind, value: Number.isFinite(value) ? value : null })));
      return { parts: said, figures, index: { nodes, edges, bytes }, ...trueAt(index) };
    },

    async listUnreadTopics(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const { body, next } = await unread.page(placeOf(request), parts);
      return { ...body, nextCursor: cursorTo(next) };
    },

    async listRepeatedJobs(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const head = trueAt(index);
      const { groups, total, next, unknown } = repeatedJobs(await work.jobs(), placeOf(request));
      return { groups, total, unknown, nextCursor: cursorTo(next), ...head };
    },

    async listJobGroups(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const head = trueAt(index);
      const { by } = request.query as { by: GroupedBy };
      const { groups, total, next, without } = groupedJobs(await work.jobs(), by, placeOf(request));
      return { groups, total, without, nextCursor: cursorTo(next), ...head };
    },

    async listConnectors(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const head = trueAt(index);
      const { groups, total, next } = connectors(await work.jobs(), placeOf(request));
      return { connectors: groups, total, nextCursor: cursorTo(next), ...head };
    },

    async listRecentChanges(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const steps = await recent.steps((request.query as Paged).limit);
      return { steps, ...trueAt(index) };
    },
  };
}

function placeOf(request: FastifyRequest): { readonly after: string | null; readonly limit: number } {
  const { limit, cursor } = request.query as Paged;
  return { after: decodeCursor(cursor, { after: 'string' })?.after ?? null, limit };
}

function cursorTo(key: string | null): string | null {
  return key === null ? null : encodeCursor({ after: key });
}
