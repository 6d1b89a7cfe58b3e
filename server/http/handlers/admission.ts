import type { FastifyRequest } from 'fastify';
import { FlinkAdmission, type FlinkAdmissionParts } from '../../actions/flink-admission.ts';
import type { DecisionDocument } from '../../actions/decision-record.ts';
import type { Gate } from '../../actions/gate.ts';
import type { GateDocument } from '../../actions/gate-request.ts';
import type { Identity } from '../../catalog/identity.ts';
import type { JsonValue } from '../../catalog/avro/parse.ts';
import { Problem } from '../../problem.ts';
import { describedAs } from '../described-value.ts';

export interface AdmissionParts {
  readonly gate: Gate;
  readonly specification: object;
  readonly checkPermit: FlinkAdmissionParts['checkPermit'];
  readonly jobNamespace: string;
}

/** `POST /v1/admission/flink`. */
export function admissionHandlers({ gate, specification, checkPermit, jobNamespace }: AdmissionParts) {
  const refusalOf = describedAs('GateRequest', specification);
  const askAs = (by: Identity): FlinkAdmissionParts['ask'] => async (request, uid) => {
    const refusal = refusalOf(request);
    if (refusal !== null) throw new Problem('request-invalid', refusal);
    const { text } = await gate.decide({ document: request as unknown as GateDocument, text: JSON.stringify(request), by }, `admission-${uid}`);
    return JSON.parse(text) as DecisionDocument & { readonly findings: readonly { readonly severity: string; readonly message: string }[] };
  };
  return {
    admitFlinkResource(request: FastifyRequest): Promise<object> {
      return new FlinkAdmission({ checkPermit, ask: askAs(request.identity), jobNamespace }).review(request.body as JsonValue);
    },
  };
}
