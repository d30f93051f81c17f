-- The decision log (決定記録): the payloads in order. Trees, proofs and signatures are made of them elsewhere.

-- One row an entry. Written in the transaction of what it records, never changed.
CREATE TABLE log_entries (
    -- From 0 without gaps: the leaf index of the Merkle tree.
    position INTEGER NOT NULL PRIMARY KEY CHECK (position >= 0),
    -- The exact bytes that are hashed; opaque here.
    payload BLOB NOT NULL
) STRICT;

CREATE TRIGGER log_entries_no_update BEFORE UPDATE ON log_entries
BEGIN SELECT RAISE(ABORT, 'append_only: entries of the decision log are never changed'); END;
CREATE TRIGGER log_entries_no_delete BEFORE DELETE ON log_entries
BEGIN SELECT RAISE(ABORT, 'append_only: entries of the decision log are never removed'); END;
-- INSERT OR REPLACE removes rows without firing delete triggers.
CREATE TRIGGER log_entries_no_replace BEFORE INSERT ON log_entries
WHEN EXISTS (SELECT 1 FROM log_entries WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'append_only: entries of the decision log are never replaced'); END;

-- The one row that whoever appends must lock first: it puts all changes of state into one order.
CREATE TABLE log_head (
    -- Always 1: there is one log.
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    -- How many entries there are; the next position.
    size INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
INSERT INTO log_head (only_row, size) VALUES (1, 0);

CREATE TRIGGER log_head_grows BEFORE UPDATE ON log_head WHEN NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'append_only: the decision log never shrinks'); END;
CREATE TRIGGER log_head_no_delete BEFORE DELETE ON log_head
BEGIN SELECT RAISE(ABORT, 'append_only: the head of the decision log is never removed'); END;
CREATE TRIGGER log_head_no_replace BEFORE INSERT ON log_head WHEN EXISTS (SELECT 1 FROM log_head)
BEGIN SELECT RAISE(ABORT, 'append_only: the head of the decision log is never replaced'); END;

-- Signed checkpoints of the log, kept as evidence.
CREATE TABLE log_checkpoints (
    -- The size of the log that was signed.
    size INTEGER NOT NULL PRIMARY KEY CHECK (size >= 0),
    -- The signed note, as published.
    note TEXT NOT NULL
) STRICT;

CREATE TRIGGER log_checkpoints_no_update BEFORE UPDATE ON log_checkpoints
BEGIN SELECT RAISE(ABORT, 'append_only: checkpoints are never changed'); END;
CREATE TRIGGER log_checkpoints_no_delete BEFORE DELETE ON log_checkpoints
BEGIN SELECT RAISE(ABORT, 'append_only: checkpoints are never removed'); END;
CREATE TRIGGER log_checkpoints_no_replace BEFORE INSERT ON log_checkpoints
WHEN EXISTS (SELECT 1 FROM log_checkpoints WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'append_only: checkpoints are never replaced'); END;
