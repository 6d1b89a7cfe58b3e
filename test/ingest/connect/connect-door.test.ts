import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../server/store/sqlite-store.ts';
import { startConnectDoor } from '../../../ingest/connect/connect-door.ts';
import { until } from '../../stack/until.ts';
import { SmallConnect } from './small-connect.ts';

test('says what it sees, that the cluster does not answer, and comes back', async () => {
  const [connect, store] = [await new SmallConnect().start(), openSqliteStore({ file: ':memory:' })];
  connect.connectors.set('odd', { type: 'source', config: { 'connector.class': 'com.acme.Source' }, states: ['RUNNING', 'FAILED'] });
  let skipped = 0;
  const config = { cluster: 'main', url: connect.url, credentials: { username: 'u', password: 'p' }, kafka: 'kafka://main', intervalMs: 20 };
  const door = startConnectDoor({ config, store, aliases: new Map(), clock: () => Date.now() + skipped, log: { warn: () => undefined, info: () => undefined } });
  expect([door.part, door.required]).toEqual(['connect main', false]);
  const check = (): ReturnType<typeof door.check> => door.check();
  await until(async () => (await check()).ready, { seen: check });
  expect((await check()).detail).toBe('1 connectors; 1 failed; 1 may read or write more than is known');
  expect(door.figures().find(({ name }) => name === 'connect_connectors')?.value).toBe(1);
  expect([...connect.authorizations]).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`]);

  connect.instead = { where: /./, status: 500, body: '{}' };
  await until(async () => (await check()).detail.includes('the last poll failed'), { seen: check });
  skipped = 60_000;
  expect(await check()).toMatchObject({ ready: false, detail: expect.stringMatching(/last looked at 60 s ago.*500/) as string });
  connect.instead = null;
  await until(async () => (await check()).ready, { seen: check });
  await door.stop();
  await connect.close();
  await store.close();
});
