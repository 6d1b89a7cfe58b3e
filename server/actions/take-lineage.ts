import type { ClusterAliases } from '../catalog/cluster-aliases.ts';
import { compareInstants, type GraphChange, type Instant, type Statement } from '../catalog/changes.ts';
import { entityKey, type EntityRef } from '../catalog/names.ts';
import { changesOfEvent, RUN_PART, type RunFacts } from '../catalog/openlineage/changes-of-event.ts';
import type { Store } from '../store/store.ts';
import { MOST_MATCHES, readsOfPatterns } from './topic-patterns.ts';

export interface LineageParts {
  readonly store: Pick<Store, 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
}
/** An event as changes, or why it can never be applied. */
export type TakenEvent = { readonly outcome: 'changes'; readonly changes: readonly GraphChange[] } | { readonly outcome: 'refused'; readonly reason: string };

/** How the id of an instant ends that a START brought; see `changesOfEvent`. */
const START = ' START';
/** What was said is said again only after this, ms: a running job reports every minute, and each report would be history. */
const REPEAT_AFTER_MS = { state: 600_000, other: 3_600_000 } as const;

/**
 * Events as changes, in order. Where a streaming job starts as a whole, what its earlier runs said and it does not say is
 * withdrawn; what an earlier run still says afterwards comes back, for then it runs. What is in force already is left out.
 */
export async function lineageChanges(events: readonly unknown[], { store, aliases }: LineageParts): Promise<readonly TakenEvent[]> {
  const taken: TakenEvent[] = [];
  const said = new SaidSoFar(store);
  for (const event of events) {
    const read = changesOfEvent(event, aliases);
    if (read.outcome === 'refused') {
      taken.push(read);
      continue;
    }
    const stated = read.changes.filter((change) => change.change === 'statement');
    const matched = await readsOfPatterns(stated, store);
    if (matched.length > MOST_MATCHES) {
      taken.push({ outcome: 'refused', reason: `its patterns match ${matched.length} topics, the limit is ${MOST_MATCHES}` });
      continue;
    }
    const own = [...stated, ...matched];
    const withdrawn = read.run?.isSnapshot === true ? [...(await superseded(read.run, own, said)), ...(await outlived(read.run, own, said))] : [];
    const changes = await said.fresh([...own, ...withdrawn]);
    taken.push({ outcome: 'changes', changes });
  }
  return taken;
}

async function superseded(run: RunFacts, own: readonly Statement[], said: SaidSoFar): Promise<readonly Statement[]> {
  const about: EntityRef = { kind: 'job', ...run.job };
  const kept = new Set(own.flatMap((statement) => (isAbout(statement, about) ? [slotOf(statement)] : [])));
  const earlier = [...(await said.about(about))].filter(([slot, { at, body }]) => body !== null && isOfRun(slot) && !kept.has(slot) && compareInstants(at, run.at) < 0);
  return earlier.map(([, { aspect, part }]): Statement => ({ change: 'statement', about, aspect, part, evidence: 'openlineage', at: run.at, body: null }));
}

/**
 * What a run is heard to have said only after a later run of its job began as a whole without it: then it held until that.
 * A slot that is known is left alone, for the later run may have said it again, which is not written each time.
 */
async function outlived(run: RunFacts, own: readonly Statement[], said: SaidSoFar): Promise<readonly Statement[]> {
  const about: EntityRef = { kind: 'job', ...run.job };
  const known = await said.about(about);
  const starts = [...known].filter(([slot, { at }]) => slot.startsWith('program ') && at.event.endsWith(START) && at.event !== `${run.runId}${START}` && compareInstants(at, run.at) > 0).map(([, { at }]) => at);
  const [next] = starts.sort(compareInstants);
  if (next === undefined) return [];
  const unheard = own.filter((statement) => statement.aspect === 'program' && isAbout(statement, about) && !known.has(slotOf(statement)));
  return unheard.map(({ part }): Statement => ({ change: 'statement', about, aspect: 'program', part, evidence: 'openlineage', at: next, body: null }));
}

function isAbout(statement: Statement, ref: EntityRef): boolean {
  return entityKey(statement.about) === entityKey(ref);
}

type Slots = Map<string, Pick<Statement, 'aspect' | 'part' | 'body'> & { readonly at: Instant }>;

/** What OpenLineage said of entities: in the store, and in events that are on their way there. */
class SaidSoFar {
  readonly #store: LineageParts['store'];
  readonly #slots = new Map<string, Promise<Slots>>();

  constructor(store: LineageParts['store']) {
    this.#store = store;
  }

  about(ref: EntityRef): Promise<Slots> {
    const key = entityKey(ref);
    let slots = this.#slots.get(key);
    if (slots === undefined) this.#slots.set(key, (slots = this.#load(ref)));
    return slots;
  }

  /** Of these statements those that say something new. */
  async fresh(statements: readonly Statement[]): Promise<readonly Statement[]> {
    const fresh: Statement[] = [];
    for (const statement of statements) {
      const slots = await this.about(statement.about);
      const before = slots.get(slotOf(statement));
      if (before !== undefined && repeats(statement, before)) continue;
      if (before === undefined || compareInstants(before.at, statement.at) < 0) slots.set(slotOf(statement), statement);
      fresh.push(statement);
    }
    return fresh;
  }

  async #load(ref: EntityRef): Promise<Slots> {
    const record = await this.#store.entity(ref);
    return new Map((record?.facts ?? []).filter(({ evidence }) => evidence === 'openlineage').map((fact) => [slotOf(fact), fact]));
  }
}

function repeats(statement: Statement, before: Pick<Statement, 'body'> & { readonly at: Instant }): boolean {
  const age = statement.at.time - before.at.time;
  const bound = statement.aspect === 'state' ? REPEAT_AFTER_MS.state : REPEAT_AFTER_MS.other;
  return age >= 0 && age < bound && statement.body !== null && JSON.stringify(statement.body) === JSON.stringify(before.body);
}

/** Aspect and part, as text; an aspect has no space in it. */
function slotOf({ aspect, part }: { readonly aspect: string; readonly part: string }): string {
  return `${aspect} ${part}`;
}
function isOfRun(slot: string): boolean {
  return slot.startsWith('program ') || slot.startsWith(`state ${RUN_PART}`);
}
