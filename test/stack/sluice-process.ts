import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KafkaConfig } from '../../ingest/config.ts';
import type { PartReadiness } from '../../server/status/readiness.ts';
import { freePorts } from './servers/child-server.ts';
import { until } from './until.ts';

const MAIN = { server: new URL('../../server/main.ts', import.meta.url), ingest: new URL('../../ingest/main.ts', import.meta.url) };
/** Longer than any answer may take, ms: what does not answer by then hangs. */
const ANSWER_MS = 30_000;

/** On a machine that does much else, ms: a second or two otherwise. */
const START_MS = 60_000;
/** The same with what it waits for: after a fault its polls rest for up to a minute. */
const READY_MS = 120_000;

export interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  /** JSON where it is, else the text. Tests look into it freely. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** One of Sluice's own processes as it is started in production, and asked over HTTP as others ask it. */
export class SluiceProcess {
  readonly url: string;
  /** Where it keeps what is its own. */
  readonly data: string;
  /** How it ended, once all it wrote was read: its exit code, or the signal. */
  readonly ended: Promise<number | string | null>;
  readonly #child: ChildProcess;
  #log = '';
  #isGone = false;

  private constructor(url: string, data: string, child: ChildProcess) {
    this.url = url;
    this.data = data;
    this.#child = child;
    child.stderr?.on('data', (text: Buffer) => (this.#log += text.toString()));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    void this.ended.then(() => (this.#isGone = true));
  }

  /** Without waiting for more than that it runs. `data`: a folder that others use too, which stays. */
  static async start(role: keyof typeof MAIN, settings: Readonly<Record<string, string>>, data?: string): Promise<SluiceProcess> {
    const [port = 0] = await freePorts(1);
    const folder = data ?? mkdtempSync(join(tmpdir(), 'sluice-process-'));
    const env = {
      PATH: process.env['PATH'], [role === 'server' ? 'PORT' : 'SLUICE_INGEST_PORT']: String(port), ...(role === 'server' && { SLUICE_ROLES: 'server' }),
      SLUICE_DATA: folder, SLUICE_LOG_LEVEL: 'warn', SLUICE_KAFKA_GROUPS: 'off', ...settings,
    };
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', fileURLToPath(MAIN[role])], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const started = new SluiceProcess(`http://127.0.0.1:${port}`, folder, child);
    if (data === undefined) void started.ended.then(() => rmSync(folder, { recursive: true, force: true }));
    return started;
  }

  /** What it wrote to stderr so far. */
  get log(): string {
    return this.#log;
  }

  /** Resolves once it answers at all. */
  async listens(): Promise<this> {
    await until(() => this.ask('GET', '/healthz').then(({ status }) => status === 200, () => this.#refuseGone()), { seen: () => this.#log.slice(-2_000), within: START_MS });
    return this;
  }

  /** Resolves once it says that it is ready. */
  async ready(): Promise<this> {
    await until(() => this.ask('GET', '/readyz').then(({ status }) => status === 200, () => this.#refuseGone()), { seen: () => this.ask('GET', '/readyz').catch(() => this.#log.slice(-2_000)), within: READY_MS });
    return this;
  }

  async ask(method: 'GET' | 'POST', path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, { method, signal: AbortSignal.timeout(ANSWER_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }), headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } });
    const text = await response.text();
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text };
  }

  /** What `/readyz` says of a part, with the status of the whole. */
  async part(name: string): Promise<PartReadiness & { readonly status: number }> {
    const { status, body } = await this.ask('GET', '/readyz');
    return { status, ...(body.parts as readonly PartReadiness[]).find(({ part }) => part === name)! };
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Asks it to stop; gives how it ended. */
  async stop(): Promise<number | string | null> {
    if (!this.#isGone) this.#child.kill('SIGTERM');
    return this.ended;
  }

  #refuseGone(): false {
    if (this.#isGone) throw new Error(`the process has ended; it said: ${this.#log.slice(-2_000)}`);
    return false;
  }
}

/** The settings that make a process read these topics. */
export function kafkaSettings({ brokers, group, topics }: KafkaConfig, registry: string): Readonly<Record<string, string>> {
  return {
    SLUICE_KAFKA_BROKERS: brokers.join(','), SLUICE_KAFKA_GROUP: group, SLUICE_REGISTRY_URL: registry,
    SLUICE_CONTROL_TOPIC: topics.control, SLUICE_AUDIT_TOPIC: topics.audit, SLUICE_DEAD_LETTER_TOPIC: topics.deadLetter,
  };
}
