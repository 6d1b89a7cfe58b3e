import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../server/cli/sluice.ts';
import { type SluiceProcess, soon, startSluice, temporaryFolder } from './processes.ts';

/** Who takes part, each with an API token of their own: role and team. */
const PEOPLE = {
  ann: ['proposer', 'team-risk'], bob: ['approver', 'team-risk'], cleo: ['approver', 'team-search'], dora: ['approver', 'team-shop'],
  deployer: ['deployer', 'team-risk'], flink: ['emitter', 'team-platform'],
} as const;
type Person = keyof typeof PEOPLE | 'ops';
const JOB = 'flink://main/fraud-scores';
const REQUEST = 'ingest/demo/gate-fraud-scores.json';

const folder = temporaryFolder();
const tokens = new Map<Person, string>();
let server: SluiceProcess;
let url: string;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
/** One command of one person, against the running server. */
async function sluice(who: Person | null, ...args: readonly string[]): Promise<Said> {
  let [out, err] = ['', ''];
  const env = { SLUICE_DATA: folder.path, ...(url === undefined ? {} : { SLUICE_URL: url }), ...(who === null ? {} : { SLUICE_TOKEN: tokens.get(who) ?? '' }) };
  const code = await run(args, { stdin: Readable.from([]), write: (text) => void (out += text), writeError: (text) => void (err += text), env });
  return { code, out, err };
}
async function json<T>(who: Person, ...args: readonly string[]): Promise<T> {
  return JSON.parse((await sluice(who, ...args, '--json')).out) as T;
}
const get = async (path: string): Promise<unknown> => (await fetch(url + path, { headers: { authorization: `Bearer ${tokens.get('ops') ?? ''}` } })).json();

beforeAll(async () => {
  tokens.set('ops', (await sluice(null, 'token', 'create', 'ops', '--role', 'admin', '--role', 'auditor')).out.trim());
  server = startSluice('server', { SLUICE_DATA: folder.path, SLUICE_IDENTITY: 'tokens', SLUICE_SAMPLE: 'on', SLUICE_LOG_LEVEL: 'warn' });
  url = await server.url();
  for (const [name, [role, team]] of Object.entries(PEOPLE)) tokens.set(name as Person, (await sluice('ops', 'token', 'create', name, '--role', role, '--team', team, '--url', url)).out.trim());
}, 60_000);
afterAll(async () => {
  await server.stop();
  folder.remove();
});

