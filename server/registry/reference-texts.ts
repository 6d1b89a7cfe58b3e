import { MAX_REFERENCES } from '../catalog/avro/parse.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';
import type { RegisteredVersion, SchemaReference } from './registered-version.ts';

/** Referenced texts kept during one poll; the same few are referred to over and over. */
const MOST_KEPT = 500;

/** Whoever knows a version by subject and number, soft-deleted or not. */
export interface VersionSource {
  version(subject: string, version: number): Promise<RegisteredVersion | null>;
}

/** Finds the texts a schema refers to, indirectly too, in the order in which each can be resolved by those before it. */
export class ReferenceTexts {
  readonly #source: VersionSource;
  readonly #kept = new Map<string, Promise<RegisteredVersion | null>>();

  constructor(source: VersionSource) {
    this.#source = source;
  }

  async of({ references }: Pick<RegisteredVersion, 'references'>): Promise<readonly string[]> {
    const texts = new Map<string, string>();
    const under = new Set<string>();
    const visit = async (reference: SchemaReference): Promise<void> => {
      const key = `${reference.version} ${reference.subject}`;
      if (texts.has(key) || under.has(key)) return;
      if (under.size + texts.size >= MAX_REFERENCES) throw new OutsideFailure('too-large', `a schema has more than ${MAX_REFERENCES} references`);
      under.add(key);
      const referred = await this.#version(key, reference);
      for (const inner of referred.references) await visit(inner);
      under.delete(key);
      texts.set(key, referred.schema);
    };
    for (const reference of references) await visit(reference);
    return [...texts.values()];
  }

  async #version(key: string, { subject, version }: SchemaReference): Promise<RegisteredVersion> {
    let asked = this.#kept.get(key);
    if (asked === undefined) {
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      asked = this.#source.version(subject, version);
      this.#kept.set(key, asked);
    }
    const found = await asked;
    if (found !== null) return found;
    throw new OutsideFailure('malformed', `version ${version} of ${subject} is referred to and not there`);
  }
}
