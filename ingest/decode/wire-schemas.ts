import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { contractText } from './contract-schemas.ts';
import { type Contract, EMBEDDED_SCHEMA_IDS, type RegistrySource } from './decoder.ts';

/** How often and for how long the client asks again before the batch is given back to be tried again later. */
const REGISTRY_RETRY = { retries: 2, initialRetryTimeInSecs: 0.2, maxRetryTimeInSecs: 1 } as const;
/** The error code with which a Schema Registry says that it has no such schema. */
const NO_SUCH_SCHEMA = 40403;

export const CONTRACTS: readonly Contract[] = ['control', 'audit'];

/** The registry client; without a registry it holds the contracts under their embedded ids and never asks anybody. */
export function wireSchemas(source: RegistrySource): SchemaRegistry {
  if (source.kind === 'http') return new SchemaRegistry({ host: source.url, retry: REGISTRY_RETRY, middlewares: [onlySchemas], ...(source.auth === undefined ? {} : { auth: source.auth }) });
  // The client is made for a server; its cache alone is used here.
  const registry = new SchemaRegistry({ host: 'http://127.0.0.1:9' });
  for (const contract of CONTRACTS) registry.cache.setSchema(EMBEDDED_SCHEMA_IDS[contract], SchemaType.AVRO, contractType(contract) as never);
  return registry;
}

/** The page of a proxy says nothing of a schema; taken for one it would make dead letters of everything. */
const onlySchemas: Middleware = () => ({
  async response(next) {
    const answer = await next();
    if (typeof documentOf(answer.data())['schema'] !== 'string') throw new NotARegistry('its answer is no schema');
    return answer;
  },
});
type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

/** What answers at the address does not speak as a Schema Registry. */
export class NotARegistry extends Error {
  override readonly name = 'NotARegistry';
}

/** Whether a 404 for a schema was the registry's own word, and not that of a wrong address or a proxy. */
export async function saysItHasNone({ url, auth }: HttpRegistry, schemaId: number): Promise<boolean> {
  const headers = auth && { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
  const answer = await fetch(`${url.replace(/\/+$/, '')}/schemas/ids/${schemaId}`, { headers: headers ?? {} });
  return documentOf(await answer.json().catch(() => null))['error_code'] === NO_SUCH_SCHEMA;
}
type HttpRegistry = RegistrySource & { readonly kind: 'http' };

function documentOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function contractType(contract: Contract): avro.Type {
  return avro.Type.forSchema(JSON.parse(contractText(contract)) as avro.Schema);
}
