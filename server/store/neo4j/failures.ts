import neo4j from 'neo4j-driver';
import { StoreUnavailable } from '../store.ts';

/** Status codes (neo4j.com/docs/status-codes) by their beginning, the first that fits counts: what each means for us. */
const OUTAGES: readonly (readonly [begins: string, reason: StoreUnavailable['reason'], message: string])[] = [
  ['ServiceUnavailable', 'down', 'does not answer'],
  ['SessionExpired', 'down', 'broke the connection'],
  ['Neo.ClientError.Security.AuthenticationRateLimit', 'down', 'refuses everybody for a while, after wrong passwords'],
  ['Neo.ClientError.Security.AuthorizationExpired', 'down', 'asks to be told user and password again'],
  ['Neo.ClientError.Security.', 'refused', 'refuses the user or password it is given'],
  ['Neo.ClientError.Database.DatabaseNotFound', 'refused', 'has no database of that name'],
  ['Neo.ClientError.General.ForbiddenOnReadOnlyDatabase', 'down', 'is read-only'],
  ['Neo.ClientError.Cluster.', 'down', 'cannot be written to through this member'],
  ['Neo.ClientError.Transaction.TransactionTimedOut', 'locked', 'did not finish within the time a transaction may take'],
  ['Neo.ClientError.Transaction.LockClientStopped', 'locked', 'ended the transaction while it waited for others'],
  ['Neo.ClientError.Transaction.TransactionTerminated', 'locked', 'ended the transaction'],
  ['Neo.TransientError.General.MemoryPoolOutOfMemory', 'full', 'has no memory left for the transaction'],
  ['Neo.TransientError.General.OutOfMemory', 'full', 'has no memory left'],
  ['Neo.TransientError.General.DatabaseUnavailable', 'down', 'is starting or stopping'],
  ['Neo.TransientError.Transaction.', 'locked', 'is locked by other transactions'],
  ['Neo.TransientError.', 'down', 'cannot answer for the moment'],
  ['Neo.DatabaseError.', 'down', 'failed inside'],
];
/** The driver gives these no code of their own. */
const POOL_EXHAUSTED = /acquisition timed out|Connection (?:was )?closed|Could not perform discovery|pool is closed|driver is closed/i;

/** Turns Neo4j's outages into StoreUnavailable; anything else is returned as it is. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof neo4j.Neo4jError)) return error;
  const { code, message } = error;
  const outage = OUTAGES.find(([begins]) => code.startsWith(begins));
  if (outage !== undefined) return new StoreUnavailable(outage[1], `Neo4j ${outage[2]}`, { cause: error });
  return POOL_EXHAUSTED.test(message) ? new StoreUnavailable('down', 'Neo4j does not answer', { cause: error }) : error;
}
