import { describe, expect, test } from 'vitest';
import type { CompatibilityLevel } from '../../../server/catalog/changes.ts';
import { type PassingJob, passages } from '../../../server/catalog/schema-change/evolution.ts';
import { ANYBODY, findingsOfWriting, writingRequest } from '../../../server/catalog/schema-change/evaluation.ts';
import { findingsByLevelAlone, versionVerdicts } from '../../../server/catalog/schema-change/level-verdicts.ts';
import { readerVerdicts } from '../../../server/catalog/schema-change/reader-verdicts.ts';
import type { SubjectState } from '../../../server/catalog/schema-change/subject-state.ts';
import type { AvroSchema } from '../../../server/catalog/avro/schema.ts';
import { diffSchemas } from '../../../server/catalog/avro/diff.ts';
import { dataset, ORDERS, PAYMENTS, reader, record, schema, withDefault, world } from '../gate/worlds.ts';

const V1 = record({ id: 'string', amount: 'long' });
const V2 = record({ id: 'string', amount: 'long', note: 'string' });
const subject = (level: CompatibilityLevel | null, versions: readonly (AvroSchema | string)[], deleted: readonly number[] = []): SubjectState => ({
  subject: { namespace: 'registry://main', name: 'x-value' }, level, topics: [],
  versions: versions.map((v, i) => ({ version: i + 1, schemaId: i + 1, deleted: deleted.includes(i + 1), schema: typeof v === 'string' ? { readable: false as const, reason: v } : { readable: true as const, schema: v } })).reverse(),
});

describe('a verdict for every retained version', () => {
  const shown = (state: SubjectState, candidate: AvroSchema) => versionVerdicts(candidate, state).map(({ version, asked, accepted, newReadsOld, oldReadsNew }) => [version, asked.join(), accepted, newReadsOld?.outcome, oldReadsNew?.outcome]);

  test.each<[string, SubjectState, AvroSchema, readonly unknown[]]>([
    ['BACKWARD asks the newest alone', subject('BACKWARD', [V1, V2]), V2, [[2, '', true, 'compatible', 'compatible'], [1, '', true, 'incompatible', 'compatible']]],
    ['a field more cannot be read from what was', subject('BACKWARD', [V1]), V2, [[1, 'backward', false, 'incompatible', 'compatible']]],
    ['FULL_TRANSITIVE asks all, both ways', subject('FULL_TRANSITIVE', [V1, V2]), record({ id: 'string' }), [[2, 'forward,backward', false, 'compatible', 'incompatible'], [1, 'forward,backward', false, 'compatible', 'incompatible']]],
    ['a soft-deleted version is judged, though the level does not ask it', subject('BACKWARD_TRANSITIVE', [V1, V2], [1]), withDefault({ more: { type: 'int', default: 0 } }, { id: 'string', amount: 'long', note: 'string' }), [[2, 'backward', true, 'compatible', 'compatible'], [1, '', true, 'incompatible', 'compatible']]],
    ['NONE asks nothing', subject('NONE', [V1]), schema('"string"'), [[1, '', true, 'incompatible', 'incompatible']]],
    ['of a level nobody said nothing can be told', subject(null, [V1]), V2, [[1, '', null, 'incompatible', 'compatible']]],
    ['a version that cannot be read cannot be judged', subject('BACKWARD', ['Undefined name']), V2, [[1, 'backward', null, undefined, undefined]]],
  ])('%s', (_, state, candidate, expected) => expect(shown(state, candidate)).toEqual(expected));

  test('without a topic the level alone refuses, and says what', () => {
    const [only, ...more] = findingsByLevelAlone(V2, subject('BACKWARD', [V1]));
    expect(more).toEqual([]);
    expect(only).toMatchObject({ rule: 'subject-compatibility', dataset: null, field: 'note', version: 1, about: 'registry://main/x-value' });
    expect(findingsByLevelAlone(V2, subject('BACKWARD', ['broken']))).toMatchObject([{ rule: 'version-unreadable', version: 1 }]);
    expect(findingsByLevelAlone(V2, subject(null, [V1]))).toEqual([]);
  });
});

