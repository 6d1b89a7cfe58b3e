import { expect, test } from 'vitest';
import { nameOfAddress, parseStoreAddress } from '../../server/store/store-address.ts';

test.each([
  ['neo4j://db:7687', { url: 'neo4j://db:7687', user: 'neo4j', password: 'secret' }],
  ['neo4j+s://reader%40corp@db.example:7687/lineage', { url: 'neo4j+s://db.example:7687', user: 'reader@corp', password: 'secret', database: 'lineage' }],
  ['bolt://[::1]:7687', { url: 'bolt://[::1]:7687', user: 'neo4j', password: 'secret' }],
])('takes %s as a Neo4j', (text, options) => {
  expect(parseStoreAddress(text, 'secret')).toEqual({ outcome: 'parsed', address: { kind: 'neo4j', options } });
});

test('takes what is no address as the path of an embedded store', () => {
  expect(parseStoreAddress('data/catalog.sqlite', undefined)).toEqual({ outcome: 'parsed', address: { kind: 'embedded', file: 'data/catalog.sqlite' } });
});

test.each([
  ['postgres://db/sluice', 'secret', /is not an address/],
  ['neo4j://', 'secret', /is not an address/],
  ['neo4j://neo4j:secret@db', 'secret', /holds a password/],
  ['neo4j://db', undefined, /SLUICE_NEO4J_PASSWORD is not set/],
])('refuses %s with the password %s', (text, password, message) => {
  expect(parseStoreAddress(text, password)).toEqual({ outcome: 'refused', message: expect.stringMatching(message) });
});

test('never shows the password', () => {
  const parsed = parseStoreAddress('neo4j://db:7687/lineage', 'secret');
  if (parsed.outcome === 'refused') throw new Error(parsed.message);
  expect(nameOfAddress(parsed.address)).toBe('neo4j://db:7687/lineage');
});
