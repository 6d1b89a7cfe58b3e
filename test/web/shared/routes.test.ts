import { expect, test } from 'vitest';
import { matchRoute, type Route } from '../../../web/shared/routes.ts';

const load = (() => Promise.reject(new Error('not loaded'))) as Route['load'];
const ROUTES: Route[] = ['/', '/search', '/datasets/:namespace/:name'].map((pattern) => ({ pattern, section: pattern, load }));

test.each([
  ['/', '/', {}],
  ['/search', '/search', {}],
  ['/search/', '/search', {}],
  ['/datasets/kafka%3A%2F%2Fmain/a%20b', '/datasets/:namespace/:name', { namespace: 'kafka://main', name: 'a b' }],
])('%s is the page %s', (path, pattern, params) => {
  expect(matchRoute(ROUTES, path)).toMatchObject({ route: { pattern }, params });
});

test.each(['/datasets/x', '/datasets/a/b/c', '/nothing', '/datasets/%E0%A4%A/x', '/datasets//x'])('%s is no page', (path) => {
  expect(matchRoute(ROUTES, path)).toBeNull();
});
