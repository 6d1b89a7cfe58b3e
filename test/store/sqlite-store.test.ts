import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../server/store/migrations/migrations.ts';
import { LEDGER_ROOT, ledgerHash } from '../../server/store/ledger-hash.ts';
import { APPLICATION_ID, migrate } from '../../server/store/sqlite/schema-version.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { LedgerConflict, type LedgerDraft, StoreIncompatible, StoreUnavailable } from '../../server/store/store.ts';
import { fields, job, reads, say, topic, TOPIC_FACT } from './changes.ts';
import { pictureOf, scanRows } from './graph-picture.ts';
import { describeStore } from './store-contract.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  file = join(folder, 'store.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describeStore('a store in a file', async () => openSqliteStore({ file }));
describeStore('a store in memory', async () => openSqliteStore({ file: ':memory:' }));

const batch = (...changes: Parameters<typeof say>[]) => ({ changes: changes.map((change) => say(...change)), committedAt: 1, offset: null });
const unavailable = (reason: string) => expect.objectContaining({ name: 'StoreUnavailable', reason });

describe('opening a file', () => {
  test('keeps everything over a restart', async () => {
    const before = openSqliteStore({ file });
    await before.apply(batch([topic('orders'), 'fields', fields('id'), 1]));
    const picture = await pictureOf(before);
    await before.close();
    const after = openSqliteStore({ file });
    expect(await pictureOf(after)).toEqual(picture);
    await after.apply(batch([topic('orders'), 'fields', fields('id', 'sku'), 2]));
    expect((await after.statistics()).entities.field).toBe(2);
    expect(after.identity).toBe(before.identity);
    await after.close();
  });

  test('refuses what is not a store, and says so', () => {
    writeFileSync(file, 'this is a text of some length, but it is no database at all '.repeat(20));
    expect(() => openSqliteStore({ file })).toThrow(StoreIncompatible);
    rmSync(file);
    const foreign = new DatabaseSync(file);
    foreign.exec('CREATE TABLE recipe (name TEXT)');
    foreign.close();
    expect(() => openSqliteStore({ file })).toThrow(/another program/);
  });

  test('refuses a newer version and leaves it as it is', async () => {
    await openSqliteStore({ file }).close();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    expect(() => openSqliteStore({ file })).toThrow(/version 99.*newer Sluice/);
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
    db.close();
  });

  test('says what is wrong with a path that cannot be opened', () => {
    expect(() => openSqliteStore({ file: join(folder, 'missing', 'store.db') })).toThrow(StoreUnavailable);
    expect(() => openSqliteStore({ file, readonly: true })).toThrow(StoreUnavailable);
  });

  test('reads but does not write when opened read-only', async () => {
    const writer = openSqliteStore({ file });
    await writer.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]));
    const reader = openSqliteStore({ file, readonly: true });
    expect(await reader.entity(topic('orders'))).not.toBeNull();
    await expect(reader.apply(batch([topic('x'), 'dataset', TOPIC_FACT, 1]))).rejects.toEqual(unavailable('down'));
    await reader.close();
    await writer.close();
  });
});

