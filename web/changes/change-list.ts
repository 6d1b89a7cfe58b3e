import { answerOf, api, type Schemas } from '../shared/api.ts';
import { pagesOf } from '../shared/pages-of.ts';

type Page = Schemas['SchemaChangePage'];
/** Changes of a page. */
const PAGE = 200;

/** '' leaves a part out. */
export interface ListFilter {
  readonly state: Schemas['ProposalState'] | undefined;
  readonly subject: string;
  readonly team: string;
  readonly requester: string;
  readonly cursor: string;
}

/** A page of the changes that are like this; with teams, all that wait for any of them. */
export async function changesFor(filter: ListFilter, teams: readonly string[] | null, signal: AbortSignal): Promise<Page> {
  if (teams === null) return pageOf(filter, signal);
  return merged(await Promise.all(teams.map((team) => allOf({ ...filter, team, cursor: '' }, signal))));
}

async function allOf(filter: ListFilter, signal: AbortSignal): Promise<Page> {
  const proposals: Page['proposals'] = [];
  for await (const page of pagesOf((from) => pageOf({ ...filter, ...from }, signal))) proposals.push(...page.proposals);
  return { proposals, total: proposals.length, nextCursor: null };
}

function pageOf({ state, subject, team, requester, cursor }: ListFilter, signal: AbortSignal): Promise<Page> {
  const given = Object.entries({ subject, team, requester, cursor }).filter(([, value]) => value !== '');
  const query = { limit: PAGE, ...(state === undefined ? {} : { state }), ...(Object.fromEntries(given) as { subject?: string; team?: string; requester?: string; cursor?: string }) };
  return answerOf(api.GET('/v1/schema-changes', { params: { query }, signal }));
}

/** Each change once, newest first. */
export function merged(pages: readonly Page[]): Page {
  const all = new Map(pages.flatMap(({ proposals }) => proposals).map((proposal) => [proposal.id, proposal]));
  const proposals = [...all.values()].sort((a, b) => b.proposedAt.localeCompare(a.proposedAt));
  return { proposals, total: proposals.length, nextCursor: null };
}
