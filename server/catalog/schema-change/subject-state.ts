import type { CompatibilityLevel } from '../changes.ts';
import type { SchemaVersion } from '../gate/world.ts';
import type { DatasetRef, Named } from '../names.ts';

/** A subject as it stands, at one revision. */
export interface SubjectState {
  readonly subject: Named;
  /** null: nobody said. */
  readonly level: CompatibilityLevel | null;
  /** Newest first, soft-deleted ones included. */
  readonly versions: readonly SchemaVersion[];
  /** The topics whose values it governs, as far as anybody said. */
  readonly topics: readonly DatasetRef[];
}
