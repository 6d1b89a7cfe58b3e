import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiTokens, TokenRequest } from '../../actions/api-tokens.ts';
import type { Ownership, OwnerChange, TeamChange } from '../../actions/ownership.ts';
import { type KnownToken, stateOfToken } from '../../actions/token-book.ts';
import { canonical, type ClusterAliases } from '../../catalog/cluster-aliases.ts';
import { isGranted } from '../../catalog/identity.ts';
import type { EntityRef, Named } from '../../catalog/names.ts';
import { Problem } from '../../problem.ts';
import { teamsOf } from '../../queries/membership.ts';
import { type OWNED_KINDS, teamView } from '../../queries/team-view.ts';
import type { QueryParts } from '../../queries/view.ts';
import type { Store } from '../../store/store.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';

export interface IdentityParts extends QueryParts {
  readonly store: Store;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly apiTokens: ApiTokens;
  readonly ownership: Ownership;
}

/** Who callers are, their tokens, and what their teams own. */
export function identityHandlers({ store, index, catalog, aliases, clock, apiTokens, ownership }: IdentityParts) {
  const tokenDocument = (token: KnownToken): object => tokenAnswer(token, apiTokens.lastUseOf(token), clock());
  return {
    async getMe({ identity }: FastifyRequest): Promise<object> {
      await index.catchUp();
      const { id, name, kind, scopes } = identity;
      return { id, name, kind, teams: await teamsOf(identity, { store, catalog }), scopes: [...scopes].filter(isGranted).sort() };
    },

    async createToken(request: FastifyRequest, reply: FastifyReply): Promise<object> {
      const { token, secret } = await apiTokens.create(request.body as TokenRequest, request.identity);
      reply.header('cache-control', 'no-store');
      return { ...tokenDocument(token), secret };
    },

    async listTokens(request: FastifyRequest): Promise<object> {
      const { limit, cursor } = request.query as { limit: number; cursor?: string };
      const offset = decodeCursor(cursor, { offset: 'number' })?.offset ?? 0;
      const tokens = await apiTokens.list();
      const end = offset + limit;
      return { tokens: tokens.slice(offset, end).map(tokenDocument), total: tokens.length, nextCursor: end < tokens.length ? encodeCursor({ offset: end }) : null };
    },

    async revokeToken(request: FastifyRequest): Promise<object> {
      const { tokenId } = request.params as { tokenId: string };
      const { reason } = request.query as { reason?: string };
      return tokenDocument(await apiTokens.revoke(tokenId, reason ?? null, request.identity));
    },

    async getTeam(request: FastifyRequest): Promise<object> {
      await index.catchUp();
      const { limit, cursor } = request.query as { limit: number; cursor?: string };
      return teamView((request.params as { team: string }).team, { limit, cursor: cursor ?? null }, { store, catalog }).catch((failure: unknown) => {
        throw failure instanceof RangeError ? new Problem('request-invalid', failure.message) : failure;
      });
    },

    async putTeam(request: FastifyRequest): Promise<object> {
      const { team } = request.params as { team: string };
      return { name: team, ...(await ownership.setTeam(team, request.body as TeamChange, request.identity)) };
    },

    async putOwner(request: FastifyRequest): Promise<object> {
      const { kind, namespace, name } = request.params as Named & { kind: (typeof OWNED_KINDS)[number] };
      const entity: EntityRef = { kind, ...canonical(aliases, { namespace, name }) };
      const change = request.body as OwnerChange;
      const revision = await ownership.setOwner(entity, change, request.identity);
      return { entity, owner: change.owner, revision };
    },
  };
}

function tokenAnswer(token: KnownToken, lastUse: number | null, now: number): object {
  const { id, name, roles, teams, createdAt, expiresAt, revokedAt, by, byName } = token;
  return {
    id, name, roles, teams, state: stateOfToken(token, now), by, byName,
    createdAt: new Date(createdAt).toISOString(), expiresAt: new Date(expiresAt).toISOString(),
    revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(), lastUsedAt: lastUse === null ? null : new Date(lastUse).toISOString(),
  };
}
