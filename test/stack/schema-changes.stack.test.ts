import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import { registryConfig } from '../../server/registry/registry-config.ts';
import { type RegistryMirror, startRegistryMirror } from '../../server/registry/registry-mirror.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { missingForRegistry, type SchemaRegistryServer, startSchemaRegistry } from './servers/schema-registry.ts';
import { until } from './until.ts';

const missing = missingForRegistry();
const record = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields });
const ID = { name: 'id', type: 'string' };
const optional = (name: string): object => ({ name, type: ['null', 'string'], default: null });

describe.skipIf(missing !== null)(`schema changes in a real registry${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let registry: SchemaRegistryServer;
  let store: Store;
  let mirror: RegistryMirror;
  let service: CatalogService;
  beforeAll(async () => {
    registry = await startSchemaRegistry();
    await registry.register('orders-value', record(ID));
    await registry.register('shop.Address', JSON.stringify({ type: 'record', name: 'Address', namespace: 'shop', fields: [{ name: 'city', type: 'string' }] }));
    await registry.register('shipments-value', record(ID));
    store = openSqliteStore({ file: ':memory:' });
    const log = pino({ level: 'silent' });
    mirror = startRegistryMirror({ config: registryConfig({ SLUICE_REGISTRY_URL: registry.url, SLUICE_REGISTRY_POLL_INTERVAL: '0.2' }, [])!, store, clock: Date.now, log });
    service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log, snapshot: null, registry: mirror });
    await until(async () => (await mirror.check()).ready, { seen: () => mirror.check(), within: 30_000 });
  });
  afterAll(async () => {
    await mirror?.stop();
    await service?.stop();
    await store?.close();
    await registry?.close();
  });

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const call = async (method: 'GET' | 'POST', url: string, payload?: object): Promise<{ status: number; body: any }> => {
    const { statusCode, body } = await service.app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: statusCode, body: JSON.parse(body) };
  };
  const propose = async (subject: string, schema: string, more: object = {}): Promise<string> => {
    const { body } = await call('POST', '/v1/schema-changes', { subject: { namespace: 'registry://main', name: subject }, schema, reason: 'grows', ...more });
    expect(body.proposal?.state, JSON.stringify(body)).toBe('approved');
    return body.proposal.id as string;
  };
  const register = (id: string) => call('POST', `/v1/schema-changes/${id}/register`, {});
  const levelOf = async (subject: string) => (await fetch(`${registry.url}/config/${subject}?defaultToGlobal=false`)).status;

  test('an approved schema becomes the next version, the mirror shows it, and asking again changes nothing', async () => {
    const before = await levelOf('orders-value');
    const schema = record(ID, optional('note'));
    const id = await propose('orders-value', schema);
    const { status, body } = await register(id);
    expect([status, body.proposal?.state, body.proposal?.registered.version], JSON.stringify(body)).toEqual([200, 'registered', 2]);
    expect((await register(id)).body.proposal.registered).toEqual(body.proposal.registered);
    const versions = async () => (await call('GET', '/v1/datasets/kafka%3A%2F%2Fmain/orders/versions')).body.versions as readonly { version: number; schemaId: number }[];
    await until(async () => (await versions()).length === 2, { seen: versions, within: 30_000 });
    expect((await versions())[0]).toMatchObject({ version: 2, schemaId: body.proposal.registered.schemaId });
    expect(await levelOf('orders-value')).toBe(before);
  });

  test('a schema with a reference is registered with it', async () => {
    const references = [{ name: 'shop.Address', subject: 'shop.Address', version: 1 }];
    const schema = record(ID, { name: 'home', type: ['null', 'shop.Address'], default: null });
    const { body } = await register(await propose('shipments-value', schema, { references }));
    expect(body.proposal?.registered?.version, JSON.stringify(body)).toBe(2);
    expect(await (await fetch(`${registry.url}/subjects/shipments-value/versions/2`)).json()).toMatchObject({ references });
  });

  test('what the registry refuses is answered in its own words', async () => {
    const id = await propose('orders-value', record(ID, optional('note'), optional('late')));
    // Somebody registers past Sluice, and the level is judged by the registry against that.
    await registry.register('orders-value', record(ID, optional('note'), { name: 'late', type: 'int', default: 0 }));
    const { status, body } = await register(id);
    expect([status, body.type], JSON.stringify(body)).toEqual([409, 'urn:sluice:problem:registry-refused']);
    expect(body.registry.message.length).toBeGreaterThan(0);
  });
});
