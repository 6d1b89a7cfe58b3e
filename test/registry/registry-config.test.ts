import { expect, test } from 'vitest';
import { registryConfig } from '../../server/registry/registry-config.ts';
import { serverConfig } from '../../server/config.ts';

const configured = (env: Record<string, string>) => {
  const mistakes: string[] = [];
  return { config: registryConfig({ SLUICE_REGISTRY_URL: 'http://registry:8081/', ...env }, mistakes), mistakes };
};

test('without an address there is no mirror, and with one no sample', () => {
  expect(serverConfig({})).toMatchObject({ config: { registry: null, sample: true } });
  expect(serverConfig({ SLUICE_REGISTRY_URL: 'http://r' })).toMatchObject({ config: { sample: false, registry: { url: 'http://r', auth: null, pollIntervalMs: 15_000, staleAfterMs: 300_000, namespace: 'registry://main' } } });
});

test('refuses an alias for the namespace of the topics', () => {
  expect(serverConfig({ SLUICE_REGISTRY_URL: 'http://r', SLUICE_REGISTRY_TOPICS: 'kafka://b:9092', SLUICE_CLUSTER_ALIASES: 'main=b:9092' })).toMatchObject({ mistakes: ['SLUICE_REGISTRY_TOPICS is "kafka://b:9092", an alias of "kafka://main"'] });
});

test('takes away what the address has too much', () => {
  expect(configured({}).config?.url).toBe('http://registry:8081');
});

test.each([
  [{ SLUICE_REGISTRY_URL: 'http://me:secret@registry' }, 'SLUICE_REGISTRY_URL'],
  [{ SLUICE_REGISTRY_URL: 'file:///etc/passwd' }, 'SLUICE_REGISTRY_URL'],
  [{ SLUICE_REGISTRY_USERNAME: 'me' }, 'come together'],
  [{ SLUICE_REGISTRY_USERNAME: 'me', SLUICE_REGISTRY_PASSWORD: 'x', SLUICE_REGISTRY_TOKEN: 't' }, 'exclude each other'],
  [{ SLUICE_REGISTRY_TOKEN: 'two\nlines' }, 'SLUICE_REGISTRY_TOKEN'],
  [{ SLUICE_REGISTRY_POLL_INTERVAL: '0' }, 'SLUICE_REGISTRY_POLL_INTERVAL'],
  [{ SLUICE_REGISTRY_STALE_AFTER: 'soon' }, 'SLUICE_REGISTRY_STALE_AFTER'],
  [{ SLUICE_REGISTRY_POLL_INTERVAL: '30', SLUICE_REGISTRY_STALE_AFTER: '20' }, 'must be longer'],
  [{ SLUICE_REGISTRY_LOSS: 'maybe' }, 'SLUICE_REGISTRY_LOSS'],
  [{ SLUICE_REGISTRY_SUBJECTS: 'shop.Order' }, 'is not <subject>=<topic>'],
  [{ SLUICE_REGISTRY_SUBJECTS: 'a=orders;b=orders' }, 'given to two subjects'],
  [{ SLUICE_REGISTRY_SUBJECTS: 'a=orders;a=payments' }, 'named twice'],
])('refuses %j and says why, without a secret', (env, why) => {
  const { config, mistakes } = configured(env as never);
  expect(config).toBeNull();
  expect(mistakes).toEqual([expect.stringContaining(why)]);
  expect(mistakes.join()).not.toContain('secret');
});

test.each([
  ['orders-value', 'orders', 'value'], ['orders-key', 'orders', 'key'], ['a-b-value', 'a-b', 'value'],
  ['shop.Order', 'orders', 'value'], ['orders-shop.OrderKey', 'orders', 'key'], ['shop.Refund', null, null], ['payments-shop.Payment', null, null],
  [':.staging:orders-value', null, null], ['-value', null, null], ['with space-value', null, null],
])('%s governs %s, %s', (subject, topic, part) => {
  const { config } = configured({ SLUICE_REGISTRY_SUBJECTS: 'shop.Order=returns; orders-shop.OrderKey=returns:key', SLUICE_REGISTRY_TOPICS: 'kafka://ads' });
  const expected = topic !== null && ['shop.Order', 'orders-shop.OrderKey'].includes(subject) ? 'returns' : topic;
  expect(config?.names.governedBy(subject)).toEqual(expected === null ? null : { dataset: { namespace: 'kafka://ads', name: expected }, part });
});

test('what is configured stands before what the form of a name says', () => {
  const { config } = configured({ SLUICE_REGISTRY_SUBJECTS: 'shop.Order=orders' });
  expect(config?.names.governedBy('orders-value')).toBeNull();
  expect(config?.names.subjectsOf('orders')).toEqual(['shop.Order']);
});
