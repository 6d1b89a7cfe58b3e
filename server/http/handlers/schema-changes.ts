import type { FastifyRequest } from 'fastify';
import type { ProposalView } from '../../actions/proposal-view.ts';
import type { SchemaChanges } from '../../actions/schema-changes.ts';
import type { ProposalFilter } from '../../actions/proposal-list.ts';
import type { JsonValue } from '../../catalog/avro/parse.ts';
import type { Named } from '../../catalog/names.ts';
import type { Candidate, CandidateReference } from '../../catalog/schema-change/proposal.ts';
import { Problem } from '../../problem.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { evaluationDocument, proposalDocument, wholeProposal } from '../schema-change-documents.ts';

export interface SchemaChangeHandlerParts {
  readonly changes: SchemaChanges;
}

/** Schema changes: proposed, agreed to, put into the registry. */
export function schemaChangeHandlers({ changes }: SchemaChangeHandlerParts) {
  const answer = async (view: ProposalView): Promise<object> => ({
    proposal: wholeProposal(view, await changes.schemaOf(view.proposal)),
    evaluation: view.judged === null || view.agreement === null ? null : evaluationDocument(view.judged, view.agreement),
  });
  const idOf = (request: FastifyRequest): string => (request.params as { changeId: string }).changeId;

  return {
    async proposeSchemaChange(request: FastifyRequest): Promise<object> {
      const { dryRun, reason, expiresAt, ...rest } = request.body as ChangeBody;
      const candidate = candidateOf(rest);
      if (dryRun === true) {
        const { judged, agreement } = await changes.evaluate(candidate);
        return { proposal: null, evaluation: evaluationDocument(judged, agreement) };
      }
      if (reason === undefined) throw new Problem('request-invalid', 'a proposal says its `reason`; a dry run need not');
      return answer(await changes.propose({ ...candidate, reason, expiresAt: timeOf(expiresAt) }, request.identity));
    },

    async listSchemaChanges(request: FastifyRequest): Promise<object> {
      const { limit, cursor, ...filter } = request.query as ProposalFilter & { limit: number; cursor?: string };
      const place = decodeCursor(cursor, { before: 'number' });
      const matching = await changes.list(filter);
      const from = matching.filter(({ proposal }) => place === null || proposal.sequence < place.before);
      const page = from.slice(0, limit);
      const last = page.at(-1);
      return { proposals: page.map(proposalDocument), total: matching.length, nextCursor: last !== undefined && from.length > limit ? encodeCursor({ before: last.proposal.sequence }) : null };
    },

    async getSchemaChange(request: FastifyRequest): Promise<object> {
      return answer(await changes.view(idOf(request)));
    },

    async approveSchemaChange(request: FastifyRequest): Promise<object> {
      const { team, findings, reason, expiresAt } = request.body as { team?: string; findings?: string[]; reason: string; expiresAt?: string };
      return answer(await changes.approve(idOf(request), { team: team ?? null, findings: findings ?? null, reason, expiresAt: timeOf(expiresAt) }, request.identity));
    },

    async rejectSchemaChange(request: FastifyRequest): Promise<object> {
      const { team, reason } = request.body as { team?: string; reason: string };
      return answer(await changes.reject(idOf(request), { team: team ?? null, reason }, request.identity));
    },

    async withdrawSchemaChange(request: FastifyRequest): Promise<object> {
      return answer(await changes.withdraw(idOf(request), (request.body as { reason?: string }).reason ?? null, request.identity));
    },

    async commentSchemaChange(request: FastifyRequest): Promise<object> {
      return answer(await changes.comment(idOf(request), (request.body as { text: string }).text, request.identity));
    },

    async registerSchemaChange(request: FastifyRequest): Promise<object> {
      return answer(await changes.register(idOf(request), request.identity));
    },
  };
}

interface ChangeBody {
  readonly subject: Named;
  readonly schema: JsonValue;
  readonly references?: readonly CandidateReference[];
  readonly reason?: string;
  readonly expiresAt?: string;
  readonly dryRun?: boolean;
}

function candidateOf({ subject, schema, references }: Pick<ChangeBody, 'subject' | 'schema' | 'references'>): Candidate {
  return { subject: { namespace: subject.namespace, name: subject.name }, schema: schemaText(schema), references: references ?? [] };
}

/** JSON text, as a registry takes it; a bare word names a type. */
function schemaText(schema: JsonValue): string {
  const isText = typeof schema === 'string' && /^\s*[[{"]/.test(schema);
  return isText ? schema : JSON.stringify(schema);
}

function timeOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}
