import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { findJava } from './java.ts';

/** Of every key store here; they live as long as a test. */
export const KEY_STORE_PASSWORD = 'changeit';

/** A key with its self-signed certificate. */
export interface KeyStore {
  /** PKCS 12; the key's alias is its name. */
  readonly file: string;
  /** PEM. */
  readonly certificateFile: string;
}

/** Makes a key for 127.0.0.1, signed by itself, in a folder. */
export function makeKeyStore(folder: string, name: string): KeyStore {
  const [file, certificateFile] = [join(folder, `${name}.p12`), join(folder, `${name}.pem`)];
  keytool('-genkeypair', '-alias', name, '-keyalg', 'EC', '-dname', `CN=${name}`, '-ext', 'SAN=IP:127.0.0.1', '-validity', '2', '-keystore', file, '-storetype', 'PKCS12');
  keytool('-exportcert', '-rfc', '-alias', name, '-keystore', file, '-file', certificateFile);
  return { file, certificateFile };
}

/** A key store that trusts this certificate. */
export function makeTrustStore(folder: string, { certificateFile }: KeyStore): string {
  const file = join(folder, 'trusted.p12');
  keytool('-importcert', '-noprompt', '-alias', 'trusted', '-file', certificateFile, '-keystore', file, '-storetype', 'PKCS12');
  return file;
}

/** PEM of a key as base64. */
export function pemOf(kind: string, base64: string): string {
  return `-----BEGIN ${kind}-----\n${base64.replace(/(.{64})/g, '$1\n')}\n-----END ${kind}-----\n`;
}

/** It comes with every Java, beside the `java` program. */
function keytool(...args: readonly string[]): void {
  const java = findJava(17);
  const done = spawnSync(java === null ? 'keytool' : join(dirname(java), 'keytool'), [...args, '-storepass', KEY_STORE_PASSWORD], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`keytool ${args[0]} failed: ${done.error?.message ?? ''}${done.stdout}${done.stderr}`);
}
