import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { flinkResourceOf } from '../server/catalog/admission/flink-resource.ts';
import { specification } from '../server/catalog-service.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const manifests = [...README.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text ?? '') as Record<string, never>);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest['kind'] === kind);

test('the webhook of the README asks an address that exists, and takes no silence for an allow', () => {
  const [webhook] = ofKind('ValidatingWebhookConfiguration').flatMap(({ webhooks }) => webhooks as unknown as { failurePolicy: string; clientConfig: { service: { path: string } } }[]);
  expect(Object.keys((specification() as { paths: object }).paths)).toContain(webhook?.clientConfig.service.path);
  expect(webhook?.failurePolicy).toBe('Fail');
});

test('the resource of the README is one that starts a job', () => {
  expect(ofKind('FlinkDeployment').map((manifest) => flinkResourceOf(manifest))).toMatchObject([{ outcome: 'resource', resource: { runs: true, name: 'large-payments' } }]);
});