/** A streaming job's START, as Flink's listener sends it. */
async function seenRunning(name: string, runId: string): Promise<void> {
  const event = {
    eventType: 'START', eventTime: new Date().toISOString(), producer: 'https://example.com', schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId, facets: { processing_engine: { _producer: 'https://example.com', _schemaURL: 'https://example.com', name: 'flink', version: '2.3.0' } } },
    job: { namespace: 'flink://main', name, facets: { jobType: { _producer: 'https://example.com', _schemaURL: 'https://example.com', processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' } } },
    inputs: [{ namespace: 'kafka://main', name: 'orders-enriched' }], outputs: [{ namespace: 'kafka://main', name: `${name}-out` }],
  };
  const answer = await fetch(`${url}/v1/lineage`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.get('flink') ?? ''}` }, body: JSON.stringify(event) });
  expect(answer.status).toBe(200);
}

test('a field read two pipelines away goes: two teams are asked, a deploy waits for both, starts by a permit, and all of it is on record', { timeout: 120_000 }, async () => {
  // The score is read by the alerts, and what they derive from it by the search sink behind them: two teams.
  const proposed = await json<{ proposal: { id: string }; evaluation: { agreement: { teams: { team: string }[] } } }>('ann', 'change', 'propose', 'registry://main/fraud-scores-value', 'ingest/demo/fraud-scores-without-score.avsc', '--reason', 'nobody should decide by the score alone');
  const { id } = proposed.proposal;
  expect(proposed.evaluation.agreement.teams.map(({ team }) => team)).toEqual(['team-risk', 'team-search']);
  expect(await sluice('dora', 'change', 'approve', id)).toMatchObject({ code: 2, err: expect.stringContaining('team') as unknown });
  expect((await sluice('ann', 'change', 'approve', id)).code).toBe(2);

  expect((await sluice('bob', 'change', 'approve', id)).code).toBe(0);
  expect((await json<{ proposal: { state: string } }>('ann', 'change', 'show', id)).proposal.state).toBe('proposed');
  const denied = await sluice('deployer', 'gate', 'check', REQUEST);
  expect(denied).toMatchObject({ code: 1, out: expect.stringMatching(/^DENIED[^]*approved by team-risk[^]*fraud-alerts-search[^]*approvable/) as unknown });

  expect((await sluice('cleo', 'change', 'approve', id)).code).toBe(0);
  expect((await json<{ proposal: { state: string } }>('ann', 'change', 'show', id)).proposal.state).toBe('approved');
  const allowed = await json<{ outcome: string; permit: { token: string } }>('deployer', 'gate', 'check', REQUEST);
  expect(allowed.outcome).toBe('allow-with-warnings');

  // The deployer's host checks the permit with the published keys, and asks nobody.
  const keys = join(folder.path, 'jwks.json');
  writeFileSync(keys, await (await fetch(`${url}/.well-known/jwks.json`)).text());
  const { artifact } = (JSON.parse(readFileSync(new URL(`../${REQUEST}`, import.meta.url), 'utf8')) as { job: { artifact: { digest: string } } }).job;
  const verify = (digest: string) => sluice(null, 'permit', 'verify', allowed.permit.token, '--keys', keys, '--job', JOB, '--digest', digest);
  expect([(await verify(artifact.digest)).code, (await verify('sha256:another')).code]).toEqual([0, 1]);

  // It starts; so does a job that nobody asked about.
  await seenRunning('fraud-scores', '0190c0e5-0000-7000-8000-000000000001');
  await seenRunning('rogue', '0190c0e5-0000-7000-8000-000000000002');
  const decisions = async () => ((await get('/v1/gate/decisions')) as { total: number }).total;
  await soon(async () => (((await get('/v1/bypasses')) as { total: number }).total === 1 ? true : undefined), server.ended, server.output);
  expect(await get('/v1/bypasses')).toMatchObject({ bypasses: [{ job: { name: 'rogue' } }] });
  await soon(async () => ((await sluice('ops', 'audit', 'export', '--url', url)).out.includes('"outcome":"settled"') ? true : undefined), server.ended, server.output);
  expect(await decisions()).toBe(2);

  // What it was allowed to write is what is deployed now: a job that reads the score is denied.
  const reader = join(folder.path, 'reader.json');
  writeFileSync(reader, JSON.stringify({ job: { namespace: 'flink://main', name: 'late-reader', owner: 'team-risk' }, program: { kind: 'declared', inputs: [{ dataset: { namespace: 'kafka://main', name: 'fraud-scores' }, fields: ['score'] }], outputs: [] } }));
  expect(await sluice('deployer', 'gate', 'check', reader)).toMatchObject({ code: 1, out: expect.stringContaining('input-field-not-written') as unknown });

  const record = (await sluice('ops', 'audit', 'export', '--url', url)).out.trim().split('\n').map((line) => JSON.parse(line) as { kind?: string; outcome?: string });
  expect(record.flatMap(({ kind, outcome }) => (kind === undefined || kind === 'api-token' ? [] : [`${kind} ${outcome}`]))).toEqual([
    'proposal proposed', 'approval given', 'proposal agreed', 'decision deny', 'approval given', 'proposal agreed', 'proposal approved',
    'decision allow-with-warnings', 'permit given', ...['permit settled', 'bypass no-permit'].sort((a, b) => record.findIndex((e) => `${e.kind} ${e.outcome}` === a) - record.findIndex((e) => `${e.kind} ${e.outcome}` === b)), 'decision deny',
  ]);
  expect((await sluice(null, 'audit', 'verify')).code).toBe(0);
});
