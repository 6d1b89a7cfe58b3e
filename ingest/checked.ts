import { type AvroSchema } from '../server/catalog/avro/schema.ts';
import { parseSchema } from '../server/catalog/avro/parse.ts';
import { READ_REASONS, type ReadReason } from '../server/catalog/changes.ts';
import { MAX_NAME_LENGTH, type Named } from '../server/catalog/names.ts';
import { Refusal } from './refusal.ts';

/** Longest free text kept of an event: descriptions, contacts; longer ones are refused, not cut. */
const MAX_TEXT_LENGTH = 20_000;
/** Events of another era are a sender's broken clock: before 2000, or more than a day ahead of anything sensible. */
const EARLIEST_TIME = Date.UTC(2000, 0, 1);
const LATEST_TIME = Date.UTC(2200, 0, 1);

/** The checks every event goes through; each returns what it was given, or refuses it with the place. */
export function checkedName(place: string, named: Named): Named {
  return { namespace: checkedWord(`${place}.namespace`, named.namespace), name: checkedWord(`${place}.name`, named.name) };
}

export function checkedWord(place: string, word: string): string {
  if (word === '') throw new Refusal(`${place} is empty`);
  if (word.length > MAX_NAME_LENGTH) throw new Refusal(`${place} has ${word.length} characters, the limit is ${MAX_NAME_LENGTH}`);
  return word;
}

export function checkedText(place: string, text: string): string {
  if (text.length > MAX_TEXT_LENGTH) throw new Refusal(`${place} has ${text.length} characters, the limit is ${MAX_TEXT_LENGTH}`);
  return text;
}

export function checkedTime(place: string, time: number): number {
  if (!Number.isSafeInteger(time) || time < EARLIEST_TIME || time > LATEST_TIME) throw new Refusal(`${place} is ${time}, no time between the years 2000 and 2200`);
  return time;
}

export function checkedReason(place: string, reason: string): ReadReason {
  const known = READ_REASONS.find((r) => r === reason);
  if (known === undefined) throw new Refusal(`${place} is "${reason}", not one of ${READ_REASONS.join(', ')}`);
  return known;
}

/** A schema that must be readable; `references` in the order they must be parsed. */
export function checkedSchema(place: string, text: string, references: readonly string[] = []): AvroSchema {
  // Registered schemas may be older than today's rules on defaults: what is out there is taken as it is.
  const parsed = parseSchema(text, { references, validateDefaults: false });
  if (parsed.outcome === 'parsed') return parsed.schema;
  throw new Refusal(`${place} is no Avro schema: ${parsed.message}`);
}
