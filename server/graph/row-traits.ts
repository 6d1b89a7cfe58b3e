import { COMPLETENESSES, type Completeness, EVIDENCES, type Evidence, READ_REASONS } from '../catalog/changes.ts';
import { completenessAt, EDGE_KINDS, type EdgeKind, type EdgeRow, evidenceAt } from '../catalog/lineage/rows.ts';

/** Everything an edge is besides its ends, in 19 bits: kind 3, evidence 3, completeness 2, identity 1, reasons 10. */
const EVIDENCE_SHIFT = 3;
const COMPLETENESS_SHIFT = 6;
const IDENTITY_BIT = 1 << 8;
const REASONS_SHIFT = 9;

if (EDGE_KINDS.length > 8 || EVIDENCES.length > 8 || COMPLETENESSES.length > 4 || READ_REASONS.length > 10) {
  throw new Error('an enumeration has outgrown its bits in the lineage index');
}

export const DERIVES = EDGE_KINDS.indexOf('DERIVES');
export const READS = EDGE_KINDS.indexOf('READS');
export const USES = EDGE_KINDS.indexOf('USES');
export const WRITES = EDGE_KINDS.indexOf('WRITES');
export const GENERATES = EDGE_KINDS.indexOf('GENERATES');

export function packTraits({ kind, evidence, completeness, identity, reasons }: EdgeRow): number {
  return kind | (evidence << EVIDENCE_SHIFT) | (completeness << COMPLETENESS_SHIFT) | (identity ? IDENTITY_BIT : 0) | (reasons << REASONS_SHIFT);
}
/** What `packTraits` packed. */
export function unpackTraits(traits: number): Pick<EdgeRow, 'kind' | 'evidence' | 'completeness' | 'identity' | 'reasons'> {
  return { kind: kindIn(traits), evidence: (traits >> EVIDENCE_SHIFT) & 7, completeness: (traits >> COMPLETENESS_SHIFT) & 3, identity: identityIn(traits), reasons: reasonsIn(traits) };
}
export function kindIn(traits: number): number {
  return traits & 7;
}
export function evidenceBitIn(traits: number): number {
  return 1 << ((traits >> EVIDENCE_SHIFT) & 7);
}
export function evidenceIn(traits: number): Evidence {
  return evidenceAt((traits >> EVIDENCE_SHIFT) & 7);
}
export function completenessIn(traits: number): Completeness {
  return completenessAt((traits >> COMPLETENESS_SHIFT) & 3);
}
export function identityIn(traits: number): boolean {
  return (traits & IDENTITY_BIT) !== 0;
}
export function reasonsIn(traits: number): number {
  return traits >> REASONS_SHIFT;
}
export function edgeKindIn(traits: number): EdgeKind {
  return EDGE_KINDS[kindIn(traits)] ?? 'DERIVES';
}

/** One bit for each kind of evidence; all of them for null. */
export function evidenceMask(evidence: readonly Evidence[] | null): number {
  return evidence === null ? -1 : evidence.reduce((mask, e) => mask | (1 << EVIDENCES.indexOf(e)), 0);
}
