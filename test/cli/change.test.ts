import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../server/cli/sluice.ts';
import { PAYMENT, type TestCatalog } from '../http/catalog.ts';
import { openStory, WITHOUT_ID, WITHOUT_NOTE } from '../http/change-story.ts';

const SUBJECT = 'registry://main/payments-value';
let catalog: TestCatalog;
let url: string;
const folder = mkdtempSync(join(tmpdir(), 'sluice-change-'));
beforeAll(async () => {
  catalog = await openStory();
  url = await catalog.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await catalog.stop();
  rmSync(folder, { recursive: true });
});

async function change(who: string, args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(['change', ...args], { stdin: Readable.from([Buffer.from(stdin)]), write: (text) => void (out += text), writeError: (text) => void (err += text), env: { SLUICE_URL: url, SLUICE_TOKEN: who } });
  return { code, out, err };
}
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test('check exits 1 where somebody breaks or has to agree, and says who', async () => {
  const { code, out, err } = await change('ann', ['check', SUBJECT, file('without-id.avsc', WITHOUT_ID)]);
  expect([code, err]).toEqual([1, 'sluice: it breaks orders-enrich; team-checkout, team-risk must agree\n']);
  expect(out).toContain('1 change: of 3 deployed readers it breaks 1');
  expect(out).toContain('    id is gone');
  expect(out).toContain('field kafka://main/payments id → job flink://main/orders-enrich → field kafka://main/enriched id → job flink://main/alerts   owner team-risk');
});

test('check exits 0 where nobody is reached', async () => {
  expect(await change('ann', ['check', SUBJECT, '-'], PAYMENT)).toMatchObject({ code: 0, err: '' });
});

test('check prints for build servers', async () => {
  const junit = await change('ann', ['check', SUBJECT, file('n.avsc', WITHOUT_NOTE), '--format', 'junit']);
  expect(junit.code).toBe(1);
  expect(junit.out).toContain('<testsuites name="sluice schema change" tests="1" failures="1"');
  const sarif = JSON.parse((await change('ann', ['check', SUBJECT, file('n.avsc', WITHOUT_NOTE), '--format', 'sarif'])).out);
  expect(sarif.runs[0].results.map((r: { ruleId: string }) => r.ruleId)).toEqual(['output-breaks-reader']);
  expect(JSON.parse((await change('ann', ['check', SUBJECT, '-', '--json'], WITHOUT_NOTE)).out)).toMatchObject({ proposal: null, evaluation: { agreement: { agreed: false } } });
});

test('a proposal from asking to agreeing, each by its own command', async () => {
  const { proposal } = JSON.parse((await change('ann', ['propose', SUBJECT, file('a.avsc', WITHOUT_ID), '--reason', 'no longer needed', '--json'])).out) as { proposal: { id: string } };
  expect((await change('vic', ['list', '--team', 'team-risk'])).out).toBe(`1 found\n  ${proposal.id}  proposed   payments-value   by ann   waits for team-checkout, team-risk   no longer needed\n`);
  expect((await change('vic', ['comment', proposal.id, 'what replaces it?'])).code).toBe(0);
  expect((await change('ann', ['approve', proposal.id])).err).toContain('Nobody agrees to what they asked for themselves');
  expect((await change('bob', ['approve', proposal.id, '--reason', 'we join on another'])).out).toContain('waits for team-risk');
  expect((await change('cas', ['approve', proposal.id])).out).toContain(`${proposal.id}  approved`);
  const { out } = await change('vic', ['show', proposal.id]);
  expect(out).toMatch(/commented by vic: what replaces it\?\n.*agreed by bob for team-checkout: we join on another\n.*agreed by cas for team-risk\n.*approved by cas\n$/);
  expect((await change('ann', ['register', proposal.id])).err).toContain('SLUICE_REGISTRY_URL is not set');
  expect((await change('ann', ['withdraw', proposal.id])).out).toContain('withdrawn');
  expect((await change('cas', ['reject', proposal.id, '--reason', 'late'])).err).toContain('the proposal is withdrawn');
});

test.each([
  ['a file that is not there', ['check', SUBJECT, '/nowhere.avsc']],
  ['a reference that is none', ['check', SUBJECT, '-', '--reference', 'x']],
  ['a subject without a namespace', ['check', 'payments-value', '-']],
  ['a proposal without a reason', ['propose', SUBJECT, '-']],
  ['an unknown subject', ['check', 'registry://main/nothing', '-']],
])('%s is wrong usage', async (_, args) => expect((await change('ann', args, PAYMENT)).code).toBe(2));
