import { answerOf, api } from '../shared/api.ts';
import { pagesOf } from '../shared/pages-of.ts';
import type { Hit, SearchQuestion } from './search-question.ts';

/** Hits of an answer, and the most that is saved: what a spreadsheet still opens at once. */
const AT_ONCE = 500;
const MOST = 10_000;

/** Every hit, from the first page on, up to the most that is saved. */
export async function allHits(question: SearchQuestion): Promise<readonly Hit[]> {
  const { cursor: _, ...asked } = question;
  const hits: Hit[] = [];
  const ask = (from: { cursor?: string }) => answerOf(api.GET('/v1/search', { params: { query: { ...asked, limit: AT_ONCE, ...from } } }));
  for await (const page of pagesOf(ask)) {
    hits.push(...page.hits);
    if (hits.length >= MOST) break;
  }
  return hits;
}
