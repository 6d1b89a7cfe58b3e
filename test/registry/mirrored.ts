import { RegistryClient } from '../../server/registry/registry-client.ts';
import { parseSubjectNames } from '../../server/registry/subject-names.ts';
import { SubjectsMirror } from '../../server/registry/subjects-mirror.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { SmallRegistry } from './small-registry.ts';

export const START = Date.UTC(2026, 5, 1, 12);
export const record = (...fields: string[]): string => JSON.stringify({ type: 'record', name: 'R', namespace: 'shop', fields: fields.map((name) => ({ name, type: 'string', default: '' })) });

/** A small registry, an empty store and a clock that the test turns. */
export class Mirrored {
  readonly registry = new SmallRegistry();
  readonly store: Store = openSqliteStore({ file: ':memory:' });
  now = START;

  async start(): Promise<this> {
    await this.registry.start();
    return this;
  }
  async close(): Promise<void> {
    await this.registry.close();
    await this.store.close();
  }

  mirror({ subjects = '', acceptLoss = false, store = this.store }: { readonly subjects?: string; readonly acceptLoss?: boolean; readonly store?: Store } = {}): SubjectsMirror {
    const names = parseSubjectNames('kafka://main', subjects);
    if (names.outcome === 'refused') throw new Error(names.message);
    const client = new RegistryClient({ url: this.registry.url, auth: null, limits: { answerMs: 500, listMs: 500 } });
    return new SubjectsMirror({ client, store, config: { namespace: 'registry://main', names: names.names, acceptLoss }, clock: () => ++this.now });
  }

  /** What the catalog says of a subject now, `aspect part` → body. */
  subject(name: string, store = this.store): Promise<Record<string, unknown>> {
    return factsOf(store, 'subject', 'registry://main', name);
  }
  topic(name: string, store = this.store): Promise<Record<string, unknown>> {
    return factsOf(store, 'dataset', 'kafka://main', name);
  }
  async revision(): Promise<number> {
    return (await this.store.revision()).revision;
  }
}

async function factsOf(store: Store, kind: 'subject' | 'dataset', namespace: string, name: string): Promise<Record<string, unknown>> {
  const facts = (await store.entity({ kind, namespace, name }))?.facts ?? [];
  return Object.fromEntries(facts.map(({ aspect, part, body }) => [`${aspect} ${part}`.trim(), body] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}
