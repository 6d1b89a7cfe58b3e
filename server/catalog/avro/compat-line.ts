import { checkCompatibility, type Incompatibility } from './compatibility.ts';
import { isDeeperThan, isJsonArray, isJsonObject, type JsonNode, type JsonObject, MAX_JSON_DEPTH, readJson, renderJson } from './json.ts';
import { MAX_SCHEMA_LENGTH, parseNodes, type ParseOutcome } from './parse.ts';

/** Nesting taken in a line: far more than any schema may have, so that a schema nested too deep is refused under its line's id. */
const MAX_LINE_DEPTH = 100_000;

/** The answer to one line, as JSON text; `id` is the line's own, or null where it has none that can be read. */
export function answerLine(line: string): string {
  const read = readJson(line, MAX_LINE_DEPTH);
  if (read.outcome === 'malformed') return answer(null, { error: { message: read.message, side: null } });
  if (!isJsonObject(read.node)) return answer(null, { error: { message: 'the line is not a JSON object', side: null } });
  return answer(read.node.get('id') ?? null, judgeLine(read.node));
}

type Side = 'reader' | 'writer';
type Judged =
  | { readonly compatible: boolean; readonly incompatibilities: readonly Incompatibility[] }
  | { readonly error: { readonly message: string; readonly side: Side | null } };

function judgeLine(line: JsonObject): Judged {
  const reader = schemaOf(line, 'reader');
  if (reader.outcome === 'refused') return { error: { message: atPlace(reader), side: 'reader' } };
  const writer = schemaOf(line, 'writer');
  if (writer.outcome === 'refused') return { error: { message: atPlace(writer), side: 'writer' } };
  const verdict = checkCompatibility(reader.schema, writer.schema);
  switch (verdict.outcome) {
    case 'compatible':
      return { compatible: true, incompatibilities: [] };
    case 'incompatible':
      return { compatible: false, incompatibilities: verdict.incompatibilities };
    case 'failed':
      // The reader's aliases are what a pair cannot be judged for.
      return { error: { message: verdict.message, side: 'reader' } };
  }
}

function schemaOf(line: JsonObject, side: Side): ParseOutcome {
  const schema = line.get(side);
  const references = line.get(`${side}Refs`) ?? [];
  if (schema === undefined) return { outcome: 'refused', message: `the line has no "${side}"`, location: null };
  if (!isJsonArray(references)) return { outcome: 'refused', message: `"${side}Refs" is not a list`, location: null };
  const nodes: JsonNode[] = [];
  for (const value of [...references, schema]) {
    const read = documentOf(value);
    if (read.outcome === 'malformed') return { outcome: 'refused', message: read.message, location: null };
    nodes.push(read.node);
  }
  return parseNodes(nodes);
}

/** A string that begins as a JSON document is schema text; any other names a type. */
function documentOf(value: JsonNode): ReturnType<typeof readJson> {
  if (isDeeperThan(value, MAX_JSON_DEPTH)) return { outcome: 'malformed', message: `nested deeper than ${MAX_JSON_DEPTH} levels` };
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return { outcome: 'read', node: value };
  return value.length > MAX_SCHEMA_LENGTH ? { outcome: 'malformed', message: `longer than ${MAX_SCHEMA_LENGTH} characters` } : readJson(value);
}

function atPlace({ message, location }: { readonly message: string; readonly location: string | null }): string {
  return location === null || location === '' ? message : `${message} (at ${location})`;
}

function answer(id: JsonNode, judged: Judged): string {
  const plain = typeof id === 'object' && id !== null && isDeeperThan(id, MAX_JSON_DEPTH) ? null : id;
  return `{"id":${renderJson(plain)},${JSON.stringify(judged).slice(1)}`;
}
