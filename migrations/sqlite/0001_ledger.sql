-- The ledger's records, one row each, as they were hashed: `body` is the canonical text, never re-spaced.
-- `v` is the record's format version, so that a row of a later format is told apart before it is read.
CREATE TABLE records (
    seq       INTEGER PRIMARY KEY CHECK (seq >= 0),
    v         INTEGER NOT NULL,
    id        TEXT    NOT NULL,
    at_us     INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    actor     TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    prev_hash BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Pages of one kind or one target: the row's seq is the index's last column of itself.
CREATE INDEX records_by_kind ON records (kind);
CREATE INDEX records_by_target ON records (target);

-- The rule of the log, kept by the file itself and not only by the program that opened it: a record continues the
-- head, and none is changed or removed. (Whoever drops the triggers is found by `verify`.)
CREATE TRIGGER records_continue_the_head BEFORE INSERT ON records
BEGIN
    SELECT RAISE(ABORT, 'helix: the record does not continue the head')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM records)
       OR NEW.prev_hash IS NOT (SELECT coalesce((SELECT hash FROM records ORDER BY seq DESC LIMIT 1), zeroblob(32)));
END;

CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records
BEGIN
    SELECT RAISE(ABORT, 'helix: records are not changed');
END;

CREATE TRIGGER records_are_not_removed BEFORE DELETE ON records
BEGIN
    SELECT RAISE(ABORT, 'helix: records are not removed');
END;
