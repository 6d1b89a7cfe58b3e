import type { Schemas } from '../shared/api.ts';

type Step = Schemas['RecentChanges']['steps'][number];

/** `revision 14`, or `revisions 1 – 13` of several taken in together. */
export function revisionsOf({ after, revision }: Pick<Step, 'after' | 'revision'>): string {
  return revision === after + 1 ? `revision ${revision.toLocaleString('en')}` : `revisions ${(after + 1).toLocaleString('en')} – ${revision.toLocaleString('en')}`;
}

/** What is not named of a step, in words. */
export function restOf({ changed, entities }: Pick<Step, 'changed' | 'entities'>): string {
  if (changed === null) return 'more changed than can be told';
  const rest = changed - entities.length;
  return rest <= 0 ? '' : `and ${rest.toLocaleString('en')} more`;
}
