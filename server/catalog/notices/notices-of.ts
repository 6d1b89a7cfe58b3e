import { noticesOfBreakGlass, noticesOfBypass, noticesOfDenial, noticesOfPolicy } from './gate-notices.ts';
import type { Notice, RecordedEntry } from './notice.ts';
import { noticesOfEnding, noticesOfOpening, noticesOfReopening } from './proposal-notices.ts';

type Renderer = (entry: RecordedEntry) => readonly Notice[];

/** What is told of an entry, by its kind and its outcome; `*` stands for every outcome. An entry that is not here is told nobody. */
const RENDERERS: Readonly<Record<string, Readonly<Record<string, Renderer>>>> = {
  decision: { deny: noticesOfDenial },
  policy: { '*': noticesOfPolicy },
  proposal: {
    proposed: noticesOfOpening, reopened: noticesOfReopening,
    approved: noticesOfEnding, rejected: noticesOfEnding, withdrawn: noticesOfEnding, superseded: noticesOfEnding, expired: noticesOfEnding, registered: noticesOfEnding,
  },
  approval: { given: noticesOfBreakGlass, 'break-glass': noticesOfBreakGlass },
  bypass: { '*': noticesOfBypass },
};
/** Of decisions, which are many, only these are looked at; of every other kind each entry. */
export const TOLD_DECISIONS = 'deny';
export const TOLD_KINDS = ['policy', 'proposal', 'approval', 'bypass'] as const;

/** At most one notice of each event, always in the same order: its place and event name a delivery. */
export function noticesOf(entry: RecordedEntry): readonly Notice[] {
  const byOutcome = RENDERERS[entry.kind];
  const renderer = byOutcome?.[outcomeOf(entry)] ?? byOutcome?.['*'];
  return renderer === undefined ? [] : renderer(entry);
}

/** Where an entry names no outcome, its event is one. */
function outcomeOf({ outcome, body }: RecordedEntry): string {
  return outcome ?? (body as { readonly event?: string }).event ?? '';
}
