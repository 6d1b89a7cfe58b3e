import type { WireDerivation, WireEvolution, WireUse } from '../contracts/events.ts';
import type { ControlPayloads } from '../contracts/events.ts';
import { use } from './event-maker.ts';
import type { GrownTopic } from './grown-topics.ts';
import { OCCURRED_AT, type WordField } from './grown-words.ts';
import type { SeededRandom } from './seeded-random.ts';

type JobKind = ControlPayloads['io.sluice.control.JobDeployed']['kind'];

/** One kind of job: what it makes of its inputs. */
export interface Recipe {
  readonly suffix: string;
  readonly kind: JobKind;
  /** Name of the stock processor, where it is a use of one. */
  readonly processor: string | null;
  readonly inputs: 1 | 2 | 3;
  readonly evolution: WireEvolution | null;
  readonly make: (inputs: readonly GrownTopic[], random: SeededRandom) => Made;
}
export interface Made {
  readonly columns: readonly Column[];
  /** Fields read for more than their value. */
  readonly alsoRead?: readonly { readonly read: number; readonly field: string; readonly why: string }[];
}
/** An output field and the input fields it comes from; null: nobody knows. */
export interface Column {
  readonly field: WordField;
  readonly from: readonly { readonly read: number; readonly field: string; readonly identity: boolean }[] | null;
}

const count: WordField = { name: 'record_count', type: 'long', doc: 'Records in the window' };
const score: WordField = { name: 'model_score', type: ['null', 'double'], default: null, doc: 'Between 0 and 1' };
const weight: WordField = { name: 'weighted', type: ['null', 'double'], default: null };

const first = (inputs: readonly GrownTopic[]): readonly WordField[] => inputs[0]?.fields ?? [];
const copy = (field: WordField, read = 0): Column => ({ field, from: [{ read, field: field.name, identity: true }] });
const keyOf = (inputs: readonly GrownTopic[]): string => first(inputs)[0]?.name ?? OCCURRED_AT.name;
const isPlain = ({ type }: WordField): boolean => typeof type === 'string';

export const RECIPES: readonly [Recipe, ...Recipe[]] = [
  { suffix: 'slim', kind: 'FLINK_JAR', processor: 'projection', inputs: 1, evolution: 'OPT_OUT', make: (inputs, random) => ({ columns: [...first(inputs).slice(0, 2), ...random.some(first(inputs).slice(2), 0.5)].map((field) => copy(field)) }) },
  { suffix: 'active', kind: 'FLINK_JAR', processor: 'filter', inputs: 1, evolution: 'OPT_IN', make: (inputs, random) => ({ columns: first(inputs).map((field) => copy(field)), alsoRead: [{ read: 0, field: random.pick([keyOf(inputs), OCCURRED_AT.name]), why: 'FILTER' }] }) },
  { suffix: 'all', kind: 'FLINK_JAR', processor: 'union', inputs: 2, evolution: 'OPT_IN', make: (inputs) => ({ columns: inCommon(inputs).map((field) => ({ field, from: inputs.map((_, read) => ({ read, field: field.name, identity: true })) })) }) },
  { suffix: 'renamed', kind: 'FLINK_JAR', processor: 'column-rename', inputs: 1, evolution: 'OPT_OUT', make: (inputs, random) => ({ columns: first(inputs).map((field) => ({ ...copy(field), field: isPlain(field) && random.chance(0.4) ? { ...field, name: `${field.name}_v2` } : field })) }) },
  { suffix: 'enriched', kind: 'FLINK_JAR', processor: 'graphql-enrichment', inputs: 1, evolution: 'OPT_OUT', make: (inputs) => ({ columns: [...first(inputs).map((field) => copy(field)), { field: { name: 'looked_up_name', type: ['null', 'string'], default: null, doc: 'Answered by the graph' }, from: [{ read: 0, field: keyOf(inputs), identity: false }] }] }) },
  { suffix: 'joined', kind: 'FLINK_SQL', processor: null, inputs: 2, evolution: null, make: joined },
  { suffix: 'hourly', kind: 'FLINK_SQL', processor: null, inputs: 1, evolution: null, make: hourly },
  { suffix: 'scored', kind: 'FLINK_JAR', processor: null, inputs: 1, evolution: 'OPT_OUT', make: (inputs) => ({ columns: [...first(inputs).slice(0, 3).map((field) => copy(field)), { field: score, from: null }] }) },
];

