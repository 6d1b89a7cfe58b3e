import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { control, NOON, PAYMENT, recordText, redeploy, type TestCatalog } from './catalog.ts';
import { CHANGES, consumer, openStory, proposal, SUBJECT, WITHOUT_ID, WITHOUT_NOTE } from './change-story.ts';

let now: number;
let catalog: TestCatalog;
beforeEach(async () => {
  now = NOON;
  catalog = await openStory({ clock: () => now });
});
afterEach(() => catalog.stop());

const propose = async (schema: unknown = WITHOUT_ID, who = 'ann'): Promise<string> => (await catalog.as(who).post(CHANGES, proposal(schema))).body.proposal.id as string;
const act = (who: string, id: string, what: string, body: object = {}) => catalog.as(who).post(`${CHANGES}/${id}/${what}`, body);
const look = async (id: string) => (await catalog.as('vic').get(`${CHANGES}/${id}`)).body;
const entries = async () => (await catalog.store.ledger({ limit: 1 })).total;

test('a field read two pipelines away: the right two teams are asked, and it takes both', async () => {
  const asked = (await catalog.as('ann').post(CHANGES, proposal(WITHOUT_ID))).body;
  expect(asked.proposal).toMatchObject({ state: 'proposed', stale: false, waitingFor: ['team-checkout', 'team-risk'], requester: { id: 'ann' } });
  expect(asked.evaluation.sentence).toBe('1 change: of 3 deployed readers it breaks 1, 2 can go on, and of 0 nobody can tell. team-checkout and team-risk have to agree.');
  const far = asked.evaluation.reach.owners.find((o: { owner: string }) => o.owner === 'team-risk');
  expect(far.readers[0].path.map((step: { name: string; path?: string }) => step.path ?? step.name)).toEqual(['id', 'orders-enrich', 'id', 'alerts']);

  const { id } = asked.proposal;
  expect((await act('bob', id, 'approve', { reason: 'fine' })).body.proposal).toMatchObject({ state: 'proposed', waitingFor: ['team-risk'] });
  expect((await act('cas', id, 'approve')).body.proposal).toMatchObject({ state: 'approved', waitingFor: [] });
  expect((await look(id)).proposal.events.map((e: { event: string; by: string }) => `${e.event} ${e.by}`)).toEqual(['proposed ann', 'agreed bob', 'agreed cas', 'approved cas']);
});

test('what is agreed to is what the gate will find when the writer is deployed, by id', async () => {
  const { evaluation } = (await catalog.as('ann').post(CHANGES, proposal(WITHOUT_ID, { dryRun: true }))).body;
  const decision = (await catalog.as('eve').post('/v1/gate/decisions', redeploy(WITHOUT_ID))).body;
  expect(evaluation.findings.map(({ candidateLocation: _, ...finding }: { candidateLocation?: string }) => finding)).toEqual(decision.findings);
  expect(evaluation.findings.length).toBeGreaterThan(1);
});

test('says where in the candidate each finding and change can be shown', async () => {
  const locations = async (schema: unknown) => {
    const { evaluation } = (await catalog.as('ann').post(CHANGES, proposal(schema, { dryRun: true }))).body;
    const shown = (of: readonly { path?: string; field?: string; candidateLocation?: string }[]) => [...new Set(of.map(({ path, field, candidateLocation }) => `${path ?? field}: ${candidateLocation}`))].sort();
    return { changes: shown(evaluation.changes), findings: shown(evaluation.findings) };
  };
  expect(await locations(WITHOUT_ID)).toEqual({ changes: ['id: /fields'], findings: ['id: /fields'] });
  expect(await locations({ type: 'record', name: 'Payment', namespace: 'shop', fields: [{ name: 'note', type: 'string' }, { name: 'key', aliases: ['id'], type: 'string' }, { name: 'amount', type: 'string' }] })).toEqual({
    changes: [': ', 'amount: /fields/2', 'id: /fields/1'], findings: ['amount: /fields/2', 'id: /fields/1'],
  });
});

