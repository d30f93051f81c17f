-- Assessments, the decisions that rest on them, and the notices (通知書) that tell of them.

-- What the rules said of a revision.
CREATE TABLE assessments (
    claim_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    -- Of the bytes: a decision is bound to it.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- JSON of facts, observations and assessment, byte for byte what was hashed.
    content BYTEA NOT NULL,
    -- How long the log was before the facts were gathered: a grant logged later is not among them.
    basis_log_size BIGINT NOT NULL CHECK (basis_log_size >= 0),
    PRIMARY KEY (claim_id, revision),
    FOREIGN KEY (claim_id, revision) REFERENCES claim_revisions (claim_id, revision)
);
-- What a decision refers to: the revision together with the hash.
CREATE UNIQUE INDEX assessment_as_decided ON assessments (claim_id, revision, sha256);

-- One decision a revision.
CREATE TABLE decisions (
    claim_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    -- 交付決定, 差戻し or 不交付.
    kind TEXT NOT NULL CONSTRAINT decision_kind CHECK (kind IN ('approve', 'return', 'reject')),
    -- Above 0 for an approval of money, else 0.
    grant_yen BIGINT NOT NULL,
    -- JSON of what an approval grants in kind; null where it grants yen or nothing.
    grant_units TEXT,
    -- What was decided on.
    assessment_sha256 TEXT NOT NULL,
    -- staff:… or policy:…; an account's id, never a name.
    decided_by TEXT NOT NULL,
    decided_at_ms BIGINT NOT NULL,
    -- A note by the person; null if there is none.
    reason TEXT,
    -- Where the log tells of it; notices print it.
    log_position BIGINT NOT NULL REFERENCES log_entries (position),
    PRIMARY KEY (claim_id, revision),
    FOREIGN KEY (claim_id, revision, assessment_sha256) REFERENCES assessments (claim_id, revision, sha256),
    CONSTRAINT decision_grant CHECK ((kind = 'approve' AND (grant_yen > 0) <> (grant_units IS NOT NULL))
        OR (kind <> 'approve' AND grant_yen = 0 AND grant_units IS NULL))
);

-- What was sent to the facility. The PDF is in object storage under its hash.
CREATE TABLE notices (
    claim_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT notice_kind CHECK (kind IN ('approval', 'rejection', 'return')),
    -- 文書番号.
    number TEXT COLLATE "C" NOT NULL,
    -- The day printed on it.
    issued_on TEXT NOT NULL,
    pdf_sha256 TEXT NOT NULL CHECK (length(pdf_sha256) = 64),
    PRIMARY KEY (claim_id, revision),
    FOREIGN KEY (claim_id, revision) REFERENCES decisions (claim_id, revision)
);
CREATE UNIQUE INDEX notice_number_once ON notices (number);

-- Once a decision rests on an assessment, both stay.
CREATE FUNCTION assessment_stays_once_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM decisions WHERE claim_id = OLD.claim_id AND revision = OLD.revision) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'append_only', TABLE = TG_TABLE_NAME,
            MESSAGE = 'append_only: an assessment that was decided on is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_decided_stay BEFORE UPDATE ON assessments
    FOR EACH ROW EXECUTE FUNCTION assessment_stays_once_decided();

CREATE TRIGGER decisions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    EXECUTE FUNCTION refuse('append_only', 'decisions are never changed or removed');
CREATE TRIGGER notices_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON notices
    EXECUTE FUNCTION refuse('append_only', 'notices are never changed or removed');

-- What a person said of two claims that seem to have the same receipt. A later word on the same pair goes before an
-- earlier one, which stays.
CREATE TABLE duplicate_verdicts (
    -- Where the log tells of it.
    log_position BIGINT NOT NULL PRIMARY KEY REFERENCES log_entries (position),
    -- The pair, the smaller id first.
    claim_id TEXT COLLATE "C" NOT NULL REFERENCES claims (id),
    other_claim_id TEXT COLLATE "C" NOT NULL REFERENCES claims (id),
    verdict TEXT NOT NULL CONSTRAINT duplicate_verdict CHECK (verdict IN ('same', 'different')),
    judged_by TEXT NOT NULL CONSTRAINT duplicate_judged_by_staff CHECK (substr(judged_by, 1, 6) = 'staff:'),
    judged_at_ms BIGINT NOT NULL,
    -- Why.
    reason TEXT NOT NULL,
    CONSTRAINT duplicate_of_another CHECK (claim_id < other_claim_id)
);
CREATE INDEX duplicate_verdicts_of_pair ON duplicate_verdicts (claim_id, other_claim_id, log_position);
CREATE INDEX duplicate_verdicts_of_other ON duplicate_verdicts (other_claim_id);

CREATE TRIGGER duplicate_verdicts_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON duplicate_verdicts
    EXECUTE FUNCTION refuse('append_only', 'verdicts are never changed or removed');
