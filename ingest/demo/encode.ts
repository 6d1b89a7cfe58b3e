import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { AuditEvent, ControlEvent } from '../contracts/events.ts';
import { EMBEDDED_SCHEMA_IDS } from '../decode/decoder.ts';
import { CONTRACTS, contractType } from '../decode/wire-schemas.ts';

/** An event with the topic and key it would have in Kafka. */
export type SampleEvent =
  | { readonly topic: 'control'; readonly key: string; readonly event: ControlEvent }
  | { readonly topic: 'audit'; readonly key: string; readonly event: AuditEvent };

// The client is made for a server; what it is told here keeps it from ever asking one.
const registry = new SchemaRegistry({ host: 'http://127.0.0.1:9' });
for (const contract of CONTRACTS) registry.cache.setSchema(EMBEDDED_SCHEMA_IDS[contract], SchemaType.AVRO, contractType(contract) as never);

/** Encodes an event in Confluent's wire format under the embedded id of its contract. */
export function encodeEvent({ topic, event }: SampleEvent): Promise<Buffer> {
  return registry.encode(EMBEDDED_SCHEMA_IDS[topic], event);
}
