-- What is kept beside the entries of the decision log: the hashes of its tree, and the personal data that entries commit to.

-- The tree's hashes in tiles of 256 (c2sp.org/tlog-tiles), so that signing and proving cost what is new and not the whole log.
CREATE TABLE log_tiles (
    -- 0 holds the hashes of entries, each level above the roots of 256 full tiles below.
    level BIGINT NOT NULL CHECK (level BETWEEN 0 AND 7),
    number BIGINT NOT NULL CHECK (number >= 0),
    -- 1 to 256 hashes of 32 bytes; opaque here.
    hashes BYTEA NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, number)
);

-- How many entries are in the tree. Whoever adds to it moves the size on from where they found it, so that of several
-- nodes that try one does it and the others see that it is done.
CREATE TABLE log_tree (
    -- Always 1: there is one log.
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    size BIGINT NOT NULL CHECK (size >= 0)
);
INSERT INTO log_tree (only_row, size) VALUES (1, 0);

-- Texts that entries name by their commitments only. Both columns are emptied when a text is erased.
CREATE TABLE log_personal (
    -- SHA-256 of salt and text: what stands in the entry.
    commitment TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(commitment) = 64),
    -- The entry.
    position BIGINT NOT NULL REFERENCES log_entries (position),
    salt BYTEA,
    content TEXT,
    CONSTRAINT log_personal_whole CHECK ((salt IS NULL) = (content IS NULL))
);
CREATE INDEX log_personal_by_entry ON log_personal (position);

CREATE TRIGGER log_tiles_grow BEFORE UPDATE ON log_tiles FOR EACH ROW
    WHEN (NEW.level <> OLD.level OR NEW.number <> OLD.number
        OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes)
    EXECUTE FUNCTION refuse('append_only', 'hashes of the decision log are never changed');
CREATE TRIGGER log_tiles_no_delete BEFORE DELETE OR TRUNCATE ON log_tiles
    EXECUTE FUNCTION refuse('append_only', 'hashes of the decision log are never removed');
CREATE TRIGGER log_tree_grows BEFORE UPDATE ON log_tree FOR EACH ROW WHEN (NEW.size < OLD.size)
    EXECUTE FUNCTION refuse('append_only', 'the tree of the decision log never shrinks');
CREATE TRIGGER log_tree_no_delete BEFORE DELETE OR TRUNCATE ON log_tree
    EXECUTE FUNCTION refuse('append_only', 'the tree of the decision log is never removed');
CREATE TRIGGER log_personal_only_erased BEFORE UPDATE ON log_personal FOR EACH ROW
    WHEN (NEW.commitment <> OLD.commitment OR NEW.position <> OLD.position OR NEW.content IS NOT NULL)
    EXECUTE FUNCTION refuse('log_personal_only_erased', 'personal data of the decision log is erased and never changed');
CREATE TRIGGER log_personal_no_delete BEFORE DELETE OR TRUNCATE ON log_personal
    EXECUTE FUNCTION refuse('append_only', 'that personal data was there is never removed');
