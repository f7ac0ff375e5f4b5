-- Ed25519 over `hash`; both columns or neither.
ALTER TABLE records ADD COLUMN key_id TEXT;
ALTER TABLE records ADD COLUMN signature BLOB CHECK (signature IS NULL OR (length(signature) = 64 AND key_id IS NOT NULL));

-- Names under which a record is found again ("cycle:...", "idempotency:...", "event:..."); each is given once.
CREATE TABLE record_keys (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER record_keys_are_not_changed BEFORE UPDATE ON record_keys
BEGIN
    SELECT RAISE(ABORT, 'helix: names of records are not changed');
END;

CREATE TRIGGER record_keys_are_not_removed BEFORE DELETE ON record_keys
BEGIN
    SELECT RAISE(ABORT, 'helix: names of records are not removed');
END;

-- Who may turn the helix. The epoch grows with each new holder and never shrinks.
CREATE TABLE leases (
    name          TEXT PRIMARY KEY,
    holder        TEXT    NOT NULL,
    epoch         INTEGER NOT NULL CHECK (epoch >= 1),
    expires_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Roots of whole subtrees of the Merkle tree: 2^level records from idx * 2^level on. A cache; level 4, 8, 12 ...
CREATE TABLE tree_nodes (
    level INTEGER NOT NULL CHECK (level > 0),
    idx   INTEGER NOT NULL CHECK (idx >= 0),
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

-- How far each destination of outgoing events has come, and what was given up on the way.
CREATE TABLE outbox_cursors (
    destination   TEXT PRIMARY KEY,
    next_seq      INTEGER NOT NULL CHECK (next_seq >= 0),
    attempts      INTEGER NOT NULL,
    not_before_us INTEGER NOT NULL,
    last_error    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    destination TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    at_us       INTEGER NOT NULL,
    last_error  TEXT    NOT NULL,
    PRIMARY KEY (destination, seq)
) STRICT, WITHOUT ROWID;
