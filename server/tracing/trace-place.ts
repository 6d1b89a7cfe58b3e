import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import type { TraceHeaders } from './tracing.ts';

/** Longest `tracestate` taken along; W3C asks for 512 at least. */
const LONGEST_STATE = 512;

/** The place in a trace that W3C's headers tell; null where they tell none. A version of later days is read as far as it is known. */
export function placeOf({ traceparent = '', tracestate }: TraceHeaders): SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  const state = tracestate === undefined || tracestate.length > LONGEST_STATE ? {} : { traceState: createTraceState(tracestate) };
  const place = { traceId, spanId, traceFlags: parseInt(flags, 16) & 1, isRemote: true, ...state };
  return isSpanContextValid(place) ? place : null;
}
