import { type Agreement, waitingFor } from './agreement.ts';
import type { Evaluation } from './evaluation.ts';
import type { SubjectState } from './subject-state.ts';

/** What a candidate does, in one or two sentences for people. */
export function sentenceOn({ evaluation, subject, agreement }: { readonly evaluation: Evaluation; readonly subject: SubjectState; readonly agreement: Agreement }): string {
  const { readers, changes } = evaluation;
  const count = (outcome: string): number => readers.filter((reader) => reader.outcome === outcome).length;
  const what = changes.length === 0 ? 'Nothing changes' : counted(changes.length, 'change');
  const alone = `\`${subject.subject.name}\` governs no topic that anybody named, and ${subject.level === null ? 'nobody said its level: nothing can be said of who it breaks' : 'it is judged by its level alone'}`;
  const whom = subject.topics.length === 0 ? alone : readers.length === 0 ? 'no deployed reader is known' : `of ${counted(readers.length, 'deployed reader')} it breaks ${count('breaks')}, ${count('goes-on')} can go on, and of ${count('unknown')} nobody can tell`;
  return `${what}: ${whom}. ${agreementSentence(agreement)}`;
}

function agreementSentence(agreement: Agreement): string {
  const waiting = waitingFor(agreement);
  if (agreement.blocked.length > 0) return `It cannot be approved as it is: ${[...new Set(agreement.blocked.map(({ remedy }) => remedy))].join('; ')}.`;
  if (agreement.teams.length === 0) return 'Nobody has to agree.';
  return waiting.length === 0 ? 'All that were asked have agreed.' : `${listed(waiting)} ${waiting.length === 1 ? 'has' : 'have'} to agree.`;
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
