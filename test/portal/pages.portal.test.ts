import { beforeAll, expect, test } from 'vitest';
import denied from '../../ingest/demo/gate-denied.json' with { type: 'json' };
import { describePortal } from './describe-portal.ts';
import { pageFaults } from './page-faults.ts';

const DATASET = '/datasets/kafka%3A%2F%2Fmain/payments';
const FIELD = 'namespace=kafka%3A%2F%2Fmain&name=payments&path=amount';
/** Scripts, styles and letters of the first page, packed. */
const MOST_BYTES = 250_000;

describePortal('every page of the portal', async () => ({}), (portal) => {
  let decision = '';
  let change = '';
  beforeAll(async () => {
    decision = String((await portal.service.post('/v1/gate/decisions', denied))['decisionId']);
    const proposal = { subject: { namespace: 'registry://main', name: 'payments-value' }, schema: denied.program.outputs[0]?.writerSchema, reason: 'amounts are of orders now' };
    change = ((await portal.service.post('/v1/schema-changes', proposal)) as { proposal: { id: string } }).proposal.id;
  });

  /** Pages that have something to show; then those that have not. */
  const pages = (): string[] => [
    '/', '/search?q=payments', DATASET, `${DATASET}?field=amount&value-diff=1..3`, `${DATASET}?asOf=2026-01-01T00:00:00Z`, '/jobs/flink%3A%2F%2Fmain/orders-enrich', '/consumers/kafka%3A%2F%2Fmain/finance-ledger',
    '/subjects/registry%3A%2F%2Fmain/payments-value', '/pipelines/mesh/checkout', '/processors/mesh/column-rename', `/lineage?kind=field&${FIELD}&depth=4`, `/impact?${FIELD}`, `/impact?${FIELD}&rename=total`,
    '/gate', `/gate/${decision}`, '/changes', `/changes/new?${FIELD}`, `/changes/${change}`, ...['', '?view=pipelines', '?view=processors', '?view=connectors', '?view=unread', '?view=repeated'].map((view) => `/platform${view}`),
  ];
  const bare = ['/search?q=nothinglikethis', '/lineage', '/impact', '/changes/new', '/changes?state=expired', '/gate?outcome=needs-approval', '/gate?view=bypasses', '/datasets/kafka%3A%2F%2Fmain/nothing', '/subjects/registry%3A%2F%2Fmain/nothing', '/gate/nothing', '/changes/nothing', '/nowhere'];

  test.each([['light', 1280], ['dark', 768]] as const)('is accessible, fits, stands still and breaks no policy, in %s at %i px', { timeout: 240_000 }, async (scheme, width) => {
    const found: string[] = [];
    for (const path of [...pages(), ...bare]) {
      const watched = await portal.page({ scheme, width });
      found.push(...(await pageFaults(watched, path)));
      await watched.page.context().close();
    }
    expect(found).toEqual([]);
  });

  test.each([
    ['nobody answers', null, 'Sluice does not answer'],
    ['it may not be seen', { type: 'urn:sluice:problem:scope-missing', title: 'Scope missing', status: 403, detail: 'you have no scope lineage:read' }, 'you have no scope lineage:read'],
    ['no true answer can be given', { type: 'urn:sluice:problem:not-ready', title: 'Not ready', status: 503, detail: 'the index is behind the store' }, 'the index is behind the store'],
  ] as const)('says so when %s', { timeout: 120_000 }, async (_, problem, said) => {
    const { page } = await portal.page();
    await page.route('**/v1/**', (route) => (problem === null ? route.abort() : route.fulfill({ status: problem.status, contentType: 'application/problem+json', body: JSON.stringify(problem) })));
    for (const path of [...pages(), '/lineage', '/impact', '/changes/new']) {
      await page.goto(path);
      await page.getByRole('alert').getByText(said).first().waitFor();
    }
  });

  test('loads little at first, and the map and the editor when they are needed', async () => {
    const { page } = await portal.page();
    const loaded: string[] = [];
    page.on('response', (response) => void loaded.push(response.url()));
    const sizeOf = async (url: string): Promise<number> => Number((await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } })).headers.get('content-length') ?? NaN);
    await page.goto('/');
    await page.getByText('Changed lately').waitFor();
    const sizes = await Promise.all(loaded.filter((url) => url.includes('/assets/')).map(sizeOf));
    expect(sizes.length).toBeGreaterThan(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
    expect(loaded.filter((url) => /layout\.worker|editor/.test(url))).toEqual([]);
    await page.goto(`/lineage?kind=field&${FIELD}`);
    await page.locator('svg[aria-label="Lineage map"] .focus').waitFor();
    expect(loaded.some((url) => url.includes('layout.worker'))).toBe(true);
  });

  test('shows hostile names as what they are', async () => {
    const name = '"><img src=x onerror=document.title="taken">';
    const at = { time: Date.now(), sequence: 1, event: 'hostile' };
    const about = { kind: 'dataset' as const, namespace: 'kafka://main', name };
    await portal.service.apply([
      { change: 'statement', about, part: '', evidence: 'declared', at, aspect: 'dataset', body: { kind: 'topic', platform: 'kafka', cluster: 'main' } },
      { change: 'statement', about, part: '', evidence: 'declared', at, aspect: 'doc', body: { text: '<script>document.title="taken"</script>' } },
    ]);
    const { page, open } = await portal.page();
    for (const path of [`/search?q=${encodeURIComponent('img src')}`, `/datasets/kafka%3A%2F%2Fmain/${encodeURIComponent(name)}`, `/lineage?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=${encodeURIComponent(name)}`, '/lineage']) {
      await open(path);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toBe('taken');
    }
  });
});
