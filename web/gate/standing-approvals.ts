import { answerOf, api, type Schemas } from '../shared/api.ts';
import { pagesOf } from '../shared/pages-of.ts';

type Approval = Schemas['Approval'];
/** Approvals asked for at once. */
const PAGE = 1_000;

/** Every approval in force. */
export async function standingApprovals(signal: AbortSignal): Promise<readonly Approval[]> {
  const all: Approval[] = [];
  const ask = (from: { cursor?: string }) => answerOf(api.GET('/v1/approvals', { params: { query: { limit: PAGE, ...from } }, signal }));
  for await (const { approvals } of pagesOf(ask)) all.push(...approvals);
  return all;
}
