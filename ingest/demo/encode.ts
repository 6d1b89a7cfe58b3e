import type { AuditEvent, ControlEvent } from '../contracts/events.ts';
import { EMBEDDED_SCHEMA_IDS } from '../decode/decoder.ts';
import { wireSchemas } from '../decode/wire-schemas.ts';

/** An event with the topic and key it would have in Kafka. */
export type SampleEvent =
  | { readonly topic: 'control'; readonly key: string; readonly event: ControlEvent }
  | { readonly topic: 'audit'; readonly key: string; readonly event: AuditEvent };

const registry = wireSchemas({ kind: 'embedded' });

/** Encodes an event in Confluent's wire format under the embedded id of its contract. */
export function encodeEvent({ topic, event }: SampleEvent): Promise<Buffer> {
  return registry.encode(EMBEDDED_SCHEMA_IDS[topic], event);
}
