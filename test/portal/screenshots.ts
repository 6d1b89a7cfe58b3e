import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import denied from '../../ingest/demo/gate-denied.json' with { type: 'json' };
import { missingForPortal, startBrowser } from './chromium.ts';
import { type SampleService, startSampleService } from './sample-service.ts';

/** Pictures of the portal for the README, taken of the sample platform: `npm run screenshots`. */
const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const WINDOW = { width: 1280, height: 720 };
const SUBJECT = { namespace: 'registry://main', name: 'content-season-value' };
const TOPIC = 'namespace=kafka%3A%2F%2Fmain&name=payments';

/** Proposes the newest schema of the subject without one of its fields; answers the proposal's id. */
async function proposedWithout({ url, post }: SampleService, field: string): Promise<string> {
  const subject = (await (await fetch(`${url}/v1/subjects/${encodeURIComponent(SUBJECT.namespace)}/${SUBJECT.name}`)).json()) as { readonly versions: readonly { readonly schema: string }[] };
  const schema = JSON.parse(subject.versions[0]?.schema ?? '{}') as { readonly fields: readonly { readonly name: string }[] };
  const candidate = { ...schema, fields: schema.fields.filter(({ name }) => name !== field) };
  const { proposal } = (await post('/v1/schema-changes', { subject: SUBJECT, schema: JSON.stringify(candidate), reason: `Nobody fills ${field}` })) as { readonly proposal: { readonly id: string } };
  return proposal.id;
}

async function takePictures(): Promise<void> {
  const [browser, service] = await Promise.all([startBrowser(), startSampleService()]);
  try {
    const { decisionId } = await service.post('/v1/gate/decisions', denied);
    const change = await proposedWithout(service, 'reason');
    const pages: readonly (readonly [name: string, path: string])[] = [
      ['home', '/'], ['search', '/search?q=payments'], ['field', '/datasets/kafka%3A%2F%2Fmain/payments?field=amount'], ['lineage', `/lineage?kind=field&${TOPIC}&path=amount&depth=2&direction=downstream`],
      ['impact', `/impact?${TOPIC}&path=amount`], ['candidate', `/changes/new?${TOPIC}&path=amount&rename=total`], ['change', `/changes/${change}`], ['decision', `/gate/${String(decisionId)}`], ['unread-topics', '/platform?view=unread'],
    ];
    const context = await browser.newContext({ viewport: WINDOW, colorScheme: 'light', reducedMotion: 'reduce', baseURL: service.url });
    const page = await context.newPage();
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, path] of pages) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: `${FOLDER}${name}.png` });
    }
  } finally {
    await browser.close();
    await service.stop();
  }
}

const missing = missingForPortal();
if (missing === null) await takePictures();
else throw new Error(`no pictures: this machine lacks ${missing}`);
