import { counted, type Notice, type RecordedEntry, short, teamsOf } from './notice.ts';

/** What the first entry of a proposal says, as far as it is told. */
interface Opened {
  readonly proposal: string;
  readonly subject: { readonly namespace: string; readonly name: string };
  readonly reason: string;
  readonly byName: string;
  readonly findings: readonly string[];
  readonly asked: readonly string[];
}
interface Happened {
  readonly event: string;
  readonly proposal: string;
  readonly byName: string;
  readonly team?: string;
  readonly reason?: string | null;
  readonly version?: number;
  readonly asked?: readonly string[];
  readonly findings?: readonly string[];
}

/** A proposal was made: to those it reaches, who are asked where there is something to agree to. */
export function noticesOfOpening({ body }: RecordedEntry): readonly Notice[] {
  const opened = body as Opened;
  const text = `${opened.byName} proposes another schema for ${nameOf(opened)}: ${short(opened.reason)}`;
  return [told('proposal.opened', opened, { text, teams: teamsOf(opened.asked) }), ...asking(opened, opened.asked, opened.findings)];
}

/** What was approved has findings now that nobody agreed to. */
export function noticesOfReopening({ body, origin }: RecordedEntry): readonly Notice[] {
  const { asked = [], findings = [] } = body as Happened;
  return origin === null ? [] : asking(origin as Opened, asked, findings);
}

/** A proposal came to an end, or to its approval. */
export function noticesOfEnding({ body, origin }: RecordedEntry): readonly Notice[] {
  const happened = body as Happened;
  if (origin === null) return [];
  const opened = origin as Opened;
  const why = happened.reason == null || happened.reason === '' ? '' : `. Reason: ${short(happened.reason)}`;
  const version = happened.version === undefined ? '' : ` as version ${happened.version}`;
  const by = happened.team === undefined ? happened.byName : `${happened.byName} for ${happened.team}`;
  const decided = told('proposal.decided', opened, { teams: teamsOf(opened.asked), text: `The schema proposed for ${nameOf(opened)} by ${opened.byName} was ${happened.event}${version} (${by})${why}`, more: { state: happened.event } });
  return happened.event === 'registered' && opened.findings.length > 0 ? [decided, broken(opened)] : [decided];
}

function broken(opened: Opened): Notice {
  const text = `A schema of ${nameOf(opened)} was registered that had ${counted(opened.findings.length, 'finding')}, to which the teams it reaches had agreed: from its first record on they take effect.`;
  return told('reader.broken', opened, { teams: teamsOf(opened.asked), text });
}

function asking(opened: Opened, asked: readonly string[], findings: readonly string[]): Notice[] {
  if (findings.length === 0) return [];
  const who = asked.length === 0 ? 'nobody answers for what it reaches' : asked.join(', ');
  return [told('approval.needed', opened, { teams: teamsOf(asked), text: `The schema proposed for ${nameOf(opened)} by ${opened.byName} needs agreement to ${counted(findings.length, 'finding')}: ${who}.`, more: { findings } })];
}

function told(event: Notice['event'], { proposal, subject, asked, findings }: Opened, { text, teams, more = {} }: Pick<Notice, 'text' | 'teams'> & { readonly more?: object }): Notice {
  return { event, teams, text, data: { proposalId: proposal, subject, asked, findings, ...more }, page: `changes/${encodeURIComponent(proposal)}` };
}

function nameOf({ subject: { namespace, name } }: Opened): string {
  return `${namespace}/${name}`;
}
