import { CommandFailure, EXIT } from './exit-codes.ts';

/** Splits `kafka://main/orders` at the first slash after the authority: a name may hold slashes, an authority cannot. */
export function parseDataset(text: string): { namespace: string; name: string } {
  const authority = text.indexOf('://');
  const slash = text.indexOf('/', authority < 0 ? 0 : authority + 3);
  if (slash <= 0 || slash === text.length - 1) {
    throw new CommandFailure(EXIT.usage, `"${text}" is not <namespace>/<name>, as in kafka://main/orders`);
  }
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** How an entity is written for people. */
export function nameOf(entity: { readonly kind: string; readonly namespace: string; readonly name: string; readonly path?: string | undefined }): string {
  const name = entity.namespace === '' ? entity.name : `${entity.namespace}/${entity.name}`;
  return entity.path === undefined ? `${entity.kind} ${name}` : `field ${name} ${entity.path}`;
}
