import type { AuditEvent, ControlEvent } from '../../ingest/contracts/events.ts';
import type { Decoder } from '../../ingest/decode/decoder.ts';
import { contractType } from '../../ingest/decode/wire-schemas.ts';

const WIRE_HEADER_BYTES = 5;

/** Decodes trusted messages of the embedded contracts in the calling thread, for comparison with the decoding thread. */
export function decoderHere(): Decoder {
  const types = { control: contractType('control'), audit: contractType('audit') };
  return {
    decode: (contract, values) => Promise.resolve(values.map((value) => ({ outcome: 'decoded', event: types[contract].fromBuffer(asBuffer(value).subarray(WIRE_HEADER_BYTES)) as ControlEvent | AuditEvent }))),
    close: () => Promise.resolve(),
  };
}

function asBuffer(value: Uint8Array | null): Buffer {
  return value === null ? Buffer.alloc(0) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
