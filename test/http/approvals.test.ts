import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { control, NOON, openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

const DECISIONS = '/v1/gate/decisions';
const WITHOUT_AMOUNT = recordText({ id: 'string', note: 'string' });
const HOUR = 3_600_000;

interface Finding {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly approvable: boolean;
  readonly approvers: readonly string[];
  readonly approved: boolean;
  readonly approvedBy: readonly { readonly team: string | null; readonly by: string }[];
}

let catalog: TestCatalog;
let now: number;
let said: { readonly level: number; readonly msg: string }[];
async function begin(): Promise<void> {
  now = NOON;
  said = [];
  catalog = await openTestCatalog(undefined, {
    clock: () => now,
    log: pino({ level: 'error' }, { write: (line: string) => void said.push(JSON.parse(line) as (typeof said)[number]) }),
    people: {
      deployer: { roles: ['deployer', 'auditor'], kind: 'machine', behind: ['dora'] },
      dora: { roles: ['approver'], teams: ['finance', 'team-checkout', 'team-reporting'] },
      fin: { roles: ['approver'], teams: ['finance'] },
      chuck: { roles: ['approver'] },
      rep: { roles: ['approver'], teams: ['team-reporting'] },
      both: { roles: ['approver', 'deployer'], teams: ['finance', 'team-checkout', 'team-reporting'] },
      outsider: { roles: ['approver'], teams: ['team-elsewhere'] },
      night: { roles: ['break-glass'] },
      watcher: { roles: ['monitor'] },
    },
  });
  await catalog.say(
    ...smallPlatform(),
    control('io.sluice.control.TeamDeclared', { name: 'team-checkout', contact: '#checkout', members: ['chuck'] }),
    control('io.sluice.control.OwnershipDeclared', { entityKind: 'consumer', entity: { namespace: 'kafka://main', name: 'legacy' }, owner: 'team-reporting' }),
  );
}

const ask = async (schema: string = WITHOUT_AMOUNT, who = 'deployer') => (await catalog.as(who).post(DECISIONS, redeploy(schema))).body as { decisionId: string; outcome: string; findings: Finding[] };
const errorsOf = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity === 'error');
const idsFor = (findings: readonly Finding[], team: string) => errorsOf(findings).filter(({ approvers }) => approvers.includes(team)).map(({ id }) => id);
const ledgerSize = async () => (await catalog.store.ledger({ limit: 1 })).total;

async function approveAll(decision: Awaited<ReturnType<typeof ask>>, more: object = {}): Promise<void> {
  for (const [who, team] of [['fin', 'finance'], ['chuck', 'team-checkout'], ['rep', 'team-reporting']] as const) {
    const answer = await catalog.as(who).post('/v1/approvals', { decisionId: decision.decisionId, findings: idsFor(decision.findings, team), reason: 'we moved to total', ...more });
    expect([who, answer.status]).toEqual([who, 200]);
  }
}

