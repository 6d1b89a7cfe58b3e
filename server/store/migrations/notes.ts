/** Version 3. What Sluice notes for itself: how far it has told whom, never what was decided. */
export const NOTES = `
  CREATE TABLE note (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    version INTEGER NOT NULL
  ) WITHOUT ROWID;
`;
