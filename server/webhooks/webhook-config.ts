import { type AllowList, parseAllowList } from '../outside/address-guard.ts';
import { type Environment, isPlainAddress } from '../outside/settings.ts';

export interface WebhookConfig {
  /** What may be reached although it is not public. */
  readonly allow: AllowList;
  /** Secrets and sealed addresses follow from it; null: it is in a file of the data folder. */
  readonly key: string | null;
  /** Where people reach the portal, for links; null: none are made. */
  readonly publicUrl: string | null;
}

/** Shortest key, characters: 256 bits in base64url are 43, in hex 64. */
const SHORTEST_KEY = 43;

/** Reads SLUICE_WEBHOOK_ALLOW, SLUICE_WEBHOOK_KEY and SLUICE_PUBLIC_URL. */
export function webhookConfig(env: Environment, mistakes: string[]): WebhookConfig {
  const unreadable: string[] = [];
  const allow = parseAllowList(env['SLUICE_WEBHOOK_ALLOW'] ?? '', unreadable);
  mistakes.push(...unreadable.map((mistake) => `SLUICE_WEBHOOK_ALLOW: ${mistake}`));
  const key = env['SLUICE_WEBHOOK_KEY'] ?? null;
  if (key !== null && key.length < SHORTEST_KEY) mistakes.push(`SLUICE_WEBHOOK_KEY is shorter than ${SHORTEST_KEY} characters; \`openssl rand -hex 32\` makes one`);
  const publicUrl = env['SLUICE_PUBLIC_URL'] ?? null;
  if (publicUrl !== null && !isPlainAddress(publicUrl)) mistakes.push(`SLUICE_PUBLIC_URL is "${publicUrl}", not an http or https address`);
  return { allow, key, publicUrl: publicUrl?.replace(/\/+$/, '') ?? null };
}
