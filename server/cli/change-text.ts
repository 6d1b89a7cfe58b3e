import type { components } from '../http/openapi-types.ts';
import { renderFinding } from './findings/text.ts';
import { nameOf } from './names.ts';

export type SchemaChange = components['schemas']['SchemaChange'];
export type Evaluation = components['schemas']['SchemaChangeEvaluation'];
export type Proposal = components['schemas']['Proposal'];

/** Jobs and readers named for one owner. */
const NAMED = 3;

/** What a candidate would do, for people. */
export function evaluationText(evaluation: Evaluation): string[] {
  const { sentence, subject, level, changes, readers, findings, reach, processors, agreement, revision, completeness } = evaluation;
  return [
    sentence,
    `true at revision ${revision}, level ${level ?? 'unknown'} of ${subject.name}, evidence ${completeness}`,
    ...section('changes', changes.map(({ path, message }) => `${path === '' ? 'the schema' : path} ${message}`)),
    ...section('readers', readers.filter(({ outcome }) => outcome !== 'goes-on').map(({ outcome, owner, ...reader }) => `${outcome.padEnd(8)}${nameOf(reader)}   owner ${owner ?? 'nobody'}`)),
    ...section('reaches', reach.owners.map(ownerText)),
    ...section('processors', processors.map(processorText)),
    ...section('asked', agreement.teams.map(({ team, findings: ids, waiting }) => `${team}   ${ids.length - waiting.length} of ${ids.length} findings agreed to`)),
    ...findings.flatMap(renderFinding),
  ];
}

/** A proposal in one line, and who it waits for. */
export function proposalLine({ id, subject, state, stale, requester, waitingFor, reason }: Proposal): string {
  const waiting = waitingFor.length === 0 ? '' : `   waits for ${waitingFor.join(', ')}`;
  return `${id}  ${state}${stale ? ', has new findings' : ''}   ${subject.name}   by ${requester.name}${waiting}   ${reason}`;
}

/** A proposal with all that happened to it. */
export function proposalText({ proposal, evaluation }: SchemaChange): string[] {
  if (proposal === null) return evaluation === null ? [] : evaluationText(evaluation);
  const { registered, unjudged, successor, events = [], expiresAt } = proposal;
  return [
    proposalLine(proposal),
    ...(registered === null ? [] : [`registered as version ${registered.version}, schema id ${registered.schemaId}`]),
    ...(successor === null ? [] : [`proposal ${successor} took its place`]),
    ...(unjudged === null ? [] : [`it can no longer be judged: ${unjudged}`]),
    ...(evaluation === null ? [] : [`until ${expiresAt}`, '', ...evaluationText(evaluation)]),
    ...section('so far', events.map(({ at, event, byName, ...more }) => `${at} ${event} by ${byName}${wordsOf(more)}`)),
  ];
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `  ${title}:`, ...items.map((item) => `    ${item}`)];
}

function ownerText({ owner, known, possible, readers }: Evaluation['reach']['owners'][number]): string {
  const counts = [known > 0 ? `${known} known` : '', possible > 0 ? `${possible} possible` : ''].filter((count) => count !== '').join(', ');
  const names = readers.slice(0, NAMED).map(({ kind, namespace, name }) => nameOf({ kind, namespace, name })).join(', ');
  return `${owner ?? 'nobody'}   ${counts}: ${names}${known + possible > NAMED ? ', …' : ''}`;
}

function processorText({ kind, namespace, name, evolution, passesOn, withholds, unknown }: Evaluation['processors'][number]): string {
  const parts = [['passes on', passesOn], ['keeps back', withholds], ['nobody said whether it passes on', unknown]] as const;
  const told = parts.filter(([, changes]) => changes.length > 0).map(([what, changes]) => `${what} ${changes.map(({ path }) => path).join(', ')}`);
  return `${nameOf({ kind, namespace, name })} (${evolution ?? 'evolution unknown'}) ${told.join('; ')}`;
}

function wordsOf(more: Readonly<Record<string, unknown>>): string {
  const team = typeof more['team'] === 'string' ? ` for ${more['team']}` : '';
  const words = [more['text'], more['reason']].find((text) => typeof text === 'string' && text !== '');
  return `${team}${words === undefined ? '' : `: ${String(words)}`}`;
}