test('approvals are entries of their own, in the subject’s context, written with the proposal’s or not at all', async () => {
  const id = await propose();
  const findings = (await look(id)).evaluation.agreement.teams[0].findings;
  await act('bob', id, 'approve', { findings, reason: 'fine' });
  const [last, before] = (await catalog.store.ledger({ limit: 2 })).entries;
  expect([before!.kind, last!.kind]).toEqual(['approval', 'proposal']);
  expect(JSON.parse(before!.body)).toMatchObject({ event: 'given', byName: 'bob', approval: { context: { kind: 'subject', ...SUBJECT }, team: 'team-checkout', by: 'bob', findings, proposal: id, reason: 'fine' } });
});

test('what the level refuses nobody can agree to, and the answer says what to do', async () => {
  const { proposal: opened, evaluation } = (await catalog.as('ann').post(CHANGES, proposal(recordText({ id: 'string', amount: 'long', note: 'string', more: ['null', 'string'] })))).body;
  expect(evaluation.agreement).toEqual({ agreed: false, teams: [], blocked: [expect.objectContaining({ remedy: expect.stringContaining('the level') })] });
  expect(evaluation.versions).toMatchObject([{ version: 1, asked: ['backward'], accepted: false, newReadsOld: { compatible: false, total: 1 }, oldReadsNew: { compatible: true } }]);
  expect(opened.state).toBe('proposed');
});

test('a change nobody has to agree to is approved at once', async () => {
  const same = (await catalog.as('ann').post(CHANGES, proposal(PAYMENT))).body;
  expect([same.proposal.state, same.evaluation.sentence]).toEqual(['approved', 'Nothing changes: of 3 deployed readers it breaks 0, 3 can go on, and of 0 nobody can tell. Nobody has to agree.']);
});

test('a dry run answers the same and leaves no trace', async () => {
  const before = await entries();
  const dry = (await catalog.as('ann').post(CHANGES, { subject: SUBJECT, schema: WITHOUT_ID, dryRun: true })).body;
  expect(await entries()).toBe(before);
  expect(dry.proposal).toBeNull();
  expect(dry.evaluation).toEqual((await look(await propose())).evaluation);
});

describe('the graph moves on', () => {
  const later = () => catalog.say(consumer('late', 'finance', ['id']));

  test('a new finding makes an approved proposal wait again, for whom it needs, and the others’ agreement stands', async () => {
    const id = await propose();
    await act('bob', id, 'approve');
    await act('cas', id, 'approve');
    await later();
    expect((await look(id)).proposal).toMatchObject({ state: 'proposed', stale: true, waitingFor: ['finance'] });
    const refused = await act('ann', id, 'register');
    expect([refused.status, refused.body.type, refused.body.waitingFor]).toEqual([409, 'urn:sluice:problem:proposal-stale', ['finance']]);
    expect((await act('fay', id, 'approve')).body.proposal).toMatchObject({ state: 'approved', stale: false });
    expect((await look(id)).proposal.events.map((e: { event: string }) => e.event)).toEqual(['proposed', 'agreed', 'agreed', 'approved', 'reopened', 'agreed', 'approved']);
  });

  test('a finding that changed is not covered by what was agreed to before it did', async () => {
    const id = await propose();
    await act('cas', id, 'approve');
    await catalog.say(control('io.sluice.control.JobDeployed', {
      job: { namespace: 'flink://main', name: 'risk-too' }, kind: 'FLINK_SQL', processor: null, pipeline: null, artifactDigest: null, description: null, owner: 'team-risk',
      reads: [{ dataset: { namespace: 'kafka://main', name: 'enriched' }, readerSchema: null, fields: [{ path: 'id', why: ['VALUE'] }], whole: true, evolution: null }], writes: [],
    }, 2));
    expect((await look(id)).proposal.waitingFor).toEqual(['team-checkout', 'team-risk']);
  });

  test('what goes away needs nobody any more', async () => {
    const id = await propose();
    await act('bob', id, 'approve');
    await catalog.say(control('io.sluice.control.JobStateChanged', { job: { namespace: 'flink://main', name: 'alerts' }, state: 'STOPPED' }, 5));
    expect((await look(id)).proposal).toMatchObject({ state: 'approved', stale: false, waitingFor: [] });
  });
});

