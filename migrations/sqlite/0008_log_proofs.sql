-- What is kept beside the entries of the decision log: the hashes of its tree, and the personal data that entries commit to.

-- The tree's hashes in tiles of 256 (c2sp.org/tlog-tiles), so that signing and proving cost what is new and not the whole log.
CREATE TABLE log_tiles (
    -- 0 holds the hashes of entries, each level above the roots of 256 full tiles below.
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
    number INTEGER NOT NULL CHECK (number >= 0),
    -- 1 to 256 hashes of 32 bytes; opaque here.
    hashes BLOB NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, number)
) STRICT;

-- How many entries are in the tree. Whoever adds to it moves the size on from where they found it, so that of several
-- nodes that try one does it and the others see that it is done.
CREATE TABLE log_tree (
    -- Always 1: there is one log.
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    size INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
INSERT INTO log_tree (only_row, size) VALUES (1, 0);

-- Texts that entries name by their commitments only. Both columns are emptied when a text is erased.
CREATE TABLE log_personal (
    -- SHA-256 of salt and text: what stands in the entry.
    commitment TEXT NOT NULL PRIMARY KEY CHECK (length(commitment) = 64),
    -- The entry.
    position INTEGER NOT NULL REFERENCES log_entries (position),
    salt BLOB,
    content TEXT,
    CONSTRAINT log_personal_whole CHECK ((salt IS NULL) = (content IS NULL))
) STRICT;
CREATE INDEX log_personal_by_entry ON log_personal (position);

CREATE TRIGGER log_tiles_grow BEFORE UPDATE ON log_tiles
WHEN NEW.level <> OLD.level OR NEW.number <> OLD.number OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
BEGIN SELECT RAISE(ABORT, 'append_only: hashes of the decision log are never changed'); END;
CREATE TRIGGER log_tiles_no_delete BEFORE DELETE ON log_tiles
BEGIN SELECT RAISE(ABORT, 'append_only: hashes of the decision log are never removed'); END;
-- INSERT OR REPLACE removes rows without firing delete triggers. More hashes in the same tile are no change.
CREATE TRIGGER log_tiles_no_replace BEFORE INSERT ON log_tiles
WHEN EXISTS (SELECT 1 FROM log_tiles t WHERE t.level = NEW.level AND t.number = NEW.number
    AND substr(NEW.hashes, 1, length(t.hashes)) <> t.hashes)
BEGIN SELECT RAISE(ABORT, 'append_only: hashes of the decision log are never replaced'); END;

CREATE TRIGGER log_tree_grows BEFORE UPDATE ON log_tree WHEN NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'append_only: the tree of the decision log never shrinks'); END;
CREATE TRIGGER log_tree_no_delete BEFORE DELETE ON log_tree
BEGIN SELECT RAISE(ABORT, 'append_only: the tree of the decision log is never removed'); END;
CREATE TRIGGER log_tree_no_replace BEFORE INSERT ON log_tree WHEN EXISTS (SELECT 1 FROM log_tree)
BEGIN SELECT RAISE(ABORT, 'append_only: the tree of the decision log is never replaced'); END;

CREATE TRIGGER log_personal_only_erased BEFORE UPDATE ON log_personal
WHEN NEW.commitment <> OLD.commitment OR NEW.position <> OLD.position OR NEW.content IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'log_personal_only_erased: personal data of the decision log is erased and never changed'); END;
CREATE TRIGGER log_personal_no_delete BEFORE DELETE ON log_personal
BEGIN SELECT RAISE(ABORT, 'append_only: that personal data was there is never removed'); END;
CREATE TRIGGER log_personal_no_replace BEFORE INSERT ON log_personal
WHEN EXISTS (SELECT 1 FROM log_personal WHERE commitment = NEW.commitment)
BEGIN SELECT RAISE(ABORT, 'log_personal_only_erased: personal data of the decision log is never replaced'); END;
