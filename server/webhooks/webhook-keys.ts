import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Only the owner of the process reads the key. */
const KEY_FILE_MODE = 0o600;

/**
 * What Sluice keeps secret about webhooks follows from one key: the secrets that deliveries are signed with, and the
 * addresses, which often are secrets themselves and lie sealed in the ledger. The key is in no store.
 */
export class WebhookKeys {
  /** Tells whether two processes, or one before and after, have the same key. */
  readonly keyId: string;
  readonly #signing: Buffer;
  readonly #sealing: Buffer;

  constructor(master: string | Buffer) {
    const derived = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', master, '', `sluice webhook ${purpose}`, KEY_BYTES));
    this.#signing = derived('signing');
    this.#sealing = derived('sealing');
    this.keyId = createHash('sha256').update(derived('name')).digest('hex').slice(0, 16);
  }

  /** The secret shared with the receiver; each rotation makes another generation. */
  secretOf(webhookId: string, generation: number): string {
    return `whsec_${createHmac('sha256', this.#signing).update(`${webhookId}/${generation}`).digest('base64url')}`;
  }

  /** AES-256-GCM; what is sealed for one webhook opens for no other. */
  seal(webhookId: string, text: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, iv).setAAD(Buffer.from(webhookId));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** null when it was sealed with another key, for another webhook, or changed. */
  open(webhookId: string, sealed: string): string | null {
    const bytes = Buffer.from(sealed, 'base64url');
    const [iv, tag, rest] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES), bytes.subarray(IV_BYTES + TAG_BYTES)];
    if (tag.length < TAG_BYTES) return null;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealing, iv).setAAD(Buffer.from(webhookId)).setAuthTag(tag);
      return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }
}

/** The key in a file, made when it is not there yet; of two processes that make it at once both get the one that came first. */
export function keyInFile(file: string): WebhookKeys {
  try {
    const made = openSync(file, 'wx', KEY_FILE_MODE);
    try {
      writeSync(made, `${randomBytes(KEY_BYTES).toString('base64url')}\n`);
      fsyncSync(made);
    } finally {
      closeSync(made);
    }
  } catch (failure) {
    if (!(failure instanceof Error && 'code' in failure && failure.code === 'EEXIST')) throw failure;
  }
  const text = readFileSync(file, 'utf8').trim();
  if (text.length < KEY_BYTES) throw new Error(`${file} holds no key of webhooks`);
  return new WebhookKeys(text);
}
