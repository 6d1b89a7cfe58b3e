import { expect, test } from 'vitest';
import { isExcepted, kafkaGroupsConfig } from '../../../ingest/kafka-groups/kafka-groups-config.ts';

const NEEDED = { SLUICE_KAFKA_BROKERS: 'one:9092,two:9092' };
const read = (env: Record<string, string>) => {
  const mistakes: string[] = [];
  return { config: kafkaGroupsConfig(env, mistakes), mistakes };
};

test('is on wherever brokers are named, unless it is switched off', () => {
  expect(read(NEEDED)).toMatchObject({ mistakes: [], config: { namespace: 'kafka://one:9092', intervalMs: 60_000, except: [], kafka: { brokers: ['one:9092', 'two:9092'] } } });
  expect(read({})).toEqual({ mistakes: [], config: null });
  expect(read({ ...NEEDED, SLUICE_KAFKA_GROUPS: 'off' })).toEqual({ mistakes: [], config: null });
});

test('names the cluster as its aliases do, whichever of its brokers is one', () => {
  expect(read({ ...NEEDED, SLUICE_CLUSTER_ALIASES: 'main=two:9092,three:9092;ads=ads:9092' }).config?.namespace).toBe('kafka://main');
});

test('leaves out groups by name or by the beginning of one', () => {
  const except = read({ ...NEEDED, SLUICE_KAFKA_GROUPS_EXCEPT: 'connect-*, enrich' }).config?.except ?? [];
  expect(['connect-lake', 'enrich', 'enrich-2', 'connect'].map((group) => isExcepted(group, except))).toEqual([true, true, false, false]);
});

test.each([
  [{ SLUICE_KAFKA_GROUPS: 'yes' }, 'not on or off'],
  [{ SLUICE_KAFKA_GROUPS_INTERVAL: '0' }, 'SLUICE_KAFKA_GROUPS_INTERVAL'],
  [{ SLUICE_KAFKA_GROUPS_EXCEPT: 'a*b' }, '"a*b"'],
  [{ SLUICE_KAFKA_GROUPS_EXCEPT: '*' }, '"*"'],
  [{ SLUICE_CLUSTER_ALIASES: 'main' }, 'SLUICE_CLUSTER_ALIASES'],
  [{ SLUICE_CLUSTER_ALIASES: 'main=one:9092;ads=two:9092' }, 'aliases of 2 clusters'],
  [{ SLUICE_KAFKA_BROKERS: 'one' }, 'host:port'],
])('refuses %o', (env, said) => {
  const { config, mistakes } = read({ ...NEEDED, ...env });
  expect(config).toBeNull();
  expect(mistakes.join('\n')).toContain(said);
});

test('reports every mistake at once, and none that is reported already', () => {
  expect(read({ SLUICE_KAFKA_BROKERS: 'one', SLUICE_KAFKA_GROUPS_INTERVAL: 'x', SLUICE_KAFKA_GROUPS_EXCEPT: '*' }).mistakes).toHaveLength(3);
  const mistakes = ['SLUICE_KAFKA_BROKERS: "one" is not host:port'];
  expect(kafkaGroupsConfig({ SLUICE_KAFKA_BROKERS: 'one' }, mistakes)).toBeNull();
  expect(mistakes).toHaveLength(1);
});
