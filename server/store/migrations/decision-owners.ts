import type { DatabaseSync } from 'node:sqlite';
import { statedOwnerIn } from '../decision-owner.ts';

/** Version 4. Whose job a decision is about, so that a team's own are found; kind and outcome lie beside it to be counted. */
const OWNERS = `
  ALTER TABLE ledger ADD COLUMN owner TEXT;
  CREATE INDEX ledger_owner ON ledger (owner, kind, outcome) WHERE owner IS NOT NULL;
`;

export function addDecisionOwners(db: DatabaseSync): void {
  db.exec(OWNERS);
  const decisions = db.prepare("SELECT sequence, body || coalesce(text, '') AS body FROM ledger LEFT JOIN ledger_tail ON ledger_tail.id = tail WHERE kind = 'decision' AND sequence > ? ORDER BY sequence LIMIT 1");
  const state = db.prepare('UPDATE ledger SET owner = ? WHERE sequence = ?');
  // One at a time: a table is not changed under the statement that reads it, and a body may have megabytes.
  for (let row = decisions.get(0); row !== undefined; row = decisions.get(row['sequence'] ?? 0)) {
    const owner = typeof row['body'] === 'string' ? statedOwnerIn(row['body']) : null;
    if (owner !== null) state.run(owner, row['sequence'] ?? 0);
  }
}
