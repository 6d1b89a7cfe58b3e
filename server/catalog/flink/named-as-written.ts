import { FLINK_RECORD_NAME } from './avro-mapping.ts';
import { type AvroSchema, isNamed, type RecordSchema, unwrapNullable } from '../avro/schema.ts';

/**
 * Flink makes up the record names of a table's schema and decodes without looking at them, as Avro's resolver
 * does for records; only `SchemaCompatibility` compares names. Such a reader is judged under the writer's
 * names; any other is left as it is.
 */
export function namedAsWritten(reader: AvroSchema, writer: AvroSchema): AvroSchema {
  return isMadeUpByFlink(reader) ? renamed(reader, writer) : reader;
}

/** Whether Flink derived the schema from the columns of a table. */
export function isMadeUpByFlink(schema: AvroSchema): boolean {
  const root = unwrapNullable(schema);
  return root.kind === 'record' && root.fullname === FLINK_RECORD_NAME;
}

/** Flink's own schemas are trees, so this ends; the writer may be recursive, it is only looked at. */
function renamed(reader: AvroSchema, writer: AvroSchema): AvroSchema {
  const written = unwrapNullable(writer);
  switch (reader.kind) {
    case 'record':
      return written.kind === 'record' ? renamedRecord(reader, written) : reader;
    case 'array':
      return written.kind === 'array' ? { ...reader, items: renamed(reader.items, written.items) } : reader;
    case 'map':
      return written.kind === 'map' ? { ...reader, values: renamed(reader.values, written.values) } : reader;
    case 'union':
      return { ...reader, branches: reader.branches.map((branch) => (isNamed(branch) || branch.kind === 'array' || branch.kind === 'map' ? renamed(branch, writer) : branch)) };
    default:
      return reader;
  }
}

function renamedRecord(reader: RecordSchema, written: RecordSchema): RecordSchema {
  const fields = reader.fields.map((field) => {
    const there = written.fields.find(({ name }) => name === field.name);
    return there === undefined ? field : { ...field, type: renamed(field.type, there.type) };
  });
  return { ...reader, name: written.name, fullname: written.fullname, fields };
}
