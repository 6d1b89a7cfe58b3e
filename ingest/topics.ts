import type { Contract } from './decode/decoder.ts';

/** Names of the topics Sluice reads and writes. */
export interface Topics {
  readonly control: string;
  readonly audit: string;
  readonly deadLetter: string;
}
export const DEFAULT_TOPICS: Topics = { control: 'sluice.control', audit: 'sluice.audit', deadLetter: 'sluice.dead-letter' };

export function contractsOf({ control, audit }: Topics): ReadonlyMap<string, Contract> {
  return new Map([[control, 'control'], [audit, 'audit']]);
}