describe('migration', () => {
  const next = { version: MIGRATIONS.length + 1, apply: (db: DatabaseSync) => db.exec('CREATE TABLE added (x)') };

  test('brings a file of this version one step on and keeps what is in it', async () => {
    const store = openSqliteStore({ file });
    await store.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]));
    await store.close();
    const db = new DatabaseSync(file);
    migrate(db, [...MIGRATIONS, next], { file, readonly: false });
    migrate(db, [...MIGRATIONS, next], { file, readonly: false });
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: next.version });
    expect(db.prepare('SELECT key FROM node').all()).toEqual([{ key: 'dataset:kafka://main#orders' }]);
    expect(db.prepare('SELECT count(*) AS n FROM added').get()).toEqual({ n: 0 });
    expect(() => openSqliteStore({ file })).toThrow(/newer Sluice/);
    db.close();
  });

  test('leaves the file at the version before a step that fails', () => {
    const db = new DatabaseSync(file);
    const broken = { version: next.version, apply: (broke: DatabaseSync) => { next.apply(broke); throw new Error('half way'); } };
    expect(() => migrate(db, [...MIGRATIONS, broken], { file, readonly: false })).toThrow('half way');
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'added'").get()).toEqual({ n: 0 });
    db.close();
  });

  test('puts beside each decision of before whose job it is about', async () => {
    const db = new DatabaseSync(file);
    migrate(db, MIGRATIONS.slice(0, 3), { file, readonly: false });
    const insert = db.prepare("INSERT INTO ledger (sequence, id, kind, at, body, tail, previous, hash) VALUES (?, ?, ?, 1, ?, ?, 'p', 'h')");
    db.exec(`INSERT INTO ledger_tail VALUES (1, x'00', '"program":{}}}')`);
    const bodies: [string, string, number | null][] = [
      ['decision', '{"decision":{},"request":{"job":{"owner":"team-a"},', 1], ['decision', '{"request":{"job":{"owner":""}}}', null], ['policy', '{"request":{"job":{"owner":"team-b"}}}', null], ['decision', 'no JSON', null],
      ['decision', '{"request":{"job":{"owner":"team-c"}}}', null],
    ];
    for (const [i, [kind, body, tail]] of bodies.entries()) insert.run(i + 1, `e${i}`, kind, body, tail);
    migrate(db, MIGRATIONS, { file, readonly: false });
    expect(db.prepare('SELECT owner FROM ledger ORDER BY sequence').all().map(({ owner }) => owner)).toEqual(['team-a', null, null, null, 'team-c']);
    db.close();
  });

  test('does not migrate a file opened read-only', () => {
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    expect(() => migrate(db, MIGRATIONS, { file, readonly: true })).toThrow(/open it for writing once/);
    db.close();
  });

  test('numbers its steps 1, 2, 3', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });
});

describe('faults', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  function start(task: 'hold' | 'write'): ChildProcess {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'writing-process.ts'), task, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  test('a write waits for another process, then says the store is locked; reads go on; later it works', async () => {
    const store = openSqliteStore({ file, busyTimeoutMs: 150 });
    await store.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]));
    const holder = start('hold');
    await once(holder.stdout!, 'data');
    await expect(store.apply(batch([topic('x'), 'dataset', TOPIC_FACT, 1]))).rejects.toEqual(unavailable('locked'));
    await expect(store.appendToLedger([])).rejects.toEqual(unavailable('locked'));
    expect(await store.revision()).toMatchObject({ revision: 1 });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await store.apply(batch([topic('x'), 'dataset', TOPIC_FACT, 1]))).toMatchObject({ revision: 2 });
    await store.close();
  });

  test('a full disk changes nothing, is said, and is survived', async () => {
    await openSqliteStore({ file }).close();
    const store = openSqliteStore({ file, maxPages: 60 });
    const big = (name: string) => batch([topic(name), 'fields', fields(...Array.from({ length: 3_000 }, (_, i) => `field_${name}_${i}_${Math.sin(i)}`)), 1]);
    await store.apply(batch([topic('small'), 'dataset', TOPIC_FACT, 1]));
    const before = await pictureOf(store);
    for (const name of ['a', 'b']) await expect(store.apply(big(name))).rejects.toEqual(unavailable('full'));
    expect(await pictureOf(store)).toEqual(before);
    expect(await store.apply(batch([topic('other'), 'fields', fields('id'), 1]))).toMatchObject({ revision: 2, changed: true });
    await store.close();
    const roomy = openSqliteStore({ file });
    expect(await roomy.apply(big('a'))).toMatchObject({ revision: 3 });
    await roomy.close();
  });

  test('a closed store refuses everything as closed', async () => {
    const store = openSqliteStore({ file });
    await store.close();
    await store.close();
    for (const call of [store.revision(), store.apply(batch()), store.scan({ onNodes: () => undefined, onEdges: () => undefined }), store.delta(0)]) {
      await expect(call).rejects.toEqual(unavailable('closed'));
    }
  });

  test('a batch that cannot be stored leaves nothing behind, and the next one works', async () => {
    const store = openSqliteStore({ file });
    const broken = say(topic('orders'), 'program', { reads: [], writes: [] }, 2);
    await expect(store.apply({ changes: [say(topic('orders'), 'fields', fields('id'), 1), broken], committedAt: 1, offset: null })).rejects.toThrow(TypeError);
    expect(await scanRows(store)).toEqual({ nodes: [], edges: [], revision: 0 });
    expect(await store.apply(batch([topic('orders'), 'fields', fields('id'), 1]))).toMatchObject({ revision: 1 });
    expect((await store.search({ text: 'id', filters: {}, limit: 5, cursor: null })).total).toBe(1);
    await store.close();
  });

  test('a process killed at any moment leaves all of a batch or nothing of it', async () => {
    for (const pause of [40, 3, 11, 25, 60]) {
      const writer = start('write');
      await once(writer.stdout!, 'data');
      await sleep(pause);
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      const store = openSqliteStore({ file });
      const next = (await store.offsets('t')).get(0)?.next ?? 0;
      const { entities, edges, revision } = await store.statistics();
      const { nodes } = await scanRows(store);
      expect([entities.dataset, entities.job, entities.field, edges, revision, nodes.length]).toEqual([next, next, 50 * next, 3 * next, next, 52 * next]);
      expect((await store.search({ text: 'f1', filters: { kind: ['field'] }, limit: 1, cursor: null })).total).toBe(11 * next);
      await store.close();
    }
  }, 60_000);

  test('a changed ledger entry stops every further one', async () => {
    const store = openSqliteStore({ file });
    const draft = { kind: 'decision', at: 1, body: '{}', idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: null } as const;
    await store.appendToLedger([{ ...draft, id: 'a' }]);
    const db = new DatabaseSync(file);
    db.exec(`UPDATE ledger SET body = '{"outcome":"allow"}'`);
    db.close();
    await expect(store.appendToLedger([{ ...draft, id: 'b' }])).rejects.toEqual(unavailable('corrupt'));
    expect(await store.appendToLedger([{ ...draft, id: 'a' }]).catch((error: unknown) => error instanceof LedgerConflict)).toBe(false);
    await store.close();
  });
});

