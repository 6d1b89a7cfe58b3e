import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Every benchmark with its usual arguments; each is a program of its own, so that none warms up another. */
const PROGRAMS: readonly (readonly string[])[] = [['gate.ts'], ['load.ts', '--size', 'S'], ['load.ts', '--size', 'M'], ['sql-lineage.ts'], ['plan-lineage.ts'], ['closures.ts', '--size', 'S'], ['closures.ts', '--size', 'M'], ['portal-hub.ts', '--size', 'S'], ['portal-hub.ts', '--size', 'M'], ['neo4j.ts'], ['neo4j-index.ts', '--size', 'S'], ['neo4j-index.ts', '--size', 'M']];

for (const [program = '', ...args] of PROGRAMS) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  if (!existsSync(file)) continue;
  console.log(`# ${program} ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['--max-old-space-size=8192', file, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
