/** A message as it lies in a partition, whatever brought it here. */
export interface Message {
  readonly offset: number;
  readonly key: Uint8Array | null;
  /** null: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyMap<string, string>;
  /** What lies here and was never seen because it is too large to unpack, e.g. `the gzip batch of offsets 7 to 9`. */
  readonly tooLarge: string | null;
  /** Broker or producer time, ms. */
  readonly timestamp: number;
}

/** Consecutive messages of one partition, fetched under one consumer group generation. */
export interface MessageBatch {
  readonly topic: string;
  readonly partition: number;
  /** Fences by generation where the source has one; offsets fence in any case. */
  readonly generation: number;
  readonly messages: readonly Message[];
}

/** What is done with a batch: everything before `next` is applied or put aside, or the partition belongs to somebody else now. */
export type BatchOutcome =
  | { readonly outcome: 'handled'; readonly next: number; readonly applied: number; readonly deadLettered: number }
  /** Start again from `next`, where the store stands; nothing of this batch was applied. */
  | { readonly outcome: 'fenced'; readonly next: number };
