import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Folders in which machines keep their Java installations, one folder each. */
const JAVA_FOLDERS = ['/usr/lib/jvm', '/opt', '/Library/Java/JavaVirtualMachines'];

/**
 * For a program that lives for a minute or two: most of its time would go into compiling what runs that short, and into
 * verifying classes of jars that Maven has checked.
 */
export const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:+UnlockDiagnosticVMOptions', '-XX:-BytecodeVerificationRemote'] as const;

/** The lowest-numbered installed Java of at least this version; null when there is none. */
export function findJava(atLeast: number): string | null {
  const fit = installedJavas().filter(({ version }) => version >= atLeast);
  return fit.sort((a, b) => a.version - b.version)[0]?.java ?? null;
}

interface Java {
  readonly java: string;
  readonly version: number;
}
let known: readonly Java[] | null = null;

/** Every Java that JAVA_HOME, the path or a usual folder leads to, each once. */
function installedJavas(): readonly Java[] {
  const homes = JAVA_FOLDERS.filter(existsSync).flatMap((folder) => readdirSync(folder).flatMap((name) => [join(folder, name), join(folder, name, 'Contents/Home')]));
  if (process.env['JAVA_HOME'] !== undefined) homes.push(process.env['JAVA_HOME']);
  const onPath = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'java'));
  const programs = [...homes.map((home) => join(home, 'bin/java')), ...onPath].filter(existsSync);
  known ??= [...new Set(programs.map((program) => realpathSync(program)))].flatMap((java) => {
    const version = versionOf(java);
    return version === null ? [] : [{ java, version }];
  });
  return known;
}

/** 17 for `openjdk version "17.0.15"`, 8 for `"1.8.0_402"`; null when it does not run. */
function versionOf(java: string): number | null {
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const said = /version "(?:1\.)?(\d+)/.exec(stderr ?? '');
  return said === null ? null : Number(said[1]);
}
