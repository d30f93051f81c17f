-- The ledger of each programme's budget (予算). Money stands in one of three places: available, reserved by an approval,
-- paid as the bank says. An entry moves it from one account to another and says what each holds afterwards, so that the
-- last entry of a programme is its balance, and no entry can be added that does not follow from the one before it.

CREATE TABLE ledger_entries (
    programme TEXT COLLATE "C" NOT NULL,
    -- From 1 without gaps, within the programme.
    number BIGINT NOT NULL CHECK (number >= 1),
    -- budget: the budget is set; reserve: an approval; post: the bank's result; release: a bounce or a grant withdrawn;
    -- correct: a result that was recorded wrongly.
    kind TEXT NOT NULL,
    from_account TEXT NOT NULL,
    to_account TEXT NOT NULL,
    -- 0 only where a budget is set to what it was.
    yen BIGINT NOT NULL CONSTRAINT ledger_amount CHECK (yen > 0 OR (yen = 0 AND kind = 'budget')),
    -- The claim whose grant it moves; null for the budget itself.
    claim_id TEXT COLLATE "C" REFERENCES claims (id),
    -- Why; an approval and a bank's result say it themselves.
    reason TEXT,
    entered_by TEXT NOT NULL,
    entered_at_ms BIGINT NOT NULL,
    -- Where the log tells of it.
    log_position BIGINT NOT NULL REFERENCES log_entries (position),
    -- True from the first time a budget is set: before that nothing runs out, and available counts below zero.
    limited BOOLEAN NOT NULL,
    -- What the accounts hold after this entry.
    budget_yen BIGINT NOT NULL,
    available_yen BIGINT NOT NULL,
    reserved_yen BIGINT NOT NULL,
    paid_yen BIGINT NOT NULL,
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
    CONSTRAINT ledger_budget_kept CHECK (NOT limited OR available_yen >= 0)
);
CREATE INDEX ledger_by_claim ON ledger_entries (claim_id, number);

-- Approved before there was a ledger: reserved.
INSERT INTO ledger_entries
SELECT c.programme, ROW_NUMBER() OVER (PARTITION BY c.programme ORDER BY c.id), 'reserve', 'available', 'reserved',
    c.granted_yen, c.id, NULL, d.decided_by, d.decided_at_ms, d.log_position, FALSE, 0,
    -CAST(SUM(c.granted_yen) OVER (PARTITION BY c.programme ORDER BY c.id) AS BIGINT),
    CAST(SUM(c.granted_yen) OVER (PARTITION BY c.programme ORDER BY c.id) AS BIGINT), 0
FROM claims c JOIN decisions d ON d.claim_id = c.id AND d.revision = c.revision
WHERE c.granted_yen IS NOT NULL;

CREATE FUNCTION ledger_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before ledger_entries%ROWTYPE;
BEGIN
    SELECT * INTO before FROM ledger_entries WHERE programme = NEW.programme ORDER BY number DESC LIMIT 1;
    -- In brackets, since THEN of CASE would else end the condition.
    IF (NEW.number <> 1 + COALESCE(before.number, 0)
        OR NEW.limited <> (NEW.kind = 'budget' OR COALESCE(before.limited, FALSE))
        OR NEW.budget_yen <> COALESCE(before.budget_yen, 0)
            + CASE WHEN NEW.from_account = 'budget' THEN NEW.yen WHEN NEW.to_account = 'budget' THEN -NEW.yen ELSE 0 END
        OR NEW.reserved_yen <> COALESCE(before.reserved_yen, 0)
            + CASE WHEN NEW.to_account = 'reserved' THEN NEW.yen WHEN NEW.from_account = 'reserved' THEN -NEW.yen ELSE 0 END
        OR NEW.paid_yen <> COALESCE(before.paid_yen, 0)
            + CASE WHEN NEW.to_account = 'paid' THEN NEW.yen WHEN NEW.from_account = 'paid' THEN -NEW.yen ELSE 0 END) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'ledger_continues', TABLE = TG_TABLE_NAME,
            MESSAGE = 'ledger_continues: an entry follows from the one before it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_continues BEFORE INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_continues();

