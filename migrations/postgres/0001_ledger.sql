-- The ledger's records, one row each, as they were hashed: `body` is the canonical text, never re-spaced.
-- `v` is the record's format version, so that a row of a later format is told apart before it is read.
CREATE TABLE records (
    seq       BIGINT  PRIMARY KEY CHECK (seq >= 0),
    v         INTEGER NOT NULL,
    id        TEXT    NOT NULL,
    at_us     BIGINT  NOT NULL,
    kind      TEXT    COLLATE "C" NOT NULL,
    target    TEXT    COLLATE "C" NOT NULL,
    actor     TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    prev_hash BYTEA   NOT NULL CHECK (length(prev_hash) = 32),
    hash      BYTEA   NOT NULL CHECK (length(hash) = 32)
);

-- Pages of one kind or one target.
CREATE INDEX records_by_kind ON records (kind, seq);
CREATE INDEX records_by_target ON records (target, seq);

-- The rule of the log, kept by the database itself and not only by the program that writes: a record continues the
-- head, and none is changed or removed. (Whoever drops the triggers is found by `verify`.)
--
-- Of two transactions that insert the same seq the second waits for the first and fails on the primary key; one that
-- continues a record which is not committed yet does not see it, and is refused here. So no lock is needed.
CREATE FUNCTION records_continue_the_head() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT seq, prev_hash, lag(seq) OVER by_seq AS seq_before, lag(hash) OVER by_seq AS hash_before
                     FROM added WINDOW by_seq AS (ORDER BY seq)) AS one
        WHERE CASE
            WHEN seq_before IS NOT NULL THEN seq <> seq_before + 1 OR prev_hash <> hash_before
            WHEN seq = 0 THEN prev_hash <> decode(repeat('00', 32), 'hex')
            ELSE prev_hash IS DISTINCT FROM (SELECT hash FROM records WHERE records.seq = one.seq - 1)
        END)
    THEN
        RAISE EXCEPTION 'helix: the record does not continue the head' USING ERRCODE = 'HX001';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER records_continue_the_head AFTER INSERT ON records
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION records_continue_the_head();

CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'helix: % are not changed or removed', TG_TABLE_NAME USING ERRCODE = 'HX002';
END
$$;

CREATE TRIGGER records_are_not_rewritten BEFORE UPDATE OR DELETE OR TRUNCATE ON records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
