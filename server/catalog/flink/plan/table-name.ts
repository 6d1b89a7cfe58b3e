import { NotUnderstood } from './plan-fault.ts';

/** An identifier of a plan, each part in back-ticks with those inside doubled, as `catalog.database.table`. */
export function tableName(identifier: unknown): string {
  const parts = typeof identifier === 'string' ? [...identifier.matchAll(/`((?:[^`]|``)*)`(\.|$)/gy)] : [];
  const length = parts.reduce((sum, [part]) => sum + part.length, 0);
  if (parts.length === 0 || parts.at(-1)?.[2] !== '' || length !== (identifier as string).length) throw new NotUnderstood('expected a table name in back-ticks in identifier');
  return parts.map(([, name = '']) => name.replaceAll('``', '`')).join('.');
}
