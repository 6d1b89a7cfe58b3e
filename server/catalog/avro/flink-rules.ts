import { MAX_NAME_LENGTH } from '../names.ts';
import { MAX_FIELD_FACTS, VALUE_PATH } from './fields.ts';
import { type AvroSchema, branchName, type Field, isNullable, type LogicalType, type RecordSchema, typeText, unwrapNullable, valueBranches } from './schema.ts';

export const FLINK_RULES = [
  'nullability', 'required-field-added', 'decimal-scale', 'decimal-precision', 'time-precision', 'timestamp-zone', 'fixed-length', 'lossy-promotion', 'unsupported-change',
] as const;
export type FlinkRuleId = (typeof FLINK_RULES)[number];

export interface FlinkFinding {
  readonly rule: FlinkRuleId;
  /** Field path in `after`. */
  readonly path: string;
  /** The end of a sentence whose subject is the field: `changes its decimal scale from 2 to 3`. */
  readonly message: string;
  readonly severityHint: 'error' | 'warning';
}

/** Says what is wrong between a value's type before and after, both without null; null where nothing is. */
interface ValueRule {
  readonly rule: FlinkRuleId;
  readonly severityHint: FlinkFinding['severityHint'];
  readonly fault: (before: AvroSchema, after: AvroSchema) => string | null;
}

/** The first that has something to say about a pair speaks for it. */
const VALUE_RULES: readonly ValueRule[] = [
  {
    rule: 'decimal-scale',
    severityHint: 'error',
    fault: decimalRule((from, to) => (from.scale === to.scale ? null : `changes its decimal scale from ${from.scale} to ${to.scale}: stored digits would mean other numbers`)),
  },
  {
    rule: 'decimal-precision',
    severityHint: 'error',
    fault: decimalRule((from, to) => (to.precision >= from.precision ? null : `narrows its decimal precision from ${from.precision} to ${to.precision} digits: stored values may not fit`)),
  },
  {
    rule: 'timestamp-zone',
    severityHint: 'error',
    fault: clockRule((from, to) =>
      from.family === to.family || !from.family.includes('timestamp') || !to.family.includes('timestamp') ? null : `changes from ${from.family} to ${to.family}: a point in time and a wall-clock reading are not the same`),
  },
  {
    rule: 'time-precision',
    severityHint: 'error',
    fault: clockRule((from, to) => (from.family !== to.family || from.unit === to.unit ? null : `changes its unit from ${from.unit} to ${to.unit}: stored values would mean other times`)),
  },
  {
    rule: 'fixed-length',
    severityHint: 'error',
    fault: (before, after) => (before.kind !== 'fixed' || after.kind !== 'fixed' || before.size === after.size ? null : `changes its length from ${before.size} to ${after.size} bytes`),
  },
  {
    rule: 'lossy-promotion',
    severityHint: 'error',
    fault: (before, after) => (LOSSY.get(before.kind)?.includes(after.kind) === true ? `is promoted from ${before.kind} to ${after.kind}, which cannot hold every value` : null),
  },
  {
    rule: 'unsupported-change',
    severityHint: 'error',
    fault: (before, after) => (sameFlinkType(before, after) || EXACT.get(before.kind)?.includes(after.kind) === true ? null : `changes from ${typeText(before)} to ${typeText(after)}, which Flink does not convert`),
  },
];

const LOSSY: ReadonlyMap<string, readonly string[]> = new Map([['int', ['float']], ['long', ['float', 'double']]]);
const EXACT: ReadonlyMap<string, readonly string[]> = new Map([['int', ['long', 'double']], ['float', ['double']]]);

/**
 * What Avro lets pass between two schemas and Flink's types do not: would a stored value have to be
 * reinterpreted, or invented? `before` is what was written, `after` what reads it or takes its place. Fields that go,
 * move or are renamed by alias are allowed. The rules are those of the registry's Flink policy.
 */
export function checkFlinkRules(before: AvroSchema, after: AvroSchema): readonly FlinkFinding[] {
  const walk = new Walk();
  const [from, to] = [unwrapNullable(before), unwrapNullable(after)];
  if (from.kind === 'record' && to.kind === 'record') walk.records(from, to, '');
  else walk.types(before, after, VALUE_PATH);
  return walk.findings;
}

class Walk {
  readonly findings: FlinkFinding[] = [];
  readonly #open = new Map<RecordSchema, Set<RecordSchema>>();
  readonly #clean = new Map<RecordSchema, Set<RecordSchema>>();
  #visited = 0;

