/**
 * What a caller may be allowed to do; every route names one in `openapi.yaml` (`x-scope`). Two are given to nobody, since
 * everybody has them: `public` needs no credential, `identified` a caller who can be told apart and nothing more.
 * Breaking glass is in no role but its own: nobody holds it by accident.
 */
export const SCOPES = [
  'public', 'identified', 'gate:evaluate', 'gate:break-glass', 'lineage:read', 'lineage:write', 'schema:propose', 'schema:approve', 'ownership:write', 'policy:admin', 'audit:read', 'dlq:replay', 'metrics:read',
] as const;
export type Scope = (typeof SCOPES)[number];

export function isScope(value: unknown): value is Scope {
  return SCOPES.some((scope) => scope === value);
}

/** Whether roles give it. */
export function isGranted(scope: Scope): boolean {
  return scope !== 'public' && scope !== 'identified';
}

/** Scopes by role. Nobody proposes and approves by one role; a deployer evaluates only. */
export const ROLES = {
  viewer: ['lineage:read'],
  deployer: ['lineage:read', 'gate:evaluate'],
  emitter: ['lineage:write'],
  proposer: ['lineage:read', 'schema:propose'],
  approver: ['lineage:read', 'schema:approve', 'ownership:write'],
  auditor: ['lineage:read', 'audit:read'],
  monitor: ['metrics:read'],
  operator: ['lineage:read', 'audit:read', 'dlq:replay', 'metrics:read'],
  admin: ['lineage:read', 'audit:read', 'policy:admin', 'ownership:write', 'metrics:read'],
  'break-glass': ['lineage:read', 'gate:break-glass'],
} as const satisfies Record<string, readonly Scope[]>;
export type Role = keyof typeof ROLES;

export function isRole(text: string): text is Role {
  return Object.hasOwn(ROLES, text);
}
export function scopesOf(roles: readonly Role[]): ReadonlySet<Scope> {
  return new Set(roles.flatMap((role): readonly Scope[] => ROLES[role]));
}

/** Who asks. */
export interface Identity {
  /** Unique among all callers, the same in every request: issuer and subject of a person, the id of an API token. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly kind: 'person' | 'machine' | 'local';
  /** Teams that the caller's credential names; those a team itself lists are added where it matters. */
  readonly teams: readonly string[];
  readonly scopes: ReadonlySet<Scope>;
  /** Ids of the identities behind this one: who made an API token, and who made the token it was made with. */
  readonly behind?: readonly string[];
}

/**
 * Whether one person may stand behind both: they are one, or one made the other's token. Whoever must not be the
 * requester must not be this either. Tokens that somebody made for two others do not make those two one.
 */
export function mayBeSamePerson(a: Pick<Identity, 'id' | 'behind'>, b: Pick<Identity, 'id' | 'behind'>): boolean {
  return a.id === b.id || (a.behind ?? []).includes(b.id) || (b.behind ?? []).includes(a.id);
}
/** Whether a team's own list of members names the caller: anyone by id, a person also by name. */
export function isListedIn(members: readonly string[], { id, name, kind }: Identity): boolean {
  return members.includes(id) || (kind === 'person' && members.includes(name));
}

/** Everyone, where no identities are configured: who reaches the loopback address is on the machine. */
export const LOCAL_USER: Identity = { id: 'local', name: 'local user', kind: 'local', teams: [], scopes: new Set(SCOPES.filter(isGranted)) };
