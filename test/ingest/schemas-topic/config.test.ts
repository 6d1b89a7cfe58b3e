import { expect, test } from 'vitest';
import { schemasTopicConfig } from '../../../ingest/schemas-topic/config.ts';

const configured = (env: Record<string, string>) => {
  const mistakes: string[] = [];
  return { config: schemasTopicConfig({ SLUICE_KAFKA_BROKERS: 'b:9092', ...env }, mistakes), mistakes };
};

test('without a topic there is nothing to read, and with one the subjects are as the mirror names them', () => {
  expect(configured({})).toEqual({ config: null, mistakes: [] });
  const { config } = configured({ SLUICE_REGISTRY_SCHEMAS_TOPIC: '_schemas', SLUICE_REGISTRY_NAMESPACE: 'registry://eu', SLUICE_REGISTRY_TOPICS: 'kafka://eu' });
  expect(config).toMatchObject({ topic: '_schemas', subjects: { namespace: 'registry://eu' } });
  expect(config?.subjects.names.governedBy('orders-value')?.dataset).toEqual({ namespace: 'kafka://eu', name: 'orders' });
});

test('reports every mistake', () => {
  expect(configured({ SLUICE_REGISTRY_SCHEMAS_TOPIC: 'my schemas', SLUICE_KAFKA_BROKERS: '', SLUICE_REGISTRY_SUBJECTS: 'x' })).toEqual({
    config: null,
    mistakes: ['SLUICE_REGISTRY_SCHEMAS_TOPIC is "my schemas", not a topic name', 'SLUICE_REGISTRY_SCHEMAS_TOPIC needs SLUICE_KAFKA_BROKERS', expect.stringContaining('SLUICE_REGISTRY_SUBJECTS')],
  });
});
