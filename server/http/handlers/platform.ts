import type { FastifyRequest } from 'fastify';
import { connectors, type GroupedBy, groupedJobs, repeatedJobs } from '../../queries/job-groups.ts';
import type { JobWork } from '../../queries/job-work.ts';
import type { RecentChanges } from '../../queries/recent-changes.ts';
import { UnreadTopics } from '../../queries/unread-topics.ts';
import { type QueryParts, trueAt } from '../../queries/view.ts';
import type { FigureSource } from '../../status/figures.ts';
import type { Readiness } from '../../status/readiness.ts';
import { nameCursor, namePlaceOf } from '../name-pages.ts';

export interface PlatformParts extends QueryParts {
  readonly work: JobWork;
  readonly recent: RecentChanges;
  readonly readiness: Readiness;
  /** The parts of this process that count something. */
  readonly doors: readonly FigureSource[];
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
      const { body, next } = await unread.page(namePlaceOf(request), parts);
      return { ...body, nextCursor: nameCursor(next) };
    },

    async listRepeatedJobs(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const head = trueAt(index);
      const { groups, total, next, unknown } = repeatedJobs(await work.jobs(), namePlaceOf(request));
      return { groups, total, unknown, nextCursor: nameCursor(next), ...head };
    },

    async listJobGroups(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const head = trueAt(index);
      const { by } = request.query as { by: GroupedBy };
      const { groups, total, next, without } = groupedJobs(await work.jobs(), by, namePlaceOf(request));
      return { groups, total, without, nextCursor: nameCursor(next), ...head };
    },

    async listConnectors(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const head = trueAt(index);
      const { groups, total, next } = connectors(await work.jobs(), namePlaceOf(request));
      return { connectors: groups, total, nextCursor: nameCursor(next), ...head };
    },

    async listRecentChanges(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const steps = await recent.steps((request.query as { readonly limit: number }).limit);
      return { steps, ...trueAt(index) };
    },
  };
}
