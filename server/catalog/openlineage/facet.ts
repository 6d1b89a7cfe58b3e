import { object, type Place } from './json-place.ts';

/** Whether a facet takes back what an earlier one of its name said. */
export function isDeleted(facet: Place): boolean {
  return object(facet).get('_deleted').value === true;
}
