import type { JobKind } from '../catalog/changes.ts';
import { entityKey, type Named } from '../catalog/names.ts';
import type { KnownJob } from './job-work.ts';

/** Jobs of a group that are named; the count tells of all. */
const NAMED_JOBS = 50;

export type GroupedBy = 'pipeline' | 'processor';

export interface GroupPage {
  readonly groups: readonly object[];
  readonly total: number;
  readonly next: string | null;
}
export interface Place {
  readonly after: string | null;
  readonly limit: number;
}

/** Deployed jobs of which two or more compute the same from the same inputs, whatever they write it to. */
export function repeatedJobs(jobs: readonly KnownJob[], place: Place): GroupPage & { readonly unknown: number } {
  const deployed = jobs.filter((job) => job.deployed);
  const same = Map.groupBy(deployed.filter(({ work }) => work !== null), ({ work }) => work ?? '');
  const groups = [...same.values()].filter((of) => of.length > 1).map((of) => ({ key: keyOf(of[0]), document: membersOf(of) }));
  return { ...pageOf(groups, place), unknown: deployed.filter(({ work }) => work === null).length };
}

/** Jobs by the pipeline they belong to or the processor they run; those that name none are counted. */
export function groupedJobs(jobs: readonly KnownJob[], by: GroupedBy, place: Place): GroupPage & { readonly without: number } {
  const named = Map.groupBy(jobs.filter((job) => job[by] !== null), (job) => keyOf(job[by] ?? undefined));
  const groups = [...named].map(([key, of]) => {
    const { namespace = '', name = '' } = of[0]?.[by] ?? {};
    return { key, document: { namespace, name, ...membersOf(of) } };
  });
  return { ...pageOf(groups, place), without: jobs.filter((job) => job[by] === null).length };
}

const CONNECTORS: readonly (JobKind | null)[] = ['source-connector', 'sink-connector'];

/** Jobs that are connectors. */
export function connectors(jobs: readonly KnownJob[], place: Place): GroupPage {
  return pageOf(jobs.filter(({ kind }) => CONNECTORS.includes(kind)).map((job) => ({ key: keyOf(job), document: { kind: job.kind, ...jobDocument(job) } })), place);
}

export function jobDocument({ namespace, name, owner, state }: KnownJob): object {
  return { namespace, name, owner, state };
}

/** A page of jobs by key. */
export function jobPage(jobs: readonly KnownJob[], place: Place): { readonly page: readonly KnownJob[]; readonly next: string | null } {
  return sortedPage(jobs.map((job) => ({ key: keyOf(job), job })), place, ({ job }) => job);
}

function membersOf(jobs: readonly KnownJob[]): object {
  return {
    total: jobs.length,
    deployed: jobs.filter(({ deployed }) => deployed).length,
    jobs: jobs.slice(0, NAMED_JOBS).map(jobDocument),
  };
}

function pageOf(groups: readonly { readonly key: string; readonly document: object }[], place: Place): GroupPage {
  const { page, next } = sortedPage(groups, place, ({ document }) => document);
  return { groups: page, total: groups.length, next };
}

function sortedPage<T extends { readonly key: string }, Shown>(all: readonly T[], { after, limit }: Place, show: (of: T) => Shown): { readonly page: readonly Shown[]; readonly next: string | null } {
  const sorted = all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const rest = after === null ? sorted : sorted.filter(({ key }) => key > after);
  const page = rest.slice(0, limit);
  return { page: page.map(show), next: rest.length > limit ? (page.at(-1)?.key ?? null) : null };
}

function keyOf(named: Named | undefined): string {
  return entityKey({ kind: 'job', namespace: named?.namespace ?? '', name: named?.name ?? '' });
}
