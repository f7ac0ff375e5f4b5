-- A client's temporary table must not stand in the place of one of ours: PostgreSQL looks into the session's pg_temp
-- before all of search_path unless the path itself names pg_temp, and a rule would then read what its client made up.
-- The path that is current here is the ledger's schema and, last, pg_temp (adapters/ledger_postgres/migrations.cpp).
ALTER FUNCTION records_continue_the_head() SET search_path FROM CURRENT;

-- A name leads to a record of its own transaction: one given later could make an event that never came a duplicate, or
-- answer a request with a receipt that is not its own.
--
-- When the first record that is named is this transaction's, so are all after it: they continue one that nobody else sees
-- yet. Thus two rows are looked up, however many names there are. (xmin has 32 bits: a record that is older by a multiple
-- of 2^32 transactions would pass. Readers check what a name leads to.)
CREATE FUNCTION names_come_with_their_records() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    first_seq BIGINT;
    last_seq  BIGINT;
BEGIN
    SELECT min(seq), max(seq) INTO first_seq, last_seq FROM given;
    IF first_seq IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM records WHERE seq = first_seq AND xmin = pg_current_xact_id()::xid)
       OR NOT EXISTS (SELECT FROM records WHERE seq = last_seq)
    THEN
        RAISE EXCEPTION 'helix: a name is given only together with its record' USING ERRCODE = 'HX003';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER names_come_with_their_records AFTER INSERT ON record_keys
    REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION names_come_with_their_records();
