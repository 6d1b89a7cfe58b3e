import type { RouteHandlerMethod } from 'fastify';
import type { operations } from '../openapi-types.ts';
import { admissionHandlers, type AdmissionParts } from './admission.ts';
import { approvalHandlers, type ApprovalHandlerParts } from './approvals.ts';
import { gateHandlers } from './gate.ts';
import { groupHandlers, type GroupParts } from './groups.ts';
import { identityHandlers, type IdentityParts } from './identity.ts';
import { ledgerHandlers } from './ledger.ts';
import { type LineageDoorParts, openLineageHandlers } from './openlineage.ts';
import { type OperationParts, operationHandlers } from './operations.ts';
import { permitHandlers, type PermitHandlerParts } from './permits.ts';
import { platformHandlers, type PlatformParts } from './platform.ts';
import { type QuestionParts, questionHandlers } from './questions.ts';
import { type SchemaChangeHandlerParts, schemaChangeHandlers } from './schema-changes.ts';
import { schemaHandlers } from './schemas.ts';
import { webhookHandlers } from './webhooks.ts';

/** One handler for each operation of `openapi.yaml`, by operationId; a missing one does not compile. */
export type Handlers = Readonly<Record<keyof operations, RouteHandlerMethod>>;

export type HandlerParts = AdmissionParts & ApprovalHandlerParts & PermitHandlerParts & QuestionParts & OperationParts & PlatformParts & GroupParts & IdentityParts & LineageDoorParts & SchemaChangeHandlerParts & Parameters<typeof gateHandlers>[0] & Parameters<typeof webhookHandlers>[0];

export function buildHandlers(parts: HandlerParts): Handlers {
  return {
    ...gateHandlers(parts), ...approvalHandlers(parts), ...permitHandlers(parts), ...admissionHandlers(parts),
    ...questionHandlers(parts), ...schemaHandlers(parts), ...schemaChangeHandlers(parts), ...openLineageHandlers(parts),
    ...ledgerHandlers(parts), ...webhookHandlers(parts), ...operationHandlers(parts), ...platformHandlers(parts), ...groupHandlers(parts), ...identityHandlers(parts),
  } as Handlers;
}
