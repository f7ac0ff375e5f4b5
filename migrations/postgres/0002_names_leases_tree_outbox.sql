-- Ed25519 over `hash`; both columns or neither.
ALTER TABLE records ADD COLUMN key_id TEXT;
ALTER TABLE records ADD COLUMN signature BYTEA
    CHECK (signature IS NULL OR (length(signature) = 64 AND key_id IS NOT NULL));

-- Names under which a record is found again ("cycle:...", "idempotency:...", "event:..."); each is given once. A name
-- is bytes, since others choose it, and longer than an index entry may be: hence the index over its digest.
CREATE TABLE record_keys (
    name BYTEA  NOT NULL,
    seq  BIGINT NOT NULL
);
CREATE UNIQUE INDEX record_keys_by_name ON record_keys (sha256(name));

CREATE TRIGGER record_keys_are_not_rewritten BEFORE UPDATE OR DELETE OR TRUNCATE ON record_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- Who may turn the helix. The epoch grows with each new holder and never shrinks. Time is the server's.
CREATE TABLE leases (
    name          TEXT   PRIMARY KEY,
    holder        TEXT   NOT NULL,
    epoch         BIGINT NOT NULL CHECK (epoch >= 1),
    expires_at_us BIGINT NOT NULL
);

-- Roots of whole subtrees of the Merkle tree: 2^level records from idx * 2^level on. A cache; level 4, 8, 12 ...
CREATE TABLE tree_nodes (
    level INTEGER NOT NULL CHECK (level > 0),
    idx   BIGINT  NOT NULL CHECK (idx >= 0),
    hash  BYTEA   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
);

-- How far each destination of outgoing events has come, and what was given up on the way.
CREATE TABLE outbox_cursors (
    destination   TEXT    PRIMARY KEY,
    next_seq      BIGINT  NOT NULL CHECK (next_seq >= 0),
    attempts      INTEGER NOT NULL,
    not_before_us BIGINT  NOT NULL,
    last_error    TEXT    NOT NULL
);

CREATE TABLE dead_letters (
    destination TEXT    NOT NULL,
    seq         BIGINT  NOT NULL,
    attempts    INTEGER NOT NULL,
    at_us       BIGINT  NOT NULL,
    last_error  TEXT    NOT NULL,
    PRIMARY KEY (destination, seq)
);
