import type { FieldFact } from '../changes.ts';
import { MAX_NAME_LENGTH } from '../names.ts';
import { fail, object, optionalArray, optionalText, type Place } from './json-place.ts';

/** Fields of one dataset, nested ones included; the same limit as an Avro record's. */
const MOST_FIELDS = 5_000;
/** How deep fields may lie in one another. */
const DEEPEST = 32;
/** Longest text kept of a type or a description. */
const MOST_TYPE = 2_000;

/** The fields a `schema` facet lists, parents before children; null where it lists none, which says nothing. */
export function schemaFields(facet: Place): readonly FieldFact[] | null {
  const fields: FieldFact[] = [];
  add(object(facet).get('fields'), '', fields);
  return fields.length === 0 ? null : fields;
}

function add(list: Place, parent: string, fields: FieldFact[], depth = 1): void {
  if (depth > DEEPEST) fail(list, `lies deeper than ${DEEPEST} levels`);
  for (const place of optionalArray(list)) {
    const field = object(place);
    const name = optionalText(field.get('name'));
    if (name === null || name === '') continue;
    const path = `${parent}${name}`;
    if (path.length > MAX_NAME_LENGTH) fail(field.get('name'), `makes a path of ${path.length} characters, the limit is ${MAX_NAME_LENGTH}`);
    const [type, doc] = [optionalText(field.get('type')) ?? 'unknown', optionalText(field.get('description'))];
    fields.push({ path, type: type.slice(0, MOST_TYPE), nullable: !/ NOT NULL$/i.test(type), ...(doc ? { doc: doc.slice(0, MOST_TYPE) } : {}) });
    if (fields.length > MOST_FIELDS) fail(list, `takes the dataset beyond ${MOST_FIELDS} fields`);
    add(field.get('fields'), `${path}.`, fields, depth + 1);
  }
}
