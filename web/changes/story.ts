import type { Schemas } from '../shared/api.ts';

export type StoryEvent = NonNullable<Schemas['Proposal']['events']>[number] & Readonly<Record<string, unknown>>;

/** What an event did, after the name of who did it, and in what words. */
export function told(event: StoryEvent): { readonly what: string; readonly words: string } {
  return { what: whatHappened(event), words: textOf(event['text']) || textOf(event['reason']) };
}

function whatHappened(event: StoryEvent): string {
  const team = textOf(event['team']);
  switch (event.event) {
    case 'proposed':
      return 'proposed it';
    case 'agreed':
      return `agreed for ${team}`;
    case 'approved':
      return 'completed what it takes: approved';
    case 'reopened':
      return 'opened it again: there are new findings';
    case 'rejected':
      return `rejected it for ${team}`;
    case 'withdrawn':
      return 'took it back';
    case 'superseded':
      return 'put another proposal in its place';
    case 'commented':
      return 'said';
    case 'registered':
      return `registered it as version ${String(event['version'])}`;
  }
}
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