describe('approvals', () => {
  beforeEach(begin);
  afterEach(() => catalog.stop());

  test('names for each finding the teams that must agree', async () => {
    const { outcome, findings } = await ask();
    expect(outcome).toBe('deny');
    expect(errorsOf(findings).map(({ rule, approvers, approved }) => [rule, approvers, approved])).toEqual(expect.arrayContaining([
      ['output-breaks-reader', ['finance'], false], ['output-breaks-reader', ['team-checkout'], false], ['output-unknown-use', ['team-reporting'], false],
    ]));
  });

  test('denies until every team agreed, and shows who did', async () => {
    const denied = await ask();
    await catalog.as('fin').post('/v1/approvals', { decisionId: denied.decisionId, findings: idsFor(denied.findings, 'finance'), reason: 'we read total instead' });
    const between = await ask();
    expect(between.outcome).toBe('deny');
    expect(errorsOf(between.findings).filter(({ approved }) => approved).map(({ approvers, approvedBy }) => [approvers, approvedBy.map(({ team, by }) => [team, by])])).toEqual([[['finance'], [['finance', 'fin']]]]);
    await catalog.as('chuck').post('/v1/approvals', { decisionId: denied.decisionId, findings: idsFor(denied.findings, 'team-checkout'), reason: 'gone' });
    await catalog.as('rep').post('/v1/approvals', { context: { kind: 'job', namespace: 'flink://main', name: 'payments-cdc' }, findings: idsFor(denied.findings, 'team-reporting'), reason: 'gone' });
    const allowed = await ask();
    expect(allowed.outcome).toBe('allow-with-warnings');
    expect(errorsOf(allowed.findings).every(({ approved }) => approved)).toBe(true);
  });

  test('a finding that appears after the approval denies again, and is the only one that is not approved', async () => {
    await approveAll(await ask());
    expect((await ask()).outcome).toBe('allow-with-warnings');
    await catalog.say(control('io.sluice.control.ConsumerDeclared', { consumer: { namespace: 'kafka://main', name: 'audit' }, kind: 'APPLICATION', owner: 'finance', contact: null, description: null, reads: [{ dataset: { namespace: 'kafka://main', name: 'payments' }, readerSchema: null, fields: [{ path: 'amount', why: [] }], whole: true, evolution: null }] }));
    const denied = await ask();
    expect(denied.outcome).toBe('deny');
    expect(errorsOf(denied.findings).filter(({ approved }) => !approved)).toMatchObject([{ rule: 'output-breaks-reader', affected: [{ name: 'audit', owner: 'finance' }] }]);
  });

  test('an approval counts in its context alone, and no longer than it stands', async () => {
    await approveAll(await ask(), { expiresAt: new Date(NOON + HOUR).toISOString() });
    const other = { ...redeploy(WITHOUT_AMOUNT), job: { namespace: 'flink://main', name: 'payments-cdc-2', owner: 'team-payments' } };
    expect((await catalog.as('deployer').post(DECISIONS, other)).body.outcome).toBe('deny');
    now += HOUR - 1;
    expect((await ask()).outcome).toBe('allow-with-warnings');
    now += 1;
    expect((await ask()).outcome).toBe('deny');
  });

  test('an approval for a subject counts for whichever job writes its topic', async () => {
    await approveAll(await ask(), { context: { kind: 'subject', namespace: 'registry://main', name: 'payments-value' } });
    const other = { ...redeploy(WITHOUT_AMOUNT), job: { namespace: 'flink://main', name: 'payments-cdc-2', owner: 'team-payments' } };
    const { body } = await catalog.as('deployer').post(DECISIONS, other);
    expect(errorsOf(body.findings).filter(({ approved }: Finding) => !approved).map(({ rule }: Finding) => rule)).toEqual(['output-second-writer']);
  });

  test('what somebody agreed to does not count when they ask themselves', async () => {
    const denied = await ask();
    const given = await catalog.as('both').post('/v1/approvals', { decisionId: denied.decisionId, findings: errorsOf(denied.findings).filter(({ approvable }) => approvable).map(({ id }) => id), reason: 'ours' });
    expect(given.body.approvals.map(({ team }: { team: string }) => team).sort()).toEqual(['finance', 'team-checkout', 'team-reporting']);
    expect((await ask()).outcome).toBe('allow-with-warnings');
    expect((await ask(WITHOUT_AMOUNT, 'both')).outcome).toBe('deny');
  });

  test('revoked, an approval counts no more', async () => {
    const denied = await ask();
    await approveAll(denied);
    const { body } = await catalog.as('fin').get('/v1/approvals');
    const own = body.approvals.find(({ team }: { team: string }) => team === 'finance');
    const refused = await catalog.as('chuck').post(`/v1/approvals/${own.approvalId}/revoke`, { reason: 'not mine' });
    expect([refused.status, refused.body.type]).toEqual([403, 'urn:sluice:problem:approver-not-asked']);
    expect((await catalog.as('fin').post(`/v1/approvals/${own.approvalId}/revoke`, { reason: 'we still need it' })).status).toBe(200);
    expect((await ask()).outcome).toBe('deny');
    expect((await catalog.as('fin').post(`/v1/approvals/${own.approvalId}/revoke`, { reason: 'again' })).body.type).toBe('urn:sluice:problem:approval-not-found');
  });

  test('broken glass stands for every team, for an hour, and nobody can miss it', async () => {
    const denied = await ask();
    const { status, body } = await catalog.as('night').post('/v1/approvals/break-glass', { decisionId: denied.decisionId, reason: 'payments are down' });
    expect([status, body.team, Date.parse(body.expiresAt)]).toEqual([200, null, NOON + HOUR]);
    expect((await ask()).outcome).toBe('allow-with-warnings');
    expect(said.filter(({ level }) => level === 50).map(({ msg }) => msg)).toEqual(['glass broken for job flink://main/payments-cdc by night: payments are down']);
    expect((await catalog.as('watcher').get('/metrics')).text).toMatch(/sluice_break_glass_in_force\{part="gate"\} 1\n/);
    expect((await catalog.get('/readyz')).text).toContain('approvals by break-glass in force: 1');
    expect((await catalog.store.ledger({ kind: 'approval', limit: 9 })).entries.map(({ outcome }) => outcome)).toEqual(['break-glass']);
    now += HOUR;
    expect((await ask()).outcome).toBe('deny');
    expect((await catalog.as('watcher').get('/metrics')).text).toMatch(/sluice_break_glass_in_force\{part="gate"\} 0\n/);
  });

  test('lists approvals in force, newest first, in pages', async () => {
    await approveAll(await ask());
    const first = (await catalog.as('fin').get('/v1/approvals?limit=2')).body;
    const second = (await catalog.as('fin').get(`/v1/approvals?limit=2&cursor=${first.nextCursor}`)).body;
    expect([first, second].map(({ approvals }) => approvals.map(({ team }: { team: string }) => team))).toEqual([['team-reporting', 'team-checkout'], ['finance']]);
    expect([first.total, second.nextCursor]).toEqual([3, null]);
  });

  test('refuses the same approval a second time, and changes nothing', async () => {
    const denied = await ask();
    const approval = { decisionId: denied.decisionId, findings: idsFor(denied.findings, 'finance'), reason: 'fine' };
    expect((await catalog.as('fin').post('/v1/approvals', approval)).status).toBe(200);
    const before = await ledgerSize();
    const again = await catalog.as('fin').post('/v1/approvals', approval);
    expect([again.status, again.body.type]).toEqual([409, 'urn:sluice:problem:approval-repeated']);
    const many = await Promise.all(Array.from({ length: 5 }, () => catalog.as('chuck').post('/v1/approvals', { ...approval, findings: idsFor(denied.findings, 'team-checkout') })));
    expect(many.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(await ledgerSize()).toBe(before + 1);
  });

  test('records who asked for a decision', async () => {
    const { decisionId } = await ask(PAYMENT);
    expect((await catalog.as('deployer').get(`${DECISIONS}/${decisionId}`)).body).toMatchObject({ by: 'deployer', byName: 'deployer', behind: ['dora'] });
  });
});

describe('bad input', () => {
  beforeAll(async () => {
    await begin();
    await catalog.say(control('io.sluice.control.SubjectConfigured', { subject: { namespace: 'registry://main', name: 'payments-value' }, level: 'FULL' }, 1));
  });
  afterAll(() => catalog.stop());

  const later = (ms: number) => new Date(NOON + ms).toISOString();
  test.each<[string, string, string, (d: Awaited<ReturnType<typeof ask>>) => object, number, string]>([
    ['who asked for the decision, as a person behind the machine', 'dora', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 403, 'approver-is-requester'],
    ['a team that is not asked', 'outsider', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 403, 'approver-not-asked'],
    ['a finding of another team beside its own', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: [...idsFor(d.findings, 'finance'), ...idsFor(d.findings, 'team-checkout')], reason: 'fine' }), 403, 'approver-not-asked'],
    ['a decision nobody made', 'fin', '/v1/approvals', (d) => ({ decisionId: 'nothing', findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 404, 'decision-not-found'],
    ['a job nobody asked about', 'fin', '/v1/approvals', (d) => ({ context: { kind: 'job', namespace: 'flink://main', name: 'nothing' }, findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 404, 'decision-not-found'],
    ['a finding the gate has not shown', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: ['0123456789abcdef01234567'], reason: 'fine' }), 422, 'finding-unknown'],
    ['a finding nobody can agree to', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: d.findings.filter(({ rule }) => rule === 'subject-compatibility').map(({ id }) => id), reason: 'fine' }), 422, 'finding-not-approvable'],
    ['a context that is another job', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, context: { kind: 'job', namespace: 'flink://main', name: 'alerts' }, findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 422, 'approval-context-invalid'],
    ['a subject of another topic', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, context: { kind: 'subject', namespace: 'registry://main', name: 'enriched-value' }, findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 422, 'approval-context-invalid'],
    ['one that is over already', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: idsFor(d.findings, 'finance'), reason: 'fine', expiresAt: later(-1) }), 422, 'approval-expired'],
    ['one that stands too long', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: idsFor(d.findings, 'finance'), reason: 'fine', expiresAt: later(91 * 24 * HOUR) }), 422, 'approval-too-long'],
    ['no findings', 'fin', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: [], reason: 'fine' }), 400, 'request-invalid'],
    ['breaking glass without a reason', 'night', '/v1/approvals/break-glass', (d) => ({ decisionId: d.decisionId, reason: '  ' }), 422, 'break-glass-reason-missing'],
    ['breaking glass for more than an hour', 'night', '/v1/approvals/break-glass', (d) => ({ decisionId: d.decisionId, reason: 'down', expiresAt: later(HOUR + 1) }), 422, 'approval-too-long'],
    ['breaking glass as an approver', 'fin', '/v1/approvals/break-glass', (d) => ({ decisionId: d.decisionId, reason: 'down' }), 403, 'scope-missing'],
    ['approving as a deployer', 'deployer', '/v1/approvals', (d) => ({ decisionId: d.decisionId, findings: idsFor(d.findings, 'finance'), reason: 'fine' }), 403, 'scope-missing'],
  ])('refuses %s, and changes nothing', async (_, who, route, bodyOf, status, slug) => {
    const decision = await ask();
    expect(decision.findings.some(({ rule }) => rule === 'subject-compatibility')).toBe(true);
    const before = await ledgerSize();
    const answer = await catalog.as(who).post(route, bodyOf(decision));
    expect([answer.status, answer.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
    expect(await ledgerSize()).toBe(before);
  });
});
