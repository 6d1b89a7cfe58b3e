import { describe, expect, test } from 'vitest';
import { lineageOfPlan } from '../../../../server/catalog/flink/plan/plan-lineage.ts';
import { call, literal, originTexts, planOf, ref, resolved, row, scanOf, sinkOf, type SmallNode } from './small-plans.ts';

type Json = { readonly [key: string]: unknown };

function messageOf(plan: unknown): string {
  const result = lineageOfPlan(plan);
  return result.outcome === 'invalid' ? result.fault.message : `answered: ${result.lineage.completeness}`;
}

const node = (id: unknown, type: unknown = 'stream-exec-exchange_1'): Json => ({ id, type, outputType: row('a INT') });

describe('what is no plan is refused with what was expected where', () => {
  test.each<[unknown, string]>([
    [null, 'expected a compiled plan: an object with nodes and edges'],
    ['{}', 'expected a compiled plan: an object with nodes and edges'],
    [7, 'expected a compiled plan: an object with nodes and edges'],
    [[], 'expected at least one compiled plan'],
    [[[]], 'expected a compiled plan: an object with nodes and edges'],
    [{}, 'expected a list in nodes of the compiled plan'],
    [{ nodes: {} }, 'expected a list in nodes of the compiled plan'],
    [{ nodes: [null] }, 'expected an object in nodes[0]'],
    [{ nodes: [{}] }, 'expected a whole number in nodes[0].id'],
    [{ nodes: [node(1.5)] }, 'expected a whole number in nodes[0].id'],
    [{ nodes: [node(1), node(2, 7)] }, 'expected a text in nodes[1].type'],
    [{ nodes: [node(1), node(1)] }, 'two nodes have the id 1'],
    [{ nodes: [node(1)], edges: {} }, 'expected a list in edges of the compiled plan'],
    [{ nodes: [node(1)], edges: [7] }, 'expected an object in edges[0]'],
    [{ nodes: [node(1)], edges: [{ source: 1, target: 2 }] }, 'edges[0].target is no node of the plan'],
    [{ nodes: [node(1)], edges: [{ target: 1 }] }, 'edges[0].source is no node of the plan'],
    [{ nodes: [node(1)], edges: [{ source: 1, target: 1 }] }, 'the edges of the plan form a cycle'],
    [{ nodes: [node(1), node(2), node(3)], edges: [{ source: 1, target: 2 }, { source: 2, target: 3 }, { source: 3, target: 2 }] }, 'the edges of the plan form a cycle'],
    [{ nodes: Array.from({ length: 20_001 }, (_, id) => node(id)) }, 'the plan has 20001 nodes, more than 20000'],
    [[0, 1].map(() => ({ nodes: Array.from({ length: 10_001 }, (_, id) => node(id)) })), 'the plans have more than 20000 nodes together'],
    [{ nodes: [node(1)], edges: Array.from({ length: 100_001 }, () => ({ source: 1, target: 1 })) }, 'the plan has 100001 edges, more than 100000'],
  ])('%j', (plan, message) => {
    expect(messageOf(plan)).toBe(message);
  });
});

test('a chain as long as a plan may be is answered', () => {
  const chain: { [name: string]: SmallNode } = { n0: scanOf('l', ['a']) };
  for (let i = 1; i < 19_999; i++) chain[`n${i}`] = { type: i % 2 === 0 ? 'stream-exec-exchange_1' : 'stream-exec-calc_1', row: row('a INT'), own: { projection: [ref(0)], condition: ref(0) } };
  const nodes = planOf({ ...chain, sink: sinkOf('n0', ['a']) }).nodes as readonly Json[];
  const edges = nodes.slice(1).map((_, i) => ({ source: i, target: i + 1 }));
  expect(originTexts(resolved({ nodes, edges }))).toEqual({ a: 'l.a' });
});

function nested(depth: number, wrap: (inner: Json) => Json, inner: Json): Json {
  let json = inner;
  for (let i = 0; i < depth; i++) json = wrap(json);
  return json;
}

function calcOf(projection: Json) {
  return planOf({ l: scanOf('l', ['a', 'b']), calc: { type: 'stream-exec-calc_1', row: row('p INT, q INT'), inputs: ['l'], own: { projection: [projection, ref(1)], condition: null } }, sink: sinkOf('calc', ['p', 'q']) });
}

test('expressions as deep as scripts may nest them are followed', () => {
  expect(originTexts(resolved(calcOf(nested(399, (inner) => call('UPPER', [inner]), ref(0)))))).toEqual({ p: '~l.a', q: 'l.b' });
});

test.each<[string, (inner: Json) => Json]>([
  ['calls', (inner) => call('UPPER', [inner])],
  ['field accesses', (inner) => ({ kind: 'FIELD_ACCESS', name: 'x', expr: inner })],
  ['casts of types as deep', (inner) => call('CAST', [inner], nested(1_000, (type) => ({ type: 'ARRAY', elementType: type }), { type: 'ROW', fields: [] }) as never)],
])('%s nested 10,000 deep make their column unknown and no other', (_, wrap) => {
  const lineage = resolved(calcOf(nested(10_000, wrap, ref(0))));
  expect(originTexts(lineage)).toEqual({ p: '?', q: 'l.b' });
  expect(lineage.unknown).toEqual([{ reason: 'node 1 (stream-exec-calc_1): an expression is nested more than 400 levels deep' }]);
});

