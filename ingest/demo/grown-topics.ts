import { fieldFacts } from '../../server/catalog/avro/fields.ts';
import { parseSchema } from '../../server/catalog/avro/parse.ts';
import type { Named } from '../../server/catalog/names.ts';
import { CLUSTER, type EventMaker, subject, topic } from './event-maker.ts';
import { NESTED_FIELDS, OCCURRED_AT, PLAIN_FIELDS, type WordField } from './grown-words.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A topic of the grown platform and what is in it. */
export interface GrownTopic {
  readonly name: string;
  readonly dataset: Named;
  readonly owner: string;
  /** The fields at the top of its newest schema. */
  readonly fields: readonly WordField[];
  /** Its newest schema, and every path in it. */
  readonly schema: string;
  readonly paths: readonly string[];
}

export function grownTopic(name: string, owner: string, fields: readonly WordField[]): GrownTopic {
  const schema = schemaText(name, fields);
  return { name, dataset: topic(name), owner, fields, schema, paths: pathsOf(schema) };
}

/** What a thing brings in: its key, the time, and some of what things have in common. */
export function fieldsOfThing(thing: string, random: SeededRandom): WordField[] {
  const key: WordField = { name: `${thing.replaceAll('-', '_')}_id`, type: 'string', doc: `Key of a ${thing.replaceAll('-', ' ')}` };
  return [key, OCCURRED_AT, ...random.some(PLAIN_FIELDS, 0.3).filter(({ name }) => name !== key.name), ...random.some(NESTED_FIELDS, 0.25)];
}

/** Declares a topic, its subject and its schema versions: newer ones add optional fields. */
export function announce(maker: EventMaker, { name, dataset, owner, fields, schema }: GrownTopic, about: { readonly daysAgo: number; readonly description: string; readonly firstSchemaId: number; readonly random: SeededRandom }): void {
  const { daysAgo, description, firstSchemaId, random } = about;
  const tags = fields.some(({ doc }) => doc === 'Personal data') ? ['pii'] : fields.some((field) => field.name === 'amount') ? ['finance'] : null;
  const value = subject(`${name}-value`);
  maker.control('io.sluice.control.DatasetDeclared', daysAgo, { dataset, kind: 'TOPIC', platform: 'kafka', cluster: CLUSTER, schema: null, owner, description, tags });
  maker.control('io.sluice.control.SubjectConfigured', daysAgo, { subject: value, level: random.pick(['BACKWARD', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FULL', 'FORWARD']) });
  const versions = [...olderVersions(name, fields, random), schema];
  for (const [i, text] of versions.entries()) {
    maker.control('io.sluice.control.SchemaRegistered', daysAgo - (daysAgo * i) / 4, { subject: value, version: i + 1, schemaId: firstSchemaId + i, schemaType: 'AVRO', schema: text, references: [], deleted: false, dataset, part: 'VALUE' });
  }
}

/** Schemas from before the optional fields were there; at most two. */
function olderVersions(name: string, fields: readonly WordField[], random: SeededRandom): string[] {
  const added = fields.filter((field) => field.default !== undefined).slice(-2);
  if (added.length === 0 || random.chance(0.6)) return [];
  return added.map((_, i) => schemaText(name, fields.filter((field) => !added.slice(i).includes(field))));
}

function schemaText(name: string, fields: readonly WordField[]): string {
  const record = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return JSON.stringify({ type: 'record', name: record, namespace: `grown.${name.replaceAll('-', '_')}`, fields });
}

function pathsOf(schema: string): string[] {
  const parsed = parseSchema(schema);
  if (parsed.outcome === 'refused') throw new Error(`the sample has a schema that is none: ${parsed.message}`);
  return fieldFacts(parsed.schema).map(({ path }) => path);
}
