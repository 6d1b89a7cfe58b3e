import type { Fact, ProgramFact, Statement } from '../../../server/catalog/changes.ts';

/** What an event says, as lines of text. */
export interface Said {
  readonly edges: readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly fields: readonly string[];
  readonly facts: readonly string[];
}

/** Looked into freely: the second opinion of a test, which believes what it is given. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- events are whatever somebody published
type Json = any;
const WHY: Record<string, string | undefined> = { __proto__: null as never, GROUP_BY: 'GROUP', CONDITIONAL: 'CONDITION', JOIN: 'JOIN', FILTER: 'FILTER', SORT: 'SORT', WINDOW: 'WINDOW' };
const known = (value: Json): Json[] => (value ?? []) as Json[];
const nameOf = ({ namespace, name }: Json): string => `${namespace} ${name}`;
const sorted = (lines: readonly string[]): string[] => [...new Set(lines)].sort();

/** A straight reading of an event of a run by the words of the specification, without aliases and without symlinks to topics. */
export function naiveReading(event: Json): Said {
  const [inputs, outputs] = [known(event.inputs), known(event.outputs)];
  const pairs = outputs.flatMap((output) => pairsOf(output));
  return {
    edges: sorted(pairs.filter(({ direct, to }) => direct && to !== null).map(({ from, to, output, identity }) => `${from.namespace} ${from.name}#${from.field} → ${nameOf(output)}#${to}${identity ? ' =' : ''}`)),
    reads: sorted([
      ...inputs.map((input) => nameOf(input)), ...pairs.map(({ from }) => nameOf(from)),
      ...pairs.flatMap(({ from, reasons }) => reasons.map((why: string) => `${nameOf(from)}#${from.field} ${why}`)),
    ]),
    writes: sorted(outputs.map(nameOf)),
    fields: sorted([...inputs, ...outputs].flatMap((dataset) => paths(dataset.facets?.schema?.fields, '').map((path) => `${nameOf(dataset)}#${path}`))),
    facts: sorted([...factsOf(`job ${nameOf(event.job)}`, event.job.facets), ...[...inputs, ...outputs].flatMap((dataset) => [...existence(dataset), ...factsOf(`dataset ${nameOf(dataset)}`, dataset.facets)])]),
  };
}

function pairsOf(output: Json): Json[] {
  const facet = output.facets?.columnLineage;
  if (facet === undefined || facet === null || facet._deleted === true) return [];
  const one = (from: Json, to: string | null, asWhole?: string): Json => {
    const all = known(from.transformations);
    const direct = all.filter(({ type }) => type === 'DIRECT');
    const identity = all.length === 0 ? asWhole === 'IDENTITY' : direct.every(({ subtype, masking }) => subtype === 'IDENTITY' && masking !== true);
    const reasons = all.length === 0 ? [to === null ? 'CONDITION' : 'VALUE'] : all.map(({ type, subtype }) => (type === 'DIRECT' ? 'VALUE' : (WHY[subtype] ?? 'CONDITION')));
    return { from, to, output, direct: all.length === 0 || direct.length > 0, identity, reasons };
  };
  const ofFields = Object.entries(facet.fields ?? {}).flatMap(([to, { inputFields, transformationType }]: [string, Json]) => known(inputFields).map((from) => one(from, to, transformationType)));
  return [...ofFields, ...known(facet.dataset).map((from) => one(from, null))];
}

function paths(fields: Json, parent: string): string[] {
  return known(fields).flatMap(({ name, fields: inner }) => [`${parent}${name}`, ...paths(inner, `${parent}${name}.`)]);
}

function existence(dataset: Json): string[] {
  return [`dataset ${nameOf(dataset)} ${dataset.facets?.lifecycleStateChange?.lifecycleStateChange === 'DROP' ? 'is gone' : 'is there'}`];
}

function factsOf(about: string, facets: Json = {}): string[] {
  const owner = known(facets.ownership?.owners)[0]?.name;
  const tags = known(facets.tags?.tags).filter(({ field }) => !field).map(({ key, value }) => (value === 'true' || !value ? key : `${key}:${value}`));
  return [...(owner ? [`${about} is owned by ${owner.replace(/^(team|group):/, '')}`] : []), ...tags.map((tag) => `${about} is tagged ${tag}`), ...(facets.documentation?.description ? [`${about}: ${facets.documentation.description}`] : [])];
}

/** What the statements of a run event say, in the same lines. */
export function saidOf(statements: readonly Statement[]): Said {
  const programs = bodies(statements, 'program');
  const uses = programs.flatMap(({ reads }) => reads);
  return {
    edges: sorted(programs.flatMap(({ writes }) => writes.flatMap(({ dataset, derivations }) => (derivations ?? []).flatMap(({ to, from }) => from.map((origin) => `${nameOf(origin.dataset)}#${origin.path} → ${nameOf(dataset)}#${to}${origin.kind === 'IDENTITY' ? ' =' : ''}`))))),
    reads: sorted(uses.flatMap(({ dataset, fields }) => [nameOf(dataset), ...(fields ?? []).flatMap(({ path, why }) => why.map((reason) => `${nameOf(dataset)}#${path} ${reason}`))])),
    writes: sorted(programs.flatMap(({ writes }) => writes.map(({ dataset }) => nameOf(dataset)))),
    fields: sorted(statements.flatMap(({ about, aspect, body }) => (aspect === 'fields' ? (body?.fields ?? []).map(({ path }: { readonly path: string }) => `${nameOf(about)}#${path}`) : []))),
    facts: sorted(statements.flatMap((statement) => factLines(statement))),
  };
}

function bodies(statements: readonly Statement[], aspect: 'program'): readonly ProgramFact[] {
  return statements.flatMap((statement) => (statement.aspect === aspect && statement.body !== null ? [statement.body] : []));
}

function factLines({ about, ...fact }: Statement): readonly string[] {
  const line = `${about.kind} ${nameOf(about)}`;
  const { aspect, body } = fact as Fact;
  if (aspect === 'dataset') return [`${line} ${body === null ? 'is gone' : 'is there'}`];
  if (body === null) return [];
  if (aspect === 'owner') return [`${line} is owned by ${body.team}`];
  if (aspect === 'tags') return body.tags.map((tag) => `${line} is tagged ${tag}`);
  return aspect === 'doc' ? [`${line}: ${body.text}`] : [];
}
