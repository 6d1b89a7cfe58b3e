import type { Evidence, ProgramFact } from '../changes.ts';
import type { DatasetRef, Named } from '../names.ts';

/** What a job that may start will read and write: it counts as deployed until the job is seen, or cannot start any more. */
export interface Reservation {
  readonly job: Named;
  readonly owner: string | null;
  /** What the program was given as. */
  readonly evidence: Evidence;
  readonly program: ProgramFact;
}

/** Some fields of a dataset; `except` null: those that are listed, else every other one, listed or not. */
export interface FieldSet {
  readonly dataset: DatasetRef;
  readonly paths: readonly string[];
  readonly except: readonly string[] | null;
}

/** How a program uses some fields, or what they lie in, or what lies in them; null where it does not. */
export function useOf(program: ProgramFact, fields: FieldSet): 'known' | 'possible' | null {
  const uses = program.reads.filter((use) => isSame(use.dataset, fields.dataset));
  const origins = program.writes.flatMap(({ derivations }) => derivations ?? []).flatMap(({ from }) => from).filter((origin) => isSame(origin.dataset, fields.dataset));
  const read = [...uses.flatMap((use) => (use.fields ?? []).map(({ path }) => path)), ...origins.map(({ path }) => path)];
  if (read.some((path) => isAmong(path, fields))) return 'known';
  return uses.some(({ completeness }) => completeness !== 'complete') ? 'possible' : null;
}

/** What a program that uses some fields makes of them; what it says no origin of may come from them. */
export function derivedFrom(program: ProgramFact, fields: FieldSet): readonly (FieldSet & { readonly certainty: 'known' | 'possible' })[] {
  return program.writes.flatMap(({ dataset, derivations }) => {
    const listed = derivations ?? [];
    const known = listed.filter(({ from }) => from.some((origin) => isSame(origin.dataset, fields.dataset) && isAmong(origin.path, fields))).map(({ to }) => to);
    const others = { dataset, paths: [], except: listed.map(({ to }) => to), certainty: 'possible' as const };
    return known.length === 0 ? [others] : [{ dataset, paths: known, except: null, certainty: 'known' as const }, others];
  });
}

function isAmong(path: string, { paths, except }: FieldSet): boolean {
  return paths.some((other) => path === other || isPart(path, other) || isPart(other, path)) || (except !== null && !except.includes(path));
}
function isPart(path: string, whole: string): boolean {
  return path.startsWith(whole) && '.[{<'.includes(path.charAt(whole.length));
}
function isSame(a: DatasetRef, b: DatasetRef): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}
