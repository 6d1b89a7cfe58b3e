import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ApiTokens, DEFAULT_TOKEN_DAYS, LONGEST_TOKEN_DAYS, type TokenRequest } from '../actions/api-tokens.ts';
import { LedgerFollower } from '../actions/ledger-follower.ts';
import { LedgerWriter } from '../actions/ledger-writer.ts';
import { type KnownToken, stateOfToken, TokenBook } from '../actions/token-book.ts';
import { type Identity, isRole, type Role, ROLES } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';
import { openStore, type StoreAddress } from '../store/store-address.ts';
import { type ApiClient, clientAt } from './api-client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { ADDRESS, addressOf, answering, mustExist, using } from './store.ts';
import { lines, type Terminal } from './terminal.ts';

interface Where {
  readonly store?: string;
  readonly url?: string;
  readonly json?: boolean;
}
interface Shown {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
  readonly state: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
}
/** Where tokens are made, listed and revoked: in a store, or by a server. */
interface TokenDesk {
  create(request: TokenRequest): Promise<Shown & { readonly secret: string }>;
  list(): Promise<readonly Shown[]>;
  revoke(id: string, reason: string | undefined): Promise<Shown>;
}

/** Whoever can write the store needs nobody's leave: the first token is made so. */
const STORE_COMMAND: Identity = { id: 'store-command', name: 'a command on the store', kind: 'local', teams: [], scopes: new Set() };
/** Tokens of one page of the API. */
const PAGE = 1_000;

/** `sluice token create | list | revoke`: tokens for machines. */
export function tokenCommand(terminal: Terminal): Command {
  const token = new Command('token').description('make, list and revoke API tokens for machines');
  const command = (name: string, description: string): Command => token.command(name).description(description)
    .option('--url <url>', 'ask the server there, with SLUICE_TOKEN, instead of writing the store')
    .option('--store <address>', ADDRESS).option('--json', 'print the result as JSON');
  command('create', 'make a token; it is shown this once')
    .argument('<name>', 'what people call the machine')
    .requiredOption('--role <role...>', `what it may do: ${Object.keys(ROLES).join(', ')}`)
    .option('--team <team...>', 'teams it is of')
    .option('--days <days>', `days until it expires, at most ${LONGEST_TOKEN_DAYS}`, daysOf, DEFAULT_TOKEN_DAYS)
    .action((name: string, options: Where & CreateOptions) => create(name, options, terminal));
  command('list', 'the tokens there are, newest first').action(async (options: Where) => {
    const tokens = await atDesk(options, terminal, (desk) => desk.list());
    terminal.write(options.json ? tokens.map((one) => lines(JSON.stringify(one))).join('') : lines(`${tokens.length} tokens`, tokens.map(rendered)));
  });
  command('revoke', 'refuse a token from now on').argument('<id>', 'as list shows it').option('--reason <reason>', 'why, for the ledger')
    .action(async (id: string, options: Where & { readonly reason?: string }) => {
      const revoked = await atDesk(options, terminal, (desk) => desk.revoke(id, options.reason));
      terminal.write(options.json ? lines(JSON.stringify(revoked)) : lines(`token ${revoked.name} is ${revoked.state}`));
    });
  return token;
}

interface CreateOptions {
  readonly role: readonly string[];
  readonly team?: readonly string[];
  readonly days: number;
}

async function create(name: string, options: Where & CreateOptions, terminal: Terminal): Promise<void> {
  const unknown = options.role.find((role) => !isRole(role));
  if (unknown !== undefined) throw new CommandFailure(EXIT.usage, `there is no role "${unknown}", only ${Object.keys(ROLES).join(', ')}`);
  const request = { name, roles: options.role as readonly Role[], teams: options.team ?? [], expiresInDays: options.days };
  const { secret, ...token } = await atDesk({ ...options, mayMakeStore: true }, terminal, (desk) => desk.create(request));
  if (options.json) return terminal.write(lines(JSON.stringify({ ...token, secret })));
  // The token alone goes to standard output, so that it can be piped to where it belongs and is not read on the way.
  terminal.writeError(lines(rendered(token), 'The token, shown this once:'));
  terminal.write(lines(secret));
}

/** The first token may come before the first start of the server; whatever else is asked of a store, it is there. */
function atDesk<T>({ url, store, mayMakeStore = false }: Where & { readonly mayMakeStore?: boolean }, terminal: Terminal, work: (desk: TokenDesk) => Promise<T>): Promise<T> {
  if (url !== undefined && store !== undefined) throw new CommandFailure(EXIT.usage, '--url and --store exclude each other');
  if (url !== undefined) return work(serverDesk(clientAt(url, terminal)));
  const address = addressOf(terminal, store);
  if (!mayMakeStore) mustExist(address);
  else if (address.kind === 'embedded') mkdirSync(dirname(address.file), { recursive: true });
  return atStore(address, work);
}

function serverDesk(api: ApiClient): TokenDesk {
  return {
    create: (request) => api.post('/v1/tokens', request, undefined as never),
    revoke: (tokenId, reason) => api.delete('/v1/tokens/{tokenId}', { tokenId }, reason === undefined ? {} : { reason }),
    async list() {
      const tokens: Shown[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await api.get('/v1/tokens', { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
        tokens.push(...page.tokens);
        cursor = page.nextCursor;
      }
      return tokens;
    },
  };
}

function atStore<T>(address: StoreAddress, work: (desk: TokenDesk) => Promise<T>): Promise<T> {
  return answering(() => using(openStore(address), async (opened) => {
    const follower = new LedgerFollower(opened, Date.now);
    const tokens = new ApiTokens({ follower, writer: new LedgerWriter(opened, follower), book: follower.add(new TokenBook()), clock: Date.now });
    return work(storeDesk(tokens));
  }));
}

function storeDesk(tokens: ApiTokens): TokenDesk {
  return {
    async create(request) {
      const { token, secret } = await tokens.create(request, STORE_COMMAND);
      return { ...shown(token), secret };
    },
    list: async () => (await tokens.list()).map(shown),
    revoke: (id, reason) => tokens.revoke(id, reason ?? null, STORE_COMMAND).then(shown, (failure: unknown) => {
      throw failure instanceof Problem ? new CommandFailure(EXIT.usage, failure.message) : failure;
    }),
  };
}

function shown(token: KnownToken): Shown {
  const { id, name, roles, teams, expiresAt } = token;
  return { id, name, roles, teams, state: stateOfToken(token, Date.now()), expiresAt: new Date(expiresAt).toISOString(), lastUsedAt: null };
}

function rendered({ id, name, roles, teams, state, expiresAt, lastUsedAt }: Shown): string {
  const facts = [id, name, roles.join(', '), teams.length > 0 ? `teams ${teams.join(', ')}` : '', state === 'active' ? `until ${expiresAt}` : state, lastUsedAt === null ? '' : `used ${lastUsedAt}`];
  return `  ${facts.filter((fact) => fact !== '').join('   ')}`;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > LONGEST_TOKEN_DAYS) throw new InvalidArgumentError(`It is not a whole number from 1 to ${LONGEST_TOKEN_DAYS}.`);
  return days;
}
