import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { contractText } from './contract-schemas.ts';
import { type Contract, EMBEDDED_SCHEMA_IDS, type RegistrySource } from './decoder.ts';

/** A registry that answers nothing is given up on after this, ms; the batch is then tried again. */
const REGISTRY_RETRY = { retries: 2, initialRetryTimeInSecs: 0.2, maxRetryTimeInSecs: 1 } as const;

export const CONTRACTS: readonly Contract[] = ['control', 'audit'];

/** The registry client; without a registry it holds the contracts under their embedded ids and never asks anybody. */
export function wireSchemas(source: RegistrySource): SchemaRegistry {
  if (source.kind === 'http') return new SchemaRegistry({ host: source.url, retry: REGISTRY_RETRY, ...(source.auth === undefined ? {} : { auth: source.auth }) });
  // The client is made for a server; its cache alone is used here.
  const registry = new SchemaRegistry({ host: 'http://127.0.0.1:9' });
  for (const contract of CONTRACTS) registry.cache.setSchema(EMBEDDED_SCHEMA_IDS[contract], SchemaType.AVRO, contractType(contract) as never);
  return registry;
}

export function contractType(contract: Contract): avro.Type {
  return avro.Type.forSchema(JSON.parse(contractText(contract)) as avro.Schema);
}
