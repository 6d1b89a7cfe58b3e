import { sameSchema } from '../avro/same-schema.ts';
import type { AvroSchema } from '../avro/schema.ts';
import type { GateRequest } from '../gate/request.ts';
import { type DatasetState, type GateWorld, stateOf } from '../gate/world.ts';
import type { BoundSchema } from './permit.ts';

/** The versions a request was judged by: of an input the newest, of an output the one that is what the job will write. */
export function boundSchemas({ inputs, outputs }: GateRequest, world: GateWorld): { readonly inputs: readonly BoundSchema[]; readonly outputs: readonly BoundSchema[] } {
  return {
    inputs: inputs.map(({ dataset }) => bound(dataset, stateOf(world, dataset).versions.find(({ deleted }) => !deleted)?.schemaId)),
    outputs: outputs.map(({ dataset, writerSchema }) => bound(dataset, writerSchema === null ? undefined : idOf(writerSchema, stateOf(world, dataset)))),
  };
}

function bound({ namespace, name }: { readonly namespace: string; readonly name: string }, schemaId: number | undefined): BoundSchema {
  return { namespace, name, schemaId: schemaId ?? null };
}

function idOf(schema: AvroSchema, { versions }: DatasetState): number | undefined {
  return versions.find((version) => version.schema.readable && (version.schema.schema === schema || sameSchema(version.schema.schema, schema)))?.schemaId;
}
