import { type EntityRef, entityKey, type FieldRef } from '../../server/catalog/names.ts';
import type { LineageIndex } from '../../server/graph/lineage-index.ts';
import type { Store } from '../../server/store/store.ts';

/** Datasets whose fields are looked at for the hub: those that most is reached from in so many hops. */
const CANDIDATES = 100;
const NEAR_HOPS = 3;
const DATASETS_AT_ONCE = 1_000;

/** The field of which most is reached, among those of the datasets with the most right behind them. */
export async function worstHub(store: Pick<Store, 'entities'>, index: LineageIndex): Promise<{ readonly field: FieldRef; readonly reached: number }> {
  const datasets: { readonly ref: EntityRef; readonly near: number }[] = [];
  for (let after: string | null = null; ; ) {
    const page: readonly EntityRef[] = await store.entities('dataset', { after, limit: DATASETS_AT_ONCE });
    datasets.push(...page.map((ref) => ({ ref, near: index.closure({ from: [ref], direction: 'downstream', depth: NEAR_HOPS, asOf: null, evidence: null }).size })));
    const last = page.at(-1);
    if (last === undefined || page.length < DATASETS_AT_ONCE) break;
    after = entityKey(last);
  }
  const most = datasets.sort((a, b) => b.near - a.near).slice(0, CANDIDATES);
  const fields = most.flatMap(({ ref }) => index.fieldsOf(ref));
  const sized = fields.map((field) => ({ field, reached: index.closure({ from: [{ kind: 'field', ...field }], direction: 'downstream', depth: null, asOf: null, evidence: null }).size }));
  return sized.reduce((worst, one) => (one.reached > worst.reached ? one : worst));
}
