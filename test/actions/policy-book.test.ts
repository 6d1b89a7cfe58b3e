import { expect, test } from 'vitest';
import { LedgerFollower } from '../../server/actions/ledger-follower.ts';
import { LedgerWriter } from '../../server/actions/ledger-writer.ts';
import { PolicyBook } from '../../server/actions/policy-book.ts';
import { LOCAL_USER } from '../../server/catalog/identity.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';

const change = (rule: string) => ({ revision: 0, reason: 'r', exceptions: [{ rule, severity: 'off' as const }] });
function bookOf(store: () => Store): PolicyBook {
  const follower = new LedgerFollower({ ledger: (filter) => store().ledger(filter), ledgerAfter: (tail) => store().ledgerAfter(tail) }, () => 1);
  return follower.add(new PolicyBook({ follower, writer: new LedgerWriter(store(), follower), newId: () => 'x', clock: () => 1 }));
}

test('the policy in force is the one in the ledger, also after that was put back from a copy', async () => {
  const stores = [0, 1, 2].map(() => openSqliteStore({ file: ':memory:' }));
  const [ours, empty, other] = [stores[0]!, stores[1]!, stores[2]!];
  await bookOf(() => other).change(change('cycle'), LOCAL_USER);
  let inForce = ours;
  const book = bookOf(() => inForce);
  await book.change(change('owner-missing'), LOCAL_USER);
  const rules = async () => (await book.current()).exceptions.map(({ rule }) => rule);
  expect(await rules()).toEqual(['owner-missing']);
  inForce = empty;
  expect(await rules()).toEqual([]);
  inForce = other;
  expect(await rules()).toEqual(['cycle']);
  await Promise.all(stores.map((store) => store.close()));
});
