import type { FastifyRequest } from 'fastify';
import { connectors, type GroupedBy, groupedJobs, repeatedJobs } from '../../queries/job-groups.ts';
import type { JobWork } from '../../queries/job-work.ts';
import type { RecentChanges } from '../../queries/recent-changes.ts';
import { UnreadTopics } from '../../queries/unread-topics.ts';
import { type QueryParts, trueAt } from '../../queries/view.ts';
import type { OtherProcesses, SaidStatus } from '../../status/process-notes.ts';
import type { ProcessIdentity, ProcessStatus } from '../../status/process-status.ts';
import { nameCursor, namePlaceOf } from '../name-pages.ts';

export interface PlatformParts extends QueryParts {
  readonly work: JobWork;
  readonly recent: RecentChanges;
  readonly process: ProcessIdentity;
  /** What this process says of itself. */
  readonly status: () => Promise<ProcessStatus>;
  readonly otherProcesses: () => Promise<OtherProcesses>;
  readonly clock: () => number;
}

/** What those ask who run the platform. Pages go by name, so that each is true at its own revision. */
export function platformHandlers(parts: PlatformParts) {
  const { index, work, recent } = parts;
  const unread = new UnreadTopics(index);

  return {
    async getPlatform(): Promise<object> {
      const [own, others] = await Promise.all([parts.status(), parts.otherProcesses()]);
      const here = { ...parts.process, heardAt: parts.clock(), state: 'here' as const, ...own };
      const processes = [here, ...(others.outcome === 'read' ? others.processes : [])].map(processDocument);
      const { nodes, edges, bytes } = index.statistics();
      return { ...own, processes, othersUnknown: others.outcome === 'read' ? null : others.reason, index: { nodes, edges, bytes }, ...trueAt(index) };
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

function processDocument({ kind, instance, startedAt, heardAt, state, parts, figures }: SaidStatus & { readonly state: 'here' | 'heard' | 'silent' }): object {
  return { kind, instance, startedAt: new Date(startedAt).toISOString(), heardAt: new Date(heardAt).toISOString(), state, parts, figures };
}
