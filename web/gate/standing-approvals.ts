import { answerOf, api, type Schemas } from '../shared/api.ts';

type Approval = Schemas['Approval'];
/** Approvals asked for at once. */
const PAGE = 1_000;

/** Every approval in force. */
export async function standingApprovals(signal: AbortSignal): Promise<readonly Approval[]> {
  const all: Approval[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor === '' ? {} : { cursor }) };
    const page: Schemas['ApprovalPage'] = await answerOf(api.GET('/v1/approvals', { params: { query }, signal }));
    all.push(...page.approvals);
    cursor = page.nextCursor;
  }
  return all;
}
