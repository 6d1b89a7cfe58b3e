import { DEFAULT_POLICY, type Policy, type PolicyException } from '../catalog/gate/policy.ts';
import { isRuleId, RULES } from '../catalog/gate/rules.ts';
import type { Identity } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook, LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';

export interface PolicyChange {
  /** The policy revision the change was made from. */
  readonly revision: number;
  readonly exceptions: readonly (Omit<PolicyException, 'rule'> & { readonly rule: string })[];
  readonly reason: string;
}

/** The policy in force: the newest policy entry of the ledger. Every change is an entry of its own. */
export class PolicyBook implements LedgerBook {
  readonly kinds = ['policy'] as const;
  readonly horizonMs = null;
  readonly #parts: { readonly follower: LedgerFollower; readonly writer: LedgerWriter; readonly newId: () => string; readonly clock: () => number };
  #policy: Policy = DEFAULT_POLICY;

  constructor(parts: { readonly follower: LedgerFollower; readonly writer: LedgerWriter; readonly newId: () => string; readonly clock: () => number }) {
    this.#parts = parts;
  }

  take(entry: LedgerEntry): void {
    this.#policy = (JSON.parse(entry.body) as { policy: Policy }).policy;
  }

  forget(): void {
    this.#policy = DEFAULT_POLICY;
  }

  /** The policy as it is after this call. */
  async current(): Promise<Policy> {
    await this.#parts.follower.catchUp();
    return this.#policy;
  }
  /** The policy as far as this process knows. */
  get inForce(): Policy {
    return this.#policy;
  }

  /** Replaces the exceptions; refused when the policy in force is no longer the one the change was made from. */
  async change({ revision, exceptions, reason }: PolicyChange, by: Identity): Promise<Policy> {
    const inForce = await this.current();
    if (inForce.revision !== revision) {
      throw new Problem('policy-conflict', `the policy is at revision ${inForce.revision}, the change was made from ${revision}`, { revision: inForce.revision });
    }
    const policy: Policy = { revision: revision + 1, exceptions: exceptions.map(known) };
    await this.#parts.writer.append({
      // The revision in the id makes two changes from one revision collide in the ledger: the second fails.
      id: `policy-${policy.revision}`,
      kind: 'policy',
      at: this.#parts.clock(),
      body: JSON.stringify({ policy, reason, change: this.#parts.newId(), by: by.id, byName: by.name }),
      idempotencyKey: `policy-${policy.revision}`,
      requestHash: null,
      job: null,
      owner: null,
      outcome: null,
    });
    return policy;
  }
}

function known({ rule, ...rest }: PolicyChange['exceptions'][number]): PolicyException {
  if (isRuleId(rule)) return { rule, ...rest };
  throw new Problem('request-invalid', `there is no rule "${rule}"`, { rules: Object.keys(RULES) });
}
