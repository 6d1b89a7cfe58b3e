/**
 * Version 2. What many ledger entries have in common lies in the file once: the end of their bodies, under its
 * SHA-256. `tail` NULL is a body that is whole, as every body of version 1 is.
 */
export const SHARED_REQUESTS = `
  CREATE TABLE ledger_tail (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
  );
  ALTER TABLE ledger ADD COLUMN tail INTEGER REFERENCES ledger_tail (id);
`;
