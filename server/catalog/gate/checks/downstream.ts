import type { ChangedField } from '../changed-fields.ts';
import { type Affected, fieldName, finding, type Finding } from '../finding.ts';
import type { GateRequest } from '../request.ts';
import { type DownstreamReader, type GateWorld, stateOf } from '../world.ts';

/** Check 3: who, beyond the direct readers, is reached by an output field that goes or changes? */
export function checkDownstream(request: GateRequest, world: GateWorld): Finding[] {
  return request.outputs.flatMap(({ dataset, writerSchema }) =>
    writerSchema === null ? [] : world.changedFields(writerSchema, stateOf(world, dataset)).flatMap((change) => reachOf(change, world)),
  );
}

/** One finding for each owner reached, so that each can be asked and can answer alone. */
function reachOf({ dataset, path, effect, what }: ChangedField, world: GateWorld): Finding[] {
  const byOwner = Map.groupBy(world.downstreamOf(dataset, path), ({ owner }) => owner);
  return [...byOwner].map(([owner, readers]) => {
    const far = readers.length === 1 ? `${readers[0]?.ref.kind} \`${readers[0]?.ref.name}\`` : `${readers.length} jobs and consumers`;
    const possible = readers.every(({ certainty }) => certainty === 'possible') ? 'may depend' : 'depend';
    const message = `${far} of ${owner ?? 'nobody'} ${readers.length === 1 && possible === 'depend' ? 'depends' : possible} on ${fieldName(dataset, path)} further downstream; it ${what}`;
    return finding(effect === 'goes' ? 'downstream-reach' : 'downstream-change', message, { dataset, field: path, affected: readers.map(affectedOf) });
  });
}

function affectedOf({ ref, owner, path }: DownstreamReader): Affected {
  return { ref, owner, path };
}
