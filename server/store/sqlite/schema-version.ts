import type { DatabaseSync } from 'node:sqlite';
import type { Migration } from '../migrations/migrations.ts';
import { StoreIncompatible } from '../store.ts';
import { asStoreError } from './failures.ts';

/** Marks a SQLite file as a Sluice store (`PRAGMA application_id`): "Sluc" in ASCII. */
export const APPLICATION_ID = 0x53_6c_75_63;

/**
 * Brings a file to the newest version, one transaction for each step; a step that fails leaves the file
 * at the version before. Throws StoreIncompatible for a file of a newer version or of another program,
 * and for an older one opened read-only.
 */
export function migrate(db: DatabaseSync, migrations: readonly Migration[], options: { readonly file: string; readonly readonly: boolean }): void {
  try {
    const newest = migrations.at(-1)?.version ?? 0;
    refuseForeign(db, options.file);
    const version = pragma(db, 'user_version');
    if (version > newest) {
      throw new StoreIncompatible(`${options.file} has store version ${version}; this Sluice knows versions up to ${newest}: use a newer Sluice`);
    }
    if (version < newest && options.readonly) {
      throw new StoreIncompatible(`${options.file} has store version ${version} and must be migrated to ${newest}: open it for writing once`);
    }
    for (const migration of migrations) step(db, migration);
  } catch (error) {
    throw asStoreError(error, options.file);
  }
}

function refuseForeign(db: DatabaseSync, file: string): void {
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  const application = pragma(db, 'application_id');
  const fresh = tables === 0 && application === 0;
  if (!fresh && application !== APPLICATION_ID) throw new StoreIncompatible(`${file} is an SQLite file of another program, not a Sluice store`);
}

function step(db: DatabaseSync, migration: Migration): void {
  if (pragma(db, 'user_version') >= migration.version) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have taken this step while this one waited for the lock.
    if (pragma(db, 'user_version') < migration.version) {
      migration.apply(db);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migration.version}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
