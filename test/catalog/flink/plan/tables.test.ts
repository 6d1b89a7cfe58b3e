import { describe, expect, test } from 'vitest';
import { atomic } from '../../../../server/catalog/flink/logical-type.ts';
import { call, literal, originTexts, planOf, readTexts, ref, resolved, row, scanOf, sinkOf, type SmallNode } from './small-plans.ts';

type Own = { readonly [key: string]: unknown };

const COLUMNS = [
  { name: 'id', dataType: 'INT' },
  { name: 'place', dataType: 'ROW<`city` VARCHAR(2147483647), `geo` ROW<`lat` INT, `lon` INT>>' },
  { name: 'at', kind: 'METADATA', dataType: 'TIMESTAMP(3)', metadataKey: 'timestamp', isVirtual: true },
  { name: 'twice', kind: 'COMPUTED', expression: { rexNode: call('*', [ref(0), literal(2)]), serializableString: 'secret-looking `id` * 2' } },
  { name: 'day', dataType: 'INT' },
  { name: 'part', kind: 'METADATA', dataType: 'INT', isVirtual: false },
];
const IDENTIFIER = '`cat`.`db`.`t`';

function scanned(made: string, abilities: readonly Own[], schema: readonly Own[] | null = COLUMNS): SmallNode {
  const table = { identifier: IDENTIFIER, ...(schema === null ? {} : { resolvedTable: { schema: { columns: schema } } }) };
  return { type: 'stream-exec-table-source-scan_2', row: row(made), own: { scanTableSource: { table, abilities } } };
}

function lineageOf(scan: SmallNode, columns: readonly string[]) {
  return resolved(planOf({ t: scan, sink: sinkOf('t', columns) }));
}

