import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest start on a busy machine, ms; an idle one takes 2 to 5 s. */
const START_DEADLINE_MS = 90_000;
/** Longest orderly stop before it is forced, ms. */
const STOP_DEADLINE_MS = 20_000;
const LOOK_INTERVAL_MS = 100;
/** Below those that systems give to outgoing connections, Linux from 32768 on: one of these would take a port before its server does. */
const PORTS = { from: 12_000, to: 32_000 } as const;

export interface ChildServer {
  readonly pid: number;
  /** Asks it to stop, forces it if need be, and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it at once, as a lost machine would. */
  kill(): Promise<void>;
}
export interface ChildProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Its output is appended here. */
  readonly logFile: string;
  readonly ready: () => boolean | Promise<boolean>;
}

const running = new Set<ChildProcess>();
// A test run that ends by an error leaves no servers behind.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts a program and waits until it says it is ready. */
export async function startChild({ command, args, folder, logFile, ready }: ChildProgram): Promise<ChildServer> {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] });
  closeSync(log);
  running.add(child);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  void gone.then(() => running.delete(child));
  const end = (signal: 'SIGTERM' | 'SIGKILL') => async (): Promise<void> => {
    child.kill(signal);
    const forced = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(forced);
  };
  const server = { pid: child.pid ?? 0, stop: end('SIGTERM'), kill: end('SIGKILL') };
  for (const deadline = performance.now() + START_DEADLINE_MS; !(await ready()); await sleep(LOOK_INTERVAL_MS)) {
    if (running.has(child) && performance.now() < deadline) continue;
    await server.kill();
    throw new Error(`${command} did not get ready; its log ends with:\n${readFileSync(logFile, 'utf8').slice(-3_000)}`);
  }
  return server;
}

/** Ports nobody listens on now, each another. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