test('a newer candidate takes the place of the open one, and what was agreed to that is revoked', async () => {
  const first = await propose();
  await act('bob', first, 'approve');
  const second = await propose(recordText({ note: 'string' }), 'bob');
  expect((await look(first)).proposal).toMatchObject({ state: 'superseded', successor: second, approvals: [], schema: WITHOUT_ID });
  expect((await look(second)).proposal.waitingFor).toEqual(['finance', 'team-checkout', 'team-risk']);
});

test('rejecting and withdrawing end a proposal and revoke what was agreed', async () => {
  const rejected = await propose();
  await act('bob', rejected, 'approve');
  expect((await act('cas', rejected, 'reject', { reason: 'we page on it' })).body).toMatchObject({ evaluation: null, proposal: { state: 'rejected', approvals: [] } });
  const withdrawn = await propose();
  await act('bob', withdrawn, 'approve');
  expect((await act('ann', withdrawn, 'withdraw')).body.proposal).toMatchObject({ state: 'withdrawn', approvals: [] });
});

test('comments are kept with the proposal', async () => {
  const id = await propose();
  const { events } = (await act('vic', id, 'comment', { text: 'what for?' })).body.proposal;
  expect(events.at(-1)).toEqual({ at: new Date(NOON).toISOString(), event: 'commented', by: 'vic', byName: 'vic', text: 'what for?' });
});

test('what is past its end has expired, and what was agreed to it no longer covers anything', async () => {
  const id = await propose();
  await act('bob', id, 'approve');
  now += 14 * 24 * 3_600_000;
  expect((await look(id)).proposal).toMatchObject({ state: 'expired', approvals: [] });
  expect((await act('cas', id, 'approve')).body).toMatchObject({ type: 'urn:sluice:problem:proposal-state', state: 'expired' });
  expect((await propose()).length).toBeGreaterThan(0);
});

test('lists by state, subject, team and requester, page by page', async () => {
  const first = await propose();
  const second = await propose(recordText({ note: 'string' }));
  const ids = async (query: string) => (await catalog.as('vic').get(`${CHANGES}?${query}`)).body.proposals.map((p: { id: string }) => p.id);
  expect(await ids('')).toEqual([second, first]);
  expect(await ids('state=superseded')).toEqual([first]);
  expect(await ids('team=finance')).toEqual([second]);
  expect(await ids('team=team-payments')).toEqual([]);
  expect(await ids('requester=bob')).toEqual([]);
  expect(await ids(`subject=${encodeURIComponent('registry://main/payments-value')}&requester=ann&state=proposed`)).toEqual([second]);
  const page = (await catalog.as('vic').get(`${CHANGES}?limit=1`)).body;
  expect([page.total, await ids(`limit=1&cursor=${page.nextCursor}`)]).toEqual([2, [first]]);
});

