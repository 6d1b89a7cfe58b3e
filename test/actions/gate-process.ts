import { randomUUID } from 'node:crypto';
import { ApprovalBook } from '../../server/actions/approval-book.ts';
import { Approvals } from '../../server/actions/approvals.ts';
import type { DecisionDocument } from '../../server/actions/decision-record.ts';
import { Gate } from '../../server/actions/gate.ts';
import type { GateDocument } from '../../server/actions/gate-request.ts';
import { LedgerFollower } from '../../server/actions/ledger-follower.ts';
import { LedgerWriter } from '../../server/actions/ledger-writer.ts';
import { PermitBook } from '../../server/actions/permit-book.ts';
import { PermitWatch } from '../../server/actions/permit-watch.ts';
import { PolicyBook } from '../../server/actions/policy-book.ts';
import { type Identity, scopesOf } from '../../server/catalog/identity.ts';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { CatalogReader } from '../../server/queries/catalog-reader.ts';
import type { Store } from '../../server/store/store.ts';
import { NO_TRACING } from '../../server/tracing/tracing.ts';

/** What one process of Sluice has between the store and HTTP. */
export interface GateProcess {
  readonly approvals: Approvals;
  readonly watch: PermitWatch;
  ask(document: GateDocument): Promise<DecisionDocument>;
}

export const person = (id: string, teams: readonly string[] = []): Identity => ({ id, name: id, kind: 'person', teams, scopes: scopesOf(['deployer', 'approver']) });

export async function openGateProcess(store: Store, clock: () => number): Promise<GateProcess> {
  const index = await LineageIndex.open(store);
  const catalog = new CatalogReader(store);
  index.onChange((changed) => catalog.forget(changed));
  const follower = new LedgerFollower(store, clock);
  const writer = new LedgerWriter(store, follower);
  const policies = follower.add(new PolicyBook({ follower, writer, newId: randomUUID, clock }));
  const [book, permits] = [follower.add(new ApprovalBook()), follower.add(new PermitBook())];
  const watch = new PermitWatch({ store, index, catalog, follower, writer, book: permits, clock });
  const terms = { lifetimeMs: 900_000, signer: { sign: () => Promise.resolve({ token: 'token', keyId: 'key' }) } };
  const aliases = new Map<string, string>();
  const gate = new Gate({ store, index, catalog, writer, policies, approvals: book, permits, terms, settleOverdue: () => watch.settleOverdue(), aliases, clock, registry: null, tracing: NO_TRACING });
  return {
    watch,
    approvals: new Approvals({ store, index, catalog, aliases, follower, writer, book, newId: randomUUID, clock, onBreakGlass: () => undefined }),
    async ask(document) {
      const { text } = await gate.decide({ document, text: JSON.stringify(document), by: person('deployer') }, null);
      return JSON.parse(text) as DecisionDocument;
    },
  };
}
