-- Payment batches (支払バッチ). That two people stand behind every payment, and that no claim is paid twice, is held
-- here: by constraints and triggers that also refuse hand-written SQL.

CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    -- 振込指定日.
    pay_on TEXT NOT NULL,
    prepared_by TEXT NOT NULL,
    prepared_at_ms INTEGER NOT NULL,
    -- prepared, then released or cancelled.
    state TEXT NOT NULL CONSTRAINT batch_state CHECK (state IN ('prepared', 'released', 'cancelled')),
    -- The second person; null until release.
    released_by TEXT,
    released_at_ms INTEGER,
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
) STRICT;

CREATE TABLE payments (
    batch_id TEXT NOT NULL REFERENCES batches (id),
    claim_id TEXT NOT NULL REFERENCES claims (id),
    facility_code TEXT NOT NULL,
    -- 名称 on the day of preparation, for lists.
    facility_name TEXT NOT NULL,
    -- The claim's grant, whole.
    amount_yen INTEGER NOT NULL CONSTRAINT payment_amount CHECK (amount_yen > 0),
    -- JSON of the account on the day of preparation.
    account TEXT NOT NULL,
    -- False once the batch is cancelled or the bank sent it back: then the claim may be paid again.
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (batch_id, claim_id)
) STRICT;
-- No money twice: a claim is in at most one live batch.
CREATE UNIQUE INDEX payment_in_one_live_batch ON payments (claim_id) WHERE live = 1;

CREATE TRIGGER batch_starts_prepared BEFORE INSERT ON batches
WHEN NEW.state <> 'prepared' OR EXISTS (SELECT 1 FROM batches WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'batch_starts_prepared: a batch is new and not yet released'); END;

CREATE TRIGGER batch_frozen BEFORE UPDATE ON batches
WHEN OLD.state <> 'prepared' OR NEW.id <> OLD.id OR NEW.pay_on <> OLD.pay_on OR NEW.prepared_by <> OLD.prepared_by
    OR NEW.prepared_at_ms <> OLD.prepared_at_ms
BEGIN SELECT RAISE(ABORT, 'batch_frozen: only the release or cancelling of a prepared batch changes it'); END;
CREATE TRIGGER batch_stays BEFORE DELETE ON batches
BEGIN SELECT RAISE(ABORT, 'append_only: batches are never removed'); END;

CREATE TRIGGER batch_not_released_by_decider BEFORE UPDATE ON batches
WHEN NEW.state = 'released' AND EXISTS (
    SELECT 1 FROM payments JOIN decisions ON decisions.claim_id = payments.claim_id
    WHERE payments.batch_id = NEW.id AND lower(trim(decisions.decided_by)) = lower(trim(NEW.released_by)))
BEGIN SELECT RAISE(ABORT, 'batch_not_released_by_decider: who decided a claim cannot release its payment'); END;

CREATE TRIGGER payment_into_prepared_batch BEFORE INSERT ON payments
WHEN NEW.live <> 1 OR NOT EXISTS (SELECT 1 FROM batches WHERE id = NEW.batch_id AND state = 'prepared')
    OR EXISTS (SELECT 1 FROM payments WHERE batch_id = NEW.batch_id AND claim_id = NEW.claim_id)
BEGIN SELECT RAISE(ABORT, 'payment_into_prepared_batch: payments are added once, while a batch is prepared'); END;
-- INSERT OR REPLACE would remove the live payment without a trigger, so it is refused before the index is asked.
CREATE TRIGGER payment_not_twice BEFORE INSERT ON payments
WHEN EXISTS (SELECT 1 FROM payments WHERE claim_id = NEW.claim_id AND live = 1)
BEGIN SELECT RAISE(ABORT, 'payment_in_one_live_batch: the claim is in a live batch already'); END;
CREATE TRIGGER payment_is_the_grant BEFORE INSERT ON payments
WHEN NOT EXISTS (SELECT 1 FROM claims WHERE id = NEW.claim_id AND granted_yen = NEW.amount_yen
    AND facility_code = NEW.facility_code)
BEGIN SELECT RAISE(ABORT, 'payment_is_the_grant: a payment is the whole grant to the facility of the claim'); END;
CREATE TRIGGER payment_frozen BEFORE UPDATE ON payments
WHEN NEW.batch_id <> OLD.batch_id OR NEW.claim_id <> OLD.claim_id OR NEW.facility_code <> OLD.facility_code
    OR NEW.facility_name <> OLD.facility_name OR NEW.amount_yen <> OLD.amount_yen OR NEW.account <> OLD.account
    OR NEW.live > OLD.live
BEGIN SELECT RAISE(ABORT, 'payment_frozen: a payment only ever stops being live'); END;
CREATE TRIGGER payment_stays BEFORE DELETE ON payments
BEGIN SELECT RAISE(ABORT, 'append_only: payments are never removed'); END;

-- Else the releaser could become the decider afterwards.
CREATE TRIGGER decision_before_payment BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM payments WHERE claim_id = NEW.claim_id AND live = 1)
BEGIN SELECT RAISE(ABORT, 'decision_before_payment: a claim in a payment batch is decided already'); END;
-- Else a grant could be changed under its payment.
CREATE TRIGGER claim_grant_stays BEFORE UPDATE ON claims
WHEN NEW.id <> OLD.id OR ((NEW.granted_yen IS NOT OLD.granted_yen OR NEW.facility_code <> OLD.facility_code)
    AND EXISTS (SELECT 1 FROM payments WHERE claim_id = OLD.id AND live = 1))
BEGIN SELECT RAISE(ABORT, 'claim_grant_stays: the grant of a claim in a payment batch is fixed'); END;
CREATE TRIGGER claim_not_replaced BEFORE INSERT ON claims WHEN EXISTS (SELECT 1 FROM claims WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'claim_grant_stays: a claim is never replaced'); END;
