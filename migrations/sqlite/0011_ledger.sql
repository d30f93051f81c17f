-- The ledger of each programme's budget (予算). Money stands in one of three places: available, reserved by an approval,
-- paid as the bank says. An entry moves it from one account to another and says what each holds afterwards, so that the
-- last entry of a programme is its balance, and no entry can be added that does not follow from the one before it.

CREATE TABLE ledger_entries (
    programme TEXT NOT NULL,
    -- From 1 without gaps, within the programme.
    number INTEGER NOT NULL CHECK (number >= 1),
    -- budget: the budget is set; reserve: an approval; post: the bank's result; release: a bounce or a grant withdrawn;
    -- correct: a result that was recorded wrongly.
    kind TEXT NOT NULL,
    from_account TEXT NOT NULL,
    to_account TEXT NOT NULL,
    -- 0 only where a budget is set to what it was.
    yen INTEGER NOT NULL CONSTRAINT ledger_amount CHECK (yen > 0 OR (yen = 0 AND kind = 'budget')),
    -- The claim whose grant it moves; null for the budget itself.
    claim_id TEXT REFERENCES claims (id),
    -- Why; an approval and a bank's result say it themselves.
    reason TEXT,
    entered_by TEXT NOT NULL,
    entered_at_ms INTEGER NOT NULL,
    -- Where the log tells of it.
    log_position INTEGER NOT NULL REFERENCES log_entries (position),
    -- 1 from the first time a budget is set: before that nothing runs out, and available counts below zero.
    limited INTEGER NOT NULL CHECK (limited IN (0, 1)),
    -- What the accounts hold after this entry.
    budget_yen INTEGER NOT NULL,
    available_yen INTEGER NOT NULL,
    reserved_yen INTEGER NOT NULL,
    paid_yen INTEGER NOT NULL,
    PRIMARY KEY (programme, number),
    CONSTRAINT ledger_move CHECK (
        (kind = 'budget' AND from_account = 'budget' AND to_account = 'available')
        OR (kind = 'budget' AND from_account = 'available' AND to_account = 'budget')
        OR (kind = 'reserve' AND from_account = 'available' AND to_account = 'reserved')
        OR (kind = 'post' AND from_account = 'reserved' AND to_account = 'paid')
        OR (kind = 'release' AND from_account = 'reserved' AND to_account = 'available')
        OR (kind = 'correct' AND from_account = 'paid' AND to_account = 'reserved')),
    CONSTRAINT ledger_claim CHECK ((kind = 'budget') = (claim_id IS NULL)),
    CONSTRAINT ledger_reason CHECK (kind IN ('reserve', 'post') OR length(trim(COALESCE(reason, ''))) > 0),
    CONSTRAINT ledger_sum CHECK (budget_yen = available_yen + reserved_yen + paid_yen),
    CONSTRAINT ledger_not_negative CHECK (budget_yen >= 0 AND reserved_yen >= 0 AND paid_yen >= 0),
    CONSTRAINT ledger_budget_kept CHECK (limited = 0 OR available_yen >= 0)
) STRICT;
CREATE INDEX ledger_by_claim ON ledger_entries (claim_id, number);

-- Approved before there was a ledger: reserved.
INSERT INTO ledger_entries
SELECT c.programme, ROW_NUMBER() OVER (PARTITION BY c.programme ORDER BY c.id), 'reserve', 'available', 'reserved',
    c.granted_yen, c.id, NULL, d.decided_by, d.decided_at_ms, d.log_position, 0, 0,
    -SUM(c.granted_yen) OVER (PARTITION BY c.programme ORDER BY c.id),
    SUM(c.granted_yen) OVER (PARTITION BY c.programme ORDER BY c.id), 0
FROM claims c JOIN decisions d ON d.claim_id = c.id AND d.revision = c.revision
WHERE c.granted_yen IS NOT NULL;

CREATE TRIGGER ledger_continues BEFORE INSERT ON ledger_entries
WHEN NEW.number <> 1 + COALESCE((SELECT MAX(number) FROM ledger_entries WHERE programme = NEW.programme), 0)
    OR NEW.limited <> (NEW.kind = 'budget' OR COALESCE(
        (SELECT limited FROM ledger_entries WHERE programme = NEW.programme AND number = NEW.number - 1), 0))
    OR NEW.budget_yen <> COALESCE(
            (SELECT budget_yen FROM ledger_entries WHERE programme = NEW.programme AND number = NEW.number - 1), 0)
        + CASE WHEN NEW.from_account = 'budget' THEN NEW.yen WHEN NEW.to_account = 'budget' THEN -NEW.yen ELSE 0 END
    OR NEW.reserved_yen <> COALESCE(
            (SELECT reserved_yen FROM ledger_entries WHERE programme = NEW.programme AND number = NEW.number - 1), 0)
        + CASE WHEN NEW.to_account = 'reserved' THEN NEW.yen WHEN NEW.from_account = 'reserved' THEN -NEW.yen ELSE 0 END
    OR NEW.paid_yen <> COALESCE(
            (SELECT paid_yen FROM ledger_entries WHERE programme = NEW.programme AND number = NEW.number - 1), 0)
        + CASE WHEN NEW.to_account = 'paid' THEN NEW.yen WHEN NEW.from_account = 'paid' THEN -NEW.yen ELSE 0 END
