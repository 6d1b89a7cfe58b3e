import { FROM_UNKNOWN } from '../../field-lineage.ts';
import { objectAt, partitionFields, sortFields } from '../plan-json.ts';
import type { NodeRule } from '../node-walk.ts';

/** MATCH_RECOGNIZE: the partition's columns, then the measures, which stand in the plan in no order and go by name. */
export const match: NodeRule = (walk) => {
  const spec = objectAt(walk.json.matchSpec, 'matchSpec');
  const { columns } = walk.input;
  const partition = partitionFields(spec.partition, 'matchSpec.partition');
  walk.reads('PARTITION', partition, columns);
  walk.reads('SORT', sortFields(spec.orderBy ?? spec.orderKeys, 'matchSpec.orderBy'), columns);
  for (const definition of Object.values(objectAt(spec.patternDefinitions, 'matchSpec.patternDefinitions'))) walk.readsCondition('MATCH', definition, columns);
  const measures = new Map(Object.entries(objectAt(spec.measures, 'matchSpec.measures')));
  const made = walk.fields.slice(partition.length).map(({ name }) => {
    if (measures.has(name)) return walk.value(measures.get(name), columns);
    walk.run.addUnknown(walk.node, 'has a column that is no measure');
    return FROM_UNKNOWN;
  });
  return { columns: [...partition.map((index) => walk.column(index, columns)), ...made] };
};
