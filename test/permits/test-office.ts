import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PermitGiving } from '../../server/actions/permits.ts';
import { PermitKeys } from '../../server/permits/permit-keys.ts';
import { permitOffice } from '../../server/permits/permit-office.ts';

export interface TestOffice {
  readonly office: PermitGiving;
  readonly keys: PermitKeys;
  readonly file: string;
}

/** Gives permits of a quarter of an hour by keys of its own; jobs are looked at when the test says so. */
export async function openTestOffice(clock: () => number): Promise<TestOffice> {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-permits-')), 'keys.json');
  const keys = await PermitKeys.open(file, clock);
  return { office: permitOffice({ keys, lifetimeMs: 900_000, lookEveryMs: null, clock }), keys, file };
}
