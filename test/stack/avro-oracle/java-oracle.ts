import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const JARS = here('../../../node_modules/.cache/avro-oracle');
const MAX_OUTPUT = 1_000_000_000;

/** What the oracle needs and this machine lacks; null when it can be asked. Fetches Avro's jars the first time. */
export function missingPart(): string | null {
  for (const program of ['java', 'mvn']) {
    if (spawnSync(program, ['-version'], { stdio: 'ignore' }).status !== 0) return program;
  }
  const copied = spawnSync('mvn', ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${JARS}`], { cwd: here('.'), encoding: 'utf8' });
  return copied.status === 0 ? null : `Avro Java's jars (${copied.stdout.slice(0, 300)})`;
}

/** Avro Java's answers to lines of `sluice compat --jsonl`, in order. */
export function askJava(lines: readonly string[]): readonly string[] {
  const asked = spawnSync('java', ['-cp', `${JARS}/*`, here('Oracle.java')], { input: `${lines.join('\n')}\n`, encoding: 'utf8', maxBuffer: MAX_OUTPUT });
  if (asked.status !== 0) throw new Error(`the oracle failed: ${asked.stderr}`);
  return asked.stdout.trimEnd().split('\n');
}
