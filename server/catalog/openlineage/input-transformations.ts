import type { ReadReason } from '../changes.ts';
import { object, optionalArray, optionalText, type Place } from './json-place.ts';

/** How an input counts for an output. */
export interface InputTransformations {
  /** Its value goes in. */
  readonly direct: boolean;
  /** It is handed on as it is. */
  readonly identity: boolean;
  readonly reasons: readonly ReadReason[];
}

/** Why a field is read that no value comes from, by the subtypes emitters use. */
const INDIRECT: Readonly<Record<string, ReadReason>> = { JOIN: 'JOIN', GROUP_BY: 'GROUP', FILTER: 'FILTER', SORT: 'SORT', WINDOW: 'WINDOW', CONDITIONAL: 'CONDITION' };

/**
 * Reads `transformations`. Without a word an input of a field is direct, and one of a whole output decides about it.
 * `asWhole`: the older `transformationType` of the field. What is masked is handed on, but not as it is.
 */
export function inputTransformations(place: Place, asWhole: string | null, wholeOutput: boolean): InputTransformations {
  const all = optionalArray(place).map((item) => {
    const { type, subtype } = { type: optionalText(object(item).get('type')), subtype: optionalText(object(item).get('subtype')) };
    return { direct: type?.toUpperCase() !== 'INDIRECT', subtype: subtype?.toUpperCase() ?? '', masked: object(item).get('masking').value === true };
  });
  if (all.length === 0) return { direct: !wholeOutput, identity: asWhole?.toUpperCase() === 'IDENTITY', reasons: [wholeOutput ? 'CONDITION' : 'VALUE'] };
  const direct = all.filter((one) => one.direct);
  const reasons = all.map((one): ReadReason => (one.direct ? 'VALUE' : (Object.hasOwn(INDIRECT, one.subtype) ? INDIRECT[one.subtype] : undefined) ?? 'CONDITION'));
  return { direct: direct.length > 0 && !wholeOutput, identity: direct.length > 0 && direct.every(({ subtype, masked }) => subtype === 'IDENTITY' && !masked), reasons: [...new Set(reasons)] };
}
