-- What people who review see: the claims that wait for them in their order, what was found of each claim, notes,
-- corrections, who has which claim before them, and by what an entry of the log is found again.

-- One row a claim that waits for a person. The order is `due_on`, `weight`, `claim_id`; what these mean is said in
-- claim/src/waiting.rs and nowhere else.
CREATE TABLE review_queue (
    claim_id TEXT NOT NULL PRIMARY KEY REFERENCES claims (id),
    programme TEXT NOT NULL,
    facility_code TEXT NOT NULL,
    -- Its kind; empty where the register does not say.
    kind TEXT NOT NULL,
    -- Of the institution code, 1 to 47.
    prefecture INTEGER NOT NULL CHECK (prefecture BETWEEN 1 AND 47),
    -- The day by which a person should have looked at it.
    due_on TEXT NOT NULL,
    -- The programme's last day, where that set the day; null where the claim's age did.
    deadline_on TEXT,
    -- Its place among the claims of one day.
    weight INTEGER NOT NULL CHECK (weight >= 0),
    -- 1 where its receipt may stand in another claim.
    duplicate INTEGER NOT NULL CHECK (duplicate IN (0, 1)),
    -- How many findings a person has to look at.
    doubts INTEGER NOT NULL CHECK (doubts >= 0),
    amount_yen INTEGER NOT NULL CHECK (amount_yen >= 0),
    submitted_at_ms INTEGER NOT NULL,
    -- The codes of its findings, with commas between.
    findings TEXT NOT NULL
) STRICT;
CREATE INDEX review_queue_in_order ON review_queue (due_on, weight, claim_id);
CREATE INDEX review_queue_by_programme ON review_queue (programme, due_on, weight, claim_id);
CREATE INDEX review_queue_by_kind ON review_queue (kind, due_on, weight, claim_id);
CREATE INDEX review_queue_by_prefecture ON review_queue (prefecture, due_on, weight, claim_id);

-- The same claims by what was found.
CREATE TABLE review_queue_findings (
    finding TEXT NOT NULL,
    due_on TEXT NOT NULL,
    weight INTEGER NOT NULL,
    claim_id TEXT NOT NULL REFERENCES review_queue (claim_id),
    PRIMARY KEY (finding, due_on, weight, claim_id)
) STRICT;
CREATE INDEX review_queue_findings_by_claim ON review_queue_findings (claim_id);

-- How many claims wait, by all that they are filtered by: a page of the queue counts by adding up a few rows.
CREATE TABLE review_counts (
    programme TEXT NOT NULL,
    kind TEXT NOT NULL,
    prefecture INTEGER NOT NULL,
    -- Empty for the claims themselves, whatever was found of them.
    finding TEXT NOT NULL,
    claims INTEGER NOT NULL CHECK (claims >= 0),
    PRIMARY KEY (programme, kind, prefecture, finding)
) STRICT;

-- Whom a claim was handed to. It stays when the claim has been decided: a return comes back to the same person.
CREATE TABLE claim_hands (
    claim_id TEXT NOT NULL PRIMARY KEY REFERENCES claims (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    handed_by TEXT NOT NULL,
    handed_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_hands_by_account ON claim_hands (account_id, claim_id);

-- Who has had which claim before them, and when last.
CREATE TABLE claim_looks (
    claim_id TEXT NOT NULL REFERENCES claims (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    looked_at_ms INTEGER NOT NULL,
    PRIMARY KEY (claim_id, account_id)
) STRICT;

-- Notes of staff. The log has them as commitments.
CREATE TABLE claim_notes (
    log_position INTEGER NOT NULL PRIMARY KEY REFERENCES log_entries (position),
    claim_id TEXT NOT NULL REFERENCES claims (id),
    noted_by TEXT NOT NULL,
    noted_at_ms INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX claim_notes_by_claim ON claim_notes (claim_id, log_position);

-- What people corrected of what was read. The readings stay; the last correction of a field holds.
CREATE TABLE claim_adjustments (
    log_position INTEGER NOT NULL PRIMARY KEY REFERENCES log_entries (position),
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- Such as receipt.total_yen.
    field TEXT NOT NULL,
    -- What it was; null where nothing had been read.
    old_value TEXT,
    -- What it is, as it was typed.
    new_value TEXT NOT NULL,
    reason TEXT NOT NULL,
    adjusted_by TEXT NOT NULL,
    adjusted_at_ms INTEGER NOT NULL,
    FOREIGN KEY (claim_id, revision, position) REFERENCES readings (claim_id, revision, position)
) STRICT;
CREATE INDEX claim_adjustments_by_claim ON claim_adjustments (claim_id, revision, log_position);

-- What the last assessment of each revision found, for counting.
CREATE TABLE assessment_findings (
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    finding TEXT NOT NULL,
    PRIMARY KEY (claim_id, revision, finding),
    FOREIGN KEY (claim_id, revision) REFERENCES claim_revisions (claim_id, revision)
) STRICT;

-- By what entries of the log are found again; all of it stands in their payloads too.
CREATE TABLE log_index (
    position INTEGER NOT NULL PRIMARY KEY REFERENCES log_entries (position),
    at_ms INTEGER NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL
) STRICT;
CREATE INDEX log_index_by_time ON log_index (at_ms, position);
CREATE INDEX log_index_by_event ON log_index (event, position);
CREATE INDEX log_index_by_actor ON log_index (actor, position);

-- The claims that an entry is about.
CREATE TABLE log_claims (
    claim_id TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES log_entries (position),
    PRIMARY KEY (claim_id, position)
) STRICT;

-- The facilities that an entry is about, by itself or through its claims.
CREATE TABLE log_facilities (
    facility_code TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES log_entries (position),
    PRIMARY KEY (facility_code, position)
) STRICT;

-- For the overview: counting without reading the rows.
CREATE INDEX claims_counted ON claims (programme, facility_code, state, granted_yen);
CREATE INDEX claims_by_day ON claims (submitted_at_ms);
CREATE INDEX decisions_by_day ON decisions (decided_at_ms);

CREATE TRIGGER claim_notes_no_update BEFORE UPDATE ON claim_notes
BEGIN SELECT RAISE(ABORT, 'append_only: notes are never changed'); END;
CREATE TRIGGER claim_notes_no_delete BEFORE DELETE ON claim_notes
BEGIN SELECT RAISE(ABORT, 'append_only: notes are never removed'); END;
CREATE TRIGGER claim_adjustments_no_update BEFORE UPDATE ON claim_adjustments
BEGIN SELECT RAISE(ABORT, 'append_only: corrections are never changed'); END;
CREATE TRIGGER claim_adjustments_no_delete BEFORE DELETE ON claim_adjustments
BEGIN SELECT RAISE(ABORT, 'append_only: corrections are never removed'); END;
-- INSERT OR REPLACE removes rows without firing delete triggers.
CREATE TRIGGER claim_notes_no_replace BEFORE INSERT ON claim_notes
WHEN EXISTS (SELECT 1 FROM claim_notes WHERE log_position = NEW.log_position)
BEGIN SELECT RAISE(ABORT, 'append_only: notes are never replaced'); END;
CREATE TRIGGER claim_adjustments_no_replace BEFORE INSERT ON claim_adjustments
WHEN EXISTS (SELECT 1 FROM claim_adjustments WHERE log_position = NEW.log_position)
BEGIN SELECT RAISE(ABORT, 'append_only: corrections are never replaced'); END;
