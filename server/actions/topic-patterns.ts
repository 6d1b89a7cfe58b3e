import { toldOr } from '../catalog/connect/kept-config.ts';
import { parseJavaPattern } from '../catalog/connect/java-pattern.ts';
import type { ProgramFact, Statement } from '../catalog/changes.ts';
import { type DatasetRef, entityKey } from '../catalog/names.ts';
import { isTopicName } from '../catalog/openlineage/dataset-names.ts';
import { programPart } from '../catalog/openlineage/event-programs.ts';
import type { Store } from '../store/store.ts';
import { pagesOfTopics } from './known-topics.ts';

/** Topics that the patterns of one event may match; as many datasets as an event may name. */
export const MOST_MATCHES = 10_000;

type ReadStatement = Extract<Statement, { readonly aspect: 'program' }>;

/**
 * Reads of the topics that a pattern of topics matches now, of which fields is unknown. A job that subscribes to a pattern
 * reads them; without this the gate would ask nobody about them. Topics made later are known once the job says so again.
 */
export async function readsOfPatterns(statements: readonly Statement[], store: Pick<Store, 'entities'>): Promise<readonly Statement[]> {
  const patterns = statements.filter((statement): statement is ReadStatement => statement.aspect === 'program' && patternIn(statement.body) !== null);
  if (patterns.length === 0) return [];
  const named = new Set(statements.map(({ part, about }) => `${entityKey(about)} ${part}`));
  const reads: Statement[] = [];
  for (const page of await pagesOfTopics(store)) {
    for (const statement of patterns) {
      for (const dataset of matching(patternIn(statement.body) as DatasetRef, page)) {
        const part = programPart('read', dataset);
        if (named.has(`${entityKey(statement.about)} ${part}`)) continue;
        reads.push({ ...statement, part, body: { reads: [{ dataset, readerSchema: null, fields: null, completeness: 'unknown', evolution: null }], writes: [] } });
      }
    }
  }
  return reads;
}

function patternIn(body: ProgramFact | null): DatasetRef | null {
  const dataset = body?.reads[0]?.dataset;
  return dataset !== undefined && dataset.namespace.startsWith('kafka://') && !isTopicName(dataset.name) ? dataset : null;
}

/** Of one page: a pattern may take so many steps for a page and no more. */
function matching({ namespace, name }: DatasetRef, page: readonly DatasetRef[]): readonly DatasetRef[] {
  const pattern = parseJavaPattern(name);
  if (pattern === null) return [];
  // One that takes too long for a page matches nothing that is certain; the pattern itself is in the catalog, and says so.
  return toldOr(() => page.filter((topic) => topic.namespace === namespace && pattern.matches(topic.name) !== null)).told ?? [];
}
