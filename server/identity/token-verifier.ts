import type { TokenVerifier } from './authenticate.ts';
import type { IssuerConfig } from './identity-config.ts';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts';
import { JwtVerifier } from './jwt-verifier.ts';
import { configuredKeys } from './key-source.ts';

/** Checks the tokens of the configured issuer, with its keys as they are configured or as it publishes them. */
export function tokenVerifier({ keys, ...rules }: IssuerConfig, { clock, log }: Pick<IssuerKeysOptions, 'clock' | 'log'>): TokenVerifier {
  const source = keys.kind === 'configured' ? configuredKeys(keys.keys) : new IssuerKeys({ issuer: rules.issuer, jwksUrl: keys.jwksUrl, staleAfterMs: keys.staleAfterMs, clock, log });
  return new JwtVerifier(rules, source, clock);
}
