import type { CompatibilityLevel } from '../changes.ts';
import { checkCompatibility, type CompatibilityVerdict } from './compatibility.ts';
import type { AvroSchema } from './schema.ts';

/** `backward`: the new schema reads the old one's records; `forward`: the old one reads the new one's. */
export type Direction = 'backward' | 'forward';

export interface RegisteredSchema {
  readonly version: number;
  readonly schema: AvroSchema;
}
export interface LevelResult {
  readonly version: number;
  readonly direction: Direction;
  readonly verdict: CompatibilityVerdict;
}
interface Demand {
  /** In the order the registry asks. */
  readonly directions: readonly Direction[];
  readonly transitive: boolean;
}

const DEMANDS: Readonly<Record<CompatibilityLevel, Demand>> = {
  NONE: { directions: [], transitive: false },
  BACKWARD: { directions: ['backward'], transitive: false },
  BACKWARD_TRANSITIVE: { directions: ['backward'], transitive: true },
  FORWARD: { directions: ['forward'], transitive: false },
  FORWARD_TRANSITIVE: { directions: ['forward'], transitive: true },
  FULL: { directions: ['forward', 'backward'], transitive: false },
  FULL_TRANSITIVE: { directions: ['forward', 'backward'], transitive: true },
};

/**
 * Would the registry take the candidate? Versions come newest first; a level that is not transitive asks the newest
 * alone. The registry stops at the first version that offends: this answers for every version it would have to ask, in
 * both directions where both are asked, so that one look shows all there is to mend.
 */
export function checkLevel(level: CompatibilityLevel, candidate: AvroSchema, versions: readonly RegisteredSchema[]): readonly LevelResult[] {
  const { directions, transitive } = DEMANDS[level];
  return (transitive ? versions : versions.slice(0, 1)).flatMap(({ version, schema }) =>
    directions.map((direction) => ({
      version,
      direction,
      verdict: direction === 'backward' ? checkCompatibility(candidate, schema) : checkCompatibility(schema, candidate),
    })),
  );
}

/** Whether every check passed. */
export function isAccepted(results: readonly LevelResult[]): boolean {
  return results.every(({ verdict }) => verdict.outcome === 'compatible');
}
