-- Payment batches (支払バッチ). That two people stand behind every payment, and that no claim is paid twice, is held
-- here: by constraints and triggers that also refuse hand-written SQL.

CREATE TABLE batches (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- 振込指定日.
    pay_on TEXT NOT NULL,
    prepared_by TEXT NOT NULL,
    prepared_at_ms BIGINT NOT NULL,
    -- prepared, then released or cancelled.
    state TEXT NOT NULL CONSTRAINT batch_state CHECK (state IN ('prepared', 'released', 'cancelled')),
    -- The second person; null until release.
    released_by TEXT,
    released_at_ms BIGINT,
    -- The hash of the content that was released.
    content_sha256 TEXT CHECK (length(content_sha256) = 64),
    -- Case and spaces do not make another person.
    CONSTRAINT batch_released_by_another CHECK (lower(trim(released_by)) <> lower(trim(prepared_by))),
    -- A policy or the machinery is not a person.
    CONSTRAINT batch_released_by_staff CHECK (substr(released_by, 1, 6) = 'staff:' AND length(released_by) > 6),
    CONSTRAINT batch_release_complete CHECK (
        (state = 'released') = (released_by IS NOT NULL)
        AND (state = 'released') = (released_at_ms IS NOT NULL)
        AND (state = 'released') = (content_sha256 IS NOT NULL))
);

CREATE TABLE payments (
    batch_id TEXT COLLATE "C" NOT NULL REFERENCES batches (id),
    claim_id TEXT COLLATE "C" NOT NULL REFERENCES claims (id),
    facility_code TEXT COLLATE "C" NOT NULL,
    -- 名称 on the day of preparation, for lists.
    facility_name TEXT NOT NULL,
    -- The claim's grant, whole.
    amount_yen BIGINT NOT NULL CONSTRAINT payment_amount CHECK (amount_yen > 0),
    -- JSON of the account on the day of preparation.
    account TEXT NOT NULL,
    -- False once the batch is cancelled or the bank sent it back: then the claim may be paid again.
    live BOOLEAN NOT NULL,
    PRIMARY KEY (batch_id, claim_id)
);
-- No money twice: a claim is in at most one live batch.
CREATE UNIQUE INDEX payment_in_one_live_batch ON payments (claim_id) WHERE live;

CREATE TRIGGER batch_starts_prepared BEFORE INSERT ON batches FOR EACH ROW WHEN (NEW.state <> 'prepared')
    EXECUTE FUNCTION refuse('batch_starts_prepared', 'a batch is new and not yet released');
CREATE TRIGGER batch_frozen BEFORE UPDATE ON batches FOR EACH ROW
    WHEN (OLD.state <> 'prepared' OR NEW.id <> OLD.id OR NEW.pay_on <> OLD.pay_on OR NEW.prepared_by <> OLD.prepared_by
        OR NEW.prepared_at_ms <> OLD.prepared_at_ms)
    EXECUTE FUNCTION refuse('batch_frozen', 'only the release or cancelling of a prepared batch changes it');
CREATE TRIGGER batch_stays BEFORE DELETE OR TRUNCATE ON batches
    EXECUTE FUNCTION refuse('append_only', 'batches are never removed');

CREATE FUNCTION batch_not_released_by_decider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payments JOIN decisions ON decisions.claim_id = payments.claim_id
               WHERE payments.batch_id = NEW.id AND lower(trim(decisions.decided_by)) = lower(trim(NEW.released_by))) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_not_released_by_decider', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_not_released_by_decider: who decided a claim cannot release its payment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_not_released_by_decider BEFORE UPDATE ON batches FOR EACH ROW WHEN (NEW.state = 'released')
    EXECUTE FUNCTION batch_not_released_by_decider();

-- FOR SHARE holds the batch and the claim still until the end of the transaction: a release or a change of the grant
-- that runs at the same time waits, and then sees the payment.
CREATE FUNCTION payment_enters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM batches WHERE id = NEW.batch_id AND state = 'prepared' FOR SHARE;
    IF NOT FOUND OR NOT NEW.live THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'payment_into_prepared_batch', TABLE = TG_TABLE_NAME,
            MESSAGE = 'payment_into_prepared_batch: payments are added once, while a batch is prepared';
    END IF;
    PERFORM 1 FROM claims WHERE id = NEW.claim_id AND granted_yen = NEW.amount_yen
        AND facility_code = NEW.facility_code FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'payment_is_the_grant', TABLE = TG_TABLE_NAME,
            MESSAGE = 'payment_is_the_grant: a payment is the whole grant to the facility of the claim';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_enters BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION payment_enters();
CREATE TRIGGER payment_frozen BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (NEW.batch_id <> OLD.batch_id OR NEW.claim_id <> OLD.claim_id OR NEW.facility_code <> OLD.facility_code
        OR NEW.facility_name <> OLD.facility_name OR NEW.amount_yen <> OLD.amount_yen OR NEW.account <> OLD.account
        OR NEW.live > OLD.live)
    EXECUTE FUNCTION refuse('payment_frozen', 'a payment only ever stops being live');
CREATE TRIGGER payment_stays BEFORE DELETE OR TRUNCATE ON payments
    EXECUTE FUNCTION refuse('append_only', 'payments are never removed');

-- Else the releaser could become the decider afterwards. The lock on the claim makes a payment that is being prepared
-- at the same time wait, or be waited for.
CREATE FUNCTION decision_before_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM claims WHERE id = NEW.claim_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM payments WHERE claim_id = NEW.claim_id AND live) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'decision_before_payment', TABLE = TG_TABLE_NAME,
            MESSAGE = 'decision_before_payment: a claim in a payment batch is decided already';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_before_payment BEFORE INSERT ON decisions
    FOR EACH ROW EXECUTE FUNCTION decision_before_payment();

-- Else a grant could be changed under its payment.
CREATE FUNCTION claim_grant_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR EXISTS (SELECT 1 FROM payments WHERE claim_id = OLD.id AND live) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'claim_grant_stays', TABLE = TG_TABLE_NAME,
            MESSAGE = 'claim_grant_stays: the grant of a claim in a payment batch is fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_grant_stays BEFORE UPDATE ON claims FOR EACH ROW
    WHEN (NEW.granted_yen IS DISTINCT FROM OLD.granted_yen OR NEW.facility_code <> OLD.facility_code OR NEW.id <> OLD.id)
    EXECUTE FUNCTION claim_grant_stays();
