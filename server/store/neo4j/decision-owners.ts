import { statedOwnerIn } from '../decision-owner.ts';
import type { Transaction } from './transaction.ts';

/** Decisions read at once: the largest bodies are some megabytes. */
const DECISIONS_AT_ONCE = 200;

/** Puts the owner beside every decision that was recorded before owners were. */
export async function stateOwners(transaction: Transaction): Promise<void> {
  for (let after = 0; ; ) {
    const found = await transaction.run<[number, string]>(
      "MATCH (e:LedgerEntry) WHERE e.kind = 'decision' AND e.sequence > $after RETURN e.sequence, e.body ORDER BY e.sequence LIMIT $limit", { after, limit: DECISIONS_AT_ONCE });
    const rows = found.map(([sequence, body]) => ({ sequence, owner: statedOwnerIn(body) })).filter(({ owner }) => owner !== null);
    await transaction.run('UNWIND $rows AS row MATCH (e:LedgerEntry { sequence: row.sequence }) SET e.owner = row.owner', { rows });
    const last = found.at(-1);
    if (last === undefined || found.length < DECISIONS_AT_ONCE) return;
    [after] = last;
  }
}
