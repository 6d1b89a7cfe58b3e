/** What a caller may be allowed to do; every route names one in `openapi.yaml` (`x-scope`), `public` needs none. */
export const SCOPES = [
  'public', 'gate:evaluate', 'lineage:read', 'lineage:write', 'schema:propose', 'schema:approve', 'policy:admin', 'audit:read', 'dlq:replay',
] as const;
export type Scope = (typeof SCOPES)[number];

export function isScope(value: unknown): value is Scope {
  return SCOPES.some((scope) => scope === value);
}
