import { changesFor } from '../changes/change-list.ts';
import { answerOf, api, type Schemas } from '../shared/api.ts';
import { Remote } from '../shared/remote.svelte.ts';

/** What fits above the fold; the pages of changes and decisions have all. */
const SHOWN = 8;
const STEPS_SHOWN = 12;
const ALL = { state: 'proposed', subject: '', team: '', requester: '', cursor: '' } as const;

/** What somebody comes home to: what there is, what changed, what was denied, what waits. */
export class Lately {
  readonly size = new Remote<Schemas['RevisionStatus']>();
  readonly changed = new Remote<Schemas['RecentChanges']>();
  readonly denied = new Remote<Schemas['DecisionPage']>();
  readonly waiting = new Remote<Schemas['SchemaChangePage']>();

  /** Of these teams only; null: of everybody. To be called in an effect. */
  ask(teams: readonly string[] | null): void {
    const team = teams === null ? {} : { team: [...teams] };
    void this.size.ask((signal) => answerOf(api.GET('/v1/revision', { signal })));
    void this.changed.ask((signal) => answerOf(api.GET('/v1/platform/recent-changes', { params: { query: { limit: STEPS_SHOWN } }, signal })));
    void this.denied.ask((signal) => answerOf(api.GET('/v1/gate/decisions', { params: { query: { outcome: 'deny', limit: SHOWN, ...team } }, signal })));
    void this.waiting.ask(async (signal) => {
      const { proposals, total } = await changesFor(ALL, teams, signal);
      return { proposals: proposals.slice(0, SHOWN), total, nextCursor: null };
    });
  }

  /** Everything was answered, or why it was not: shown together, nothing moves when more comes. */
  get isThere(): boolean {
    return [this.size, this.changed, this.denied, this.waiting].every(({ current }) => current.state !== 'loading' || current.earlier !== null);
  }
}