describe('refuses, and the ledger stays as it was', () => {
  const none = () => Promise.resolve('');
  const open = () => propose();
  const withdrawn = async () => { const id = await propose(); await act('ann', id, 'withdraw'); return id; };
  const agreedByBob = async () => { const id = await propose(); await act('bob', id, 'approve'); return id; };
  const raw = (who: string, body: object) => catalog.as(who).post(CHANGES, body);
  const cases: readonly [string, () => Promise<string>, (id: string) => Promise<{ status: number; body: { type: string } }>, number, string][] = [
    ['an unknown subject', none, () => raw('ann', { ...proposal(WITHOUT_ID), subject: { namespace: 'registry://main', name: 'nothing-value' } }), 404, 'subject-not-found'],
    ['a candidate that is no schema', none, () => raw('ann', proposal({ type: 'record', name: 'A', fields: [{ name: 'x' }] })), 422, 'schema-invalid'],
    ['a reference nobody knows', none, () => raw('ann', proposal(WITHOUT_ID, { references: [{ name: 'shop.X', subject: 'x', version: 1 }] })), 422, 'schema-invalid'],
    ['a proposal without a reason', none, () => raw('ann', { subject: SUBJECT, schema: WITHOUT_ID }), 400, 'request-invalid'],
    ['an end in the past', none, () => raw('ann', proposal(WITHOUT_ID, { expiresAt: new Date(NOON - 1).toISOString() })), 400, 'request-invalid'],
    ['an end too far away', none, () => raw('ann', proposal(WITHOUT_ID, { expiresAt: new Date(NOON + 91 * 24 * 3_600_000).toISOString() })), 400, 'request-invalid'],
    ['the same candidate again', open, () => raw('bob', proposal(WITHOUT_ID)), 409, 'proposal-exists'],
    ['a proposer without the scope', none, () => raw('cas', proposal(WITHOUT_ID)), 403, 'scope-missing'],
    ['an approver without the scope', open, (id) => act('vic', id, 'approve'), 403, 'scope-missing'],
    ['the requester, although in a team that is asked', open, (id) => act('ann', id, 'approve'), 403, 'approver-is-requester'],
    ['the requester behind another credential', open, (id) => act('ann-machine', id, 'approve'), 403, 'approver-is-requester'],
    ['the requester as the one who refuses', open, (id) => act('ann', id, 'reject', { reason: 'no' }), 403, 'approver-is-requester'],
    ['somebody of no team that is asked', open, (id) => act('eve', id, 'approve'), 403, 'approver-not-asked'],
    ['somebody for a team that is not theirs', open, (id) => act('bob', id, 'approve', { team: 'team-risk' }), 403, 'approver-not-asked'],
    ['somebody for a team nobody asks', open, (id) => act('eve', id, 'approve', { team: 'team-other' }), 403, 'approver-not-asked'],
    ['an approval that was given', agreedByBob, (id) => act('bob', id, 'approve'), 409, 'approval-repeated'],
    ['a replayed approval', agreedByBob, async (id) => act('bob', id, 'approve', { findings: (await look(id)).evaluation.agreement.teams[0].findings }), 409, 'approval-repeated'],
    ['an approval of findings that are not there', open, (id) => act('bob', id, 'approve', { findings: ['0123456789'] }), 409, 'proposal-stale'],
    ['an approval of another team’s findings', open, async (id) => act('bob', id, 'approve', { findings: (await look(id)).evaluation.agreement.teams[1].findings }), 409, 'proposal-stale'],
    ['an approval that outlives the proposal', open, (id) => act('bob', id, 'approve', { expiresAt: new Date(NOON + 15 * 24 * 3_600_000).toISOString() }), 400, 'request-invalid'],
    ['an approval of what is withdrawn', withdrawn, (id) => act('bob', id, 'approve'), 409, 'proposal-state'],
    ['an approval of what is superseded', async () => { const id = await propose(); await propose(recordText({ note: 'string' })); return id; }, (id) => act('bob', id, 'approve'), 409, 'proposal-superseded'],
    ['somebody else who withdraws', open, (id) => act('bob', id, 'withdraw'), 403, 'requester-only'],
    ['a registration that nobody agreed to', open, (id) => act('ann', id, 'register'), 409, 'proposal-state'],
    ['a registration of what is withdrawn', withdrawn, (id) => act('ann', id, 'register'), 409, 'proposal-state'],
    ['a registration without a registry', () => propose(PAYMENT), (id) => act('ann', id, 'register'), 409, 'registry-not-configured'],
    ['an approval where the level refuses the schema', () => propose(recordText({ amount: 'long', note: 'string', more: 'string' })), (id) => act('bob', id, 'approve'), 409, 'proposal-blocked'],
    ['an unknown proposal', none, () => act('bob', 'nothing', 'approve'), 404, 'proposal-not-found'],
    ['a comment on what is over', withdrawn, (id) => act('vic', id, 'comment', { text: 'late' }), 409, 'proposal-state'],
  ];

  test.each(cases)('%s', async (_, prepare, ask, status, slug) => {
    const id = await prepare();
    const before = await entries();
    const refused = await ask(id);
    expect([refused.status, refused.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
    expect(await entries()).toBe(before);
  });
});

test('a field only one team reads needs that team alone', async () => {
  expect((await look(await propose(WITHOUT_NOTE))).proposal.waitingFor).toEqual(['team-reporting']);
});
