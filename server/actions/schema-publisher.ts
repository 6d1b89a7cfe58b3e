import type { Candidate } from '../catalog/schema-change/proposal.ts';

/** What a Schema Registry did with a schema it was asked to take. */
export type Published =
  | { readonly outcome: 'registered'; readonly version: number; readonly schemaId: number }
  /** In the registry's own words, cut to a length that can be shown. */
  | { readonly outcome: 'refused'; readonly status: number; readonly code: number | null; readonly message: string }
  /** Nobody can say whether it was taken; asking again tells. */
  | { readonly outcome: 'unavailable'; readonly message: string };

/** Puts schemas into a Schema Registry, and changes nothing else there: no level, no mode. */
export interface SchemaPublisher {
  /** Namespace of its subjects. */
  readonly namespace: string;
  /** The same schema again is answered with the version and id it has. */
  publish(candidate: Candidate): Promise<Published>;
}
