import avro from 'avsc';
import { JsonReader, membersOf } from '../../server/outside/json-reader.ts';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';
import { ReferenceTexts } from '../../server/registry/reference-texts.ts';
import type { SchemaReference } from '../../server/registry/registered-version.ts';
import { contractText } from './contract-schemas.ts';
import { type Contract, EMBEDDED_SCHEMA_IDS, type RegistrySource } from './decoder.ts';

/** A schema of 1 MiB, escaped, with its references, and how long the whole answer is waited for: the batch is tried again. */
const ANSWER = { bytes: 4 * 1024 * 1024, milliseconds: 10_000 };
/** The error code with which a Schema Registry says that it has no such schema; any other 404 is a proxy's, or a wrong address. */
const NO_SUCH_SCHEMA = 40403;

export const CONTRACTS: readonly Contract[] = ['control', 'audit'];

export type WireSchema =
  | { readonly outcome: 'read'; readonly type: avro.Type }
  /** Nobody has a schema with this id. */
  | { readonly outcome: 'none' }
  /** There is one, and nothing can be decoded with it. */
  | { readonly outcome: 'unfit'; readonly reason: string };

/** The schemas that ids in messages stand for. */
export interface WireSchemas {
  /** Rejects with OutsideFailure when the registry could not be asked. */
  schema(id: number): Promise<WireSchema>;
  /** Whether finding out takes asking somebody. */
  readonly asks: boolean;
}

/** Those of a Schema Registry; without one the contracts of this version, under their embedded ids. */
export function wireSchemas(source: RegistrySource): WireSchemas {
  if (source.kind === 'http') return new RegisteredSchemas(source);
  const known = new Map(CONTRACTS.map((contract) => [EMBEDDED_SCHEMA_IDS[contract] as number, contractType(contract)]));
  return {
    asks: false,
    schema(id) {
      const type = known.get(id);
      return Promise.resolve(type === undefined ? { outcome: 'none' } : { outcome: 'read', type });
    },
  };
}

/** Its answers are read no further than a schema goes: one that never ends would take the process with it. */
class RegisteredSchemas implements WireSchemas {
  readonly asks = true;
  readonly #reader: JsonReader;

  constructor({ url, auth }: RegistrySource & { readonly kind: 'http' }) {
    this.#reader = new JsonReader({ server: 'Schema Registry', url: url.replace(/\/+$/, ''), credentials: auth ?? null, accept: 'application/vnd.schemaregistry.v1+json, application/json' });
  }

  async schema(id: number): Promise<WireSchema> {
    const path = `/schemas/ids/${id}`;
    const answer = await this.#found(path);
    if (answer === null) return { outcome: 'none' };
    const { schema, schemaType = 'AVRO' } = answer;
    if (typeof schema !== 'string') throw malformed(path, 'it holds no schema');
    if (schemaType !== 'AVRO') return { outcome: 'unfit', reason: 'it is not Avro' };
    return typeOf(schema, await new ReferenceTexts({ version: (subject, version) => this.#version(subject, version) }).of({ references: referencesIn(answer, path) }));
  }

  async #version(subject: string, version: number) {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
    const answer = (await this.#found(path)) ?? {};
    const { schema, id } = answer;
    if (typeof schema !== 'string') throw malformed(path, 'it holds no schema');
    return { subject, version, schemaId: Number(id), schemaType: 'AVRO' as const, schema, references: referencesIn(answer, path) };
  }

  async #found(path: string): Promise<Readonly<Record<string, unknown>> | null> {
    const { status, body } = await this.#reader.get(path, ANSWER);
    const answer = membersOf(body);
    if (status === 200) return answer;
    if (answer['error_code'] === NO_SUCH_SCHEMA) return null;
    throw malformed(path, 'it is a 404 that says nothing of the schema');
  }
}

function typeOf(text: string, referenced: readonly string[]): WireSchema {
  try {
    const registry: Record<string, avro.Type> = {};
    for (const reference of referenced) avro.Type.forSchema(JSON.parse(reference) as avro.Schema, { registry });
    return { outcome: 'read', type: avro.Type.forSchema(JSON.parse(text) as avro.Schema, { registry }) };
  } catch (failure) {
    return { outcome: 'unfit', reason: `it cannot be read: ${failure instanceof Error ? failure.message : 'unknown'}` };
  }
}

function referencesIn({ references = [] }: Readonly<Record<string, unknown>>, path: string): readonly SchemaReference[] {
  if (!Array.isArray(references)) throw malformed(path, 'its references are no list');
  return references.map((reference) => {
    const { name, subject, version } = membersOf(reference);
    if (typeof name !== 'string' || typeof subject !== 'string' || typeof version !== 'number') throw malformed(path, 'a reference lacks name, subject or version');
    return { name, subject, version };
  });
}

function malformed(path: string, why: string): OutsideFailure {
  return new OutsideFailure('malformed', `the answer to ${path} is not a Schema Registry's: ${why}`);
}

export function contractType(contract: Contract): avro.Type {
  return avro.Type.forSchema(JSON.parse(contractText(contract)) as avro.Schema);
}
