-- Rulesets (規則): what decisions were made on, and drafts that two people agree on before they hold.

-- All files of a ruleset, under their hash: any decision can be worked out again from it.
CREATE TABLE rulesets (
    -- `sha256:` and the hash of the bytes.
    hash TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(hash) = 71),
    -- The files as one JSON object.
    files BYTEA NOT NULL
);

-- A ruleset that somebody proposes. It holds from its day on, once two people have agreed.
CREATE TABLE ruleset_drafts (
    hash TEXT COLLATE "C" NOT NULL REFERENCES rulesets (hash),
    -- The first day on which it decides, if it is agreed by then.
    active_from TEXT COLLATE "C" NOT NULL,
    -- Who proposed it: `staff:` and the account.
    proposed_by TEXT NOT NULL CONSTRAINT draft_proposed_by_staff CHECK (substr(proposed_by, 1, 6) = 'staff:'),
    proposed_at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX draft_proposed_once ON ruleset_drafts (hash);

-- One row a person who agrees.
CREATE TABLE ruleset_agreements (
    hash TEXT COLLATE "C" NOT NULL REFERENCES ruleset_drafts (hash),
    agreed_by TEXT COLLATE "C" NOT NULL CONSTRAINT draft_agreed_by_staff CHECK (substr(agreed_by, 1, 6) = 'staff:'),
    agreed_at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX draft_agreed_once ON ruleset_agreements (hash, agreed_by);

CREATE TRIGGER rulesets_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON rulesets
    EXECUTE FUNCTION refuse('append_only', 'rulesets are never changed or removed');
CREATE TRIGGER ruleset_drafts_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ruleset_drafts
    EXECUTE FUNCTION refuse('append_only', 'drafts of rulesets are never changed or removed');
CREATE TRIGGER ruleset_agreements_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ruleset_agreements
    EXECUTE FUNCTION refuse('append_only', 'agreements on rulesets are never changed or removed');