describe('a source', () => {
  test('reads physical columns, then metadata in the order of its keys, under the names the table declares', () => {
    const made = 'id INT, place INT, day INT, part INT NOT NULL, at TIMESTAMP(3)';
    const lineage = lineageOf(scanned(made, [{ type: 'ReadingMetadata', metadataKeys: ['part', 'timestamp'], producedType: row(made) }]), ['a', 'b', 'c', 'd', 'e']);
    expect(originTexts(lineage)).toEqual({ a: 't.id', b: 't.place', c: 't.day', d: 't.part', e: 't.at' });
    expect(lineage.unknown).toEqual([]);
  });

  test('filters the row each ability finds, and follows paths into rows', () => {
    const lineage = lineageOf(scanned('place_geo_lon INT, id INT', [
      { type: 'FilterPushDown', predicates: [call('>', [ref(2), literal(1)]), call('=', [{ kind: 'FIELD_ACCESS', name: 'city', expr: ref(1) }, literal('x')])] },
      { type: 'ProjectPushDown', projectedFields: [[1, 1, 1], [0]], producedType: row('place_geo_lon INT, id INT') },
      { type: 'FilterPushDown', predicates: [call('>', [ref(0), literal(1)])] },
      { type: 'LimitPushDown', limit: 10 },
    ]), ['a', 'b']);
    expect(originTexts(lineage)).toEqual({ a: 't.place.geo.lon', b: 't.id' });
    expect(readTexts(lineage)).toEqual(['FILTER t.day', 'FILTER t.place.city', 'FILTER t.place.geo.lon']);
  });

  test('depends on the partitions and metadata it is restricted by, and on its watermark', () => {
    const made = 'id INT, place INT, day INT';
    const lineage = lineageOf(scanned(made, [
      { type: 'PartitionPushDown', partitions: [{ day: 'secret-looking value' }] },
      { type: 'MetadataFilterPushDown', predicates: [call('>', [ref(0), literal(1)])], predicateRowType: row('timestamp INT') },
      { type: 'WatermarkPushDown', watermarkExpr: call('-', [ref(0), literal(1)]) },
    ]), ['a', 'b', 'c']);
    expect(readTexts(lineage)).toEqual(['FILTER t.at', 'FILTER t.day', 'WATERMARK t.id']);
    expect(JSON.stringify(lineage)).not.toContain('secret');
  });

  test('tells its columns with source and type', () => {
    const [source] = lineageOf(scanned('id INT, place INT, day INT', []), ['a', 'b', 'c']).tables;
    expect(source).toMatchObject({ table: 'cat.db.t', roles: ['source'], wholeTable: false });
    expect(source!.columns.map(({ name, source: kind }) => [name, kind])).toEqual([['id', 'physical'], ['place', 'physical'], ['at', 'virtual-metadata'], ['twice', 'computed'], ['day', 'physical'], ['part', 'metadata']]);
    expect(source!.columns[2]).toEqual({ name: 'at', source: 'virtual-metadata', type: atomic('TIMESTAMP', 3), metadataKey: 'timestamp' });
    expect(source!.columns[3]!.type).toEqual(atomic('INTEGER'));
  });

  test('copies a metadata column that is cast to the type its table declares, and computes from one cast to another', () => {
    const made = 'at TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL';
    const cast = (type: string) => call('CAST', [ref(0, 'TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL')], type);
    const lineage = resolved(planOf({
      t: scanned(made, [{ type: 'ProjectPushDown', projectedFields: [], producedType: 'ROW<>' }, { type: 'ReadingMetadata', metadataKeys: ['timestamp'], producedType: row(made) }]),
      calc: { type: 'stream-exec-calc_1', row: row('a INT, b INT, c INT'), inputs: ['t'], own: { projection: [cast('TIMESTAMP(3)'), cast('VARCHAR(10)'), cast('TIMESTAMP(3) WITH LOCAL TIME ZONE')], condition: null } },
      sink: sinkOf('calc', ['a', 'b', 'c']),
    }));
    expect(originTexts(lineage)).toEqual({ a: 't.at', b: '~t.at', c: 't.at' });
  });

  test.each<[string, string, readonly Own[], { readonly [column: string]: string }]>([
    ['all of its row', 'x INT, y INT', [], { a: 't.x', b: 't.y' }],
    ['top-level columns by the projection, filters on them too', 'y INT, x INT', [{ type: 'FilterPushDown', predicates: [ref(4)] }, { type: 'ProjectPushDown', projectedFields: [[4], [2]], producedType: row('y INT, x INT') }], { a: 't.y', b: 't.x' }],
    ['metadata as produced', 'x INT, ts INT', [{ type: 'ReadingMetadata', metadataKeys: ['timestamp'], producedType: row('x INT, ts INT') }], { a: 't.x', b: 't.ts' }],
  ])('without a schema names %s', (_, made, abilities, origins) => {
    const lineage = lineageOf(scanned(made, abilities, null), ['a', 'b']);
    expect(originTexts(lineage)).toEqual(origins);
    expect(lineage.unknown).toEqual([]);
    expect(lineage.tables[0]!.columns).toEqual([]);
  });

  test('without a schema cannot tell nested fields and filters on columns it does not keep', () => {
    const lineage = lineageOf(scanned('p_x INT, y INT', [{ type: 'FilterPushDown', predicates: [ref(7)] }, { type: 'ProjectPushDown', projectedFields: [[4, 0], [2]], producedType: row('p_x INT, y INT') }], null), ['a', 'b']);
    expect(originTexts(lineage)).toEqual({ a: '?', b: 't.y' });
    expect(lineage.unknown).toHaveLength(2);
    expect(lineage.tables[0]!.wholeTable).toBe(true);
  });

  test.each<[string, string, readonly Own[]]>([
    ['an ability that is not known', 'id INT, place INT, day INT', [{ type: 'SecretPushDown' }]],
    ['columns in another order than its schema', 'day INT, id INT, place INT', []],
    ['fewer columns than its schema', 'id INT', []],
    ['a projection of other names', 'day INT', [{ type: 'ProjectPushDown', projectedFields: [[0]], producedType: row('day INT') }]],
    ['metadata the schema does not have', 'id INT, place INT, day INT, x INT', [{ type: 'ReadingMetadata', metadataKeys: ['x'], producedType: row('id INT, place INT, day INT, x INT') }]],
  ])('with %s is unknown, all of it', (_, made, abilities) => {
    const columns = made.split(', ').map((_column, i) => `c${i}`);
    const lineage = lineageOf(scanned(made, abilities), columns);
    expect(new Set(Object.values(originTexts(lineage)))).toEqual(new Set(['?']));
    expect(lineage).toMatchObject({ completeness: 'partial', tables: [{ table: 'cat.db.t', wholeTable: true }, { table: 'cat.db.sink' }] });
    expect(JSON.stringify(lineage)).not.toContain('Secret');
  });
});

describe('a lookup', () => {
  const lookup = (own: Own): SmallNode => ({
    type: 'stream-exec-lookup-join_1', row: row('a INT, b INT, d INT, e INT'), inputs: ['l'],
    own: {
      joinType: 'LEFT', lookupKeys: { 0: { type: 'FieldRef', index: 1 }, 2: { type: 'Constant', sourceType: 'INT', literal: literal(7) } },
      temporalTable: { lookupTableSource: { table: { identifier: '`cat`.`db`.`dim`', resolvedTable: { schema: { columns: ['d', 'e', 'f'].map((name) => ({ name, dataType: 'INT' })) }, options: { connector: 'jdbc', password: 's3cret' } } } }, outputType: row('d INT, e INT, f INT') },
      projectionOnTemporalTable: [ref(0), call('+', [ref(1), literal(1)])], filterOnTemporalTable: call('>', [ref(2), literal(0)]), joinCondition: call('<', [ref(0), ref(2)]), preFilterCondition: null, ...own,
    },
  });

  test('joins its own table after its own projection and filter', () => {
    const lineage = resolved(planOf({ l: scanOf('l', ['a', 'b']), node: lookup({}), sink: sinkOf('node', ['a', 'b', 'd', 'e']) }));
    expect(originTexts(lineage)).toEqual({ a: 'l.a', b: 'l.b', d: 'dim.d', e: '~dim.e' });
    expect(readTexts(lineage)).toEqual(['JOIN dim.d', 'JOIN dim.f', 'JOIN l.a', 'JOIN l.b']);
    expect(lineage.tables[1]).toMatchObject({ table: 'cat.db.dim', roles: ['source'], options: { connector: 'jdbc' } });
  });

  test('may hand on the whole looked-up row, and filter the left side first', () => {
    const node = { ...lookup({ projectionOnTemporalTable: null, filterOnTemporalTable: null, joinCondition: null, lookupKeys: {}, preFilterCondition: ref(1) }), row: row('a INT, b INT, d INT, e INT, f INT') };
    const lineage = resolved(planOf({ l: scanOf('l', ['a', 'b']), node, sink: sinkOf('node', ['a', 'b', 'd', 'e', 'f']) }));
    expect(originTexts(lineage)).toMatchObject({ d: 'dim.d', e: 'dim.e', f: 'dim.f' });
    expect(readTexts(lineage)).toEqual(['JOIN l.b']);
  });
});