/** The mapping of whole fields written out path by path, since what is inside a field is carried with it. */
export function derivationsOf(columns: readonly Column[], output: GrownTopic, inputs: readonly GrownTopic[]): WireDerivation[] {
  return columns.flatMap(({ field, from }) => {
    if (from === null) return [];
    return output.paths.filter((path) => isWithin(path, field.name)).map((path) => ({
      to: path,
      from: from.flatMap((origin) => {
        const source = origin.identity ? origin.field + path.slice(field.name.length) : origin.field;
        return inputs[origin.read]?.paths.includes(source) ? [{ read: origin.read, path: source, identity: origin.identity }] : [];
      }),
    }));
  });
}

/** What the derivations and conditions of a job read of each input. */
export function usesOf(recipe: Recipe, made: Made, derivations: readonly WireDerivation[], inputs: readonly GrownTopic[]): WireUse[] {
  return inputs.map((input, read) => {
    const why = new Map<string, Set<string>>();
    const note = (path: string, reason: string): unknown => why.get(path)?.add(reason) ?? why.set(path, new Set([reason]));
    for (const { from } of derivations) for (const origin of from) if (origin.read === read) note(origin.path, 'VALUE');
    for (const also of made.alsoRead ?? []) if (also.read === read) note(also.field, also.why);
    const whole = made.columns.every(({ from }) => from !== null);
    return use(input.dataset, [...why].map(([path, reasons]): [string, ...string[]] => [path, ...reasons]), { evolution: recipe.evolution, whole });
  });
}

function joined(inputs: readonly GrownTopic[], random: SeededRandom): Made {
  const [left, right] = [first(inputs), inputs[1]?.fields ?? []];
  const taken = new Set(left.map(({ name }) => name));
  const added = random.some(right.filter(({ name }) => !taken.has(name)), 0.6);
  const combined: Column = { field: weight, from: [{ read: 0, field: left[0]?.name ?? '', identity: false }, { read: 1, field: right[0]?.name ?? '', identity: false }] };
  const on = inCommon(inputs).find(({ name }) => name.endsWith('_id'))?.name ?? OCCURRED_AT.name;
  return {
    columns: [...left.filter(({ name }) => name !== weight.name).map((field) => copy(field)), ...added.filter(({ name }) => name !== weight.name).map((field) => copy(field, 1)), combined],
    alsoRead: [0, 1].map((read) => ({ read, field: on, why: 'JOIN' })),
  };
}

function hourly(inputs: readonly GrownTopic[], random: SeededRandom): Made {
  const groups = random.some(first(inputs).filter(isPlain), 0.5).slice(0, 3).filter(({ name }) => name !== count.name);
  return {
    columns: [...groups.map((field) => copy(field)), { field: OCCURRED_AT, from: [{ read: 0, field: OCCURRED_AT.name, identity: false }] }, { field: count, from: [] }],
    alsoRead: [...groups.map(({ name }) => ({ read: 0, field: name, why: 'GROUP' })), { read: 0, field: OCCURRED_AT.name, why: 'WINDOW' }],
  };
}

/** Fields that every input has under the same name. */
function inCommon(inputs: readonly GrownTopic[]): readonly WordField[] {
  return first(inputs).filter(({ name }) => inputs.every(({ fields }) => fields.some((field) => field.name === name)));
}

function isWithin(path: string, field: string): boolean {
  return path === field || (path.startsWith(field) && '.[{<'.includes(path.charAt(field.length)));
}
