import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where downloaded servers are kept between runs. */
const CACHE = resolve(process.env['SLUICE_STACK_CACHE'] ?? fileURLToPath(new URL('../../../.stack', import.meta.url)));

export type MavenOutcome = { readonly outcome: 'fetched'; readonly folder: string } | { readonly outcome: 'missing'; readonly part: string };

/**
 * A folder with what a `pom.xml` names, fetched by one goal of Maven's dependency plugin into its
 * subfolder `files`. Fetched once: again only when the pom changes.
 */
export function mavenFiles(name: string, pomUrl: URL, goal: 'copy-dependencies' | 'unpack-dependencies'): MavenOutcome {
  const folder = join(CACHE, name);
  const pom = readFileSync(pomUrl, 'utf8');
  const done = join(folder, 'fetched.xml');
  if (existsSync(done) && readFileSync(done, 'utf8') === pom) return { outcome: 'fetched', folder: join(folder, 'files') };
  if (spawnSync('mvn', ['-version'], { stdio: 'ignore' }).status !== 0) return { outcome: 'missing', part: 'mvn (Maven)' };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pom.xml'), pom);
  const fetched = spawnSync('mvn', ['-B', '-q', `dependency:${goal}`, '-DincludeScope=runtime', '-DoutputDirectory=files'], { cwd: folder, encoding: 'utf8' });
  if (fetched.status !== 0) return { outcome: 'missing', part: `${name} from Maven Central (${fetched.stdout.slice(0, 300)})` };
  // Written last: an interrupted download is not taken for a whole one.
  writeFileSync(done, pom);
  return { outcome: 'fetched', folder: join(folder, 'files') };
}