describe('a sink', () => {
  const target = (columns: readonly Own[], abilities: readonly Own[]): Own => ({ table: { identifier: '`cat`.`db`.`odd``.name`', resolvedTable: { schema: { columns } } }, abilities });
  const STORED = [{ name: 'meta', kind: 'METADATA', dataType: 'INT', metadataKey: 'timestamp', isVirtual: false }, { name: 'p', dataType: 'INT' }, { name: 'calc', kind: 'COMPUTED' }, { name: 'virtual', kind: 'METADATA', dataType: 'INT', isVirtual: true }, { name: 'headers', kind: 'METADATA', dataType: 'INT', isVirtual: false }];

  test('stores columns as declared, though metadata is written last and in the order of the connector', () => {
    const lineage = resolved(planOf({ l: scanOf('l', ['a', 'b', 'c']), sink: sinkOf('l', ['a', 'b', 'c'], target(STORED, [{ type: 'Overwrite', overwrite: true }, { type: 'Partitioning', partition: { p: '1' } }, { type: 'WritingMetadata', metadataKeys: ['headers', 'timestamp'] }])) }));
    expect(Object.entries(originTexts(lineage))).toEqual([['meta', 'l.c'], ['p', 'l.a'], ['headers', 'l.b']]);
    expect(lineage.sinks[0]!.table).toBe('cat.db.odd`.name');
  });

  test.each<[string, readonly Own[]]>([
    ['that deletes or updates rows', [{ type: 'RowLevelDelete' }]],
    ['with fewer columns than its input', []],
    ['that writes metadata its schema does not have', [{ type: 'WritingMetadata', metadataKeys: ['headers', 'offset'] }]],
  ])('%s has unknown origins in every column', (_, abilities) => {
    const lineage = resolved(planOf({ l: scanOf('l', ['a', 'b', 'c']), sink: sinkOf('l', ['a', 'b', 'c'], target(STORED, abilities)) }));
    expect(originTexts(lineage)).toEqual({ meta: '?', p: '?', headers: '?' });
    expect(lineage.completeness).toBe('partial');
  });

  test('without a schema is answered in the words of the query, which says so but casts no doubt on the sources', () => {
    const lineage = resolved(planOf({ l: scanOf('l', ['a', 'b']), sink: sinkOf('l', ['a', 'b'], { table: { identifier: IDENTIFIER } }) }));
    expect(originTexts(lineage)).toEqual({ a: 'l.a', b: 'l.b' });
    expect(lineage.completeness).toBe('partial');
    expect(lineage.tables[0]!.wholeTable).toBe(false);
  });
});

test('a sink without a schema is named by what it consumes when it writes metadata, and refused as any other when it deletes', () => {
  const sink = (abilities: readonly Own[]) => sinkOf('l', ['a', 'b'], { table: { identifier: IDENTIFIER }, abilities });
  const written = resolved(planOf({ l: scanOf('l', ['a', 'b']), sink: sink([{ type: 'WritingMetadata', metadataKeys: ['timestamp'], consumedType: row('id INT, ts INT') }]) }));
  expect([originTexts(written), written.completeness]).toEqual([{ id: 'l.a', ts: 'l.b' }, 'complete']);
  const deleted = resolved(planOf({ l: scanOf('l', ['a', 'b']), sink: sink([{ type: 'RowLevelDelete' }]) }));
  expect([deleted.sinks[0]!.columns, deleted.completeness]).toEqual([[], 'partial']);
});

test('a table that is read and written is told once, in both roles', () => {
  const lineage = resolved(planOf({ l: scanOf('sink', ['a']), again: scanOf('sink', ['a']), u: { type: 'stream-exec-union_1', row: row('a INT'), inputs: ['l', 'again'] }, sink: sinkOf('u', ['a']) }));
  expect(lineage.tables).toMatchObject([{ table: 'cat.db.sink', roles: ['source', 'sink'] }]);
});
