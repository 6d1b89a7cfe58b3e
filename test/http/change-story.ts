import { control, openTestCatalog, recordText, smallPlatform, type TestCatalog, type TestOptions, type TestPerson } from './catalog.ts';

export const CHANGES = '/v1/schema-changes';
export const SUBJECT = { namespace: 'registry://main', name: 'payments-value' };
export const WITHOUT_ID = recordText({ amount: 'long', note: 'string' });
export const WITHOUT_NOTE = recordText({ id: 'string', amount: 'long' });

/** ann and ann's machine propose; bob is of team-checkout, cas in the list of team-risk itself, eve of neither. */
export const PEOPLE: Readonly<Record<string, TestPerson>> = {
  ann: { roles: ['proposer', 'approver'], teams: ['team-payments', 'team-checkout'] },
  'ann-machine': { roles: ['approver'], teams: ['team-checkout'], kind: 'machine', behind: ['ann'] },
  bob: { roles: ['proposer', 'approver'], teams: ['team-checkout'] },
  cas: { roles: ['approver'] },
  eve: { roles: ['approver', 'deployer'], teams: ['team-other'] },
  vic: { roles: ['viewer'] },
  fay: { roles: ['approver'], teams: ['finance'] },
};

/** The small platform with a reader whose fields are said; dropping `id` reaches team-checkout at once and team-risk behind it. */
export async function openStory(options: TestOptions = {}, faulty?: Parameters<typeof openTestCatalog>[0]): Promise<TestCatalog> {
  const catalog = await openTestCatalog(faulty, { people: PEOPLE, ...options });
  await catalog.say(...smallPlatform(), consumer('legacy', 'team-reporting', ['note']), control('io.sluice.control.TeamDeclared', { name: 'team-risk', contact: '#risk', members: ['cas'] }));
  return catalog;
}

/** A consumer that reads these fields of payments and no others. */
export function consumer(name: string, owner: string | null, fields: readonly string[]) {
  const dataset = { namespace: 'kafka://main', name: 'payments' };
  return control('io.sluice.control.ConsumerDeclared', { consumer: { namespace: 'kafka://main', name }, kind: 'CONSUMER_GROUP', owner, contact: null, description: null, reads: [{ dataset, readerSchema: null, fields: fields.map((path) => ({ path, why: [] })), whole: true, evolution: null }] }, 1);
}

export function proposal(schema: unknown, more: object = {}) {
  return { subject: SUBJECT, schema, reason: 'cleaning up', ...more };
}
