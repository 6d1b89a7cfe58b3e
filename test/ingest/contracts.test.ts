import { readFileSync } from 'node:fs';
import type avro from 'avsc';
import { expect, test } from 'vitest';
import { contractText } from '../../ingest/decode/contract-schemas.ts';
import type { Contract } from '../../ingest/decode/decoder.ts';
import { contractType } from '../../ingest/decode/wire-schemas.ts';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { EVERY_KIND, EVERY_PAYLOAD, event, sparse } from './events.ts';

const CONTRACTS: readonly Contract[] = ['control', 'audit'];
const README = readFileSync(new URL('../../ingest/contracts/README.md', import.meta.url), 'utf8');

/** A record or enum of a contract, as its JSON says it. */
interface Declared {
  readonly type: string;
  readonly name: string;
  readonly doc?: string;
  readonly symbols?: readonly string[];
  readonly fields?: readonly { readonly name: string; readonly type: unknown; readonly doc?: string; readonly default?: unknown }[];
}

function declaredIn(type: unknown): readonly Declared[] {
  if (Array.isArray(type)) return type.flatMap(declaredIn);
  if (typeof type !== 'object' || type === null) return [];
  const { type: kind, items } = type as { readonly type: unknown; readonly items?: unknown };
  if (kind === 'array') return declaredIn(items);
  if (kind === 'enum') return [type as Declared];
  if (kind !== 'record') return declaredIn(kind);
  return [type as Declared, ...((type as Declared).fields ?? []).flatMap((field) => declaredIn(field.type))];
}
const named = (contract: Contract): readonly Declared[] => declaredIn(JSON.parse(contractText(contract)));
const payloadKinds = (contract: Contract): readonly string[] => (contractType(contract) as avro.types.RecordType).field('payload').type
  ? ((contractType(contract) as avro.types.RecordType).field('payload').type as avro.types.WrappedUnionType).types.map(({ name }) => name ?? '')
  : [];
const section = (contract: Contract): string => {
  const [control = '', audit = ''] = README.slice(README.indexOf('## ControlEvent')).split('## AuditEvent');
  return contract === 'control' ? control : `## AuditEvent${audit}`;
};

test.each(CONTRACTS)('the %s contract explains every record, field and enum', (contract) => {
  const silent = named(contract).flatMap(({ name, doc, fields }) => [
    ...(doc ? [] : [name]),
    ...(fields ?? []).filter((field) => !field.doc).map((field) => `${name}.${field.name}`),
  ]);
  expect(silent).toEqual([]);
});

test.each(CONTRACTS)('README.md has every record of the %s contract with its fields as they are', (contract) => {
  const page = section(contract);
  for (const { name, fields, symbols } of named(contract)) {
    if (symbols !== undefined) expect(page).toContain(`| \`${name}\` | ${symbols.map((symbol) => `\`${symbol}\``).join(', ')} |`);
    if (fields === undefined) continue;
    const described = new RegExp(`^#+ ${name}$\\n([^#]*)`, 'm').exec(page)?.[1] ?? `${name} is not described`;
    const rows = described.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split(' | '));
    expect([name, ...rows.map((cells) => [cells[0], cells[2], cells[3]])]).toEqual([
      name,
      ...fields.map((field) => [`| \`${field.name}\``, field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``, `${field.doc} |`]),
    ]);
  }
});

test('the types of events.ts name the payloads of the contracts, in their order', () => {
  expect(EVERY_KIND).toEqual([...payloadKinds('control'), ...payloadKinds('audit')]);
});

test.each(EVERY_KIND)('a %s comes out as it went in', async (kind) => {
  const sent = event(kind, EVERY_PAYLOAD[kind]);
  expect(await received(sent)).toEqual(sent.event);
});

test.each(EVERY_KIND)('a %s may leave out whatever may be null', async (kind) => {
  const payload = (contractType(contractOf(kind)) as avro.types.RecordType).field('payload').type as avro.types.WrappedUnionType;
  const record = payload.types.find(({ name }) => name === kind) as avro.types.RecordType;
  const nullable = new Set(record.fields.filter(({ type }) => type.isValid(null)).map(({ name }) => name));
  const sent = event(kind, sparse(kind, nullable));
  expect(await received(sent)).toEqual(sent.event);
});

test.each(EVERY_KIND)('a %s needs every field that has no default', (kind) => {
  const { event: whole } = event(kind, EVERY_PAYLOAD[kind]);
  const fields = (named(contractOf(kind)).find(({ name }) => kind.endsWith(`.${name}`))?.fields ?? []).filter((field) => !('default' in field));
  for (const { name } of fields) {
    const { [name]: left, ...rest } = EVERY_PAYLOAD[kind] as unknown as Record<string, unknown>;
    expect(left).toBeDefined();
    expect(contractType(contractOf(kind)).isValid({ ...whole, payload: { [kind]: rest } })).toBe(false);
  }
});

function contractOf(kind: string): Contract {
  return kind.startsWith('io.sluice.control.') ? 'control' : 'audit';
}

/** What the contract reads of an encoded event, as plain objects. */
async function received(sent: Parameters<typeof encodeEvent>[0]): Promise<unknown> {
  return structuredClone(contractType(sent.topic).fromBuffer((await encodeEvent(sent)).subarray(5)));
}
