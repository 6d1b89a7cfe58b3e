import { nameOf } from '../names.ts';
import type { Finding } from './report.ts';

/** A finding for people: what, whom it reaches and how, and the id that approvals name. */
export function renderFinding({ severity, rule, message, affected, approvable, id, approved, approvedBy = [] }: Finding): string[] {
  const readers = affected.map(({ owner, path }) => `      ${path.map(nameOf).join(' → ')}   owner ${owner ?? 'nobody'}`);
  const agreed = approved ? `, approved by ${approvedBy.map(({ team }) => team ?? 'break-glass').join(', ')}` : approvable ? ', approvable' : '';
  return ['', `  ${severity}: ${message}`, ...readers, `      ${rule}, finding ${id}${agreed}`];
}
