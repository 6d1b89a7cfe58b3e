import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SchemaPublisher } from '../../server/actions/schema-publisher.ts';
import { RegistryClient } from '../../server/registry/registry-client.ts';
import { RegistryPublisher } from '../../server/registry/registry-publisher.ts';
import { LedgerMoved, type Store, StoreUnavailable } from '../../server/store/store.ts';
import { SmallRegistry } from '../registry/small-registry.ts';
import { PAYMENT, recordText, type TestCatalog } from './catalog.ts';
import { CHANGES, openStory, proposal, WITHOUT_ID } from './change-story.ts';

let registry: SmallRegistry;
let catalog: TestCatalog;
let staleBecause: string | null;
/** Called before every append to the ledger. */
let beforeAppend: () => Promise<void>;
/** Called when the registry has answered. */
let afterPublishing: () => Promise<void>;
beforeEach(async () => {
  staleBecause = null;
  beforeAppend = () => Promise.resolve();
  afterPublishing = () => Promise.resolve();
  registry = await new SmallRegistry().start();
  registry.register('payments-value', PAYMENT);
  registry.level('payments-value', 'BACKWARD');
  const real = new RegistryPublisher(new RegistryClient({ url: registry.url, auth: null, limits: { registerMs: 500 } }), 'registry://main');
  const counts = () => ({ polls: 0, failures: 0, requests: 0, subjects: 1, faults: 0, renumbered: 0, ageSeconds: 0 }) as never;
  const publisher: SchemaPublisher = {
    namespace: real.namespace,
    async publish(candidate) {
      const published = await real.publish(candidate);
      await afterPublishing();
      return published;
    },
  };
  const mirrored = { refusal: () => staleBecause, check: () => Promise.resolve({ ready: true, detail: '' }), counts, publisher };
  catalog = await openStory({ registry: mirrored }, (store) => ({
    ...bound(store),
    async appendToLedger(drafts, guard) {
      await beforeAppend();
      return store.appendToLedger(drafts, guard);
    },
  }));
});
afterEach(async () => {
  await catalog.stop();
  await registry.close();
});

/** Every method of a store as a property, to be spread. */
function bound(store: Store): Store {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== 'constructor').map((name) => [name, (Reflect.get(store, name) as (...args: never[]) => unknown).bind?.(store)]);
  return { ...store, ...Object.fromEntries(methods) } as Store;
}

const act = (who: string, id: string, what: string, body: object = {}) => catalog.as(who).post(`${CHANGES}/${id}/${what}`, body);
const look = async (id: string) => (await catalog.as('vic').get(`${CHANGES}/${id}`)).body;
const entries = async () => (await catalog.store.ledger({ limit: 1 })).total;
const writes = () => registry.takeAsked().filter((asked) => !asked.startsWith('/'));
async function approved(schema: string = WITHOUT_ID): Promise<string> {
  const { id } = (await catalog.as('ann').post(CHANGES, proposal(schema))).body.proposal as { id: string };
  for (const who of ['bob', 'cas', 'fay']) await act(who, id, 'approve');
  return id;
}

test('an approved schema is put into the registry as it was proposed, and nothing else there is touched', async () => {
  const id = await approved();
  const { status, body } = await act('ann', id, 'register');
  expect([status, body.proposal.state, body.proposal.registered]).toEqual([200, 'registered', { version: 2, schemaId: 2 }]);
  expect(writes()).toEqual(['POST /subjects/payments-value/versions', 'POST /subjects/payments-value']);
  expect(body.proposal.events.at(-1)).toMatchObject({ event: 'registered', by: 'ann', version: 2, schemaId: 2 });
  expect(body.proposal.schema).toBe(WITHOUT_ID);
});

test('what was agreed to stays in force for the writer that is still to be deployed', async () => {
  const id = await approved();
  await act('ann', id, 'register');
  expect((await look(id)).proposal.approvals.map((a: { team: string }) => a.team)).toEqual(['team-checkout', 'team-risk']);
});

test('the registry’s refusal is shown in its own words, and the proposal stays approved', async () => {
  const id = await approved();
  registry.register('payments-value', recordText({ amount: 'string', note: 'string' }));
  const before = await entries();
  const { status, body } = await act('ann', id, 'register');
  expect([status, body.type, body.registry.code]).toEqual([409, 'urn:sluice:problem:registry-refused', 409]);
  expect(body.detail).toContain('Schema being registered is incompatible with an earlier schema for subject "payments-value"');
  expect([(await look(id)).proposal.state, await entries()]).toEqual(['approved', before]);
});

