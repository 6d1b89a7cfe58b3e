import { type Aspect, COMPLETENESSES, type Completeness } from '../../catalog/changes.ts';
import type { EntityKind } from '../../catalog/names.ts';

/** Numbers under which aspects are stored: part of stored files, never change one. */
const ASPECT_CODES: Readonly<Record<Aspect | 'observed', number>> = {
  observed: 0,
  dataset: 1,
  fields: 2,
  'governed-by': 3,
  'schema-version': 4,
  compatibility: 5,
  owner: 6,
  tags: 7,
  doc: 8,
  job: 9,
  consumer: 10,
  program: 11,
  state: 12,
  processor: 13,
  pipeline: 14,
  team: 15,
  'audit-result': 16,
};
const ASPECTS_BY_CODE = new Map(Object.entries(ASPECT_CODES).map(([aspect, code]) => [code, aspect as Aspect | 'observed']));

export function aspectCode(aspect: Aspect | 'observed'): number {
  return ASPECT_CODES[aspect];
}
export function aspectOf(code: number): Aspect {
  const aspect = ASPECTS_BY_CODE.get(code);
  if (aspect === undefined || aspect === 'observed') throw new Error(`no aspect is stored under the number ${code}`);
  return aspect;
}

/** The aspect whose statements say that an entity of a kind exists; its validity follows from them. */
export const EXISTENCE: Readonly<Record<EntityKind, Aspect>> = {
  dataset: 'dataset',
  field: 'fields',
  job: 'job',
  consumer: 'consumer',
  processor: 'processor',
  pipeline: 'pipeline',
  subject: 'schema-version',
  team: 'team',
};

const IDENTITY_BIT = 1 << 16;
const COMPLETENESS_SHIFT = 17;

/** What an edge says besides its ends, in one stored integer: reasons in bits 0-15, identity 16, completeness 17-18. */
export function packTraits(reasons: number, identity: boolean, completeness: Completeness): number {
  return reasons | (identity ? IDENTITY_BIT : 0) | (COMPLETENESSES.indexOf(completeness) << COMPLETENESS_SHIFT);
}
export function reasonsIn(traits: number): number {
  return traits & 0xffff;
}
export function identityIn(traits: number): boolean {
  return (traits & IDENTITY_BIT) !== 0;
}
/** Position in COMPLETENESSES. */
export function completenessIn(traits: number): number {
  return traits >> COMPLETENESS_SHIFT;
}
/**
 * The traits of an edge stated twice at once: every reason counts, it is a copy only if both say so, and
 * it is as incomplete as the less complete of the two.
 */
export function mergeTraits(a: number, b: number): number {
  const completeness = Math.max(completenessIn(a), completenessIn(b)) << COMPLETENESS_SHIFT;
  return reasonsIn(a | b) | (a & b & IDENTITY_BIT) | completeness;
}
