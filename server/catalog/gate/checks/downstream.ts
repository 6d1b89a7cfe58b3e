import { diffSchemas } from '../../avro/diff.ts';
import { fieldFacts } from '../../avro/fields.ts';
import type { DatasetRef } from '../../names.ts';
import { type Affected, fieldName, finding, type Finding } from '../finding.ts';
import type { GateRequest, ProgramOutput } from '../request.ts';
import { currentSchema, type DatasetState, type DownstreamReader, type GateWorld, stateOf } from '../world.ts';

/** Check 3: who, beyond the direct readers, is reached by an output field that goes or changes? */
export function checkDownstream(request: GateRequest, world: GateWorld): Finding[] {
  return request.outputs.flatMap((output) => changedFields(output, stateOf(world, output.dataset)).flatMap((change) => reachOf(change, world)));
}

export interface ChangedField {
  readonly dataset: DatasetRef;
  readonly path: string;
  readonly effect: 'goes' | 'changes';
  readonly what: string;
}

/** The fields of an output that go, or whose values change type or meaning. */
export function changedFields({ dataset, writerSchema }: ProgramOutput, state: DatasetState): ChangedField[] {
  if (writerSchema === null) return [];
  const current = currentSchema(state);
  if (current === null) {
    const written = new Set(fieldFacts(writerSchema).map(({ path }) => path));
    return state.fields.filter((path) => !written.has(path)).map((path) => ({ dataset, path, effect: 'goes', what: 'is not written any more' }));
  }
  return diffSchemas(current, writerSchema).flatMap((change): ChangedField[] => {
    switch (change.kind) {
      case 'removed':
      case 'renamed':
        return [{ dataset, path: change.path, effect: 'goes', what: change.message }];
      case 'retyped':
      case 'logical-type':
      case 'symbols':
        return [{ dataset, path: change.path, effect: 'changes', what: change.message }];
      default:
        return [];
    }
  });
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
