import { beforeAll, expect, test } from 'vitest';
import allowed from '../../ingest/demo/gate-allowed.json' with { type: 'json' };
import denied from '../../ingest/demo/gate-denied.json' with { type: 'json' };
import type { TestPerson } from '../http/catalog.ts';
import { openTestOffice } from '../permits/test-office.ts';
import { tabTo } from './browser.ts';
import { describePortal } from './describe-portal.ts';
import { pageFaults } from './page-faults.ts';
import type { SampleOptions } from './sample-service.ts';

const SEASON = 'namespace=kafka%3A%2F%2Fmain&name=content-season';
const PEOPLE: Readonly<Record<string, TestPerson>> = {
  ann: { roles: ['proposer', 'deployer', 'auditor'], teams: ['team-payments'] },
  con: { roles: ['approver'], teams: ['team-content'] },
  dev: { roles: ['approver'], teams: ['team-devices'] },
  fay: { roles: ['approver', 'auditor'], teams: ['team-finance'] },
  vic: { roles: ['viewer'] },
};

/** The office that signs permits. */
async function withPeople(): Promise<SampleOptions> {
  const { office } = await openTestOffice(Date.now);
  return { people: PEOPLE, permits: office };
}

describePortal('governance in a browser', withPeople, (portal) => {
  const { pageOf } = portal;
  let decision = '';
  let permitted = '';
  beforeAll(async () => {
    const { service } = portal;
    permitted = String((await service.post('/v1/gate/decisions', allowed, 'ann'))['decisionId']);
    decision = String((await service.post('/v1/gate/decisions', denied, 'ann'))['decisionId']);
    const running = { job: { namespace: 'connect://main', name: 'payments-cdc' }, kind: 'SOURCE_CONNECTOR' as const, processor: null, artifactDigest: `sha256:${'f'.repeat(64)}`, description: null, pipeline: null, owner: 'team-payments', reads: [], writes: [] };
    await service.say({ id: 'sneaked', occurredAt: Date.now() + 1_000, sequence: 1_000_000, actor: 'test', payload: { 'io.sluice.control.JobDeployed': running } });
    await service.lookAtJobs();
  });

  async function proposed(field: string): Promise<string> {
    const { page, open } = await pageOf('ann');
    await open(`/changes/new?${SEASON}&path=${field}`);
    await page.getByLabel('Reason').fill(`nobody fills ${field}`);
    await page.getByRole('button', { name: 'Propose' }).click();
    await page.waitForURL(/\/changes\/[0-9a-f-]{36}$/);
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await page.context().close();
    return id;
  }

  test('asks who is there, takes a token, says whose it is, and lets them go again', async () => {
    const { page, open } = await portal.page();
    await open('/changes');
    await page.getByRole('heading', { name: 'Sign in to go on' }).waitFor();
    await page.getByLabel('API token').fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByText('This token is refused: nobody known sends this token').waitFor();
    await page.getByLabel('API token').fill('con');
    await page.keyboard.press('Enter');
    const rail = page.getByRole('region', { name: 'Signed in as' });
    await rail.getByText('team-content').waitFor();
    await page.getByText('Nobody proposed a schema yet.').waitFor();
    expect(await page.getByLabel('API token').count()).toBe(0);
    await page.reload();
    await rail.getByText('con', { exact: true }).waitFor();
    await rail.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API token').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  test('from search to a dataset, a field, its impact and a proposal without a mouse', async () => {
    const { page, open } = await pageOf('ann');
    await open('/');
    await page.keyboard.press('/');
    await page.keyboard.type('content-season');
    await page.waitForURL('**/?q=content-season');
    await page.locator('li.at').getByRole('link', { name: 'kafka://main/content-season', exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/datasets/**/content-season');
    await tabTo(page.getByRole('region', { name: /^fields: j and k move/ }));
    const chosen = page.locator('tr.at [data-field]');
    do await page.keyboard.press('j');
    while ((await chosen.innerText()) !== 'error_code');
    await page.keyboard.press('Enter');
    await tabTo(page.getByRole('link', { name: 'What if it goes or changes?' }));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/impact?**path=error_code');
    await tabTo(page.getByRole('link', { name: 'Propose this change' }));
    await page.keyboard.press('Enter');
    await page.getByText('Say why: it is what').waitFor();
    await tabTo(page.getByLabel('Reason'));
    await page.keyboard.type('nobody fills it');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/changes\/[0-9a-f-]{36}$/);
    await page.getByText('proposed by ann').waitFor();
  });

  test('from impact to a proposal by keyboard; two teams agree, and it is approved', { timeout: 120_000 }, async () => {
    const asking = await pageOf('ann');
    const { page } = asking;
    await asking.open(`/impact?${SEASON}&path=reason`);
    await page.getByRole('link', { name: 'Propose this change' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/changes/new?**path=reason`);
    await page.locator('.removed').filter({ hasText: '"name": "reason"' }).waitFor();
    await page.getByText('team-content and team-devices have to agree').waitFor();
    await page.getByText('Say why: it is what').waitFor();
    await page.getByLabel('Reason').focus();
    await page.keyboard.type('nobody fills it');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/changes\/[0-9a-f-]{36}$/);
    await page.getByText('proposed by ann').waitFor();
    expect(asking.faults).toEqual([]);
    const url = new URL(page.url()).pathname;

    for (const [who, team] of [['con', 'team-content'], ['dev', 'team-devices']] as const) {
      const own = await pageOf(who);
      await own.open('/changes?mine=yes');
      await own.page.getByRole('link', { name: 'content-season-value' }).focus();
      await own.page.keyboard.press('Enter');
      await own.page.waitForURL(`**${url}`);
      await own.page.getByLabel('Your words').fill(`fine by ${who}`);
      await own.page.getByRole('button', { name: `Approve for ${team}` }).focus();
      await own.page.keyboard.press('Enter');
      await own.page.getByRole('region', { name: 'What happened' }).getByText(`agreed for ${team}`).waitFor();
      expect(own.faults).toEqual([]);
    }
    await page.reload();
    await page.getByText(/^✓?approved$/).waitFor();
    expect(await page.getByRole('region', { name: 'Who must agree' }).innerText()).toMatch(/agreed[\s\S]*fine by con[\s\S]*fine by dev/);
    // No registry is configured here: what Sluice says of that is what is shown.
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('alert').getByText(/registry/i).first().waitFor();
  });

  test('offers nobody what is not theirs to do, says why, and shows a refusal in its own words', async () => {
    const path = `/changes/${await proposed('quantity')}`;
    const viewer = await pageOf('vic');
    await viewer.open(path);
    await viewer.page.getByText('It takes the scope schema:approve, which you do not have.').first().waitFor();
    expect(await viewer.page.getByRole('button', { name: /Approve|Reject|Withdraw|Register/ }).count()).toBe(0);
    const asked = await pageOf('con');
    await asked.open(path);
    const other = await pageOf('ann');
    await other.open(path);
    await other.page.getByRole('button', { name: 'Withdraw' }).click();
    await other.page.getByText('took it back').waitFor();
    await asked.page.getByRole('button', { name: 'Approve for team-content' }).click();
    await asked.page.getByText('the proposal is withdrawn').waitFor();
    await viewer.open(`/changes/new?${SEASON}&path=quantity`);
    await viewer.page.getByText('You do not have the scope schema:propose.').waitFor();
    expect(await viewer.page.getByRole('button', { name: 'Propose' }).isDisabled()).toBe(true);
  });

  test('finds errors at their line as one types, judges what is typed, and proposes nothing that is not judged', async () => {
    const { page, open, faults } = await pageOf('ann');
    await open('/changes/new?subject=registry%3A%2F%2Fmain%2Fcontent-season-value');
    await page.getByText('It is the current schema.').waitFor();
    const editor = page.getByRole('textbox', { name: 'Candidate schema' });
    const write = async (lines: readonly string[]): Promise<void> => {
      await editor.focus();
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText(lines.join('\n'));
    };
    await write(['{', '"type": "record",', '"name" "Season"']);
    await page.getByText(/line 3$/).waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    expect(await page.getByRole('button', { name: 'Propose' }).isDisabled()).toBe(true);
    await write(['{"type": "record", "name": "Season", "fields": [', '  {"name": "a", "type": "string"},', '  {"name": "b", "type": ["null", "strin"]}', ']}']);
    await page.getByText(/^schema: /).waitFor();
    await page.locator('.fault').getByText('line 3').waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    expect(faults.filter((fault) => !fault.includes('422'))).toEqual([]);
  });

  test('shows a finding at the line of the candidate it is about, and leads there', async () => {
    const { page, open } = await pageOf('ann');
    await open(`/changes/new?${SEASON}&path=reason&rename=cause`);
    await page.getByRole('region', { name: 'Findings' }).getByRole('button', { name: /^line \d+$/ }).first().click();
    await page.locator('.cm-lint-marker').first().waitFor();
    expect(await page.locator('.cm-activeLine').innerText()).toBe('      "name": "cause",');
  });

  test('shows at home what is of one’s teams, and what is of everybody', async () => {
    const { page, open } = await pageOf('fay');
    await open('/');
    await page.getByText('No deployment of your teams was denied.').waitFor();
    await page.getByRole('button', { name: 'Of everybody' }).click();
    await page.waitForURL('**/?of=everybody');
    await page.getByRole('link', { name: 'connect://main/payments-cdc' }).waitFor();
    const own = await pageOf('ann');
    await own.open('/');
    await own.page.getByRole('link', { name: 'connect://main/payments-cdc' }).waitFor();
    await own.open('/gate');
    await own.page.getByRole('checkbox', { name: 'of my teams' }).check();
    await own.page.waitForURL('**/gate?team=team-payments');
    await own.page.getByText('2 decisions').waitFor();
    await own.open('/gate?team=team-finance');
    await own.page.getByText('No decision is like this.').waitFor();
  });

  test('says in plain words why a job was denied, and what can be done', async () => {
    const { page, open } = await pageOf('ann');
    await open('/gate?outcome=deny');
    await page.getByRole('link', { name: 'connect://main/payments-cdc' }).first().click();
    await page.getByText('Denied: job orders-enrich reads payments.amount').waitFor();
    await page.getByText(/ask team-checkout, .*team-finance.* to approve/).waitFor();
  });

  test('a team that is asked agrees to findings of a denial where it is shown', async () => {
    const { page, open, faults } = await pageOf('fay');
    await open(`/gate/${decision}`);
    await page.getByPlaceholder('Why your team agrees').fill('the ledger takes amounts from orders');
    await page.getByRole('button', { name: 'Approve this finding' }).click();
    await page.getByText('team-finance has agreed to its part.').waitFor();
    expect(await page.getByRole('region', { name: 'Approvals' }).innerText()).toMatch(/fay agreed to 1 finding: the ledger takes/);
    expect(faults).toEqual([]);
  });

  test('shows a permit, and starts that none covered', async () => {
    const { page, open } = await pageOf('ann');
    await open(`/gate/${permitted}`);
    await page.getByRole('region', { name: 'Permit' }).getByText('lets it start').waitFor();
    await page.getByText('another artifact').waitFor();
    await open('/gate');
    await page.getByRole('button', { name: 'Bypasses' }).click();
    await page.waitForURL('**/gate?view=bypasses');
    await page.getByText('another artifact').waitFor();
  });

  test.each([['light', 1280], ['dark', 768]] as const)('pages of governance are accessible, fit, stand still and break no policy, in %s at %i px', { timeout: 120_000 }, async (scheme, width) => {
    const change = await proposed(scheme === 'light' ? 'device_id' : 'partner_id');
    const found: string[] = [];
    for (const path of ['/?of=everybody', '/', '/changes', '/changes?mine=yes', `/changes/new?${SEASON}&path=quantity`, '/changes/new', `/changes/${change}`, '/changes/nothing', '/gate', `/gate/${decision}`, `/gate/${permitted}`, '/gate?view=bypasses']) {
      const watched = await pageOf('ann', { scheme, width });
      found.push(...(await pageFaults(watched, path)));
      await watched.page.context().close();
    }
    expect(found).toEqual([]);
  });
});
