import { expect, test } from 'vitest';
import { NOTICE_EVENTS } from '../../../server/catalog/notices/notice.ts';
import { noticesOf } from '../../../server/catalog/notices/notices-of.ts';

const entry = (kind: string, outcome: string | null, body: unknown, origin: unknown = null) => ({ id: 'e1', kind, outcome, body, origin });
const told = (kind: string, outcome: string | null, body: unknown, origin: unknown = null) => noticesOf(entry(kind, outcome, body, origin)).map(({ event, teams, text }) => ({ event, teams, text }));

const finding = (id: string, rest: object = {}) => ({ id, rule: 'output-breaks-reader', severity: 'error', message: `finding ${id}`, approvable: true, affected: [{ namespace: 'flink://main', name: 'enrich', owner: 'team-checkout' }], ...rest });
const denial = (findings: readonly object[], rest: object = {}) => ({ decision: { decisionId: 'd1', dryRun: false, revision: 7, outcome: 'deny', findings, ...rest }, request: { job: { namespace: 'flink://main', name: 'cdc', owner: 'team-payments' } } });

test('a denial tells the deployer, the owners of the readers it would break, and those who can agree to it', () => {
  expect(told('decision', 'deny', denial([finding('a'), finding('b', { affected: [{ namespace: 'kafka://main', name: 'ledger', owner: 'finance' }], approvers: ['finance'] })]))).toEqual([
    { event: 'deploy.denied', teams: ['team-payments'], text: 'Denied: job flink://main/cdc of team-payments may not start, for 2 errors.\n• finding a\n• finding b' },
    { event: 'reader.broken', teams: ['finance', 'team-checkout'], text: 'Job flink://main/cdc was kept from breaking 2 readers: flink://main/enrich, kafka://main/ledger.\n• finding a\n• finding b' },
    { event: 'approval.needed', teams: ['finance', 'team-checkout'], text: 'Job flink://main/cdc may start only if those it reaches agree to 2 findings.\n• finding a\n• finding b' },
  ]);
});

test('nobody is asked to agree to a start that something else forbids, and what is approved already is not told', () => {
  const events = told('decision', 'deny', denial([finding('a', { approved: true }), finding('b', { approvable: false, affected: [] }), finding('c', { severity: 'warning' })]));
  expect(events).toEqual([{ event: 'deploy.denied', teams: ['team-payments'], text: 'Denied: job flink://main/cdc of team-payments may not start, for 1 error.\n• finding b' }]);
});

test('what concerns a reader that nobody owns is told everyone', () => {
  expect(told('decision', 'deny', denial([finding('a', { affected: [{ namespace: 'x', name: 'y', owner: null }] })]))[1]).toMatchObject({ event: 'reader.broken', teams: null });
});

test('dry runs, and decisions that let a job start, are told nobody', () => {
  expect([told('decision', 'deny', denial([finding('a')], { dryRun: true })), told('decision', 'allow', denial([])), told('permit', 'given', {}), told('gossip', null, {})]).toEqual([[], [], [], []]);
});

test('texts stay short, however many findings there are and however long they are', () => {
  const [{ text } = { text: '' }] = told('decision', 'deny', denial(Array.from({ length: 500 }, (_, i) => finding(`${i}`, { message: 'x'.repeat(5_000) }))));
  expect(text.length).toBeLessThan(1_000);
  expect(text).toContain('… and 497 more');
});

const opened = { event: 'proposed', proposal: 'p1', subject: { namespace: 'registry://main', name: 'payments-value' }, reason: 'drop amount', byName: 'Ann', findings: ['f1', 'f2'], asked: ['finance', 'team-checkout'] };
test.each([
  ['proposed', opened, null, ['proposal.opened', 'approval.needed']],
  ['proposed', { ...opened, findings: [], asked: [] }, null, ['proposal.opened']],
  ['reopened', { event: 'reopened', proposal: 'p1', byName: 'Sluice', asked: ['finance'], findings: ['f3'] }, opened, ['approval.needed']],
  ['approved', { event: 'approved', proposal: 'p1', byName: 'Bob' }, opened, ['proposal.decided']],
  ['rejected', { event: 'rejected', proposal: 'p1', byName: 'Bob', team: 'finance', reason: 'no' }, opened, ['proposal.decided']],
  ['registered', { event: 'registered', proposal: 'p1', byName: 'Ann', version: 4 }, opened, ['proposal.decided', 'reader.broken']],
  ['registered', { event: 'registered', proposal: 'p1', byName: 'Ann', version: 4 }, { ...opened, findings: [] }, ['proposal.decided']],
  ['commented', { event: 'commented', proposal: 'p1', byName: 'Ann' }, opened, []],
  ['agreed', { event: 'agreed', proposal: 'p1', byName: 'Bob' }, opened, []],
] as const)('a proposal that is %s is told as it is', (outcome, body, origin, events) => {
  const notices = told('proposal', outcome, body, origin);
  expect(notices.map(({ event }) => event)).toEqual(events);
  for (const { text } of notices) expect(text).toContain('registry://main/payments-value');
});

test('says who rejected what for whom and why, and who is asked to agree', () => {
  expect(told('proposal', 'rejected', { event: 'rejected', proposal: 'p1', byName: 'Bob', team: 'finance', reason: 'we read it' }, opened)).toEqual([
    { event: 'proposal.decided', teams: ['finance', 'team-checkout'], text: 'The schema proposed for registry://main/payments-value by Ann was rejected (Bob for finance). Reason: we read it' },
  ]);
  expect(told('proposal', 'proposed', opened)[1]?.text).toBe('The schema proposed for registry://main/payments-value by Ann needs agreement to 2 findings: finance, team-checkout.');
});

test('broken glass, a bypass and another policy are told with who, what and why', () => {
  const approval = { id: 'a1', team: null, context: { kind: 'job', namespace: 'flink://main', name: 'cdc' }, findings: ['f1'], by: 'u1', byName: 'Ann', reason: 'outage', expiresAt: 0 };
  expect(told('approval', 'break-glass', { event: 'given', approval })).toEqual([{ event: 'break-glass.used', teams: null, text: 'Break-glass: Ann passed 1 finding of job flink://main/cdc without their owners, until 1970-01-01T00:00:00.000Z. Reason: outage' }]);
  expect(told('approval', 'given', { event: 'given', approval: { ...approval, team: 'finance' } })).toEqual([]);
  expect(told('bypass', 'permit-expired', { bypassId: 'b', job: { namespace: 'flink://main', name: 'cdc' }, reason: 'permit-expired', start: {}, digest: null, at: 0 })).toEqual([
    { event: 'bypass.seen', teams: null, text: 'Job flink://main/cdc is running, and no permit covers it: its permit had expired. What it reads and writes counts as deployed.' },
  ]);
  expect(told('policy', null, { policy: { revision: 3, exceptions: [{}] }, reason: 'we know' })).toMatchObject([{ event: 'policy.changed', teams: null, text: 'The policy of the gate was changed; it is at revision 3, with 1 exception. Reason: we know' }]);
});

test('every event has a name of its own', () => {
  expect(new Set(NOTICE_EVENTS).size).toBe(NOTICE_EVENTS.length);
});
