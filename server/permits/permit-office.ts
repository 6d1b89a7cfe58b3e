import type { PermitGiving } from '../actions/permits.ts';
import type { PermitKeys } from './permit-keys.ts';
import { permitSigner, verifyPermit } from './permit-token.ts';

export interface OfficeParts {
  readonly keys: PermitKeys;
  readonly lifetimeMs: number;
  readonly lookEveryMs: number | null;
  readonly clock: () => number;
}

/** Gives permits, and checks them, by the keys of one file. */
export function permitOffice({ keys, lifetimeMs, lookEveryMs, clock }: OfficeParts): PermitGiving {
  return {
    signer: permitSigner(keys),
    lifetimeMs,
    lookEveryMs,
    published: () => keys.published(),
    async check(token, start) {
      const verdict = await verifyPermit(token, { ...start, keys: await keys.published(), now: clock() });
      return verdict.outcome === 'valid' ? { outcome: 'valid', permitId: verdict.claims.jti } : { outcome: 'refused', reason: verdict.message };
    },
  };
}
