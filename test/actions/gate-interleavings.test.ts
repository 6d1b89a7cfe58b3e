import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GateDocument } from '../../server/actions/gate-request.ts';
import { fieldFacts } from '../../server/catalog/avro/fields.ts';
import { parseSchema } from '../../server/catalog/avro/parse.ts';
import type { GraphChange, Statement } from '../../server/catalog/changes.ts';
import { Problem } from '../../server/problem.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { type GateProcess, openGateProcess, person } from './gate-process.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const FIELDS = ['a', 'b', 'c'] as const;
const TOPIC = { namespace: 'kafka://main', name: 'orders' };
const SUBJECT = { namespace: 'registry://main', name: 'orders-value' };
const jobRef = (name: string) => ({ namespace: 'flink://main', name });

const schemaOf = (fields: readonly string[]): string => JSON.stringify({ type: 'record', name: 'Order', fields: fields.map((name) => ({ name, type: 'string' })) });

/** What a job is: it reads some fields of the topic, or writes it with some. */
interface Version {
  readonly job: string;
  readonly does: 'reads' | 'writes';
  readonly fields: readonly string[];
}
type Step =
  | { readonly step: 'deploy'; readonly version: Version; readonly process: number; readonly starts: boolean }
  | { readonly step: 'stop'; readonly job: string }
  | { readonly step: 'register'; readonly fields: readonly string[] }
  | { readonly step: 'approve'; readonly job: string; readonly process: number }
  | { readonly step: 'look'; readonly process: number }
  | { readonly step: 'wait'; readonly minutes: number };

const someFields = fc.subarray([...FIELDS], { minLength: 1 });
const version = fc.oneof(
  fc.record({ job: fc.constantFrom('reader-1', 'reader-2'), does: fc.constant('reads' as const), fields: someFields }),
  fc.record({ job: fc.constantFrom('writer', 'writer-2'), does: fc.constant('writes' as const), fields: someFields }),
);
const anyProcess = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant('deploy' as const), version, process: anyProcess, starts: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('stop' as const), job: fc.constantFrom('reader-1', 'reader-2', 'writer') }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('register' as const), fields: someFields }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('approve' as const), job: fc.constantFrom('reader-1', 'reader-2', 'writer'), process: anyProcess }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('look' as const), process: anyProcess }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('wait' as const), minutes: fc.constantFrom(1, 10, 20) }) },
);
const actors = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 4 });

/** What Flink would know: what runs, whoever believes what. */
class Platform {
  readonly store: Store;
  readonly processes: readonly GateProcess[];
  readonly violations: string[] = [];
  allowed = 0;
  denied = 0;
  now = NOON;
  #runs = 0;
  #versions = 1;
  /** Starts that no door has told of yet. */
  #unseen = 0;
  readonly #running = new Map<string, { readonly version: Version; readonly run: string }>();
  /** Pairs of jobs that owners agreed to. */
  readonly #agreed = new Set<string>();
  readonly #denials = new Map<string, { readonly decisionId: string; readonly findings: readonly { readonly id: string; readonly approvers: readonly string[] }[] }>();

  constructor(store: Store, processes: readonly GateProcess[]) {
    this.store = store;
    this.processes = processes;
  }

  async take(one: Step): Promise<void> {
    switch (one.step) {
      case 'deploy':
        return this.#deploy(one);
      case 'stop':
        return this.#stop(one.job);
      case 'register':
        return this.#say([registered(++this.#versions, one.fields, this.now)]);
      case 'approve':
        return this.#approve(one.job, this.#process(one.process));
      case 'look':
        await this.#process(one.process).watch.look();
        return;
      case 'wait':
        // A door tells of a start within two minutes.
        if (this.#unseen === 0) this.now += one.minutes * MINUTE;
    }
  }

  async #deploy({ version: asked, process, starts }: Extract<Step, { step: 'deploy' }>): Promise<void> {
    const decision = await this.#process(process).ask(requestOf(asked)).catch((failure: unknown) => {
      if (failure instanceof Problem && failure.slug === 'gate-contended') return null;
      throw failure;
    });
    if (decision === null) return;
    if (decision.outcome === 'deny') {
      this.denied++;
      const open = decision.findings.filter(({ severity, approvable }) => severity === 'error' && approvable);
      this.#denials.set(asked.job, { decisionId: decision.decisionId, findings: open });
      return;
    }
    this.allowed++;
    for (const { approved, affected } of decision.findings as unknown as readonly { approved: boolean; affected: readonly { name: string }[] }[]) {
      if (approved) for (const { name } of affected) this.#agreed.add(pairOf(asked.job, name));
    }
    if (starts && decision.permit !== undefined && this.now < Date.parse(decision.permit.expiresAt)) await this.#start(asked);
  }

  async #start(started: Version): Promise<void> {
    const before = this.#running.get(started.job);
    const run = `run-${++this.#runs}`;
    this.#running.set(started.job, { version: started, run });
    this.#check(started);
    this.#unseen++;
    const at = ++this.now;
    await this.#say([...(before === undefined ? [] : [state(started.job, 'STOPPED', before.run, at - 1)]), state(started.job, 'RUNNING', run, at)]);
    this.#unseen--;
  }

  async #stop(job: string): Promise<void> {
    const running = this.#running.get(job);
    if (running === undefined) return;
    this.#running.delete(job);
    await this.#say([state(job, 'STOPPED', running.run, ++this.now)]);
  }

  async #approve(job: string, process: GateProcess): Promise<void> {
    const denial = this.#denials.get(job);
    const teams = new Set(denial?.findings.flatMap(({ approvers }) => approvers));
    for (const team of teams) {
      const findings = denial?.findings.filter(({ approvers }) => approvers.includes(team)).map(({ id }) => id) ?? [];
      await process.approvals.give({ decisionId: denial?.decisionId ?? '', findings, reason: 'agreed' }, person(`of-${team}`, [team])).catch((failure: unknown) => {
        if (!(failure instanceof Problem)) throw failure;
      });
    }
  }

  /** No job runs that reads a field another deployed writer does not write. */
  #check(started: Version): void {
    const all = [...this.#running.values()].map(({ version: one }) => one);
    for (const reader of all.filter(({ does }) => does === 'reads')) {
      for (const writer of all.filter(({ does }) => does === 'writes')) {
        const missing = reader.fields.filter((field) => !writer.fields.includes(field));
        if (missing.length > 0 && !this.#agreed.has(pairOf(reader.job, writer.job))) this.violations.push(`${started.job} started: ${reader.job} reads ${missing.join()}, which ${writer.job} does not write`);
      }
    }
  }

  async #say(changes: readonly GraphChange[]): Promise<void> {
    await this.store.apply({ changes, committedAt: this.now, offset: null });
  }

  #process(i: number): GateProcess {
    const process = this.processes[i % this.processes.length];
    if (process === undefined) throw new Error('there is a process');
    return process;
  }
}

