import { randomUUID } from 'node:crypto';
import type { FactBodies, Instant, Statement } from '../catalog/changes.ts';
import type { Identity } from '../catalog/identity.ts';
import type { EntityRef } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import { type CatalogReader, factOf, ownerOf } from '../queries/catalog-reader.ts';
import { isMemberOf, teamRef } from '../queries/membership.ts';
import { requireEntity } from '../queries/view.ts';
import type { EntityRecord, Store } from '../store/store.ts';
import type { LedgerWriter } from './ledger-writer.ts';

export interface OwnershipParts {
  readonly store: Pick<Store, 'apply' | 'search'>;
  readonly index: Pick<LineageIndex, 'catchUp'>;
  readonly catalog: CatalogReader;
  readonly writer: Pick<LedgerWriter, 'append'>;
  readonly clock: () => number;
}
export interface OwnerChange {
  /** null: nobody any more. */
  readonly owner: string | null;
  readonly reason: string;
}
export interface TeamChange extends Readonly<FactBodies['team']> {
  readonly reason: string;
}
/** What an entry of kind 'administration' records of teams and what they own. */
export type OwnershipEvent = { readonly by: string; readonly byName: string; readonly reason: string } & (
  | { readonly event: 'owner-set'; readonly entity: EntityRef; readonly from: string | null; readonly to: string | null }
  | { readonly event: 'team-set'; readonly team: string; readonly from: FactBodies['team'] | null; readonly to: FactBodies['team'] }
);

/** Who answers for what, as people declare it: recorded first, then said in the catalog. */
export class Ownership {
  readonly #parts: OwnershipParts;

  constructor(parts: OwnershipParts) {
    this.#parts = parts;
  }

  /** By an administrator, or by a member of the team that owns it, who may hand it on but not leave it to nobody. Answers the revision. */
  async setOwner(ref: EntityRef, { owner, reason }: OwnerChange, by: Identity): Promise<number> {
    const { index, catalog } = this.#parts;
    await index.catchUp();
    const record = await requireEntity(ref, catalog, null);
    const from = ownerOf(record);
    await this.#requireMay(from, owner, by);
    if (owner !== null) await this.#requireTeam(owner);
    if (from === owner) return (await index.catchUp()).revision;
    await this.#record({ event: 'owner-set', entity: ref, from, to: owner, reason, ...actor(by) });
    return this.#say({ about: ref, aspect: 'owner', body: owner === null ? null : { team: owner } }, record);
  }

  /** Contact and members of a team, which is new where nobody knew it. */
  async setTeam(name: string, { contact, members, reason }: TeamChange, by: Identity): Promise<FactBodies['team'] & { readonly revision: number }> {
    const { index, catalog } = this.#parts;
    await index.catchUp();
    const record = await catalog.entity(teamRef(name));
    const to = { contact, members: [...new Set(members)] };
    await this.#record({ event: 'team-set', team: name, from: factOf(record, 'team'), to, reason, ...actor(by) });
    return { ...to, revision: await this.#say({ about: teamRef(name), aspect: 'team', body: to }, record) };
  }

  async #requireMay(from: string | null, to: string | null, by: Identity): Promise<void> {
    if (by.scopes.has('policy:admin')) return;
    if (from !== null && to !== null && (await isMemberOf(from, by, this.#parts.catalog))) return;
    const owner = from === null ? 'nobody owns it' : `${from} owns it`;
    throw new Problem('not-owner', `${owner}: an administrator may say who does, and a member of the team that owns something may hand it on to another`, { owner: from });
  }

  /** A name nobody knows as a team is a slip of the pen, and nobody could approve anything for it. */
  async #requireTeam(name: string): Promise<void> {
    const { catalog, store } = this.#parts;
    if (factOf(await catalog.entity(teamRef(name)), 'team') !== null) return;
    const { total } = await store.search({ text: '', filters: { owner: [name] }, limit: 1, cursor: null });
    if (total === 0) throw new Problem('team-unknown', `nobody declared a team ${name}, and it owns nothing yet`, { team: name });
  }

  async #record(event: OwnershipEvent): Promise<void> {
    await this.#parts.writer.append({ id: randomUUID(), kind: 'administration', at: this.#parts.clock(), body: JSON.stringify(event), idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: event.event });
  }

  async #say(said: Pick<Statement, 'about'> & ({ aspect: 'owner'; body: FactBodies['owner'] | null } | { aspect: 'team'; body: FactBodies['team'] }), record: EntityRecord | null): Promise<number> {
    const now = this.#parts.clock();
    const at = laterThan(record?.facts.find(({ aspect, evidence }) => aspect === said.aspect && evidence === 'declared')?.at, now);
    const applied = await this.#parts.store.apply({ changes: [{ change: 'statement', part: '', evidence: 'declared', at, ...said }], committedAt: now, offset: null });
    if (applied.outcome === 'fenced') throw new Error('a batch without an offset was fenced');
    return applied.revision;
  }
}

function actor({ id, name }: Identity): { readonly by: string; readonly byName: string } {
  return { by: id, byName: name };
}

/** Now, or just after what was said before: a sender whose clock is ahead must not have the last word. */
function laterThan(said: Instant | undefined, now: number): Instant {
  const event = randomUUID();
  return said === undefined || said.time < now ? { time: now, sequence: 0, event } : { time: said.time, sequence: said.sequence + 1, event };
}
