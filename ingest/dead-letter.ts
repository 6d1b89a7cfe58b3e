/** Where in its way a message failed. */
export type FailedStage = (typeof FAILED_STAGES)[number];
export const FAILED_STAGES = ['DECOMPRESS', 'DECODE', 'CHANGES', 'APPLY'] as const;

/** A message that can never be applied, and why. Nothing of it is lost: it can be replayed. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly stage: FailedStage;
  /** Short name of the kind of failure, e.g. `SchemaNotFound`, `DecodeLimit`, `Refused`. */
  readonly failure: string;
  /** For people. */
  readonly message: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** When it was put aside, ms. */
  readonly at: number;
}

/** Where dead letters go. `send` resolves once they are durable; only then may the offset move past them. */
export interface DeadLetters {
  send(letters: readonly DeadLetter[]): Promise<void>;
}

/** Header names of dead letters in Kafka, after Kafka Connect's `__connect.errors.*`. */
export const DEAD_LETTER_HEADERS = {
  topic: '__sluice.errors.topic',
  partition: '__sluice.errors.partition',
  offset: '__sluice.errors.offset',
  stage: '__sluice.errors.stage',
  failure: '__sluice.errors.class',
  message: '__sluice.errors.message',
  at: '__sluice.errors.at',
} as const;