test('types nested 10,000 deep, in either form, are of no known type', () => {
  for (const type of [`${'ARRAY<'.repeat(10_000)}INT${'>'.repeat(10_000)}`, nested(10_000, (inner) => ({ type: 'ARRAY', elementType: inner }), { type: 'INT' })]) {
    expect(originTexts(resolved(calcOf(call('CAST', [ref(0)], type as never))))).toEqual({ p: '~l.a', q: 'l.b' });
    expect(messageOf(planOf({ l: { ...scanOf('l', ['a']), row: type as never }, sink: sinkOf('l', ['a']) }))).toBe('answered: partial');
  }
});

test('anything nested 10,000 deep where nobody looks is left alone', () => {
  expect(messageOf({ ...planOf({ l: scanOf('l', ['a']), sink: sinkOf('l', ['a']) }), extra: nested(10_000, (inner) => ({ inner }), {}) })).toBe('answered: complete');
});

test('a plan that multiplies origins through its nodes is refused, naming the limit', () => {
  const wide = Array.from({ length: 2_000 }, (_, i) => `c${i}`);
  const all = call('CONCAT', wide.map((_, i) => ref(i)));
  const plan: { [name: string]: SmallNode } = { n0: scanOf('l', wide) };
  const own = { projection: wide.map(() => all), condition: null };
  for (let i = 1; i < 50; i++) plan[`n${i}`] = { type: 'stream-exec-calc_1', row: row(wide.map((name) => `${name} INT`).join(', ')), inputs: [`n${i - 1}`], own };
  expect(messageOf(planOf({ ...plan, sink: sinkOf('n49', wide) }))).toBe('the plan multiplies its fields beyond 3000000 steps of lineage');
});

test('paths that grow from node to node are refused, naming the limit', () => {
  const own = { projection: [{ kind: 'FIELD_ACCESS', name: 'x', expr: ref(0) }], condition: null };
  const nodes = [...planOf({ l: scanOf('l', ['a']) }).nodes as readonly Json[], ...Array.from({ length: 10_000 }, (_, i) => ({ id: i + 1, type: 'stream-exec-calc_1', outputType: row('a INT'), ...own }))];
  expect(messageOf({ nodes, edges: nodes.slice(1).map((_, i) => ({ source: i, target: i + 1 })) })).toContain('beyond 3000000 steps');
});

test('a sub-plan that very many sinks share is refused or answered, and does not hang', () => {
  const nodes = planOf({ l: scanOf('l', ['a']), ...Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, { type: 'stream-exec-exchange_1', row: row('a INT') }])), ...Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`s${i}`, sinkOf('l', ['a'])])) }).nodes as readonly Json[];
  const chain = Array.from({ length: 10_000 }, (_, i) => ({ source: i, target: i + 1 }));
  const ends = Array.from({ length: 9_000 }, (_, i) => ({ source: 10_000, target: 10_001 + i }));
  expect(messageOf({ nodes, edges: [...chain, ...ends] })).toContain('beyond 3000000 steps');
});

test('names that objects have from birth are only names', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
  const lineage = resolved(planOf({ l: scanOf('l', names), sink: sinkOf('l', names) }));
  expect(lineage.sinks[0]!.columns.map(({ name, origins }) => [name, origins!.map(({ column }) => column)])).toEqual(names.map((name) => [name, [name]]));
  expect(messageOf({ nodes: [{ id: 1, type: 'constructor', outputType: { type: 'constructor' } }, { id: 2, type: '__proto__' }], edges: [{ source: 1, target: 2 }] })).toBe('answered: partial');
});

test('large positions of a table without schema make no large list', () => {
  const scan = { ...scanOf('l', ['a']), own: { scanTableSource: { table: { identifier: '`l`' }, abilities: [{ type: 'ProjectPushDown', projectedFields: [[2 ** 40]], producedType: row('a INT') }] } } };
  expect(originTexts(resolved(planOf({ l: scan, sink: sinkOf('l', ['a']) })))).toEqual({ a: '?' });
});

test('wrong values where lists, numbers and texts are expected make the node unknown, not the plan', () => {
  for (const wrong of [null, 7, 'x', {}, [null], [{}], [[]], { fields: null }, -1, 1.5]) {
    for (const key of ['joinSpec', 'grouping', 'aggCalls', 'orderBy', 'partition', 'rankRange', 'overSpec', 'matchSpec', 'functionCall', 'windowing', 'projects', 'tuples', 'temporalTable']) {
      for (const type of ['join', 'group-aggregate', 'rank', 'over-aggregate', 'match', 'correlate', 'process-table-function', 'window-aggregate', 'expand', 'lookup-join']) {
        const plan = planOf({ l: scanOf('l', ['a']), node: { type: `stream-exec-${type}_1`, row: row('p INT'), inputs: ['l'], own: { [key]: wrong, grouping: [0], [`${key}s`]: literal(1) } }, sink: sinkOf('node', ['p']) });
        expect([key, type, wrong, messageOf(plan)]).toEqual([key, type, wrong, 'answered: partial']);
      }
    }
  }
});