describe('several at work on one file', () => {
  test('two stores write in turn and see each other’s nodes', async () => {
    const [a, b] = [openSqliteStore({ file }), openSqliteStore({ file })];
    for (let i = 0; i < 10; i++) {
      const store = i % 2 === 0 ? a : b;
      await store.apply(batch([topic(`t${i >> 1}`), 'fields', fields('id', `f${i}`), i], [job('j'), 'program', { reads: [reads(`t${i >> 2}`, ['id'])], writes: [] }, i]));
    }
    await Promise.all([a, b].flatMap((store, s) => [1, 2, 3].map((i) => store.apply(batch([topic(`c${s}${i}`), 'dataset', TOPIC_FACT, i])))));
    expect(await pictureOf(a)).toEqual(await pictureOf(b));
    expect(await a.statistics()).toMatchObject({ entities: { dataset: 11, field: 15, job: 1 }, revision: 16 });
    expect(await a.search({ text: '', filters: {}, limit: 50, cursor: null })).toEqual(await b.search({ text: '', filters: {}, limit: 50, cursor: null }));
    await Promise.all([a.close(), b.close()]);
  });

  test('a scan sees one revision while others write', async () => {
    const store = openSqliteStore({ file });
    for (let i = 0; i < 6; i++) await store.apply(batch([topic(`t${i}`), 'fields', fields(...Array.from({ length: 4_000 }, (_, f) => `f${f}`)), 1]));
    let nodes = 0;
    let writing: Promise<unknown> = Promise.resolve();
    const onNodes = (rows: readonly unknown[]): void => {
      if (nodes === 0) writing = store.apply(batch([topic('late'), 'fields', fields('id'), 1]));
      nodes += rows.length;
    };
    expect(await store.scan({ onNodes, onEdges: () => undefined })).toMatchObject({ revision: 6 });
    expect(nodes).toBe(6 * 4_001);
    expect(await writing).toMatchObject({ revision: 7 });
    await store.close();
  });

  test('a backup is of one revision while others write, and never overwrites', async () => {
    const store = openSqliteStore({ file });
    await store.apply(batch([topic('orders'), 'fields', fields('id'), 1]));
    const before = await pictureOf(store);
    const copy = join(folder, 'copy.db');
    const [revision] = await Promise.all([store.backup(copy), store.apply(batch([topic('late'), 'dataset', TOPIC_FACT, 2]))]);
    const restored = openSqliteStore({ file: copy });
    expect(await restored.revision()).toEqual(revision);
    expect(revision.revision === 1 ? await pictureOf(restored) : before).toEqual(before);
    await expect(store.backup(copy)).rejects.toThrow(/exists/);
    await expect(store.backup(join(folder, 'no', 'such', 'place'))).rejects.toThrow();
    await Promise.all([restored.close(), store.close()]);
    expect(existsSync(copy)).toBe(true);
  });
});

