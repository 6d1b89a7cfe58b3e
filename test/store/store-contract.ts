import { beforeEach, describe, expect, test } from 'vitest';
import { type EntityRef, entityKey } from '../../server/catalog/names.ts';
import { OPEN_END } from '../../server/catalog/lineage/rows.ts';
import { LEDGER_ROOT, ledgerHash } from '../../server/store/ledger-hash.ts';
import { LedgerConflict, LedgerMoved, type LedgerDraft, SEARCH_FACETS, type SearchFacet, type SearchQuery, type Store } from '../../server/store/store.ts';
import type { GraphChange, Instant } from '../../server/catalog/changes.ts';
import { at, consumer, field, fieldFact, fields, job, reads, say, seen, subject, topic, TOPIC_FACT, writes } from './changes.ts';
import { pictureOf, scanRows } from './graph-picture.ts';

/** What every store promises; `open` gives an empty one. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
      return () => store.close();
    });
    const apply = (...changes: GraphChange[]) => store.apply({ changes, committedAt: 1_000, offset: null });
    const promises = [...GRAPH, ...OFFSETS, ...FACTS, ...SEARCH, ...LEDGER, ...NOTES];
    test.each(promises)('$promise', ({ check }) => check({ store, apply }));
  });
}

interface Given {
  readonly store: Store;
  readonly apply: (...changes: GraphChange[]) => ReturnType<Store['apply']>;
}
interface Promised {
  readonly promise: string;
  readonly check: (given: Given) => Promise<void>;
}

const ORDERS = topic('orders');
const ENRICH = job('enrich');

const GRAPH: Promised[] = [
  {
    promise: 'starts empty at revision 0',
    check: async ({ store }) => {
      expect(await store.revision()).toEqual({ revision: 0, committedAt: 0 });
      expect(await scanRows(store)).toEqual({ nodes: [], edges: [], revision: 0 });
    },
  },
  {
    promise: 'adds one revision for each batch that changes something, and none for one that does not',
    check: async ({ store, apply }) => {
      const change = say(ORDERS, 'dataset', TOPIC_FACT, 1);
      expect(await apply(change)).toEqual({ outcome: 'applied', revision: 1, changed: true });
      expect(await apply(change, change)).toEqual({ outcome: 'applied', revision: 1, changed: false });
      expect(await apply()).toEqual({ outcome: 'applied', revision: 1, changed: false });
      expect(await store.revision()).toEqual({ revision: 1, committedAt: 1_000 });
    },
  },
  {
    promise: 'hands out nodes by ascending id, with the validity of what states them',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'fields', fields('id', 'old'), 1, { part: 'value' }), say(ORDERS, 'fields', fields('id', 'new'), 5, { part: 'value' }));
      await apply(say(ENRICH, 'program', { reads: [reads('orders', ['guess'])], writes: [] }, 9));
      const { nodes } = await scanRows(store);
      const valid = nodes.filter(({ kind }) => kind === 'field').map(({ path, validFrom, validTo }) => [path, validFrom, validTo]);
      expect(valid).toEqual([['id', 1, OPEN_END], ['old', 1, 5], ['new', 5, OPEN_END], ['guess', OPEN_END, OPEN_END]]);
      expect(nodes.map(({ id }) => id)).toEqual(nodes.map(({ id }) => id).sort((a, b) => a - b));
    },
  },
  {
    promise: 'makes a field valid again that comes back, from then on',
    check: async ({ store, apply }) => {
      for (const [time, ...paths] of [[1, 'id'], [3], [7, 'id']] as [number, ...string[]][]) await apply(say(ORDERS, 'fields', fields(...paths), time));
      expect((await pictureOf(store)).nodes).toContain('field:kafka://main#orders#id [7, ∞) in dataset:kafka://main#orders');
    },
  },
  {
    promise: 'keeps a field as long as the key or the value has it',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'fields', fields('id'), 1, { part: 'key' }), say(ORDERS, 'fields', fields('id'), 2, { part: 'value' }));
      await apply(say(ORDERS, 'fields', fields(), 5, { part: 'key' }));
      expect((await pictureOf(store)).nodes).toContain('field:kafka://main#orders#id [1, ∞) in dataset:kafka://main#orders');
      await apply(say(ORDERS, 'fields', null, 6, { part: 'value' }));
      expect((await pictureOf(store)).nodes).toContain('field:kafka://main#orders#id [1, 6) in dataset:kafka://main#orders');
    },
  },
  {
    promise: 'keeps an edge open while statements repeat it, and ends it when one does not',
    check: async ({ store, apply }) => {
      for (const [time, ...paths] of [[1, 'id', 'sku'], [4, 'id', 'sku'], [6, 'id']] as [number, ...string[]][]) {
        await apply(say(ENRICH, 'program', { reads: [reads('orders', paths)], writes: [] }, time));
      }
      const line = (path: string, rest: string): string => `READS field:kafka://main#orders#${path} → job:flink://main#enrich via - VALUE  declared complete ${rest}`;
      expect((await pictureOf(store)).edges.filter((edge) => edge.startsWith('READS'))).toEqual([line('id', '[1, ∞) seen [1, 6)'), line('sku', '[1, 6) seen [1, 4)')]);
    },
  },
  {
    promise: 'gives no time to a statement that was replaced at once, but keeps it',
    check: async ({ store, apply }) => {
      await apply(say(ENRICH, 'program', { reads: [reads('orders', ['id'])], writes: [] }, at(3, 1)));
      await apply(say(ENRICH, 'program', { reads: [reads('payments', null)], writes: [] }, at(3, 2)));
      expect((await pictureOf(store)).edges).toEqual(['USES dataset:kafka://main#payments → job:flink://main#enrich via -   declared unknown [3, ∞) seen [3, 3)']);
    },
  },
  {
    promise: 'derives fields through the job that computes them',
    check: async ({ store, apply }) => {
      await apply(say(ENRICH, 'program', { reads: [], writes: [writes('out', { total: ['orders#price'], now: [] })] }, 1));
      const kinds = (await pictureOf(store)).edges.map((edge) => edge.split(' declared')[0]);
      expect(kinds).toEqual([
        'DERIVES field:kafka://main#orders#price → field:kafka://main#out#total via job:flink://main#enrich  identity',
        'GENERATES job:flink://main#enrich → field:kafka://main#out#now via -  ',
        'WRITES job:flink://main#enrich → dataset:kafka://main#out via -  ',
      ]);
    },
  },
  {
    promise: 'merges observations by earliest and latest sighting, whatever schema was used',
    check: async ({ store, apply }) => {
      await apply(seen(consumer('audit'), 'reads', 'orders', { path: 'id', schemaId: 3, firstSeen: 10, lastSeen: 20 }));
      await apply(seen(consumer('audit'), 'reads', 'orders', { path: 'id', schemaId: 4, firstSeen: 5, lastSeen: 12 }));
      const { edges } = await pictureOf(store);
      expect(edges.every((edge) => edge.endsWith('[5, ∞) seen [5, 20)'))).toBe(true);
      expect(edges).toHaveLength(2);
      expect((await store.entity(consumer('audit')))?.observations).toHaveLength(2);
    },
  },
  {
    promise: 'gives whole slots and changed nodes as a delta, and nothing when nothing changed',
    check: async ({ store, apply }) => {
      await apply(say(ENRICH, 'program', { reads: [reads('orders', ['id'])], writes: [] }, 1));
      await apply(say(job('bill'), 'program', { reads: [reads('orders', ['id'])], writes: [] }, 1));
      await apply(say(ENRICH, 'program', { reads: [reads('orders', ['sku'])], writes: [] }, 2));
      const delta = await store.delta(2);
      if (delta === 'too-many') throw new Error('three statements are not too many');
      expect(delta.slots.map(({ edges }) => edges.length)).toEqual([3]);
      expect(delta.nodes.map(({ path }) => path)).toEqual(['sku']);
      expect(await store.delta(3)).toMatchObject({ revision: 3, nodes: [], slots: [] });
    },
  },
  {
    promise: 'tells all names by id, whatever they are',
    check: async ({ store, apply }) => {
      const odd = ['__proto__', 'constructor', 'a#b%c', 'x\0y', "'; DROP TABLE node; --", '🦩', 'é'.repeat(3_000)];
      await apply(...odd.map((path) => say(field('orders', path), 'doc', { text: path }, 1)), ...odd.map((name) => say(topic(name), 'dataset', TOPIC_FACT, 1)));
      const { nodes } = await scanRows(store);
      const refs = await store.names(nodes.map(({ id }) => id));
      expect(nodes.map(({ path, name }) => path || name).sort()).toEqual([...odd, ...odd, 'orders'].sort());
      expect(refs.map((ref) => (ref?.kind === 'field' ? ref.path : ref?.name)).sort()).toEqual([...odd, ...odd, 'orders'].sort());
      for (const path of odd) expect((await store.entity(field('orders', path)))?.facts[0]?.body).toEqual({ text: path });
      expect(await store.names([0, 999_999])).toEqual([null, null]);
    },
  },
];

const OFFSETS: Promised[] = [
  {
    promise: 'stores the offset with the changes, and also when they change nothing',
    check: async ({ store }) => {
      const change = say(ORDERS, 'dataset', TOPIC_FACT, 1);
      await store.apply({ changes: [change], committedAt: 1, offset: { topic: 'control', partition: 2, from: 0, next: 5, generation: 1 } });
      await store.apply({ changes: [change], committedAt: 1, offset: { topic: 'control', partition: 2, from: 5, next: 6, generation: 3 } });
      expect(await store.offsets('control')).toEqual(new Map([[2, { next: 6, generation: 3 }]]));
      expect(await store.offsets('audit')).toEqual(new Map());
    },
  },
  ...[
    { promise: 'refuses a batch that leaves a gap', offset: { from: 6, generation: 2 } },
    { promise: 'refuses a batch that was applied before', offset: { from: 0, generation: 2 } },
    { promise: 'refuses a batch of an older generation', offset: { from: 5, generation: 1 } },
  ].map(({ promise, offset }) => ({
    promise: `${promise}, and changes nothing`,
    check: async ({ store }: Given) => {
      await store.apply({ changes: [], committedAt: 1, offset: { topic: 't', partition: 0, from: 0, next: 5, generation: 2 } });
      const late = { changes: [say(ORDERS, 'dataset', TOPIC_FACT, 1)], committedAt: 1, offset: { topic: 't', partition: 0, next: 9, ...offset } };
      expect(await store.apply(late)).toEqual({ outcome: 'fenced', next: 5, generation: 2 });
      expect(await store.entity(ORDERS)).toBeNull();
      expect(await store.offsets('t')).toEqual(new Map([[0, { next: 5, generation: 2 }]]));
    },
  })),
];

const FACTS: Promised[] = [
  {
    promise: 'knows nothing of an entity nobody named, and knows one that was only referred to',
    check: async ({ store, apply }) => {
      expect(await store.entity(ORDERS)).toBeNull();
      await apply(say(ENRICH, 'program', { reads: [reads('orders', ['id'])], writes: [] }, 1));
      expect(await store.entity(ORDERS)).toMatchObject({ ref: ORDERS, facts: [] });
      expect(await store.entity(field('orders', 'id'))).toMatchObject({ facts: [] });
    },
  },
  {
    promise: 'answers with the statements in force now or at an event time, however late they came',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'owner', { team: 'late' }, 9), say(ORDERS, 'owner', { team: 'early' }, 3));
      await apply(say(ORDERS, 'owner', { team: 'between' }, 5), say(ORDERS, 'owner', null, 12));
      const teams = [2, 3, 6, 11, 12].map(async (time) => (await store.entity(ORDERS, time))?.facts.map(({ body }) => body));
      expect(await Promise.all(teams)).toEqual([[], [{ team: 'early' }], [{ team: 'between' }], [{ team: 'late' }], []]);
      expect((await store.entity(ORDERS))?.facts).toEqual([]);
    },
  },
  {
    promise: 'decides between statements of one time by sequence, then event id, by UTF-16 unit',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'owner', { team: 'private use' }, { time: 1, sequence: 2, event: '\ue000' }));
      await apply(say(ORDERS, 'owner', { team: 'flamingo' }, { time: 1, sequence: 2, event: '🦩' }), say(ORDERS, 'owner', { team: 'first' }, at(1, 1)));
      expect((await store.entity(ORDERS))?.facts.map(({ body }) => body)).toEqual([{ team: 'private use' }]);
    },
  },
  {
    promise: 'keeps bodies as they were, with keys named __proto__ and texts of a megabyte',
    check: async ({ store, apply }) => {
      const body = JSON.parse('{"fields":[{"path":"a","type":"string","nullable":false,"__proto__":{"x":1}}]}') as ReturnType<typeof fields>;
      const text = '\0\ud83e"\\🦩'.repeat(200_000);
      await apply(say(ORDERS, 'fields', body, 1), say(ORDERS, 'doc', { text }, 1));
      const bodies = (await store.entity(ORDERS))?.facts.map((fact) => fact.body);
      expect(bodies?.map((fact) => JSON.stringify(fact))).toEqual([JSON.stringify(body), JSON.stringify({ text })]);
    },
  },
  {
    promise: 'tells since when an aspect is stated, whatever changed meanwhile, and from anew once it was withdrawn',
    check: async ({ store, apply }) => {
      const ref = subject('orders-value');
      const version = (n: number, deleted: boolean, when: Instant | number): GraphChange =>
        say(ref, 'schema-version', { version: n, schemaId: n, schemaType: 'AVRO', schema: '"int"', references: [], deleted }, when, { part: String(n) });
      const withdrawn = (n: number, when: Instant | number): GraphChange => say(ref, 'schema-version', null, when, { part: String(n) });
      await apply(version(1, false, 1), version(2, false, 2), version(3, false, 3), version(4, false, 4), withdrawn(4, 5));
      await apply(version(1, true, 9), withdrawn(2, 5), version(2, false, 6), version(2, true, 7));
      // At one time only what was said last counts: this one was never away.
      await apply(withdrawn(3, at(8, 1)), version(3, true, at(8, 2)));
      expect((await store.statedSince(ref, 'schema-version')).map(({ part, evidence, time }) => [part, evidence, time])).toEqual([['1', 'declared', 1], ['2', 'declared', 6], ['3', 'declared', 3]]);
      expect([await store.statedSince(ref, 'owner'), await store.statedSince(topic('nobody-knows'), 'schema-version')]).toEqual([[], []]);
    },
  },
  {
    promise: 'lists entities of a kind by ascending key, page by page',
    check: async ({ store, apply }) => {
      const names = ['b', 'a', 'a#b', 'c', 'a%'];
      await apply(...names.map((name) => say(topic(name), 'dataset', TOPIC_FACT, 1)), say(ENRICH, 'owner', { team: 't' }, 1));
      const listed: EntityRef[] = [];
      for (let after: string | null = null; ; ) {
        const page = await store.entities('dataset', { after, limit: 2 });
        listed.push(...page);
        const last = page.at(-1);
        if (last === undefined) break;
        after = entityKey(last);
      }
      expect(listed.map(entityKey)).toEqual(names.map((name) => entityKey(topic(name))).sort());
    },
  },
  {
    promise: 'counts what it holds',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'fields', fields('id', 'sku'), 1), say(ENRICH, 'program', { reads: [reads('orders', ['id'])], writes: [] }, 1));
      expect(await store.statistics()).toMatchObject({ entities: { dataset: 1, field: 2, job: 1, team: 0 }, edges: 2, revision: 1 });
    },
  },
];

const query = (text: string, rest: Partial<SearchQuery> = {}): SearchQuery => ({ text, filters: {}, limit: 20, cursor: null, ...rest });
const found = async (store: Store, text: string, rest: Partial<SearchQuery> = {}): Promise<string[]> =>
  (await store.search(query(text, rest))).hits.map(({ ref }) => (ref.kind === 'field' ? ref.path : ref.name));

const SEARCH: Promised[] = [
  ...[
    { name: 'customerEmail', by: ['email', 'customeremail', 'CUSTOMER_EMAIL', 'customer-em', 'customer email'], notBy: ['mail customer', 'cust email'] },
    { name: 'HTTPServer.request_count', by: ['http', 'server', 'request', 'requestcount', 'httpserver', 'count'], notBy: ['ttp'] },
    { name: 'größe', by: ['größe', 'groß', 'große'], notBy: ['größen'] },
  ].map(({ name, by, notBy }) => ({
    promise: `splits ${name} into words`,
    check: async ({ store, apply }: Given) => {
      await apply(say(ORDERS, 'fields', fields(name), 1));
      for (const text of by) expect([text, await found(store, text)]).toEqual([text, [name]]);
      for (const text of notBy) expect([text, await found(store, text)]).toEqual([text, []]);
    },
  })),
  {
    promise: 'finds by doc, tag and owner, and says where the words were',
    check: async ({ store, apply }) => {
      await apply(
        say(ORDERS, 'dataset', TOPIC_FACT, 1), say(ORDERS, 'owner', { team: 'checkout' }, 1), say(ORDERS, 'tags', { tags: ['pii'] }, 1),
        say(ORDERS, 'doc', { text: `Every purchase ${'long '.repeat(100)}` }, 1), say(ORDERS, 'fields', { fields: [fieldFact('sku', 'article number')] }, 1),
      );
      for (const [text, matched, name] of [['purchase', 'doc', 'orders'], ['pii', 'tags', 'orders'], ['checkout', 'owner', 'orders'], ['article', 'doc', 'sku']]) {
        const { hits } = await store.search(query(text!));
        expect(hits).toMatchObject([{ ref: name === 'sku' ? { path: 'sku' } : { name }, owner: 'checkout', matched: [matched] }]);
        expect(hits[0]?.doc?.length).toBeLessThanOrEqual(200);
      }
    },
  },
  {
    promise: 'puts the exact name first, datasets before fields, names before docs',
    check: async ({ store, apply }) => {
      await apply(say(topic('shipments'), 'fields', { fields: [fieldFact('order'), fieldFact('orderTotal'), fieldFact('x', 'order of things')] }, 1), say(topic('order'), 'dataset', TOPIC_FACT, 1));
      expect(await found(store, 'order')).toEqual(['order', 'order', 'orderTotal', 'x']);
      expect((await store.search(query('order'))).hits[0]?.ref.kind).toBe('dataset');
      expect(await store.search(query('order'))).toMatchObject(await store.revision());
    },
  },
  {
    promise: 'counts the whole result by facet, not the page, and filters by it',
    check: async ({ store, apply }) => {
      const topics = Array.from({ length: 5 }, (_, i) => topic(`orders-${i}`));
      await apply(
        ...topics.flatMap((ref, i) => [say(ref, 'dataset', { ...TOPIC_FACT, cluster: `c${i % 2}` }, 1), say(ref, 'owner', { team: `t${i % 2}` }, 1), say(ref, 'fields', fields('orders_id'), 1)]),
        say(topics[0]!, 'governed-by', { subject: { namespace: 'r', name: 's' } }, 1), say(field('orders-1', 'orders_id'), 'tags', { tags: ['pii'] }, 1),
      );
      const { total, facets, hits } = await store.search(query('orders', { limit: 2 }));
      expect([total, hits.length]).toEqual([10, 2]);
      expect(facets).toEqual({
        kind: [{ value: 'dataset', count: 5 }, { value: 'field', count: 5 }],
        platform: [{ value: 'kafka', count: 10 }],
        cluster: [{ value: 'c0', count: 6 }, { value: 'c1', count: 4 }],
        owner: [{ value: 't0', count: 6 }, { value: 't1', count: 4 }],
        tag: [{ value: 'pii', count: 1 }],
        schema: [{ value: 'ungoverned', count: 8 }, { value: 'governed', count: 2 }],
      });
      for (const text of ['orders', '']) {
        expect((await store.search(query(text, { filters: { owner: ['t1'], kind: ['field'] } }))).total).toBe(2);
        expect((await store.search(query(text, { filters: { tag: ['pii'] } }))).hits).toMatchObject([{ ref: field('orders-1', 'orders_id') }]);
        expect((await store.search(query(text, { filters: { schema: ['governed'], cluster: ['c0', 'c1'] } }))).total).toBe(2);
      }
    },
  },
  {
    promise: 'counts a facet over what all other filters let through, so that another of its values can be added',
    check: async ({ store, apply }) => {
      const topics = Array.from({ length: 6 }, (_, i) => topic(`orders-${i}`));
      await apply(
        ...topics.flatMap((ref, i) => [say(ref, 'dataset', { ...TOPIC_FACT, cluster: `c${i % 3}` }, 1), say(ref, 'owner', { team: `t${i % 2}` }, 1), say(ref, 'fields', fields('orders_id'), 1)]),
        say(field('orders-3', 'orders_id'), 'tags', { tags: ['pii', 'eu'] }, 1), say(field('orders-1', 'orders_id'), 'tags', { tags: ['us'] }, 1),
      );
      for (const text of ['orders', '']) {
        const one = await store.search(query(text, { filters: { cluster: ['c0'] } }));
        expect([one.total, one.facets.cluster, one.facets.owner]).toEqual([
          4, [{ value: 'c0', count: 4 }, { value: 'c1', count: 4 }, { value: 'c2', count: 4 }], [{ value: 't0', count: 2 }, { value: 't1', count: 2 }],
        ]);
        const filters = { cluster: ['c0', 'c1'], owner: ['t1'], kind: ['field'] };
        const several = await store.search(query(text, { filters }));
        for (const facet of SEARCH_FACETS) {
          const { [facet]: own, ...others } = filters as Partial<Record<SearchFacet, string[]>>;
          expect(several.facets[facet], `${facet} ${own}`).toEqual((await store.search(query(text, { filters: others }))).facets[facet]);
        }
        expect([several.total, several.hits.length]).toEqual([2, 2]);
        expect(several.facets).toMatchObject({
          kind: [{ value: 'dataset', count: 2 }, { value: 'field', count: 2 }],
          cluster: [{ value: 'c0', count: 1 }, { value: 'c1', count: 1 }, { value: 'c2', count: 1 }],
          owner: [{ value: 't0', count: 2 }, { value: 't1', count: 2 }],
          tag: [{ value: 'eu', count: 1 }, { value: 'pii', count: 1 }, { value: 'us', count: 1 }],
        });
        const tagged = await store.search(query(text, { filters: { tag: ['pii'], cluster: ['c1'] } }));
        expect([tagged.total, tagged.facets.tag, tagged.facets.cluster]).toEqual([0, [{ value: 'us', count: 1 }], [{ value: 'c0', count: 1 }]]);
      }
    },
  },
  {
    promise: 'tells what a filter asks for, however many values are more frequent',
    check: async ({ store, apply }) => {
      await apply(...Array.from({ length: 60 }, (_, i) => say(topic(`orders-${i}`), 'owner', { team: `t${String(i).padStart(2, '0')}` }, 1)));
      const { facets, total } = await store.search(query('orders', { filters: { owner: ['t58', 't59', 'nobody'] } }));
      expect([total, facets.owner.length, facets.owner.slice(-2)]).toEqual([2, 52, [{ value: 't58', count: 1 }, { value: 't59', count: 1 }]]);
    },
  },
  {
    promise: 'pages through everything once, with or without words',
    check: async ({ store, apply }) => {
      await apply(...Array.from({ length: 7 }, (_, i) => say(topic(`orders-${i}`), 'fields', fields('order_id', 'order'), 1)), say(ENRICH, 'owner', { team: 'order' }, 1));
      for (const text of ['order', '']) {
        const keys: string[] = [];
        for (let cursor: string | null = null; ; ) {
          const { hits, nextCursor, total } = await store.search(query(text, { limit: 4, cursor }));
          expect(total).toBe(22);
          keys.push(...hits.map(({ ref }) => entityKey(ref)));
          if (nextCursor === null) break;
          cursor = nextCursor;
        }
        expect([keys.length, new Set(keys).size]).toEqual([22, 22]);
      }
    },
  },
  {
    promise: 'forgets what is retired, its fields with it, and finds it again when it comes back',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'dataset', TOPIC_FACT, 1), say(ORDERS, 'fields', fields('order_id', 'order_sku'), 1));
      await apply(say(ORDERS, 'fields', fields('order_id'), 2));
      expect((await found(store, 'order')).sort()).toEqual(['order_id', 'orders']);
      await apply(say(ORDERS, 'dataset', null, 3));
      expect([await found(store, 'order'), await found(store, '')]).toEqual([[], []]);
      await apply(say(ORDERS, 'dataset', TOPIC_FACT, 4));
      expect((await found(store, 'order')).sort()).toEqual(['order_id', 'orders']);
      expect((await store.search(query(''))).total).toBe(2);
    },
  },
  {
    promise: 'takes any text as words, never as a query language',
    check: async ({ store, apply }) => {
      await apply(say(ORDERS, 'fields', fields('near', 'or', 'name'), 1));
      for (const text of ['"', '*', 'NEAR(', 'name:near', '" OR 1=1 --', '(', '^', '\0', '\ud800', '🦩', '+', '-', 'a'.repeat(512)]) {
        const { hits, total } = await store.search(query(text));
        expect(total).toBe(hits.length);
      }
      expect(await found(store, 'NEAR(')).toEqual(['near']);
      expect(await found(store, 'near OR name')).toEqual([]);
    },
  },
  {
    promise: 'refuses texts, pages and cursors beyond its limits, and names the limit',
    check: async ({ store }) => {
      await expect(store.search(query('x'.repeat(1_000_000)))).rejects.toThrow(/at most 512 characters/);
      await expect(store.search(query('x', { limit: 0 }))).rejects.toThrow(/1 to 1000/);
      for (const cursor of ['x', '', 'W10', 'WyIxIiwyLDMsNF0']) await expect(store.search(query('x', { cursor }))).rejects.toThrow(RangeError);
    },
  },
];

const draft = (id: string, rest: Partial<LedgerDraft> = {}): LedgerDraft => ({
  id, kind: 'decision', at: 5, body: `{"id":"${id}"}`, idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: 'allow', ...rest,
});

const LEDGER: Promised[] = [
  {
    promise: 'chains entries without gaps, over calls',
    check: async ({ store }) => {
      const first = await store.appendToLedger([draft('a'), draft('b', { job: 'j', requestHash: 'h', idempotencyKey: 'k' })]);
      const entries = [...first, ...(await store.appendToLedger([draft('c')]))];
      expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      expect(entries.map(({ previous }) => previous)).toEqual([LEDGER_ROOT, entries[0]!.hash, entries[1]!.hash]);
      for (const entry of entries) {
        expect(entry.hash).toBe(ledgerHash(entry.previous, entry.sequence, entry));
        expect(await store.ledgerEntry(entry.id)).toEqual(entry);
      }
      expect(await store.ledgerEntryByKey('k')).toEqual(entries[1]);
      expect([await store.ledgerEntry('z'), await store.ledgerEntryByKey('z')]).toEqual([null, null]);
    },
  },
  {
    promise: 'refuses a taken id or idempotency key, and then appends nothing of the call',
    check: async ({ store }) => {
      await store.appendToLedger([draft('a', { idempotencyKey: 'k' })]);
      for (const [taken, on, value] of [[draft('a'), 'id', 'a'], [draft('x', { idempotencyKey: 'k' }), 'idempotencyKey', 'k'], [draft('new'), 'id', 'new']] as const) {
        const refused = await store.appendToLedger([draft('new'), taken]).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(LedgerConflict);
        expect(refused).toMatchObject({ on, value });
      }
      expect((await store.ledger({ limit: 10 })).total).toBe(1);
    },
  },
  {
    promise: 'keeps the chain whole when many append at once',
    check: async ({ store }) => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => store.appendToLedger([draft(`a${i}`), draft(`b${i}`)])));
      const { entries, total } = await store.ledger({ limit: 100 });
      expect([entries.length, total]).toEqual([40, 40]);
      for (const [i, entry] of entries.entries()) expect(entry.previous).toBe(entries[i + 1]?.hash ?? LEDGER_ROOT);
    },
  },
  {
    promise: 'appends nothing when an entry of a guarded kind came after what the writer has seen',
    check: async ({ store }) => {
      await store.appendToLedger([draft('1'), draft('2', { kind: 'permit' }), draft('3')]);
      const guard = (after: number) => ({ kinds: ['permit', 'policy'] as const, after });
      expect(await store.appendToLedger([draft('4', { kind: 'permit' })], guard(1)).catch((error: unknown) => error)).toBeInstanceOf(LedgerMoved);
      expect(await store.appendToLedger([draft('4', { kind: 'permit' })], guard(2))).toMatchObject([{ sequence: 4 }]);
      const settled = await Promise.allSettled(['5', '6', '7'].map((id) => store.appendToLedger([draft(id, { kind: 'permit' })], guard(4))));
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.ledger({ limit: 10 })).total).toBe(5);
    },
  },
  {
    promise: 'is followed by kind from a place on, oldest first',
    check: async ({ store }) => {
      await store.appendToLedger([draft('1', { kind: 'policy', at: 1 }), draft('2', { at: 2 }), draft('3', { kind: 'permit', at: 3 }), draft('4', { kind: 'policy', at: 9 }), draft('5', { kind: 'permit', at: 4 })]);
      const ids = async (tail: Partial<Parameters<Store['ledgerAfter']>[0]>): Promise<string> => (await store.ledgerAfter({ kinds: ['policy', 'permit'], after: 0, limit: 9, ...tail })).map(({ id }) => id).join('');
      expect([await ids({}), await ids({ limit: 2 }), await ids({ after: 3 }), await ids({ since: 4 }), await ids({ kinds: ['permit'] }), await ids({ kinds: [] })]).toEqual(['1345', '13', '45', '45', '35', '']);
      await store.appendToLedger([draft('6', { kind: 'permit', outcome: 'deny' }), draft('7', { outcome: 'deny' })]);
      expect([await ids({ kinds: null }), await ids({ kinds: null, after: 2, limit: 2 }), await ids({ kinds: null, since: 5 })]).toEqual(['1234567', '34', '467']);
      expect([await ids({ outcome: 'deny' }), await ids({ kinds: null, outcome: 'deny' }), await ids({ kinds: null, outcome: 'deny', after: 6 })]).toEqual(['6', '67', '7']);
      const [entry] = await store.ledgerAfter({ kinds: ['permit'], after: 0, limit: 1 });
      expect(entry).toEqual(await store.ledgerEntry('3'));
    },
  },
  {
    promise: 'lists entries newest first, by kind, job, owner and outcome, with the size of the whole',
    check: async ({ store }) => {
      await store.appendToLedger([draft('1', { job: 'j' }), draft('2', { job: 'j', outcome: 'deny' }), draft('3', { kind: 'policy', outcome: null }), draft('4', { outcome: 'deny', owner: 'a' }), draft('5', { job: 'j', owner: 'b' })]);
      const ids = async (filter: Parameters<Store['ledger']>[0]): Promise<unknown> => {
        const { entries, total } = await store.ledger(filter);
        return [entries.map(({ id }) => id).join(''), total];
      };
      expect(await ids({ limit: 2 })).toEqual(['54', 5]);
      expect(await ids({ limit: 9, before: 3 })).toEqual(['21', 5]);
      expect(await ids({ limit: 9, kind: 'policy' })).toEqual(['3', 1]);
      expect(await ids({ limit: 9, outcome: 'deny' })).toEqual(['42', 2]);
      expect(await ids({ limit: 1, job: 'j' })).toEqual(['5', 3]);
      expect(await ids({ limit: 9, job: 'j', outcome: 'deny', kind: 'decision' })).toEqual(['2', 1]);
      expect(await ids({ limit: 1, owners: ['a', 'b', 'c'] })).toEqual(['5', 2]);
      expect(await ids({ limit: 1, owners: ['a', 'b', 'c'], before: 5 })).toEqual(['4', 2]);
      expect(await ids({ limit: 9, owners: ['a', 'b'], outcome: 'deny', kind: 'decision' })).toEqual(['4', 1]);
      expect(await ids({ limit: 9, owners: ['a', 'b'], job: 'j' })).toEqual(['5', 1]);
      expect(await ids({ limit: 9, owners: [] })).toEqual(['', 0]);
    },
  },
];

const NOTES: Promised[] = [
  {
    promise: 'tells the end of the ledger, and counts what was appended apart from it',
    check: async ({ store }) => {
      expect(await store.ledgerHead()).toEqual({ sequence: 0, hash: LEDGER_ROOT, at: 0, counted: 0 });
      await store.appendToLedger([draft('a'), draft('b', { kind: 'policy', outcome: null })]);
      const [last] = await store.appendToLedger([draft('c', { at: 9 })]);
      expect(await store.ledgerHead()).toEqual({ sequence: 3, hash: last!.hash, at: 9, counted: 3 });
      await store.appendToLedger([draft('d'), draft('a')]).catch(() => undefined);
      expect((await store.ledgerHead()).counted).toBe(3);
    },
  },
  {
    promise: 'keeps a note, and changes or removes it only at the version the writer has seen',
    check: async ({ store }) => {
      expect(await store.note('n')).toBeNull();
      expect(await store.setNote('n', 'one', 0)).toBe(1);
      expect(await store.setNote('n', 'other', 0)).toBeNull();
      expect(await store.setNote('n', 'two 🦩', 1)).toBe(2);
      expect(await store.note('n')).toEqual({ text: 'two 🦩', version: 2 });
      expect([await store.setNote('n', null, 1), await store.setNote('n', null, 2), await store.note('n')]).toEqual([null, 0, null]);
      expect(await store.setNote('n', 'again', 0)).toBe(1);
      expect(await store.note('m')).toBeNull();
    },
  },
  {
    promise: 'lists the notes whose keys begin alike, and adds no revision and no entry with them',
    check: async ({ store }) => {
      for (const key of ['a/2', 'a/1', 'a/10', 'a/\u{10FFFE}', 'a', 'a0', 'A/1', 'b/1']) await store.setNote(key, `text of ${key}`, 0);
      await store.setNote('a/10', 'again', 1);
      await store.setNote('a/1', null, 1);
      expect(await store.notes('a/')).toEqual([
        { key: 'a/10', text: 'again', version: 2 }, { key: 'a/2', text: 'text of a/2', version: 1 }, { key: 'a/\u{10FFFE}', text: 'text of a/\u{10FFFE}', version: 1 },
      ]);
      expect(await store.notes('c/')).toEqual([]);
      expect([(await store.revision()).revision, (await store.ledgerHead()).sequence]).toEqual([0, 0]);
    },
  },
  {
    promise: 'lets one of many writers that saw the same version have its way',
    check: async ({ store }) => {
      for (const expected of [0, 1]) {
        const written = await Promise.all(Array.from({ length: 8 }, (_, i) => store.setNote('n', `by ${i}`, expected)));
        expect(written.filter((version) => version !== null)).toEqual([expected + 1]);
        expect((await store.note('n'))?.text).toBe(`by ${written.findIndex((version) => version !== null)}`);
      }
    },
  },
];
