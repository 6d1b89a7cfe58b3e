import { expect, test } from 'vitest';
import { askedChange, changeBody, proposalAddress } from '../../../web/impact/asked-change.ts';

test.each([
  ['', { kind: 'remove' }, { kind: 'remove' }, ''],
  ['type=string', { kind: 'retype', type: 'string' }, { kind: 'retype', type: 'string' }, '&type=string'],
  ['type=%5B%22null%22%5D', { kind: 'retype', type: '["null"]' }, { kind: 'retype', type: ['null'] }, '&type=%5B%22null%22%5D'],
  ['rename=total', { kind: 'rename', name: 'total' }, { kind: 'rename', name: 'total' }, '&rename=total'],
] as const)('an address with "%s" asks for it, and leads to a proposal of it', (query, change, body, more) => {
  const asked = askedChange(new URLSearchParams(query));
  expect([asked, changeBody(asked)]).toEqual([change, body]);
  expect(proposalAddress({ namespace: 'kafka://main', name: 'orders' }, 'a.b', asked)).toBe(`/changes/new?namespace=kafka%3A%2F%2Fmain&name=orders&path=a.b${more}`);
});
