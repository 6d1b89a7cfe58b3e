import { DEFAULT_POLICY, type Policy, type PolicyException } from '../catalog/gate/policy.ts';
import { isRuleId, RULES } from '../catalog/gate/rules.ts';
import { Problem } from '../problem.ts';
import type { Store } from '../store/store.ts';
import type { LedgerWriter } from './ledger-writer.ts';

export interface PolicyChange {
  /** The policy revision the change was made from. */
  readonly revision: number;
  readonly exceptions: readonly (Omit<PolicyException, 'rule'> & { readonly rule: string })[];
  readonly reason: string;
}

/** The policy in force: the newest policy entry of the ledger. Every change is an entry of its own. */
export class PolicyBook {
  readonly #store: Pick<Store, 'ledger'>;
  readonly #writer: LedgerWriter;
  readonly #newId: () => string;
  readonly #clock: () => number;
  #known: { readonly sequence: number; readonly policy: Policy } = { sequence: 0, policy: DEFAULT_POLICY };

  #looking: Promise<Policy> | null = null;

  constructor(parts: { readonly store: Pick<Store, 'ledger'>; readonly writer: LedgerWriter; readonly newId: () => string; readonly clock: () => number }) {
    this.#store = parts.store;
    this.#writer = parts.writer;
    this.#newId = parts.newId;
    this.#clock = parts.clock;
  }

  /** The policy as it is after this call; calls of one turn share one look. */
  current(): Promise<Policy> {
    this.#looking ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#looking = null;
      return this.#look();
    });
    return this.#looking;
  }

  async #look(): Promise<Policy> {
    const { entries } = await this.#store.ledger({ kind: 'policy', limit: 1 });
    const [newest] = entries;
    if (newest !== undefined && newest.sequence !== this.#known.sequence) {
      this.#known = { sequence: newest.sequence, policy: (JSON.parse(newest.body) as { policy: Policy }).policy };
    }
    return this.#known.policy;
  }

  /** Replaces the exceptions; refused when the policy in force is no longer the one the change was made from. */
  async change({ revision, exceptions, reason }: PolicyChange): Promise<Policy> {
    const inForce = await this.current();
    if (inForce.revision !== revision) {
      throw new Problem('policy-conflict', `the policy is at revision ${inForce.revision}, the change was made from ${revision}`, { revision: inForce.revision });
    }
    const policy: Policy = { revision: revision + 1, exceptions: exceptions.map(known) };
    await this.#writer.append({
      // The revision in the id makes two changes from one revision collide in the ledger: the second fails.
      id: `policy-${policy.revision}`,
      kind: 'policy',
      at: this.#clock(),
      body: JSON.stringify({ policy, reason, change: this.#newId() }),
      idempotencyKey: `policy-${policy.revision}`,
      requestHash: null,
      job: null,
      outcome: null,
    });
    return policy;
  }
}

function known({ rule, ...rest }: PolicyChange['exceptions'][number]): PolicyException {
  if (isRuleId(rule)) return { rule, ...rest };
  throw new Problem('request-invalid', `there is no rule "${rule}"`, { rules: Object.keys(RULES) });
}
