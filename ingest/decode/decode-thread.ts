import { parentPort, workerData } from 'node:worker_threads';
import type avro from 'avsc';
import type { AuditEvent, ControlEvent } from '../contracts/events.ts';
import { checkClaims } from './claimed-sizes.ts';
import type { Contract, DecodeOutcome, RegistrySource, Undecodable } from './decoder.ts';
import { ACTIVITY, type DecodeTask, PROGRESS, type ThreadAnswer } from './watched-thread.ts';
import { contractType, wireSchemas } from './wire-schemas.ts';

/** Largest message taken, bytes: the broker's own default for `message.max.bytes`. */
const MAX_MESSAGE_BYTES = 1_048_588;
/** Magic byte and schema id in front of every message in Confluent's wire format. */
const WIRE_HEADER_BYTES = 5;

const { registry: source, progress } = workerData as { readonly registry: RegistrySource; readonly progress: Int32Array };
const schemas = wireSchemas(source);
const readerTypes = new Map<Contract, avro.Type>();
const plans = new Map<string, Plan | Undecodable>();

/** How records of one writer schema become events of a contract: straight, or resolved. */
interface Plan {
  readonly writer: avro.Type;
  readonly type: avro.Type;
  readonly resolver: avro.Type | undefined;
}

parentPort?.on('message', (task: DecodeTask) => {
  decodeAll(task)
    .catch((failure: unknown): ThreadAnswer => ({ answer: 'failed', message: failure instanceof Error ? failure.message : String(failure) }))
    .then((answer) => parentPort?.postMessage(answer))
    .catch(() => process.exit(1));
});

class Unavailable extends Error {}

async function decodeAll({ contract, values }: DecodeTask): Promise<ThreadAnswer> {
  const outcomes: DecodeOutcome[] = [];
  try {
    for (const [position, value] of values.entries()) {
      Atomics.store(progress, PROGRESS.position, position);
      outcomes.push(await decodeOne(contract, value));
    }
    return { answer: 'outcomes', outcomes };
  } catch (failure) {
    if (failure instanceof Unavailable) return { answer: 'registry-unavailable', message: failure.message };
    throw failure;
  } finally {
    Atomics.store(progress, PROGRESS.activity, ACTIVITY.idle);
  }
}

async function decodeOne(contract: Contract, value: Uint8Array | null): Promise<DecodeOutcome> {
  if (value === null || value.length === 0) return undecodable('Empty', 'the message has no value');
  if (value.length > MAX_MESSAGE_BYTES) return undecodable('TooLarge', `the message has ${value.length} bytes, the limit is ${MAX_MESSAGE_BYTES}`);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < WIRE_HEADER_BYTES || bytes[0] !== 0) return undecodable('NotConfluent', 'the message does not begin with a zero byte and a schema id');
  const plan = await planFor(contract, bytes.readInt32BE(1));
  if ('outcome' in plan) return plan;
  Atomics.store(progress, PROGRESS.activity, ACTIVITY.decoding);
  try {
    const record = bytes.subarray(WIRE_HEADER_BYTES);
    checkClaims(plan.writer, record);
    return { outcome: 'decoded', event: plan.type.fromBuffer(record, plan.resolver) as ControlEvent | AuditEvent };
  } catch (failure) {
    return undecodable('Malformed', failure instanceof Error ? failure.message : 'it cannot be decoded');
  } finally {
    Atomics.store(progress, PROGRESS.activity, ACTIVITY.idle);
  }
}

async function planFor(contract: Contract, schemaId: number): Promise<Plan | Undecodable> {
  const key = `${contract} ${schemaId}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  const plan = await makePlan(contract, schemaId);
  // A schema that is not there yet may be there tomorrow; what an id means never changes.
  if (!('outcome' in plan)) plans.set(key, plan);
  return plan;
}

async function makePlan(contract: Contract, schemaId: number): Promise<Plan | Undecodable> {
  const writer = await writerType(schemaId);
  if ('outcome' in writer) return writer;
  const reader = readerTypes.get(contract) ?? contractType(contract);
  readerTypes.set(contract, reader);
  try {
    return { writer, type: reader, resolver: reader.equals(writer) ? undefined : (reader.createResolver(writer) as unknown as avro.Type) };
  } catch (failure) {
    return undecodable('SchemaUnfit', `schema ${schemaId} does not fit the ${contract} contract: ${failure instanceof Error ? failure.message : 'unknown'}`);
  }
}

async function writerType(schemaId: number): Promise<avro.Type | Undecodable> {
  if (schemas.asks) Atomics.store(progress, PROGRESS.activity, ACTIVITY.asking);
  try {
    const found = await schemas.schema(schemaId);
    switch (found.outcome) {
      case 'read': return found.type;
      case 'none': return undecodable('SchemaNotFound', `there is no schema ${schemaId}`);
      case 'unfit': return undecodable('SchemaUnfit', `schema ${schemaId} does not serve: ${found.reason}`);
    }
  } catch (failure) {
    throw new Unavailable(`the registry did not give schema ${schemaId}: ${failure instanceof Error ? failure.message : 'unknown'}`);
  } finally {
    Atomics.store(progress, PROGRESS.activity, ACTIVITY.idle);
  }
}

function undecodable(failure: Undecodable['failure'], message: string): Undecodable {
  return { outcome: 'undecodable', failure, message };
}