describe('a verdict for every deployed reader', () => {
  const verdict = (candidate: AvroSchema, state: ReturnType<typeof dataset>) => {
    const found = findingsOfWriting(writingRequest([PAYMENTS], candidate, ANYBODY), world([state]));
    return readerVerdicts(state, found).map(({ reader: { name }, outcome }) => `${name} ${outcome}`);
  };
  const readers = [reader('reads', { paths: ['amount'] }), reader('other', { paths: ['id'] }), reader('unknown', {}), reader('unreadable', { readerSchema: { readable: false, reason: 'x' } })];

  test.each<[string, AvroSchema, readonly string[]]>([
    ['breaks who reads what goes, and of unknown use nobody can tell', record({ id: 'string' }), ['reads breaks', 'other goes-on', 'unknown unknown', 'unreadable unknown']],
    ['lets all go on that can be told of, when nothing changes', V1, ['reads goes-on', 'other goes-on', 'unknown goes-on', 'unreadable unknown']],
  ])('%s', (_, candidate, expected) => expect(verdict(candidate, dataset(PAYMENTS, { versions: [V1], readers }))).toEqual(expected));

  test('cannot tell of a reader nobody knows anything of, on a topic nobody knows a schema of', () => {
    expect(verdict(V1, dataset(PAYMENTS, { readers: [reader('unknown', {}), reader('other', { paths: ['id'] })] }))).toEqual(['unknown unknown', 'other goes-on']);
  });
});

describe('what processors pass on', () => {
  const topic = (name: string) => ({ namespace: 'kafka://main', name });
  const job = (name: string, evolution: PassingJob['evolution'], writes: readonly string[], reads: readonly string[] = []): PassingJob => ({
    ref: { kind: 'job', namespace: 'flink://main', name }, owner: null, evolution, processor: null, reads, writes: writes.map(topic),
  });
  const shown = (jobs: Readonly<Record<string, readonly PassingJob[]>>, before: AvroSchema, after: AvroSchema) =>
    passages(ORDERS, diffSchemas(before, after), ({ name }) => jobs[name] ?? []).map((p) => `${p.job.name}: passes ${p.passesOn.map((c) => c.path).join()}; keeps ${p.withholds.map((c) => c.path).join()}; unknown ${p.unknown.map((c) => c.path).join()}`);

  test('a new field goes through opt-in jobs by itself, transitively, and stops at opt-out', () => {
    const jobs = { orders: [job('first', 'opt-in', ['middle']), job('ticked', 'opt-out', ['far'])], middle: [job('second', 'opt-in', ['end']), job('stops', 'opt-out', ['never'])], end: [job('third', null, ['beyond'])], never: [job('unreached', 'opt-in', [])], far: [job('unreached too', 'opt-in', [])] };
    expect(shown(jobs, V1, V2)).toEqual(['first: passes note; keeps ; unknown ', 'ticked: passes ; keeps note; unknown ', 'second: passes note; keeps ; unknown ', 'stops: passes ; keeps note; unknown ', 'third: passes ; keeps ; unknown note']);
  });

  test('what happens to a ticked field reaches an opt-out job, other changes do not', () => {
    expect(shown({ orders: [job('ticked', 'opt-out', [], ['amount'])] }, V2, record({ id: 'int' }))).toEqual(['ticked: passes amount; keeps id,note; unknown ']);
  });

  test('a circle of opt-in jobs ends', () => {
    expect(shown({ orders: [job('there', 'opt-in', ['back'])], back: [job('here', 'opt-in', ['orders'])] }, V1, V2)).toHaveLength(2);
  });

  test('words about a field are passed on by nobody', () => {
    const documented = schema({ type: 'record', name: 'Payment', namespace: 'shop', doc: 'new', fields: [{ name: 'id', type: 'string', doc: 'new' }, { name: 'amount', type: 'long' }] });
    expect(shown({ orders: [job('there', 'opt-in', [])] }, V1, documented)).toEqual([]);
  });
});
