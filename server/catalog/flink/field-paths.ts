import { ELEMENT, MAP_KEY, MAP_VALUE } from './field-lineage.ts';
import type { KeptOptions, TableColumn, TableUse } from './lineage.ts';
import { valueFormat } from './table-dataset.ts';

/** Formats whose records wrap a row: where the row's columns are inside the record. */
const ENVELOPES: { readonly [format: string]: readonly string[] } = {
  'debezium-json': ['after', 'before'], 'debezium-avro-confluent': ['after', 'before'], 'ogg-json': ['after', 'before'], 'canal-json': ['data[]', 'old[]'], 'maxwell-json': ['data', 'old'],
};
/** Metadata columns that are fields of the record all the same. */
const ENVELOPE_METADATA: { readonly [key: string]: string } = {
  'value.source.timestamp': 'source.ts_ms', 'value.source.database': 'source.db', 'value.source.schema': 'source.schema', 'value.source.table': 'source.table',
  'value.source.properties': 'source', 'value.ingestion-timestamp': 'ts_ms',
};

/** The fields of the dataset that a place in a table's column is; none for what is no part of the record, such as its offset. */
export function fieldPathsOf(table: TableUse, name: string, path: readonly string[]): readonly string[] {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined && column.source !== 'physical') return metadataPath(column);
  const inside = stepsText(path);
  const envelope = ENVELOPES[valueFormat(table.options) ?? ''] ?? [''];
  if (isKeyOnly(table.options, name)) return [`$key.${name.slice((table.options['key.fields-prefix'] ?? '').length)}${inside}`];
  return envelope.map((wrapper) => `${wrapper}${wrapper === '' ? '' : '.'}${name}${inside}`);
}

/** Columns that are kept in the record's key and not in its value. */
export function isKeyOnly(options: KeptOptions, name: string): boolean {
  const keys = options['key.fields']?.split(';').map((key) => key.trim());
  return options['value.fields-include'] === 'EXCEPT_KEY' && keys?.includes(name) === true;
}

function metadataPath({ name, metadataKey }: TableColumn): readonly string[] {
  const field = ENVELOPE_METADATA[metadataKey ?? name];
  return field === undefined ? [] : [field];
}

/** `address`, `[]`, `{value}` → `.address[]{}`. The keys of a map are no field of their own. */
function stepsText(path: readonly string[]): string {
  let text = '';
  for (const step of path) {
    if (step === MAP_KEY) break;
    text += step === ELEMENT ? '[]' : step === MAP_VALUE ? '{}' : `.${step}`;
  }
  // An element that is no record is no field of its own.
  return text.replace(/(\[\]|\{\})+$/, '');
}
