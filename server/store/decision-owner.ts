/** The team that the body of a decision says its job is of; null where it says none, or is no JSON of a decision. */
export function statedOwnerIn(body: string): string | null {
  try {
    const { request } = JSON.parse(body) as { readonly request?: { readonly job?: { readonly owner?: unknown } } };
    const owner = request?.job?.owner;
    return typeof owner === 'string' && owner !== '' ? owner : null;
  } catch {
    // Hashed as it stands, whatever it is.
    return null;
  }
}
