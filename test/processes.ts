import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Longest start on a busy machine, ms. */
const START_DEADLINE_MS = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
export interface SluiceProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Both outputs so far. */
  output(): string;
  /** Where it listens, once it says so. */
  url(): Promise<string>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<Ended>;
}

/** A process of Sluice as an operator starts it, with nothing in its environment but these settings and a free port. */
export function startSluice(role: 'server' | 'ingest', settings: Readonly<Record<string, string>>): SluiceProcess {
  const { PATH = '' } = process.env;
  const env = { PATH, PORT: '0', SLUICE_INGEST_PORT: '0', ...settings };
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', join(ROOT, role, 'main.ts')], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  return {
    child, ended,
    output: () => said,
    url: () => soon(() => /(?:answers at |"address":")(http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1], ended, () => said),
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** What `look` finds, before the process has ended. */
export async function soon<T>(look: () => T | undefined | Promise<T | undefined>, ended: Promise<unknown> = new Promise(() => undefined), told: () => unknown = () => ''): Promise<T> {
  let gone = false;
  void ended.then(() => (gone = true));
  for (const deadline = performance.now() + START_DEADLINE_MS; !gone && performance.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`it did not come about; told so far: ${String(told())}`);
}

/** A folder for one test's processes, and its removal. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sluice-process-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