test('a registry that takes nothing now says so', async () => {
  const id = await approved();
  registry.mode('payments-value', 'READONLY');
  expect((await act('ann', id, 'register')).body.registry).toEqual({ status: 422, code: 42205, message: 'Subject payments-value is not in read-write mode' });
});

test.each(['500', 'html', 'silence', 'hang-up', 'forbidden', 'redirect'] as const)('a registry that answers with %s gives 503, and asking again registers', async (how) => {
  const id = await approved();
  const before = await entries();
  registry.misbehave(how, /^POST/);
  const { status, body, headers } = await act('ann', id, 'register');
  expect([status, body.type, await entries()]).toEqual([503, 'urn:sluice:problem:registry-unavailable', before]);
  expect(headers['retry-after']).toBeDefined();
  registry.misbehave('well');
  expect((await act('ann', id, 'register')).body.proposal.registered).toEqual({ version: 2, schemaId: 2 });
});

test('an answer lost between registry and ledger is found again: the same schema has the same id', async () => {
  const id = await approved();
  beforeAppend = () => Promise.reject(new StoreUnavailable('down', 'the store went away'));
  expect((await act('ann', id, 'register')).status).toBe(503);
  beforeAppend = () => Promise.resolve();
  expect((await look(id)).proposal.state).toBe('approved');
  expect((await act('ann', id, 'register')).body.proposal.registered).toEqual({ version: 2, schemaId: 2 });
});

test('two that register at once make one version and one entry', async () => {
  const id = await approved();
  const before = await entries();
  const answers = await Promise.all([act('ann', id, 'register'), act('bob', id, 'register')]);
  expect(answers.map(({ status, body }) => [status, body.proposal?.registered])).toEqual([[200, { version: 2, schemaId: 2 }], [200, { version: 2, schemaId: 2 }]]);
  expect(await entries()).toBe(before + 1);
  expect((await act('ann', id, 'register')).body.proposal.state).toBe('registered');
});

test('what another process writes meanwhile is taken into account, and in the end the act is refused, not guessed', async () => {
  const id = await approved();
  let times = 0;
  beforeAppend = () => (++times <= 2 ? Promise.reject(new LedgerMoved()) : Promise.resolve());
  expect((await act('ann', id, 'register')).body.proposal.state).toBe('registered');
  beforeAppend = () => Promise.reject(new LedgerMoved());
  expect((await catalog.as('ann').post(CHANGES, proposal(recordText({ note: 'string' })))).body.type).toBe('urn:sluice:problem:gate-contended');
});

test('what the registry took while the proposal was withdrawn is recorded as taken', async () => {
  const id = await approved();
  afterPublishing = async () => void (await act('ann', id, 'withdraw'));
  const { body } = await act('bob', id, 'register');
  expect(body.proposal.events.slice(-2).map((e: { event: string }) => e.event)).toEqual(['withdrawn', 'registered']);
  expect(body.proposal).toMatchObject({ state: 'registered', approvals: [] });
});

test('nothing is judged, agreed to or registered by what the registry held too long ago', async () => {
  const id = await approved();
  const before = await entries();
  staleBecause = 'the Schema Registry was last read whole 400 s ago';
  const asked = [await act('ann', id, 'register'), await act('bob', id, 'approve'), await catalog.as('ann').post(CHANGES, proposal(PAYMENT)), await catalog.as('vic').get(`${CHANGES}/${id}`)];
  expect(asked.map(({ status, body }) => [status, body.type])).toEqual(asked.map(() => [503, 'urn:sluice:problem:registry-stale']));
  expect([await entries(), writes()]).toEqual([before, []]);
});

test('a subject of another registry is none of this one', async () => {
  const other = { namespace: 'registry://other', name: 'x-value' };
  await catalog.store.apply({ changes: [{ change: 'statement', about: { kind: 'subject', ...other }, aspect: 'compatibility', part: '', evidence: 'registry', at: { time: 1, sequence: 1, event: 'x' }, body: { level: 'NONE' } }], committedAt: 1, offset: null });
  const opened = (await catalog.as('ann').post(CHANGES, { ...proposal(PAYMENT), subject: other })).body;
  expect([opened.proposal.state, opened.evaluation.topics, opened.evaluation.completeness]).toEqual(['approved', [], 'unknown']);
  expect(opened.evaluation.sentence).toContain('governs no topic that anybody named, and it is judged by its level alone');
  expect((await act('ann', opened.proposal.id, 'register')).body.type).toBe('urn:sluice:problem:registry-not-configured');
});

