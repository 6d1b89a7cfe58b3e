import { type Store, StoreUnavailable } from './store.ts';
import { type Neo4jStoreOptions, openNeo4jStore } from './neo4j-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** Where a store is. */
export type StoreAddress = { readonly kind: 'embedded'; readonly file: string } | { readonly kind: 'neo4j'; readonly options: Neo4jStoreOptions };
export type AddressOutcome = { readonly outcome: 'parsed'; readonly address: StoreAddress } | { readonly outcome: 'refused'; readonly message: string };

const SCHEMES = ['neo4j:', 'neo4j+s:', 'neo4j+ssc:', 'bolt:', 'bolt+s:', 'bolt+ssc:'];
const DEFAULT_USER = 'neo4j';

/** Reads `neo4j://user@host:port/database`; anything without `://` is the path of an embedded store. */
export function parseStoreAddress(text: string, password: string | undefined): AddressOutcome {
  if (!text.includes('://')) return { outcome: 'parsed', address: { kind: 'embedded', file: text } };
  const url = URL.parse(text);
  if (url === null || !SCHEMES.includes(url.protocol) || url.hostname === '') return refused(`is not an address such as neo4j://neo4j@host:7687/neo4j (${SCHEMES.join(', ')})`);
  if (url.password !== '') return refused('holds a password, which would show in process lists: it comes in SLUICE_NEO4J_PASSWORD');
  if (password === undefined || password === '') return refused('names Neo4j, and SLUICE_NEO4J_PASSWORD is not set');
  const database = url.pathname.slice(1);
  const options = { url: `${url.protocol}//${url.host}`, user: decodeURIComponent(url.username) || DEFAULT_USER, password, ...(database === '' ? {} : { database }) };
  return { outcome: 'parsed', address: { kind: 'neo4j', options } };
}

function refused(message: string): AddressOutcome {
  return { outcome: 'refused', message };
}

/** Opens the store at an address, making or migrating it as needed; see the two kinds for how that fails. */
export async function openStore(address: StoreAddress): Promise<Store & { readonly identity: string }> {
  return address.kind === 'embedded' ? openSqliteStore({ file: address.file }) : openNeo4jStore(address.options);
}

/** Whether a store that could not be opened may be there later by itself: a server comes back, and whoever has locked a file lets it go. */
export function mayOpenLater({ kind }: StoreAddress, failure: unknown): boolean {
  if (!(failure instanceof StoreUnavailable)) return false;
  const { reason } = failure;
  return reason === 'locked' || (kind === 'neo4j' && (reason === 'down' || reason === 'full'));
}

/** What to call a store before people: no password. */
export function nameOfAddress(address: StoreAddress): string {
  return address.kind === 'embedded' ? address.file : `${address.options.url}${address.options.database === undefined ? '' : `/${address.options.database}`}`;
}
