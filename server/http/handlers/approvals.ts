import type { FastifyRequest } from 'fastify';
import type { Approvals, AskedApproval, AskedBreakGlass } from '../../actions/approvals.ts';
import type { Approval } from '../../catalog/gate/approval.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';

export interface ApprovalHandlerParts {
  readonly approvals: Approvals;
}

/** Approvals of the gate's findings. */
export function approvalHandlers({ approvals }: ApprovalHandlerParts) {
  return {
    async giveApproval(request: FastifyRequest): Promise<object> {
      const given = await approvals.give(request.body as AskedApproval, request.identity);
      return { approvals: given.map(approvalDocument) };
    },

    async breakGlass(request: FastifyRequest): Promise<object> {
      return approvalDocument(await approvals.breakGlass(request.body as AskedBreakGlass, request.identity));
    },

    async revokeApproval(request: FastifyRequest): Promise<object> {
      const { approvalId } = request.params as { approvalId: string };
      await approvals.revoke(approvalId, (request.body as { reason: string }).reason, request.identity);
      return { approvalId };
    },

    async listApprovals(request: FastifyRequest): Promise<object> {
      const { limit, cursor } = request.query as { limit: number; cursor?: string };
      const before = decodeCursor(cursor, { before: 'number' })?.before ?? Number.MAX_SAFE_INTEGER;
      const standing = await approvals.standing();
      const rest = standing.filter(({ sequence }) => sequence < before);
      const page = rest.slice(0, limit);
      return { approvals: page.map(({ approval }) => approvalDocument(approval)), total: standing.length, nextCursor: rest.length > limit ? encodeCursor({ before: page.at(-1)?.sequence ?? 0 }) : null };
    },
  };
}

function approvalDocument({ id, context, findings, team, by, byName, reason, at, expiresAt, proposal }: Approval): object {
  const { kind, namespace, name } = context;
  return { approvalId: id, context: { kind, namespace, name }, findings, team, by, byName: byName ?? by, reason, givenAt: new Date(at).toISOString(), expiresAt: new Date(expiresAt).toISOString(), proposal };
}
