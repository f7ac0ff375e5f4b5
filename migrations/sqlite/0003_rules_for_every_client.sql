-- INSERT OR REPLACE would rewrite a name: SQLite removes the row in its way without asking the triggers.
CREATE TRIGGER record_keys_are_not_replaced BEFORE INSERT ON record_keys
BEGIN
    SELECT RAISE(ABORT, 'helix: a record has this name already')
    WHERE EXISTS (SELECT 1 FROM record_keys WHERE name = NEW.name);
END;

-- A name leads to the newest record: it is given right after its record, in the same transaction. One given later could
-- make an event that never came a duplicate, or answer a request with a receipt that is not its own. (SQLite cannot say
-- which transaction wrote a row: until the next record comes, names can still be added to the newest one. Readers check
-- what a name leads to.)
CREATE TRIGGER record_keys_come_with_their_record BEFORE INSERT ON record_keys
BEGIN
    SELECT RAISE(ABORT, 'helix: a name is given only together with its record')
    WHERE NEW.seq IS NOT (SELECT max(seq) FROM records);
END;
