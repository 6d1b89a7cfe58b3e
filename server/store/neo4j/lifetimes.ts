import type { FieldFact, FieldsFact } from '../../catalog/changes.ts';
import { EXISTENCE } from '../sqlite/codes.ts';
import { effective, latestLifetime, type Lifetime, NEVER, type Step } from '../sqlite/lifetime.ts';
import type { GraphNode, GraphNodes } from './graph-nodes.ts';
import type { Slot, Slots, StoredStatement } from './slots.ts';

/** What a slot says from a time on: nothing (null), or what `T` makes of a body. */
interface Said<T> {
  readonly time: number;
  readonly what: T | null;
}
/** Before everything that is said in a batch: where what was in force before it is put. */
const BEFORE = Number.NEGATIVE_INFINITY;

/** True when everything a batch adds to some slots is later than everything they held before. */
export function onlyExtends(slots: readonly Slot[]): boolean {
  const newest = Math.max(...slots.map((slot) => slot.newest ?? BEFORE));
  return slots.every((slot) => [...slot.statements.values()].every(({ state, time }) => state === 'stored' || (state === 'new' && time > newest)));
}

/** Gives an entity its lifetime: it lives while any slot of its kind's own aspect states it. True when whether it is alive changed. */
export function settleEntity(nodes: GraphNodes, slots: Slots, entity: GraphNode): boolean {
  const saying = slots.of(entity, EXISTENCE[entity.kind]);
  const steps = saying.map((slot) => saidIn(slot, () => true).map(({ time, what }) => ({ time, stated: what !== null })));
  return nodes.live(entity, continued(entity.lifetime, saying.every(({ whole }) => whole), steps));
}

/**
 * Gives the fields of a dataset their lifetimes: each lives while any `fields` slot lists it. Every path
 * ever listed is a node, even if what listed it was replaced at once.
 */
export function settleFields(nodes: GraphNodes, slots: Slots, dataset: GraphNode): void {
  const listing = slots.of(dataset, 'fields');
  const whole = listing.every((slot) => slot.whole);
  const lists = listing.map((slot) => saidIn(slot, (body) => new Set(fieldsIn(body).map(({ path }) => path))));
  const paths = new Set(lists.flatMap((said) => said.flatMap(({ what }) => [...(what ?? [])])));
  // What was valid so far is looked at too: the body that listed it may have been replaced.
  for (const [path, field] of (whole ? dataset.paths : null) ?? []) if (field.lifetime.from !== null) paths.add(path);
  for (const path of paths) {
    const field = nodes.field(dataset, path);
    nodes.live(field, continued(field.lifetime, whole, lists.map((said) => said.map(({ time, what }) => ({ time, stated: what?.has(path) === true })))));
  }
}

/** A lifetime after more steps; after all there ever were, if they are the `whole`. */
function continued(before: Lifetime, whole: boolean, slots: readonly (readonly Step[])[]): Lifetime {
  const after = latestLifetime(slots);
  if (whole) return after;
  if (after.from === null) return before;
  return after.from === BEFORE ? { from: before.from, to: after.to } : after;
}

function saidIn<T>(slot: Slot, read: (body: string) => T): Said<T>[] {
  const statements = [...slot.statements.values()];
  const said = ({ time, body }: Pick<StoredStatement, 'time' | 'body'>): Said<T> => ({ time, what: body === null ? null : read(body) });
  if (slot.whole) return effective(statements).map(said);
  const inForce = effective(statements.filter(({ state }) => state === 'stored')).slice(-1);
  return [...inForce.map(({ body }) => said({ time: BEFORE, body })), ...effective(statements.filter(({ state }) => state !== 'stored')).map(said)];
}

/** The fields in a stored body; none when it withdraws. */
export function fieldsIn(body: string | null): readonly FieldFact[] {
  return body === null ? [] : (JSON.parse(body) as FieldsFact).fields;
}
export { NEVER };
