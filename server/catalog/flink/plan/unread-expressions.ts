import { isObject, type JsonObject } from './plan-json.ts';

/** A view of a node's JSON that takes down which of its parts were looked at. */
export function watched(json: JsonObject, seen: Set<string>): JsonObject {
  const take = (key: string | symbol): void => {
    if (typeof key === 'string') seen.add(key);
  };
  return new Proxy(json, {
    get: (target, key): unknown => {
      take(key);
      return Reflect.get(target, key);
    },
    has: (target, key) => {
      take(key);
      return Reflect.has(target, key);
    },
  });
}

/**
 * Parts of a node that hold an expression over its columns and were not looked at: a later Flink may have pushed a
 * filter into a node that had none.
 */
export function unreadExpressions(json: JsonObject, seen: ReadonlySet<string>): readonly string[] {
  return Object.keys(json).filter((key) => !seen.has(key) && refersToColumns(json[key]));
}

const REFERENCES: ReadonlySet<unknown> = new Set(['INPUT_REF', 'PATTERN_INPUT_REF', 'CORREL_VARIABLE', 'LOCAL_REF']);

function refersToColumns(json: unknown): boolean {
  const waiting: unknown[] = [json];
  for (const part of waiting) {
    if (isObject(part) && REFERENCES.has(part.kind)) return true;
    if (typeof part === 'object' && part !== null) for (const inside of Object.values(part)) waiting.push(inside);
  }
  return false;
}
