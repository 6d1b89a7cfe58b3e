import { COMPATIBILITY_LEVELS, type CompatibilityLevel, type GraphChange } from '../../server/catalog/changes.ts';
import { MAX_NAME_LENGTH, type Named } from '../../server/catalog/names.ts';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';
import { ReferenceTexts, type VersionSource } from '../../server/registry/reference-texts.ts';
import type { RegisteredVersion } from '../../server/registry/registered-version.ts';
import { changesOfGoneSubject, changesOfSubject, type KnownBefore, type SeenSubject, type SeenVersion, type SubjectChanges, type VersionContent, versionsIn } from '../../server/registry/subject-changes.ts';
import type { SubjectSettings } from '../../server/registry/subject-settings.ts';
import type { Store } from '../../server/store/store.ts';
import { RegistryContent, type ToldVersion } from './registry-content.ts';

/** Subjects whose changes become one revision. */
const SUBJECTS_AT_ONCE = 32;

export interface TopicStatementsParts {
  readonly store: Pick<Store, 'apply' | 'entity'>;
  readonly clock: () => number;
  readonly subjects: SubjectSettings;
}

/**
 * States in the catalog what a registry's topic tells, as the mirror states what its REST API tells. What the topic does not
 * tell (a version compacted away, the registry's own level where no record sets one) is left as the catalog has it.
 */
export class TopicStatements implements VersionSource {
  readonly #parts: TopicStatementsParts;
  readonly #waiting = new Map<string, string>();
  #content = new RegistryContent();

  constructor(parts: TopicStatementsParts) {
    this.#parts = parts;
  }

  get content(): RegistryContent {
    return this.#content;
  }
  /** Subjects of which nothing is said now, and why: a reference that is not there yet, a record that cannot be read. */
  get waiting(): ReadonlyMap<string, string> {
    return this.#waiting;
  }

  /** Forgets what was told: the topic is read again from its beginning. */
  begin(): void {
    this.#content = new RegistryContent();
    this.#waiting.clear();
  }

  /** States what is new; to be called when everything that lay in the topic was taken. Gives how many changes that were. */
  async state(): Promise<number> {
    const content = this.#content;
    if (content.touched.size === 0) return 0;
    const names = [...new Set([...content.touched, ...this.#waiting.keys()])];
    const [references, at] = [new ReferenceTexts(this), this.#parts.clock()];
    let applied = 0;
    for (let start = 0; start < names.length && content === this.#content; start += SUBJECTS_AT_ONCE) {
      applied += await this.#stateSome(names.slice(start, start + SUBJECTS_AT_ONCE), references, at);
    }
    return applied;
  }

  async #stateSome(names: readonly string[], references: ReferenceTexts, at: number): Promise<number> {
    const { touched } = this.#content;
    // Whatever comes from now on touches them again.
    for (const name of names) touched.delete(name);
    try {
      const told = await Promise.all(names.map((name) => this.#told(name, references, at)));
      const changes = told.flatMap((one) => one.changes);
      if (changes.length > 0) await this.#parts.store.apply({ changes, committedAt: this.#parts.clock(), offset: null });
      for (const { settle } of told) settle();
      return changes.length;
    } catch (failure) {
      for (const name of names) touched.add(name);
      throw failure;
    }
  }

  /** For schemas that refer to it: from the topic, its text from the catalog once it is there. */
  async version(subject: string, version: number): Promise<RegisteredVersion | null> {
    const told = this.#content.version(subject, version);
    if (told === null || told.schema !== null) return told as RegisteredVersion | null;
    const held = versionsIn(await this.#parts.store.entity(this.#ref(subject))).get(version);
    return held === undefined ? null : { ...told, schema: held.schema };
  }

  async #told(name: string, references: ReferenceTexts, at: number): Promise<Told> {
    const content = this.#content;
    const wait = (reason: string): Told => ({ changes: [], settle: () => void this.#waiting.set(name, reason) });
    const doubt = name.length > MAX_NAME_LENGTH ? `its name has ${name.length} characters, the limit is ${MAX_NAME_LENGTH}` : content.doubt(name);
    if (doubt !== null) return wait(doubt);
    try {
      const versions = [...content.versions(name)].sort(([a], [b]) => a - b);
      const { changes, differing } = await this.#changes(name, { versions, references, at });
      return {
        changes,
        settle: () => {
          for (const [version, told] of versions) if (!differing.includes(version)) content.letGo(name, version, told);
          if (differing.length > 0) this.#waiting.set(name, `version ${differing.join(', ')} has another schema in the topic than in the catalog`);
          else this.#waiting.delete(name);
        },
      };
    } catch (failure) {
      if (failure instanceof OutsideFailure) return wait(failure.message);
      throw failure;
    }
  }

  async #changes(name: string, { versions, references, at }: Seen): Promise<Pick<SubjectChanges, 'changes' | 'differing'>> {
    const { store, subjects: { names } } = this.#parts;
    const [subject, governs] = [this.#ref(name), names.governedBy(name)];
    const known: KnownBefore = { subject: await store.entity(subject), dataset: governs && (await store.entity({ kind: 'dataset', ...governs.dataset })) };
    const told = await Promise.all(versions.map(async ([version, one]) => ({ version, deleted: one.deleted, content: await contentOf(one, references) })));
    const [level, mode] = [knownLevel(this.#content.level(name)), this.#content.mode(name)];
    const seen: SeenSubject = { subject: { namespace: subject.namespace, name }, at, governs, versions: this.#withUntold(name, told, known), level, mode };
    if (seen.versions.length > 0) return changesOfSubject(seen, known);
    return { changes: this.#content.removed(name).size === 0 ? [] : changesOfGoneSubject(seen, known), differing: [] };
  }

  /** Versions that the catalog has and the topic neither has nor tells to be removed stay as they are. */
  #withUntold(name: string, told: readonly SeenVersion[], { subject }: KnownBefore): readonly SeenVersion[] {
    const [there, removed] = [new Set(told.map(({ version }) => version)), this.#content.removed(name)];
    const untold = [...versionsIn(subject).values()].filter(({ version }) => !there.has(version) && !removed.has(version));
    return [...told, ...untold.map(({ version, deleted }) => ({ version, deleted, content: null }))].sort((a, b) => a.version - b.version);
  }

  #ref(name: string): { readonly kind: 'subject' } & Named {
    return { kind: 'subject', namespace: this.#parts.subjects.namespace, name };
  }
}

interface Told {
  readonly changes: readonly GraphChange[];
  /** To be called once the changes are in the store. */
  readonly settle: () => void;
}

interface Seen {
  readonly versions: readonly (readonly [number, ToldVersion])[];
  readonly references: ReferenceTexts;
  readonly at: number;
}

/** null: the catalog has it. */
async function contentOf(told: ToldVersion, references: ReferenceTexts): Promise<VersionContent | null> {
  const { schemaId, schemaType, schema } = told;
  return schema === null ? null : { schemaId, schemaType, schema, references: await references.of(told) };
}

function knownLevel(level: string | null): CompatibilityLevel | null {
  const known = COMPATIBILITY_LEVELS.find((one) => one === level);
  if (level !== null && known === undefined) throw new OutsideFailure('malformed', `its level is "${level}", not one of ${COMPATIBILITY_LEVELS.join(', ')}`);
  return known ?? null;
}
