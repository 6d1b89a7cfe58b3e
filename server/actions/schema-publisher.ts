import type { Candidate } from '../catalog/schema-change/proposal.ts';
import { Problem } from '../problem.ts';

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

/** Has a candidate registered; whatever keeps it out of the registry is a problem of its own. */
export async function publishCandidate(candidate: Candidate, publisher: SchemaPublisher | null): Promise<{ readonly version: number; readonly schemaId: number }> {
  if (publisher === null) throw new Problem('registry-not-configured', 'SLUICE_REGISTRY_URL is not set: the proposal stays approved until there is a registry');
  if (publisher.namespace !== candidate.subject.namespace) throw new Problem('registry-not-configured', `the registry here is ${publisher.namespace}, and the subject is one of ${candidate.subject.namespace}`);
  const published = await publisher.publish(candidate);
  switch (published.outcome) {
    case 'registered':
      return published;
    case 'refused':
      throw new Problem('registry-refused', `the Schema Registry answered ${published.status}: ${published.message}`, { registry: { status: published.status, code: published.code, message: published.message } });
    case 'unavailable':
      throw new Problem('registry-unavailable', published.message);
  }
}
