import { atomic, type LogicalType, MAX_LENGTH, type RowField, STRING, withNullability } from '../logical-type.ts';
import type { TokenReader } from './token-reader.ts';

/** Root names by the words that spell them, with the precision Flink gives when none is written. */
const ROOTS: { readonly [word: string]: { readonly root: string; readonly precision?: number; readonly scale?: number } } = {
  BOOLEAN: { root: 'BOOLEAN' }, TINYINT: { root: 'TINYINT' }, SMALLINT: { root: 'SMALLINT' }, INT: { root: 'INTEGER' }, INTEGER: { root: 'INTEGER' },
  BIGINT: { root: 'BIGINT' }, FLOAT: { root: 'FLOAT' }, REAL: { root: 'FLOAT' }, DOUBLE: { root: 'DOUBLE' },
  DECIMAL: { root: 'DECIMAL', precision: 10, scale: 0 }, DEC: { root: 'DECIMAL', precision: 10, scale: 0 }, NUMERIC: { root: 'DECIMAL', precision: 10, scale: 0 },
  CHAR: { root: 'CHAR', precision: 1 }, CHARACTER: { root: 'CHAR', precision: 1 }, VARCHAR: { root: 'VARCHAR', precision: 1 }, STRING: { root: 'VARCHAR', precision: MAX_LENGTH },
  BINARY: { root: 'BINARY', precision: 1 }, VARBINARY: { root: 'VARBINARY', precision: 1 }, BYTES: { root: 'VARBINARY', precision: MAX_LENGTH },
  DATE: { root: 'DATE' }, TIME: { root: 'TIME', precision: 0 }, TIMESTAMP: { root: 'TIMESTAMP', precision: 6 }, TIMESTAMP_LTZ: { root: 'TIMESTAMP_LTZ', precision: 6 },
  NULL: { root: 'NULL' }, VARIANT: { root: 'VARIANT' }, BITMAP: { root: 'BITMAP' }, DESCRIPTOR: { root: 'DESCRIPTOR' },
};

/** A data type as DDL and CAST write it, `NOT NULL`, `ARRAY` and `MULTISET` suffixes included. */
export function parseDataType(reader: TokenReader): LogicalType {
  return reader.nested(() => {
    let type = nullability(reader, baseType(reader));
    for (;;) {
      const kind = reader.accept('ARRAY') ? 'array' : reader.accept('MULTISET') ? 'multiset' : null;
      if (kind === null) return type;
      reader.grow();
      type = nullability(reader, { kind, element: type, nullable: true });
    }
  });
}

function nullability(reader: TokenReader, type: LogicalType): LogicalType {
  if (reader.accept('NOT', 'NULL')) return withNullability(type, false);
  reader.accept('NULL');
  return type;
}

function baseType(reader: TokenReader): LogicalType {
  if (reader.is('ARRAY', '<') || reader.is('MULTISET', '<')) {
    const kind = reader.take().keyword === 'ARRAY' ? 'array' : 'multiset';
    return { kind, element: angled(reader, () => parseDataType(reader)), nullable: true };
  }
  if (reader.accept('MAP')) {
    return angled(reader, () => {
      const key = parseDataType(reader);
      reader.expect(',');
      return { kind: 'map', key, value: parseDataType(reader), nullable: true };
    });
  }
  if (reader.accept('ROW')) return { kind: 'row', fields: rowFields(reader), nullable: true };
  if (reader.accept('STRUCTURED')) return structured(reader);
  if (reader.accept('RAW')) {
    reader.parenthesized(() => reader.list(() => reader.string('a class name or a serialised serializer')));
    return atomic('RAW');
  }
  if (reader.accept('INTERVAL')) return interval(reader);
  return namedType(reader);
}

function angled<T>(reader: TokenReader, parse: () => T): T {
  reader.expect('<');
  const result = parse();
  reader.expect('>');
  return result;
}

function rowFields(reader: TokenReader): RowField[] {
  if (reader.accept('<>')) return [];
  const close = reader.accept('(') ? ')' : '>';
  if (close === '>') reader.expect('<');
  if (reader.accept(close)) return [];
  const fields = reader.list(() => {
    const { name } = reader.name('a field name');
    const type = parseDataType(reader);
    if (reader.peek().kind === 'string') reader.take();
    return { name, type };
  });
  reader.expect(close);
  return fields;
}

function structured(reader: TokenReader): LogicalType {
  return angled(reader, () => {
    reader.string('a class name');
    const fields: RowField[] = [];
    while (reader.accept(',')) {
      const { name } = reader.name('a field name');
      fields.push({ name, type: parseDataType(reader) });
      if (reader.peek().kind === 'string') reader.take();
    }
    return { kind: 'row', fields, nullable: true };
  });
}

const INTERVAL_UNITS = new Set(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'QUARTER', 'WEEK', 'YEARS', 'MONTHS', 'DAYS', 'HOURS', 'MINUTES', 'SECONDS', 'QUARTERS', 'WEEKS', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND', 'DECADE', 'CENTURY', 'MILLENNIUM']);

/** `DAY(3) TO SECOND(3)`. */
export function interval(reader: TokenReader): LogicalType {
  intervalUnit(reader);
  if (reader.accept('TO')) intervalUnit(reader);
  return atomic('INTERVAL');
}

function intervalUnit(reader: TokenReader): void {
  if (!reader.isOneOf(INTERVAL_UNITS)) reader.fail('a time unit');
  reader.take();
  numbers(reader);
}

function numbers(reader: TokenReader): number[] {
  if (!reader.is('(')) return [];
  return reader.parenthesized(() => reader.list(() => {
    if (reader.peek().kind !== 'number') reader.fail('a number');
    return Number(reader.take().text);
  }));
}

function namedType(reader: TokenReader): LogicalType {
  const { keyword, kind } = reader.peek();
  const known = kind === 'word' ? ROOTS[keyword] : undefined;
  if (known === undefined || !Object.hasOwn(ROOTS, keyword)) {
    if (!reader.isName()) reader.fail('a data type');
    return atomic(`${reader.compoundName('a data type').map(({ name }) => name).join('.')}`);
  }
  reader.take();
  if (keyword === 'DOUBLE') reader.accept('PRECISION');
  const varying = (known.root === 'CHAR' || known.root === 'BINARY') && reader.accept('VARYING');
  const root = varying ? `VAR${known.root}` : known.root;
  const [precision, scale] = numbers(reader);
  if (root === 'VARCHAR' && keyword === 'STRING') return STRING;
  return timeZoned(reader, atomic(root, precision ?? known.precision, root === 'DECIMAL' ? scale ?? known.scale : undefined));
}

function timeZoned(reader: TokenReader, type: ReturnType<typeof atomic>): LogicalType {
  if (type.root !== 'TIMESTAMP' && type.root !== 'TIME') return type;
  if (reader.accept('WITHOUT', 'TIME', 'ZONE')) return type;
  if (reader.accept('WITH', 'LOCAL', 'TIME', 'ZONE')) return { ...type, root: 'TIMESTAMP_LTZ' };
  if (reader.accept('WITH', 'TIME', 'ZONE')) return { ...type, root: 'TIMESTAMP_TZ' };
  return type;
}
