import { describe, expect, test } from 'vitest';
import { call, literal, originTexts, planOf, ref, resolved, row, sinkOf } from './small-plans.ts';

type Json = { readonly [key: string]: unknown };

const PLACE = 'ROW<`city` VARCHAR(10), `geo` ROW<`lat` INT>>';
const TYPES = { id: 'INT', place: PLACE, tags: `ARRAY<${PLACE}>`, attrs: 'MAP<VARCHAR(5), INT>', odd: 'LEGACY(\'x\')' } as const;
const NAMES = Object.keys(TYPES) as (keyof typeof TYPES)[];
const at = (name: keyof typeof TYPES): Json => ref(NAMES.indexOf(name), TYPES[name]);
const field = (name: string, expr: Json): Json => ({ kind: 'FIELD_ACCESS', name, expr });

function computed(projection: Json) {
  const columns = NAMES.map((name) => ({ name, dataType: TYPES[name] }));
  return resolved(planOf({
    t: { type: 'stream-exec-table-source-scan_2', row: `ROW<${NAMES.map((name) => `\`${name}\` ${name === 'odd' ? 'INT' : TYPES[name]}`).join(', ')}>`, own: { scanTableSource: { table: { identifier: '`cat`.`db`.`t`', resolvedTable: { schema: { columns } } } } } },
    calc: { type: 'stream-exec-calc_1', row: row('a INT'), inputs: ['t'], own: { projection: [projection], condition: null } },
    sink: sinkOf('calc', ['a']),
  }));
}

test.each<[string, Json, string]>([
  ['a field of a row', field('lat', field('geo', at('place'))), 't.place.geo.lat'],
  ['an element', call('ITEM', [at('tags'), literal(1)]), 't.tags.[]'],
  ['a field of an element', field('city', call('ITEM', [at('tags'), literal(1)])), 't.tags.[].city'],
  ['the value of a key', call('ITEM', [at('attrs'), literal('k')]), 't.attrs.{value}'],
  ['a field of a row by key', call('ITEM', [at('place'), literal('city')]), 't.place.city'],
  ['an element at a computed place', call('ITEM', [at('tags'), at('id')]), '~t.id t.tags.[]'],
  ['a cast that only drops NOT NULL', call('CAST', [at('place')], `${PLACE} NOT NULL`), 't.place'],
  ['a cast between the two shapes of a type', call('CAST', [at('place')], { type: 'ROW', fields: [{ name: 'city', fieldType: 'VARCHAR(10)' }, { name: 'geo', fieldType: 'ROW<`lat` INT>' }] } as never), 't.place'],
  ['a cast to another type', call('CAST', [at('id')], 'BIGINT'), '~t.id'],
  ['a reinterpretation', call('REINTERPRET', [at('id')], 'BIGINT'), 't.id'],
  ['TRY_CAST', call('TRY_CAST', [at('id')], 'INT'), '~t.id'],
  ['a field of a row built at once', field('x', call('ROW', [at('id'), at('attrs')], 'ROW<`x` INT, `y` INT>')), 't.id'],
  ['a row built at once', call('ROW', [at('id'), at('attrs')], 'ROW<`x` INT, `y` INT>'), '~t.attrs ~t.id'],
  ['a field of a built row that was cast', field('s', call('CAST', [call('ROW', [at('id'), at('attrs')], 'ROW<`x` INT, `y` INT>')], 'ROW<`s` BIGINT, `n` INT>')), '~t.attrs ~t.id'],
  ['a condition', call('CASE', [call('>', [at('id'), literal(1)]), field('city', at('place')), literal('x')]), '~t.id ~t.place.city'],
  ['a place inside what was computed', field('x', { kind: 'CALL', systemName: 'f', operands: [at('id')], type: 'ROW<`x` INT>' }), '~t.id'],
  ['no operands at all', { kind: 'CALL', internalName: '$CURRENT_TIMESTAMP$1', type: 'INT' }, ''],
])('%s', (_, expression, origins) => {
  const lineage = computed(expression);
  expect(originTexts(lineage)).toEqual({ a: origins });
  expect(lineage.unknown).toEqual([]);
});

describe('what is not understood is unknown, with the node and a reason', () => {
  test.each<[string, Json | null, string]>([
    ['a kind that is not known', { kind: 'OVER', operands: [ref(0)] }, 'unknown kind of expression OVER'],
    ['no kind', {}, 'unknown kind of expression none'],
    ['no expression', null, 'expected an expression'],
    ['a column that is not there', ref(9), 'an expression refers to a column its input does not have'],
    ['a shared expression that is not there', { kind: 'LOCAL_REF', localRefIndex: 0, type: 'INT' }, 'an expression refers to one its node does not have'],
    ['an unknown kind inside a call', call('UPPER', [{ kind: 'SUBQUERY' }]), 'unknown kind of expression SUBQUERY'],
    ['operands that are no list', { kind: 'CALL', internalName: '$UPPER$1', operands: 'a' }, 'expected a list of operands in a call'],
    ['an item of what is no collection', call('ITEM', [at('id'), literal(1)]), 'the operands of ITEM are not of a known type'],
    ['a row of more fields than values', call('ROW', [at('id')], 'ROW<`x` INT, `y` INT>'), 'the operands of ROW are not of a known type'],
    ['a left side that is not there', field('x', { kind: 'CORREL_VARIABLE', correl: '$cor0', type: row('x INT') }), 'an expression refers to a column of the left side that is not there'],
  ])('%s', (_, expression, reason) => {
    const lineage = computed(expression as Json);
    expect(originTexts(lineage)).toEqual({ a: '?' });
    expect(lineage).toMatchObject({ completeness: 'partial', unknown: [{ reason: `node 1 (stream-exec-calc_1): ${reason}` }] });
    expect(lineage.tables[0]!.wholeTable).toBe(true);
  });
});

describe('unnesting', () => {
  test.each<[string, string, keyof typeof TYPES, string, { readonly [column: string]: string }]>([
    ['an array of rows', 'UNNEST_ROWS', 'tags', 'x INT, y INT', { x: 't.tags.[].city', y: 't.tags.[].geo' }],
    ['a map', 'UNNEST_ROWS', 'attrs', 'x INT, y INT', { x: 't.attrs.{key}', y: 't.attrs.{value}' }],
    ['with ordinality', 'UNNEST_ROWS_WITH_ORDINALITY', 'attrs', 'x INT, y INT, n INT', { x: 't.attrs.{key}', y: 't.attrs.{value}', n: '' }],
  ])('%s gives the parts by position', (_, name, column, made, origins) => {
    const columns = NAMES.map((each) => ({ name: each, dataType: TYPES[each] }));
    const left = `ROW<${NAMES.map((each) => `\`${each}\` ${each === 'odd' ? 'INT' : TYPES[each]}`).join(', ')}>`;
    const all = [...NAMES, ...made.split(', ').map((each) => each.split(' ')[0]!)];
    const lineage = resolved(planOf({
      t: { type: 'stream-exec-table-source-scan_2', row: left, own: { scanTableSource: { table: { identifier: '`cat`.`db`.`t`', resolvedTable: { schema: { columns } } } } } },
      node: { type: 'stream-exec-correlate_1', row: row(all.map((each) => `${each} INT`).join(', ')), inputs: ['t'], own: { joinType: 'INNER', functionCall: call(name, [field(column, { kind: 'CORREL_VARIABLE', correl: '$cor0', type: left })]), condition: null } },
      sink: sinkOf('node', all),
    }));
    expect(originTexts(lineage)).toMatchObject(origins);
    expect(lineage.unknown).toEqual([]);
  });
});