function pairOf(a: string, b: string): string {
  return [a, b].sort().join(' ');
}

function requestOf({ job, does, fields }: Version): GateDocument {
  const program = does === 'reads'
    ? { kind: 'declared' as const, inputs: [{ dataset: TOPIC, fields }], outputs: [] }
    : { kind: 'declared' as const, inputs: [], outputs: [{ dataset: TOPIC, writerSchema: schemaOf(fields) }] };
  return { job: { ...jobRef(job), owner: `team-${job}` }, program };
}

function statement(about: Statement['about'], rest: object, time: number, event: string): GraphChange {
  return { change: 'statement', about, part: '', evidence: 'declared', at: { time, sequence: 0, event }, ...rest } as GraphChange;
}
function state(job: string, now: 'RUNNING' | 'STOPPED', run: string, time: number): GraphChange {
  return statement({ kind: 'job', ...jobRef(job) }, { aspect: 'state', evidence: 'flink-rest', body: { state: now } }, time, run);
}
function registered(number: number, fields: readonly string[], time: number): GraphChange {
  return statement({ kind: 'subject', ...SUBJECT }, { aspect: 'schema-version', part: String(number), evidence: 'registry', body: { version: number, schemaId: number, schemaType: 'AVRO', schema: schemaOf(fields), references: [], deleted: false } }, time, `v${number}`);
}
function firstChanges(): GraphChange[] {
  const parsed = parseSchema(schemaOf(FIELDS));
  const fields = parsed.outcome === 'parsed' ? fieldFacts(parsed.schema) : [];
  const topic = { kind: 'dataset' as const, ...TOPIC };
  return [
    statement(topic, { aspect: 'dataset', body: { kind: 'topic', platform: 'kafka', cluster: 'main' } }, 1, 'a'),
    statement(topic, { aspect: 'owner', body: { team: 'team-orders' } }, 1, 'b'),
    statement(topic, { aspect: 'fields', part: 'value', body: { fields } }, 1, 'c'),
    statement(topic, { aspect: 'governed-by', part: 'value', evidence: 'registry', body: { subject: SUBJECT } }, 1, 'd'),
    registered(1, FIELDS, 1),
  ];
}

/** The store, with every answer as late as the scheduler likes. */
function inItsOwnTime(store: Store, scheduler: fc.Scheduler): Store {
  const slow = new Set(['revision', 'delta', 'entity', 'ledgerAfter', 'ledger', 'ledgerEntry', 'appendToLedger', 'apply', 'names']);
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      return slow.has(String(name)) ? scheduler.scheduleFunction(call) : call;
    },
  });
}

async function interleave(scripts: readonly (readonly Step[])[], scheduler: fc.Scheduler, stores: readonly Store[]): Promise<Platform> {
  const [first] = stores;
  if (first === undefined) throw new Error('there is a store');
  await first.apply({ changes: firstChanges(), committedAt: NOON, offset: null });
  let clock = (): number => NOON;
  const processes = await scheduler.waitFor(Promise.all(stores.map((store) => openGateProcess(inItsOwnTime(store, scheduler), () => clock()))));
  const platform = new Platform(inItsOwnTime(first, scheduler), processes);
  clock = () => platform.now;
  await scheduler.waitFor(Promise.all(scripts.map(async (script) => {
    for (const one of script) await platform.take(one);
  })));
  return platform;
}

const seen = { allowed: 0, denied: 0 };

test('however gate, start, stop, approval, expiry and schema changes of several actors interleave, no job runs that reads what a deployed writer does not write', async () => {
  await fc.assert(
    fc.asyncProperty(actors, fc.scheduler(), async (scripts, scheduler) => {
      const store = openSqliteStore({ file: ':memory:' });
      const { violations, allowed, denied } = await interleave(scripts, scheduler, [store]);
      await store.close();
      [seen.allowed, seen.denied] = [seen.allowed + allowed, seen.denied + denied];
      expect(violations).toEqual([]);
    }),
    { numRuns: 200 },
  );
  // Neither answer is so rare that the runs would show nothing.
  expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan(20);
}, 120_000);

test('the same with two processes over one store file', async () => {
  await fc.assert(
    fc.asyncProperty(actors, fc.scheduler(), async (scripts, scheduler) => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-interleavings-'));
      const stores = [0, 1].map(() => openSqliteStore({ file: join(folder, 'catalog.sqlite') }));
      const { violations } = await interleave(scripts, scheduler, stores);
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
      expect(violations).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 120_000);
