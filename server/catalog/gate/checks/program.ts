import { finding, type Finding } from '../finding.ts';
import type { GateRequest } from '../request.ts';

/** What of the program itself could not be told, or is told in two ways. */
export function checkProgram({ unknown, differences }: GateRequest): Finding[] {
  return [
    ...unknown.map(({ reason, line, column }) => finding('program-unknown', `${reason}${placeText(line, column)}`, { about: reason })),
    ...differences.map((difference) => finding('program-routes-differ', difference, { about: difference })),
  ];
}

function placeText(line: number | undefined, column: number | undefined): string {
  return line === undefined || column === undefined ? '' : ` (line ${line}, column ${column})`;
}