BEGIN SELECT RAISE(ABORT, 'ledger_continues: an entry follows from the one before it'); END;

-- Each kind of move belongs to one moment in the life of a claim, and moves the whole grant.
CREATE TRIGGER ledger_follows_claim BEFORE INSERT ON ledger_entries
WHEN NEW.claim_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM claims c LEFT JOIN ledger_entries e ON e.claim_id = c.id
        AND e.number = (SELECT MAX(number) FROM ledger_entries WHERE claim_id = c.id)
    WHERE c.id = NEW.claim_id AND c.programme = NEW.programme AND c.granted_yen = NEW.yen AND (
        (NEW.kind = 'reserve' AND c.state IN ('approved', 'bounced') AND (e.kind IS NULL OR e.kind = 'release'))
        OR (NEW.kind = 'post' AND c.state = 'sent' AND e.kind IN ('reserve', 'correct'))
        OR (NEW.kind = 'release' AND c.state IN ('approved', 'bounced') AND e.kind IN ('reserve', 'correct'))
        OR (NEW.kind = 'correct' AND c.state = 'paid' AND e.kind = 'post')))
BEGIN SELECT RAISE(ABORT, 'ledger_follows_claim: the ledger moves the whole grant of a claim, as its state says'); END;

CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'append_only: entries of the ledger are never changed'); END;
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'append_only: entries of the ledger are never removed'); END;
CREATE TRIGGER ledger_entries_no_replace BEFORE INSERT ON ledger_entries
WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE programme = NEW.programme AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'append_only: entries of the ledger are never replaced'); END;

-- Nothing is paid that is not reserved.
CREATE TRIGGER payment_is_reserved BEFORE INSERT ON payments
WHEN COALESCE((SELECT kind FROM ledger_entries WHERE claim_id = NEW.claim_id ORDER BY number DESC LIMIT 1), '')
    NOT IN ('reserve', 'correct')
BEGIN SELECT RAISE(ABORT, 'payment_is_reserved: the budget holds no reservation for this claim'); END;
-- Nothing counts as paid that the ledger has not posted, and no grant is given up that still holds money.
CREATE TRIGGER claim_paid_is_posted BEFORE UPDATE ON claims
WHEN NEW.state = 'paid' AND OLD.state <> 'paid'
    AND COALESCE((SELECT kind FROM ledger_entries WHERE claim_id = NEW.id ORDER BY number DESC LIMIT 1), '') <> 'post'
BEGIN SELECT RAISE(ABORT, 'claim_paid_is_posted: a claim is paid when the ledger has posted it'); END;
CREATE TRIGGER claim_withdrawn_is_released BEFORE UPDATE ON claims
WHEN NEW.state = 'withdrawn' AND OLD.granted_yen IS NOT NULL
    AND COALESCE((SELECT kind FROM ledger_entries WHERE claim_id = NEW.id ORDER BY number DESC LIMIT 1), '') <> 'release'
BEGIN SELECT RAISE(ABORT, 'claim_withdrawn_is_released: a grant is withdrawn when its money is released'); END;

-- Approvals that did not fit into the budget, in the order in which they are taken up: by the day of submission.
CREATE TABLE budget_waits (
    claim_id TEXT NOT NULL PRIMARY KEY REFERENCES claims (id),
    programme TEXT NOT NULL,
    -- Of the first revision, as for deadlines.
    submitted_at_ms INTEGER NOT NULL,
    grant_yen INTEGER NOT NULL CHECK (grant_yen > 0),
    -- JSON of the decision that is entered when there is money.
    decision TEXT NOT NULL,
    waits_since_ms INTEGER NOT NULL,
    -- Where the log tells of it.
    log_position INTEGER NOT NULL REFERENCES log_entries (position)
) STRICT;
CREATE INDEX budget_waits_in_order ON budget_waits (programme, submitted_at_ms, claim_id);