  /** Each path through a pair of records is judged, but for those inside themselves and those once found clean. */
  records(before: RecordSchema, after: RecordSchema, start: string): void {
    if (has(this.#open, before, after) || has(this.#clean, before, after)) return;
    if (start.length > MAX_NAME_LENGTH || (this.#visited += after.fields.length) > MAX_FIELD_FACTS) return;
    const known = this.findings.length;
    put(this.#open, before, after);
    for (const field of after.fields) this.#field(before, field, start);
    this.#open.get(before)?.delete(after);
    if (this.findings.length === known) put(this.#clean, before, after);
  }

  types(before: AvroSchema, after: AvroSchema, path: string): void {
    if (isNullable(before) && !isNullable(after)) this.#add('nullability', path, 'could be null and now cannot: a value would have to be invented for each null');
    const [from, to] = [unwrapNullable(before), unwrapNullable(after)];
    if (from.kind === 'union' || to.kind === 'union') this.#branches(from, to, path);
    else if (from.kind === 'array' && to.kind === 'array') this.types(from.items, to.items, `${path}[]`);
    else if (from.kind === 'map' && to.kind === 'map') this.types(from.values, to.values, `${path}{}`);
    else if (from.kind === 'record' && to.kind === 'record') this.records(from, to, `${path}.`);
    else if (from.kind !== 'null' && to.kind !== 'null') this.#values(from, to, path);
  }

  #field(before: RecordSchema, field: Field, start: string): void {
    const path = `${start}${field.name}`;
    const written = before.fields.find(({ name }) => name === field.name) ?? before.fields.find(({ name }) => field.aliases.includes(name));
    if (written !== undefined) this.types(written.type, field.type, path);
    else if (field.default === undefined && !isNullable(field.type)) this.#add('required-field-added', path, 'is new, must have a value and has no default: one would have to be invented');
  }

  /** Branches are paired by name; one without a partner is Avro's own business. */
  #branches(before: AvroSchema, after: AvroSchema, path: string): void {
    const several = valueBranches(after).length > 1;
    for (const branch of valueBranches(after)) {
      const written = valueBranches(before).find((b) => sameBranch(b, branch));
      if (written !== undefined) this.types(written, branch, several ? `${path}<${branchName(branch)}>` : path);
    }
  }

  #values(before: AvroSchema, after: AvroSchema, path: string): void {
    for (const { rule, fault, severityHint } of VALUE_RULES) {
      const message = fault(before, after);
      if (message === null) continue;
      this.#add(rule, path, message, severityHint);
      return;
    }
  }

  /** Findings go to the innermost field: items and values are no fields of their own. */
  #add(rule: FlinkRuleId, path: string, message: string, severityHint: FlinkFinding['severityHint'] = 'error'): void {
    this.findings.push({ rule, path: path.replace(/(?:\[\]|\{\}|<[^<>]*>)+$/, ''), message, severityHint });
  }
}

function sameBranch(a: AvroSchema, b: AvroSchema): boolean {
  return a.kind === b.kind && (!('name' in a) || !('name' in b) || a.name === b.name || b.aliases.includes(a.fullname));
}

type Decimal = Extract<LogicalType, { readonly name: 'decimal' }>;
function decimalRule(fault: (from: Decimal, to: Decimal) => string | null): ValueRule['fault'] {
  return ({ logicalType: from }, { logicalType: to }) => (from?.name === 'decimal' && to?.name === 'decimal' ? fault(from, to) : null);
}

interface Clock {
  readonly family: string;
  readonly unit: string;
}
function clockRule(fault: (from: Clock, to: Clock) => string | null): ValueRule['fault'] {
  return (before, after) => {
    const [from, to] = [clockOf(before), clockOf(after)];
    return from === null || to === null ? null : fault(from, to);
  };
}
function clockOf({ logicalType }: AvroSchema): Clock | null {
  const [, family, unit] = /^(.*time(?:stamp)?)-(millis|micros|nanos)$/.exec(logicalType?.name ?? '') ?? [];
  return family === undefined || unit === undefined ? null : { family, unit };
}

/** Flink knows neither enums nor UUIDs: both are strings to it; a decimal is the same on bytes and on fixed. */
function sameFlinkType(before: AvroSchema, after: AvroSchema): boolean {
  return flinkType(before) === flinkType(after);
}
function flinkType({ kind, logicalType }: AvroSchema): string {
  if (logicalType !== null && logicalType.name !== 'uuid') return logicalType.name;
  return kind === 'enum' ? 'string' : kind;
}

function has(pairs: ReadonlyMap<RecordSchema, ReadonlySet<RecordSchema>>, a: RecordSchema, b: RecordSchema): boolean {
  return pairs.get(a)?.has(b) === true;
}
function put(pairs: Map<RecordSchema, Set<RecordSchema>>, a: RecordSchema, b: RecordSchema): void {
  pairs.set(a, (pairs.get(a) ?? new Set()).add(b));
}
