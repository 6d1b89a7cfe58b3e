import { NotUnderstood } from '../plan-fault.ts';
import { type JsonObject, listAt, objectAt } from '../plan-json.ts';
import type { NodeWalk } from '../node-walk.ts';

/** The call of a table function; operands are left out of a plan when there are none. */
export function functionCall({ json }: NodeWalk): { readonly call: JsonObject; readonly operands: readonly unknown[] } {
  const call = objectAt(json.functionCall, 'functionCall');
  if (call.kind !== 'CALL') throw new NotUnderstood('expected a call in functionCall');
  return { call, operands: listAt(call.operands ?? [], 'functionCall.operands') };
}
