/**
 * Version 1. Times are event times in ms. `valid_to` NULL is "still true"; a node whose `valid_from` is
 * NULL was never stated, only referred to.
 */
export const FIRST_TABLES = `
  CREATE TABLE identity (store TEXT NOT NULL);

  -- Everything named. A field has dataset and path, anything else has its entity key.
  CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    key TEXT,
    dataset INTEGER,
    path TEXT,
    valid_from INTEGER,
    valid_to INTEGER,
    revision INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX node_key ON node (key) WHERE key IS NOT NULL;
  CREATE UNIQUE INDEX node_field ON node (dataset, path) WHERE dataset IS NOT NULL;
  CREATE INDEX node_revision ON node (revision);

  -- One kind of evidence on one aspect of one entity. The last two columns are for slots with edges:
  -- the time of the newest statement, and the revision that last changed the edges.
  CREATE TABLE slot (
    id INTEGER PRIMARY KEY,
    about INTEGER NOT NULL,
    aspect INTEGER NOT NULL,
    part TEXT NOT NULL,
    evidence INTEGER NOT NULL,
    stated_at INTEGER,
    revision INTEGER
  );
  CREATE UNIQUE INDEX slot_about ON slot (about, aspect, part, evidence);
  CREATE INDEX slot_revision ON slot (revision) WHERE revision IS NOT NULL;

  -- Grows only; what is in force at a time follows from the order of a slot's statements.
  -- A body is JSON text, or that text compressed with zstd, or NULL: withdrawn.
  CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    slot INTEGER NOT NULL,
    time INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    body,
    revision INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX statement_order ON statement (slot, time, sequence, event);
  CREATE INDEX statement_revision ON statement (revision);

  -- Follows from statements and observations. An open edge of a program was last stated at its slot's
  -- stated_at; last_seen says it for every other edge.
  CREATE TABLE edge (
    slot INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    source INTEGER NOT NULL,
    target INTEGER NOT NULL,
    via INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER,
    last_seen INTEGER,
    traits INTEGER NOT NULL,
    PRIMARY KEY (slot, kind, source, target, via, valid_from)
  ) WITHOUT ROWID;

  -- target: a dataset, a field, or 0; schema_id: -1 for none.
  CREATE TABLE observation (
    actor INTEGER NOT NULL,
    what INTEGER NOT NULL,
    target INTEGER NOT NULL,
    schema_id INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (actor, what, target, schema_id)
  ) WITHOUT ROWID;

  -- A row for every revision that brought statements, and for the newest.
  CREATE TABLE revision (
    revision INTEGER PRIMARY KEY,
    committed_at INTEGER NOT NULL,
    statements INTEGER NOT NULL
  );
  CREATE TABLE ingest_offset (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) WITHOUT ROWID;

  CREATE TABLE ledger (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    idempotency_key TEXT UNIQUE,
    request_hash TEXT,
    job TEXT,
    outcome TEXT,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  );
  CREATE INDEX ledger_job ON ledger (job) WHERE job IS NOT NULL;
  CREATE INDEX ledger_outcome ON ledger (outcome) WHERE outcome IS NOT NULL;
  CREATE INDEX ledger_kind ON ledger (kind);

  -- Row counts kept by the writers, since counting millions of rows takes seconds.
  CREATE TABLE tally (what TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;

  -- What search counts and filters by, for every entity but fields, and for fields with an owner or tags
  -- of their own. Kept when not alive any more, so that readers can follow by revision.
  CREATE TABLE card (
    node INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    dataset INTEGER,
    alive INTEGER NOT NULL,
    fields INTEGER NOT NULL,
    platform TEXT,
    cluster TEXT,
    owner TEXT,
    tags TEXT,
    schema TEXT,
    revision INTEGER NOT NULL
  );
  CREATE INDEX card_revision ON card (revision);
  -- Words of everything alive, rowid is the node. They come folded and separated by blanks, so the
  -- plainest tokenizer does; it halves the time to insert.
  CREATE VIRTUAL TABLE search USING fts5 (
    whole, name, doc, tags, owner,
    content = '', contentless_delete = 1, detail = 'column', tokenize = 'ascii'
  );
`;
