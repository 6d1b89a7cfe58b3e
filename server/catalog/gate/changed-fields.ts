import { diffSchemas } from '../avro/diff.ts';
import { fieldFacts } from '../avro/fields.ts';
import type { AvroSchema } from '../avro/schema.ts';
import type { DatasetRef } from '../names.ts';
import { type DatasetState, schemasWritten } from './world.ts';

export interface ChangedField {
  readonly dataset: DatasetRef;
  readonly path: string;
  readonly effect: 'goes' | 'changes';
  readonly what: string;
}

/** The fields of an output that go, or whose values change type or meaning, against whatever is written today. */
export function changedFields(writerSchema: AvroSchema, state: DatasetState): ChangedField[] {
  const dataset = state.ref;
  const today = schemasWritten(state);
  if (today.length === 0) {
    const written = new Set(fieldFacts(writerSchema).map(({ path }) => path));
    return state.fields.filter((path) => !written.has(path)).map((path) => ({ dataset, path, effect: 'goes', what: 'is not written any more' }));
  }
  const changes = today.flatMap((schema) => changesFrom(schema, writerSchema, dataset));
  return [...new Map(changes.toReversed().map((change) => [`${change.effect} ${change.path}`, change])).values()].reverse();
}

function changesFrom(schema: AvroSchema, writerSchema: AvroSchema, dataset: DatasetRef): ChangedField[] {
  return diffSchemas(schema, writerSchema).flatMap((change): ChangedField[] => {
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