test('a file written by version 1 still opens', async () => {
  copyFileSync(join(import.meta.dirname, 'version-1.db'), file);
  const store = openSqliteStore({ file });
  expect(await pictureOf(store)).toMatchSnapshot();
  expect((await store.search({ text: 'email', filters: {}, limit: 5, cursor: null })).total).toBe(1);
  expect((await store.ledger({ limit: 5 })).total).toBe(1);
  await store.close();
});

describe('the programs in ledger entries', () => {
  const program = JSON.stringify({ kind: 'orders', note: 'é€😀 "program": '.repeat(80) });
  const decision = (id: string, asked = program): LedgerDraft => ({
    id, kind: 'decision', at: 1, body: `{"decision":{"decisionId":"${id}"},"request":{"job":{"artifact":"${id}"},"program":${asked}}}`, idempotencyKey: null, requestHash: null, job: 'j', owner: null, outcome: 'allow',
  });
  function inFile(sql: string): unknown {
    const db = new DatabaseSync(file);
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  }

  test('are kept once for all entries that have them, which come back byte for byte', async () => {
    const store = openSqliteStore({ file });
    const drafts = [decision('a'), decision('b'), decision('c', `"${'x'.repeat(600)}"`), decision('short', '{}')];
    const written = [...(await store.appendToLedger(drafts.slice(0, 1))), ...(await store.appendToLedger(drafts.slice(1)))];
    const { entries } = await store.ledger({ limit: 9 });
    expect([...entries].reverse()).toEqual(written);
    expect(written.map(({ body }) => body)).toEqual(drafts.map(({ body }) => body));
    for (const entry of entries) expect(entry.hash).toBe(ledgerHash(entry.previous, entry.sequence, entry));
    await store.close();
    expect(inFile('SELECT count(*) AS n, sum(tail IS NOT NULL) AS tails FROM ledger')).toEqual([{ n: 4, tails: 3 }]);
    expect(inFile('SELECT count(*) AS n FROM ledger_tail')).toEqual([{ n: 2 }]);
  });

  test('of a call that fails are not kept', async () => {
    const store = openSqliteStore({ file });
    await store.appendToLedger([decision('a', '{}')]);
    await expect(store.appendToLedger([decision('b'), decision('a')])).rejects.toBeInstanceOf(LedgerConflict);
    const [entry] = await store.appendToLedger([decision('b')]);
    expect(await store.ledgerEntry('b')).toEqual(entry);
    await store.close();
    expect(inFile('SELECT count(*) AS n FROM ledger_tail')).toEqual([{ n: 1 }]);
  });

  test.each(["UPDATE ledger_tail SET text = replace(text, 'orders', 'others')", 'UPDATE ledger SET tail = NULL'])('cannot be changed unnoticed: %s', async (sql) => {
    const store = openSqliteStore({ file });
    await store.appendToLedger([decision('a')]);
    inFile(sql);
    await expect(store.appendToLedger([decision('b')])).rejects.toEqual(unavailable('corrupt'));
    const entry = (await store.ledgerEntry('a'))!;
    expect(entry.hash).not.toBe(ledgerHash(entry.previous, entry.sequence, entry));
    await store.close();
  });

  test('the chain of a file written by version 1 goes on', async () => {
    copyFileSync(join(import.meta.dirname, 'version-1.db'), file);
    const store = openSqliteStore({ file });
    await store.appendToLedger([decision('new'), decision('newer')]);
    const entries = [...(await store.ledger({ limit: 5 })).entries].reverse();
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    for (const [i, entry] of entries.entries()) {
      expect(entry.previous).toBe(entries[i - 1]?.hash ?? LEDGER_ROOT);
      expect(entry.hash).toBe(ledgerHash(entry.previous, entry.sequence, entry));
    }
    await store.close();
  });
});
