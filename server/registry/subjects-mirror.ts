import { COMPATIBILITY_LEVELS, type CompatibilityLevel, type GraphChange } from '../catalog/changes.ts';
import { MAX_NAME_LENGTH, type Named } from '../catalog/names.ts';
import { entityPages, type EntityRecord, type Store } from '../store/store.ts';
import { inTurns } from '../outside/in-turns.ts';
import { ReferenceTexts } from './reference-texts.ts';
import type { RegisteredVersion } from './registered-version.ts';
import type { RegistryClient, VersionList } from './registry-client.ts';
import type { RegistryConfig } from './registry-config.ts';
import { concernsAll, OutsideFailure } from '../outside/outside-failure.ts';
import { changesOfGoneSubject, changesOfSubject, type SeenVersion, type VersionContent, versionsIn } from './subject-changes.ts';
import { wholeSubjectList } from './subject-list.ts';

/** Requests under way at once: enough to hide the way there, too few to be felt by a registry. */
const REQUESTS_AT_ONCE = 8;
/** Subjects whose changes become one revision: what they hold lies in memory until then. */
const SUBJECTS_AT_ONCE = 32;
/** Text of one subject's versions kept until the others are fetched, UTF-16 units; beyond it they are stored first. */
const TEXT_AT_ONCE = 4 * 1024 * 1024;
/** Levels, modes, the newest version's content and soft deletions that no list tells are looked at again every so many polls, and whenever the registry's own level or mode changed. */
const SETTINGS_EVERY = 10;
/** Subjects that may fail for reasons of their own before the registry as a whole is taken to be failing. */
const MOST_ASIDE = 20;
/** Fewer subjects may be lost at once without being taken for a registry that lost its data, unless they were all. */
const SMALL_LOSS = 10;

export interface MirrorParts {
  readonly client: Pick<RegistryClient, 'subjects' | 'versions' | 'liveVersions' | 'version' | 'level' | 'mode'>;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly config: Pick<RegistryConfig, 'namespace' | 'names' | 'acceptLoss'>;
  readonly clock: () => number;
}
export interface PollResult {
  readonly subjects: number;
  readonly changes: number;
  /** Subjects that could not be read this time. */
  readonly aside: number;
}
/** Why nothing true can be said of a subject now. */
export interface SubjectFault {
  readonly reason: string;
  /** When it was last read whole, ms; null: never in this process. */
  readonly readAt: number | null;
  /** It was read, and what it says cannot be had or cannot be believed: it does not take a stale bound to doubt it. */
  readonly lasting: boolean;
  /** Versions with another schema in the registry than in the catalog. */
  readonly differing: readonly number[];
}

/**
 * Keeps the catalog's subjects as a registry has them. A poll asks for the lists of subjects and of their versions; only
 * of subjects where those changed is anything fetched or compared with the catalog.
 */
export class SubjectsMirror {
  readonly #parts: MirrorParts;
  /** By subject, the version lists last seen and taken over. */
  readonly #taken = new Map<string, Taken>();
  readonly #faults = new Map<string, SubjectFault>();
  #renumbered = new Set<string>();
  #completeAt: number | null = null;
  #settings = '';
  /** Whether this registry marks soft-deleted versions in its lists. */
  #marksDeleted = false;
  #pollsSinceSettings = SETTINGS_EVERY;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  /** When the last complete poll began, ms. */
  get completeAt(): number | null {
    return this.#completeAt;
  }
  get subjects(): number {
    return this.#taken.size;
  }
  get faults(): ReadonlyMap<string, SubjectFault> {
    return this.#faults;
  }
  /** Subjects with a version that has another id in the registry than in the catalog. */
  get renumbered(): ReadonlySet<string> {
    return this.#renumbered;
  }