-- Each kind of move belongs to one moment in the life of a claim, and moves the whole grant. The lock on the claim makes
-- another move of the same claim wait, and then see this one.
CREATE FUNCTION ledger_follows_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last TEXT;
BEGIN
    PERFORM 1 FROM claims WHERE id = NEW.claim_id FOR NO KEY UPDATE;
    SELECT kind INTO last FROM ledger_entries WHERE claim_id = NEW.claim_id ORDER BY number DESC LIMIT 1;
    PERFORM 1 FROM claims c
    WHERE c.id = NEW.claim_id AND c.programme = NEW.programme AND c.granted_yen = NEW.yen AND (
        (NEW.kind = 'reserve' AND c.state IN ('approved', 'bounced') AND (last IS NULL OR last = 'release'))
        OR (NEW.kind = 'post' AND c.state = 'sent' AND last IN ('reserve', 'correct'))
        OR (NEW.kind = 'release' AND c.state IN ('approved', 'bounced') AND last IN ('reserve', 'correct'))
        OR (NEW.kind = 'correct' AND c.state = 'paid' AND last = 'post'));
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'ledger_follows_claim', TABLE = TG_TABLE_NAME,
            MESSAGE = 'ledger_follows_claim: the ledger moves the whole grant of a claim, as its state says';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_follows_claim BEFORE INSERT ON ledger_entries
    FOR EACH ROW WHEN (NEW.claim_id IS NOT NULL) EXECUTE FUNCTION ledger_follows_claim();
CREATE TRIGGER ledger_entries_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    EXECUTE FUNCTION refuse('append_only', 'entries of the ledger are never changed or removed');

-- What the ledger last did with a claim's grant; empty where it never did.
CREATE FUNCTION ledger_last(claim TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT kind FROM ledger_entries WHERE claim_id = claim ORDER BY number DESC LIMIT 1), '')
$$;

-- Nothing is paid that is not reserved.
CREATE FUNCTION payment_is_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ledger_last(NEW.claim_id) NOT IN ('reserve', 'correct') THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'payment_is_reserved', TABLE = TG_TABLE_NAME,
            MESSAGE = 'payment_is_reserved: the budget holds no reservation for this claim';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_is_reserved BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION payment_is_reserved();

-- Nothing counts as paid that the ledger has not posted, and no grant is given up that still holds money.
CREATE FUNCTION claim_as_ledger_says() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'paid' AND OLD.state <> 'paid' AND ledger_last(NEW.id) <> 'post' THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'claim_paid_is_posted', TABLE = TG_TABLE_NAME,
            MESSAGE = 'claim_paid_is_posted: a claim is paid when the ledger has posted it';
    END IF;
    IF NEW.state = 'withdrawn' AND OLD.granted_yen IS NOT NULL AND ledger_last(NEW.id) <> 'release' THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'claim_withdrawn_is_released', TABLE = TG_TABLE_NAME,
            MESSAGE = 'claim_withdrawn_is_released: a grant is withdrawn when its money is released';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_as_ledger_says BEFORE UPDATE ON claims FOR EACH ROW
    WHEN (NEW.state IN ('paid', 'withdrawn')) EXECUTE FUNCTION claim_as_ledger_says();

-- Approvals that did not fit into the budget, in the order in which they are taken up: by the day of submission.
CREATE TABLE budget_waits (
    claim_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES claims (id),
    programme TEXT COLLATE "C" NOT NULL,
    -- Of the first revision, as for deadlines.
    submitted_at_ms BIGINT NOT NULL,
    grant_yen BIGINT NOT NULL CHECK (grant_yen > 0),
    -- JSON of the decision that is entered when there is money.
    decision TEXT NOT NULL,
    waits_since_ms BIGINT NOT NULL,
    -- Where the log tells of it.
    log_position BIGINT NOT NULL REFERENCES log_entries (position)
);
CREATE INDEX budget_waits_in_order ON budget_waits (programme, submitted_at_ms, claim_id);
