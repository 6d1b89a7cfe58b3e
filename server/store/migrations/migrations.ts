import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { addDecisionOwners } from './decision-owners.ts';
import { FIRST_TABLES } from './first-tables.ts';
import { NOTES } from './notes.ts';
import { SHARED_REQUESTS } from './shared-requests.ts';

/** One step from the version before to `version`; it runs in a transaction of its own. */
export interface Migration {
  readonly version: number;
  readonly apply: (db: DatabaseSync) => void;
}

/** Every step there ever was, ascending from 1. A step that has been released never changes. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    apply: (db) => {
      db.exec(FIRST_TABLES);
      db.prepare('INSERT INTO identity VALUES (?)').run(randomUUID());
    },
  },
  { version: 2, apply: (db) => db.exec(SHARED_REQUESTS) },
  { version: 3, apply: (db) => db.exec(NOTES) },
  { version: 4, apply: addDecisionOwners },
];
