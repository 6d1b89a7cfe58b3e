import type { Contract } from './decode/decoder.ts';

/** Names of the topics Sluice reads and writes. */
export interface Topics {
  readonly control: string;
  readonly audit: string;
  readonly deadLetter: string;
  /** OpenLineage events as JSON; null: there is no such topic. */
  readonly openLineage: string | null;
}
/** What the messages of a topic are. */
export type TopicContract = Contract | 'openlineage';

export const DEFAULT_TOPICS: Topics = { control: 'sluice.control', audit: 'sluice.audit', deadLetter: 'sluice.dead-letter', openLineage: null };

export function contractsOf({ control, audit, openLineage }: Topics): ReadonlyMap<string, TopicContract> {
  return new Map<string, TopicContract>([[control, 'control'], [audit, 'audit'], ...(openLineage === null ? [] : [[openLineage, 'openlineage'] as const])]);
}
