import type { FastifyRequest } from 'fastify';
import type { Named } from '../../catalog/names.ts';
import type { GovernedTopics } from '../../queries/governed-topics.ts';
import { groupView } from '../../queries/group-view.ts';
import type { GroupedBy } from '../../queries/job-groups.ts';
import type { JobWork } from '../../queries/job-work.ts';
import { subjectView } from '../../queries/subject-view.ts';
import type { QueryParts } from '../../queries/view.ts';
import { namePlaceOf, nameCursor } from '../name-pages.ts';

export interface GroupParts extends QueryParts {
  readonly work: JobWork;
  readonly governed: GovernedTopics;
}

/** What holds others together: a subject its versions and datasets, a pipeline or processor its jobs. */
export function groupHandlers(parts: GroupParts) {
  const group = (kind: GroupedBy) => async (request: FastifyRequest): Promise<object> => {
    await parts.index.catchUp();
    const { namespace, name } = request.params as Named;
    const { body, next } = await groupView({ kind, namespace, name }, namePlaceOf(request), parts);
    return { ...body, nextCursor: nameCursor(next) };
  };

  return {
    async getSubject(request: FastifyRequest): Promise<object> {
      await parts.index.catchUp();
      return subjectView(request.params as Named, parts);
    },
    getPipeline: group('pipeline'),
    getProcessor: group('processor'),
  };
}
