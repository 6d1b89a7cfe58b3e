import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import type { JWK } from 'jose';
import { dataFolder, permitKeysFile } from '../config.ts';
import { KeysUnusable, rotateKeys } from '../permits/permit-keys.ts';
import { verifyPermit } from '../permits/permit-token.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { parseDataset } from './names.ts';
import { lines, type Terminal } from './terminal.ts';

interface VerifyOptions {
  readonly job: string;
  readonly digest?: string;
  readonly keys: string;
  readonly json?: boolean;
}

/** `sluice permit verify` checks a permit without asking anybody; `sluice permit rotate-key` lets a new key sign. */
export function permitCommand(terminal: Terminal): Command {
  const permit = new Command('permit').description('permits that let jobs start, and the keys that sign them');
  permit
    .command('verify')
    .description('may this artifact of this job start? Exit 1 when the permit does not say so')
    .argument('<token>', 'the token of the permit, or - for standard input')
    .requiredOption('--job <job>', 'the job about to start, as in flink://main/large-payments')
    .requiredOption('--keys <file>', 'the published keys: what /.well-known/jwks.json answers')
    .option('--digest <digest>', 'digest of the artifact about to start; a permit that names one is refused without')
    .option('--json', 'print the verdict as JSON')
    .action((token: string, options: VerifyOptions) => verify(token, options, terminal));
  permit
    .command('rotate-key')
    .description('sign with a new key from now on; the old one stays published until the last permit it signed has expired')
    .option('--keys <file>', 'file of private keys', permitKeysFile(terminal.env, dataFolder(terminal.env)))
    .option('--json', 'print the result as JSON')
    .action((options: { keys: string; json?: boolean }) => rotate(options, terminal));
  return permit;
}

async function verify(token: string, { job, digest, keys, json }: VerifyOptions, terminal: Terminal): Promise<void> {
  const asked = { job: parseDataset(job), digest: digest ?? null, keys: await publishedKeys(keys), now: Date.now() };
  const verdict = await verifyPermit((token === '-' ? await text(terminal.stdin) : token).trim(), asked);
  terminal.write(json ? lines(JSON.stringify(verdict)) : verdict.outcome === 'valid' ? lines(`VALID  permit ${verdict.claims.jti} of decision ${verdict.claims.decision}, until ${new Date(verdict.claims.exp * 1000).toISOString()}`) : lines(`REFUSED  ${verdict.fault}: ${verdict.message}`));
  if (verdict.outcome === 'invalid') throw new CommandFailure(EXIT.checkFailed, '');
}

async function publishedKeys(file: string): Promise<readonly JWK[]> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandFailure(EXIT.usage, `cannot read ${file}`, { cause });
  });
  try {
    const { keys } = JSON.parse(content) as { keys?: unknown };
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)) return keys as JWK[];
  } catch {
    // Said below: it is no set of keys.
  }
  throw new CommandFailure(EXIT.usage, `${file} holds no JWK Set`);
}

async function rotate({ keys, json }: { readonly keys: string; readonly json?: boolean }, terminal: Terminal): Promise<void> {
  if (!existsSync(keys)) throw new CommandFailure(EXIT.usage, `there are no keys at ${keys}; the server makes the first one when it starts`);
  try {
    const { keyId, published } = await rotateKeys(keys, Date.now());
    terminal.write(json ? lines(JSON.stringify({ keyId, published })) : lines(`key ${keyId} signs from now on; ${published} keys are published`));
  } catch (cause) {
    if (cause instanceof KeysUnusable) throw new CommandFailure(EXIT.usage, cause.message, { cause });
    throw cause;
  }
}
