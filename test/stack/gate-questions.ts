import { expect } from 'vitest';
import { topic } from './event-history.ts';
import type { Reply, SluiceProcess } from './sluice-process.ts';

const DECISIONS = '/v1/gate/decisions';
const FIELDS = [{ name: 'id', type: 'long' }, { name: 'amount', type: 'double' }, { name: 'note', type: ['null', 'string'] }];

/** May the writer of the history's first topic be deployed: as it is, and without a field that a job reads? */
const REQUESTS = [FIELDS, FIELDS.filter(({ name }) => name !== 'amount')].map((fields) => ({
  job: { namespace: 'apps://main', name: 'order-service', owner: 'orders' }, dryRun: true,
  program: { kind: 'declared', inputs: [], outputs: [{ dataset: topic(0), writerSchema: { type: 'record', name: 'Order', fields } }] },
}));

/** What the gate decides of both, without what no two decisions share. */
export async function verdictsOf(sluice: SluiceProcess): Promise<readonly { readonly outcome: string; readonly findings: readonly string[] }[]> {
  return Promise.all(REQUESTS.map(async (request) => {
    const { status, body } = await sluice.ask('POST', DECISIONS, request);
    if (status !== 200) throw new Error(`the gate answered ${status}: ${JSON.stringify(body)}`);
    return { outcome: body.outcome as string, findings: (body.findings as { id: string; rule: string; field?: string }[]).map(({ id, rule, field }) => `${rule} ${field ?? ''} ${id}`).sort() };
  }));
}

/** The gate answers both with a 503 of this problem, says when to ask again, and shows nothing of its inside. */
export async function expectGateRefuses(sluice: SluiceProcess, slug: string, detail: RegExp): Promise<void> {
  for (const reply of await Promise.all(REQUESTS.map((request) => sluice.ask('POST', DECISIONS, request)))) expectRefusal(reply, slug, detail);
}

/** Whether the gate refuses with this problem now; anything but a decision or a problem document is an error. */
export async function gateRefuses(sluice: SluiceProcess, slug: string): Promise<boolean> {
  const { status, body } = await sluice.ask('POST', DECISIONS, REQUESTS[0]);
  expect([200, 503]).toContain(status);
  return body.type === `urn:sluice:problem:${slug}`;
}

export function expectRefusal({ status, retryAfter, body }: Reply, slug: string, detail: RegExp): void {
  expect([status, body.type]).toEqual([503, `urn:sluice:problem:${slug}`]);
  expect(body.detail).toMatch(detail);
  expect(Number(retryAfter)).toBeGreaterThan(0);
  expect(JSON.stringify(body)).not.toMatch(/\.ts\b|node_modules|at .*\(/);
}
