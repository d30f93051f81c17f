-- Rulesets (規則): what decisions were made on, and drafts that two people agree on before they hold.

-- All files of a ruleset, under their hash: any decision can be worked out again from it.
CREATE TABLE rulesets (
    -- `sha256:` and the hash of the bytes.
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 71),
    -- The files as one JSON object.
    files BLOB NOT NULL
) STRICT;

-- A ruleset that somebody proposes. It holds from its day on, once two people have agreed.
CREATE TABLE ruleset_drafts (
    hash TEXT NOT NULL REFERENCES rulesets (hash),
    -- The first day on which it decides, if it is agreed by then.
    active_from TEXT NOT NULL,
    -- Who proposed it: `staff:` and the account.
    proposed_by TEXT NOT NULL CONSTRAINT draft_proposed_by_staff CHECK (substr(proposed_by, 1, 6) = 'staff:'),
    proposed_at_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX draft_proposed_once ON ruleset_drafts (hash);

-- One row a person who agrees.
CREATE TABLE ruleset_agreements (
    hash TEXT NOT NULL REFERENCES ruleset_drafts (hash),
    agreed_by TEXT NOT NULL CONSTRAINT draft_agreed_by_staff CHECK (substr(agreed_by, 1, 6) = 'staff:'),
    agreed_at_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX draft_agreed_once ON ruleset_agreements (hash, agreed_by);

CREATE TRIGGER rulesets_no_update BEFORE UPDATE ON rulesets
BEGIN SELECT RAISE(ABORT, 'append_only: rulesets are never changed'); END;
CREATE TRIGGER rulesets_no_delete BEFORE DELETE ON rulesets
BEGIN SELECT RAISE(ABORT, 'append_only: rulesets are never removed'); END;
CREATE TRIGGER ruleset_drafts_no_update BEFORE UPDATE ON ruleset_drafts
BEGIN SELECT RAISE(ABORT, 'append_only: drafts of rulesets are never changed'); END;
CREATE TRIGGER ruleset_drafts_no_delete BEFORE DELETE ON ruleset_drafts
BEGIN SELECT RAISE(ABORT, 'append_only: drafts of rulesets are never removed'); END;
CREATE TRIGGER ruleset_agreements_no_update BEFORE UPDATE ON ruleset_agreements
BEGIN SELECT RAISE(ABORT, 'append_only: agreements on rulesets are never changed'); END;
CREATE TRIGGER ruleset_agreements_no_delete BEFORE DELETE ON ruleset_agreements
BEGIN SELECT RAISE(ABORT, 'append_only: agreements on rulesets are never removed'); END;
-- INSERT OR REPLACE removes rows without firing delete triggers. The same files again are no change.
CREATE TRIGGER rulesets_no_replace BEFORE INSERT ON rulesets
WHEN EXISTS (SELECT 1 FROM rulesets WHERE hash = NEW.hash AND files <> NEW.files)
BEGIN SELECT RAISE(ABORT, 'append_only: rulesets are never replaced'); END;
CREATE TRIGGER ruleset_drafts_no_replace BEFORE INSERT ON ruleset_drafts
WHEN EXISTS (SELECT 1 FROM ruleset_drafts WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'draft_proposed_once: these rules have been proposed already'); END;
CREATE TRIGGER ruleset_agreements_no_replace BEFORE INSERT ON ruleset_agreements
WHEN EXISTS (SELECT 1 FROM ruleset_agreements WHERE hash = NEW.hash AND agreed_by = NEW.agreed_by)
BEGIN SELECT RAISE(ABORT, 'draft_agreed_once: this person has agreed already'); END;
