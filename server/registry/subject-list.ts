import type { RegistryClient, Which } from './registry-client.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';

/** Subjects asked for at once: a limit that servers grant when it is asked for. */
const PAGE = 1_000;
/** Most subjects mirrored; a list that goes on beyond it does not end. */
const MOST_SUBJECTS = 1_000_000;
/** Servers cut lists at round numbers (1,000 by default in one, 20,000 in another). */
const ROUND = 1_000;

/**
 * Every subject there is. A server's silent limit ends a page, not the list: it is asked on until a page is empty. From
 * a server that does not page, a list of a round length is not believed to be whole.
 */
export async function wholeSubjectList(client: Pick<RegistryClient, 'subjects'>, which: Which, pageSize = PAGE): Promise<ReadonlySet<string>> {
  const subjects = new Set<string>();
  for (let offset = 0; ; ) {
    const page = await client.subjects(which, { offset, limit: pageSize });
    if (page.length === 0) return subjects;
    if (offset > 0 && page.every((subject) => subjects.has(subject))) return believed(subjects, page.length);
    for (const subject of page) subjects.add(subject);
    offset += page.length;
    if (offset > MOST_SUBJECTS) throw new OutsideFailure('too-large', `the registry lists more than ${MOST_SUBJECTS} subjects`);
  }
}

function believed(subjects: ReadonlySet<string>, repeated: number): ReadonlySet<string> {
  if (repeated === subjects.size && repeated % ROUND === 0) {
    throw new OutsideFailure('incomplete', `the registry lists ${repeated} subjects and no more pages: it may have stopped at a limit of its own (Apicurio: apicurio.ccompat.max-subjects)`);
  }
  return subjects;
}