  /** One look at everything. Rejects with OutsideFailure or StoreUnavailable; what was taken over by then stays. */
  async poll(): Promise<PollResult> {
    const { client, clock } = this.#parts;
    const at = clock();
    const settings = `${await client.level('')} ${await client.mode('')}`;
    const withSettings = settings !== this.#settings || this.#pollsSinceSettings >= SETTINGS_EVERY;
    const all = await wholeSubjectList(client, 'all');
    const live = await wholeSubjectList(client, 'live');
    const deleted = this.#marksDeleted ? NONE : await wholeSubjectList(client, 'deleted');
    const turn: Turn = { at, live, deleted, withSettings, references: new ReferenceTexts(client), aside: 0 };
    const absent = (await this.#known(withSettings)).filter((name) => !all.has(name));
    const gone = await this.#confirmed(absent, all.size);
    const changes = await this.#takeOver([...all], turn, (name) => this.#read(name, turn)) + (await this.#takeOver(gone, turn, (name) => this.#forget(name, turn)));
    for (const name of this.#faults.keys()) if (!all.has(name)) this.#faults.delete(name);
    this.#completeAt = at;
    this.#settings = settings;
    this.#pollsSinceSettings = withSettings ? 1 : this.#pollsSinceSettings + 1;
    return { subjects: all.size, changes, aside: turn.aside };
  }

  /** Subjects the catalog has of this registry: those seen before and, every so often, those the store names. */
  async #known(askStore: boolean): Promise<readonly string[]> {
    if (!askStore) return [...this.#taken.keys()];
    const { store, config } = this.#parts;
    const names = new Set(this.#taken.keys());
    for await (const page of entityPages(store, 'subject')) {
      for (const { namespace, name } of page) if (namespace === config.namespace) names.add(name);
    }
    return [...names];
  }

  /** Of subjects that the list lacks, those the registry says it has not; a list that lacks what is there is no whole one. */
  async #confirmed(absent: readonly string[], listed: number): Promise<readonly string[]> {
    const { client, store, config } = this.#parts;
    const held = await inTurns(absent, REQUESTS_AT_ONCE, async (name) => (versionsIn(await store.entity(this.#ref(name))).size > 0 ? [name] : []));
    const lost = held.flat();
    if (!config.acceptLoss && lost.length > 0 && (listed === 0 || lost.length > Math.max(SMALL_LOSS, listed))) {
      throw new OutsideFailure('lost', `the registry lists ${listed} subjects and lacks ${lost.length} that the catalog has: it is taken to have lost them (SLUICE_REGISTRY_LOSS=accept believes it)`);
    }
    await inTurns(lost, REQUESTS_AT_ONCE, async (name) => {
      if ((await client.versions(name)) !== null) throw new OutsideFailure('incomplete', `the list of subjects lacks ${name}, which the registry has: it stops before its end`);
    });
    return lost;
  }

  /** Applies what `look` finds in batches; a subject counts as taken over once its changes are in the store. */
  async #takeOver(names: readonly string[], turn: Turn, look: (name: string) => Promise<Looked>): Promise<number> {
    let applied = 0;
    for (let start = 0; start < names.length; start += SUBJECTS_AT_ONCE) {
      const looked = await inTurns(names.slice(start, start + SUBJECTS_AT_ONCE), REQUESTS_AT_ONCE, (name) => this.#looked(name, turn, look));
      const changes = looked.flatMap((l) => l.changes);
      if (changes.length > 0) await this.#parts.store.apply({ changes, committedAt: this.#parts.clock(), offset: null });
      for (const { settle } of looked) settle();
      applied += changes.length;
    }
    return applied;
  }

  /** A failure that is a subject's own sets it aside, where it is named until it can be read. */
  async #looked(name: string, turn: Turn, look: (name: string) => Promise<Looked>): Promise<Looked> {
    try {
      return await look(name);
    } catch (failure) {
      if (!(failure instanceof OutsideFailure) || concernsAll(failure) || ++turn.aside > MOST_ASIDE) throw failure;
      const readAt = this.#faults.get(name)?.readAt ?? (this.#taken.has(name) ? this.#completeAt : null);
      this.#faults.set(name, { reason: failure.message, readAt, lasting: false, differing: this.#faults.get(name)?.differing ?? [] });
      return { changes: [], settle: () => undefined };
    }
  }

  async #read(name: string, turn: Turn): Promise<Looked> {
    const { client, store, config } = this.#parts;
    if (name === '' || name.length > MAX_NAME_LENGTH) throw new OutsideFailure('malformed', `a subject's name has ${name.length} characters, the limit is ${MAX_NAME_LENGTH}`);
    const listed = await client.versions(name);
    if (listed === null) throw new OutsideFailure('malformed', `${name} is listed and not there`);
    const { all } = listed;
    const live = await this.#live(name, listed, turn);
    const [before, taken] = [this.#taken.get(name), { all: all.join(), live: live.join() }];
    if (!turn.withSettings && before?.all === taken.all && before.live === taken.live && !this.#faults.has(name)) return { changes: [], settle: () => undefined };
    const [subject, governs] = [this.#ref(name), config.names.governedBy(name)];
    const { record, versions } = await this.#versions(name, { all, live: new Set(live), record: await store.entity(subject), check: turn.withSettings }, turn);
    const unserved = versions.filter(({ version, content }) => content === null && !versionsIn(record).has(version));
    const seen = { subject: named(subject), at: turn.at, governs, versions, level: await this.#level(name), mode: await client.mode(name) };
    const { changes, differing, renumbered } = changesOfSubject(seen, { subject: record, dataset: governs && (await store.entity({ kind: 'dataset', ...governs.dataset })) });
    return {
      changes,
      settle: () => {
        this.#taken.set(name, taken);
        this.#faults.delete(name);
        const fault = (reason: string) => this.#faults.set(name, { reason, readAt: turn.at, lasting: true, differing });
        if (unserved.length > 0) fault(`all versions of ${name} are soft-deleted, and the registry does not serve them`);
        if (differing.length > 0) fault(`version ${differing.join(', ')} of ${name} has another schema in the registry than in the catalog`);
        if (renumbered.length > 0) this.#renumbered.add(name);
        else this.#renumbered.delete(name);
      },
    };
  }

  /** The versions that are not soft-deleted; asked for only where no list says so and there is reason to ask. */
  async #live(name: string, { all, marked }: VersionList, { live, deleted, withSettings }: Turn): Promise<readonly number[]> {
    if (!live.has(name)) return [];
    if (marked.length > 0) this.#marksDeleted = true;
    if (this.#marksDeleted) return all.filter((version) => !marked.includes(version));
    const before = this.#taken.get(name);
    if (withSettings || deleted.has(name) || before?.all !== all.join()) return this.#parts.client.liveVersions(name);
    return before.live === '' ? [] : before.live.split(',').map(Number);
  }

  /** Fetches what the catalog lacks, and a version it has where there is reason to compare. What vanished must be said not to be there. */
  async #versions(name: string, listed: Listed, turn: Turn): Promise<SeenVersions> {
    const { all, live, record, check } = listed;
    const held = versionsIn(record);
    // A registry that was filled anew under old numbers shows at the version that should be known best.
    const best = check || all.some((version) => !held.has(version)) ? all.findLast((version) => live.has(version) && held.has(version)) : null;
    const doubted = this.#faults.get(name)?.differing ?? [];
    const seen: SeenVersion[] = [];
    let text = 0;
    for (const version of all) {
      if (text > TEXT_AT_ONCE) return this.#versions(name, { ...listed, record: await this.#storeFirst(name, seen, { ...listed, at: turn.at }) }, turn);
      const wanted = doubted.includes(version) || !held.has(version) || version === best;
      const content = wanted ? await this.#content(name, { version, served: live.size > 0 }, turn) : null;
      if (!held.has(version)) text += [content?.schema ?? '', ...(content?.references ?? [])].reduce((sum, { length }) => sum + length, 0);
      seen.push({ version, deleted: !live.has(version), content });
    }
    const last = all.at(-1) ?? 0;
    for (const version of held.keys()) {
      if (all.includes(version) || (await this.#parts.client.version(name, version)) === null) continue;
      throw new OutsideFailure('malformed', `the versions of ${name} end at ${last} and lack ${version}, which the registry has`);
    }
    return { record, versions: seen };
  }

  /** States the versions fetched so far; the rest of the subject follows. Gives what the catalog has of it then. */
  async #storeFirst(name: string, fetched: readonly SeenVersion[], { all, live, record, at }: Listed & { readonly at: number }): Promise<EntityRecord | null> {
    const { store, clock } = this.#parts;
    const rest = all.slice(fetched.length).map((version) => ({ version, deleted: !live.has(version), content: null }));
    const seen = { subject: named(this.#ref(name)), at, versions: [...fetched, ...rest], level: null, mode: null, governs: null };
    const { changes } = changesOfSubject(seen, { subject: record, dataset: null });
    const stated = changes.filter((change) => change.change === 'statement' && change.body !== null);
    await store.apply({ changes: stated, committedAt: clock(), offset: null });
    const stored = await store.entity(this.#ref(name));
    if (versionsIn(stored).size > versionsIn(record).size) return stored;
    throw new OutsideFailure('too-large', `the versions of ${name} are too large to be taken over at once, and the catalog was told something else of them later`);
  }

  /** null where a registry lists the versions of a subject that is soft-deleted as a whole, and serves none of them. */
  async #content(name: string, { version, served }: { readonly version: number; readonly served: boolean }, { references }: Turn): Promise<VersionContent | null> {
    const found = await this.#parts.client.version(name, version);
    if (found === null && !served) return null;
    if (found === null) throw new OutsideFailure('malformed', `version ${version} of ${name} is listed and not served`);
    if (found.version !== version) throw new OutsideFailure('malformed', `version ${found.version} of ${name} was answered for version ${version}`);
    return contentOf(found, await references.of(found));
  }

  async #level(name: string): Promise<CompatibilityLevel | null> {
    const level = await this.#parts.client.level(name);
    const known = COMPATIBILITY_LEVELS.find((l) => l === level);
    if (level !== null && known === undefined) throw new OutsideFailure('malformed', `the level of ${name} is "${level}", not one of ${COMPATIBILITY_LEVELS.join(', ')}`);
    return known ?? null;
  }

  async #forget(name: string, { at }: Turn): Promise<Looked> {
    const { store, config } = this.#parts;
    const [subject, governs] = [this.#ref(name), config.names.governedBy(name)];
    const known = { subject: await store.entity(subject), dataset: governs && (await store.entity({ kind: 'dataset', ...governs.dataset })) };
    return {
      changes: changesOfGoneSubject({ subject: named(subject), at, governs }, known),
      settle: () => {
        this.#taken.delete(name);
        this.#faults.delete(name);
        this.#renumbered.delete(name);
      },
    };
  }

  #ref(name: string): { readonly kind: 'subject' } & Named {
    return { kind: 'subject', namespace: this.#parts.config.namespace, name };
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Version lists, as text. */
interface Taken {
  readonly all: string;
  readonly live: string;
}
interface Turn {
  readonly at: number;
  readonly live: ReadonlySet<string>;
  /** Subjects that may have soft-deleted versions. */
  readonly deleted: ReadonlySet<string>;
  readonly withSettings: boolean;
  readonly references: ReferenceTexts;
  aside: number;
}
interface Looked {
  readonly changes: readonly GraphChange[];
  /** To be called once the changes are in the store. */
  readonly settle: () => void;
}
interface SeenVersions {
  /** What the catalog has of the subject. */
  readonly record: EntityRecord | null;
  readonly versions: readonly SeenVersion[];
}
interface Listed {
  readonly all: readonly number[];
  readonly live: ReadonlySet<number>;
  readonly record: EntityRecord | null;
  readonly check: boolean;
}

function contentOf({ schemaId, schemaType, schema }: RegisteredVersion, references: readonly string[]): VersionContent {
  return { schemaId, schemaType, schema, references };
}
function named({ namespace, name }: Named): Named {
  return { namespace, name };
}
