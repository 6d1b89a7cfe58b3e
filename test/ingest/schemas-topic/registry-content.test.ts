import { expect, test } from 'vitest';
import { RegistryContent } from '../../../ingest/schemas-topic/registry-content.ts';
import { RecordedRegistry } from './recorded-registry.ts';

function contentOf(source: RecordedRegistry, mostText?: number): RegistryContent {
  const content = new RegistryContent(mostText);
  for (const record of source.records) content.take(record);
  return content;
}
const deletedOf = (content: RegistryContent, subject: string) => Object.fromEntries([...content.versions(subject)].map(([version, { deleted }]) => [version, deleted]));

test('a deleted subject is its versions up to the one named, not those that came after', () => {
  const source = new RecordedRegistry();
  for (const type of ['"int"', '"long"']) source.register('a', type);
  source.softDeleteAll('a');
  source.register('a', '"string"');
  expect(deletedOf(contentOf(source), 'a')).toEqual({ 1: true, 2: true, 3: false });
});

test('versions may come in any order, and come again', () => {
  const source = new RecordedRegistry();
  for (const type of ['"int"', '"long"', '"string"']) source.register('a', type);
  source.records.reverse();
  source.records.push(...source.records);
  const content = contentOf(source);
  expect(deletedOf(content, 'a')).toEqual({ 1: false, 2: false, 3: false });
  expect(content.counts).toMatchObject({ conflicting: 0 });
});

test('an id is free again once nothing has it any more', () => {
  const source = new RecordedRegistry();
  const write = (subject: string, value: object | null) => source.write({ keytype: 'SCHEMA', subject, version: 1, magic: 1 }, value);
  write('a', { id: 9, schema: '"int"' });
  write('b', { id: 9, schema: '"int"' });
  write('a', null);
  write('c', { id: 9, schema: '"long"' });
  write('b', null);
  write('d', { id: 9, schema: '"long"' });
  const content = contentOf(source);
  expect([content.counts.conflicting, content.versions('c').size, content.versions('d').size]).toEqual([1, 0, 1]);
});

test('what is set for a context reaches its subjects alone', () => {
  const source = new RecordedRegistry();
  for (const subject of ['a', ':.x:a', ':.y:a']) source.register(subject, '"int"');
  const content = contentOf(source);
  content.touched.clear();
  content.take({ key: '{"keytype":"MODE","subject":":.x:","magic":0}', value: '{"mode":"READONLY"}' });
  expect([[...content.touched], content.mode('a'), content.mode(':.x:a'), content.mode(':.y:a')]).toEqual([[':.x:a'], 'READWRITE', 'READONLY', 'READWRITE']);
});

test('more text than there is room for is refused, and the limit named', () => {
  const source = new RecordedRegistry();
  for (let n = 0; n < 10; n++) source.register(`s${n}`, `"${'x'.repeat(98)}"`);
  expect(contentOf(source, 1_000).subjects).toBe(10);
  expect(() => contentOf(source, 999)).toThrow('more than 999 characters');
  const content = contentOf(source, 1_000);
  for (const [version, told] of content.versions('s1')) content.letGo('s1', version, told);
  source.records.length = 0;
  source.write({ keytype: 'SCHEMA', subject: 's0', version: 1, magic: 1 }, null);
  source.write({ keytype: 'SCHEMA', subject: 't', version: 1, magic: 1 }, { id: 90, schema: `"${'y'.repeat(198)}"` });
  for (const record of source.records) content.take(record);
  expect(content.subjects).toBe(10);
});
