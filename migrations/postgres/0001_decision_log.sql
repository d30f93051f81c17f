-- The decision log (決定記録): the payloads in order. Trees, proofs and signatures are made of them elsewhere.

-- One row an entry. Written in the transaction of what it records, never changed.
CREATE TABLE log_entries (
    -- From 0 without gaps: the leaf index of the Merkle tree.
    position BIGINT NOT NULL PRIMARY KEY CHECK (position >= 0),
    -- The exact bytes that are hashed; opaque here.
    payload BYTEA NOT NULL
);

-- The one row that whoever appends must lock first: it puts all changes of state into one order.
CREATE TABLE log_head (
    -- Always 1: there is one log.
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    -- How many entries there are; the next position.
    size BIGINT NOT NULL CHECK (size >= 0)
);
INSERT INTO log_head (only_row, size) VALUES (1, 0);

-- Signed checkpoints of the log, kept as evidence.
CREATE TABLE log_checkpoints (
    -- The size of the log that was signed.
    size BIGINT NOT NULL PRIMARY KEY CHECK (size >= 0),
    -- The signed note, as published.
    note TEXT NOT NULL
);

-- Refuses what a trigger stands for, by the name of the rule (first argument), which `store` turns into its typed error.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME,
        MESSAGE = TG_ARGV[0] || ': ' || TG_ARGV[1];
END $$;

CREATE TRIGGER log_entries_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entries
    EXECUTE FUNCTION refuse('append_only', 'entries of the decision log are never changed or removed');
CREATE TRIGGER log_head_grows BEFORE UPDATE ON log_head FOR EACH ROW WHEN (NEW.size < OLD.size)
    EXECUTE FUNCTION refuse('append_only', 'the decision log never shrinks');
CREATE TRIGGER log_head_no_delete BEFORE DELETE OR TRUNCATE ON log_head
    EXECUTE FUNCTION refuse('append_only', 'the head of the decision log is never removed');
CREATE TRIGGER log_checkpoints_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoints
    EXECUTE FUNCTION refuse('append_only', 'checkpoints are never changed or removed');
