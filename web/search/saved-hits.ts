import { answerOf, api, type Schemas } from '../shared/api.ts';
import type { Hit, SearchQuestion } from './search-question.ts';

/** Hits of an answer, and the most that is saved: what a spreadsheet still opens at once. */
const AT_ONCE = 500;
const MOST = 10_000;

/** Every hit, from the first page on, up to the most that is saved. */
export async function allHits(question: SearchQuestion): Promise<readonly Hit[]> {
  const { cursor: _, ...asked } = question;
  const hits: Hit[] = [];
  for (let cursor: string | null = ''; cursor !== null && hits.length < MOST; ) {
    const from: { cursor?: string } = cursor === '' ? {} : { cursor };
    const page: Schemas['SearchResult'] = await answerOf(api.GET('/v1/search', { params: { query: { ...asked, limit: AT_ONCE, ...from } } }));
    hits.push(...page.hits);
    cursor = page.nextCursor;
  }
  return hits;
}
