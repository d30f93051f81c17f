-- Releases of payment batches by as many persons as their amount asks for. Each agrees for themselves; the last one
-- releases the batch. None of them prepared it or decided a claim in it.

-- How many persons have to agree, and the most that so many may release (null: any amount); fixed at preparation.
ALTER TABLE batches ADD COLUMN releasers INTEGER NOT NULL DEFAULT 1 CONSTRAINT batch_releasers CHECK (releasers >= 1);
ALTER TABLE batches ADD COLUMN most_yen INTEGER CHECK (most_yen > 0);

CREATE TABLE batch_releases (
    batch_id TEXT NOT NULL REFERENCES batches (id),
    released_by TEXT NOT NULL
        CONSTRAINT batch_released_by_staff CHECK (substr(released_by, 1, 6) = 'staff:' AND length(released_by) > 6),
    released_at_ms INTEGER NOT NULL,
    -- The hash of the content that this person looked at.
    content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
    PRIMARY KEY (batch_id, released_by)
) STRICT;
INSERT INTO batch_releases
SELECT id, released_by, released_at_ms, content_sha256 FROM batches WHERE state = 'released';
-- Case and spaces do not make another person.
CREATE UNIQUE INDEX batch_released_once ON batch_releases (batch_id, lower(replace(released_by, ' ', '')));

CREATE TRIGGER batch_release_by_another BEFORE INSERT ON batch_releases
WHEN EXISTS (SELECT 1 FROM batches WHERE id = NEW.batch_id AND lower(replace(prepared_by, ' ', '')) = lower(replace(NEW.released_by, ' ', '')))
BEGIN SELECT RAISE(ABORT, 'batch_released_by_another: who prepared a batch cannot release it'); END;
CREATE TRIGGER batch_release_not_by_decider BEFORE INSERT ON batch_releases
WHEN EXISTS (SELECT 1 FROM payments JOIN decisions ON decisions.claim_id = payments.claim_id
    WHERE payments.batch_id = NEW.batch_id AND lower(replace(decisions.decided_by, ' ', '')) = lower(replace(NEW.released_by, ' ', '')))
BEGIN SELECT RAISE(ABORT, 'batch_not_released_by_decider: who decided a claim cannot release its payment'); END;
CREATE TRIGGER batch_release_of_prepared BEFORE INSERT ON batch_releases
WHEN NOT EXISTS (SELECT 1 FROM batches WHERE id = NEW.batch_id AND state = 'prepared')
BEGIN SELECT RAISE(ABORT, 'batch_frozen: only a prepared batch can be released'); END;
CREATE TRIGGER batch_release_once BEFORE INSERT ON batch_releases
WHEN EXISTS (SELECT 1 FROM batch_releases
    WHERE batch_id = NEW.batch_id AND lower(replace(released_by, ' ', '')) = lower(replace(NEW.released_by, ' ', '')))
BEGIN SELECT RAISE(ABORT, 'batch_released_once: each person agrees once'); END;
CREATE TRIGGER batch_releases_no_update BEFORE UPDATE ON batch_releases
BEGIN SELECT RAISE(ABORT, 'append_only: who agreed to a release stays'); END;
CREATE TRIGGER batch_releases_no_delete BEFORE DELETE ON batch_releases
BEGIN SELECT RAISE(ABORT, 'append_only: who agreed to a release stays'); END;

-- What somebody has agreed to gets no further payments.
CREATE TRIGGER payment_before_release BEFORE INSERT ON payments
WHEN EXISTS (SELECT 1 FROM batch_releases WHERE batch_id = NEW.batch_id)
BEGIN SELECT RAISE(ABORT, 'payment_into_prepared_batch: payments are added before anybody agrees to the release'); END;

DROP TRIGGER batch_frozen;
CREATE TRIGGER batch_frozen BEFORE UPDATE ON batches
WHEN OLD.state <> 'prepared' OR NEW.id <> OLD.id OR NEW.pay_on <> OLD.pay_on OR NEW.prepared_by <> OLD.prepared_by
    OR NEW.prepared_at_ms <> OLD.prepared_at_ms OR NEW.releasers <> OLD.releasers OR NEW.most_yen IS NOT OLD.most_yen
BEGIN SELECT RAISE(ABORT, 'batch_frozen: only the release or cancelling of a prepared batch changes it'); END;

-- After the constraints of the row itself, so that the rule that is broken first is the one that is told.
CREATE TRIGGER batch_releasers_enough AFTER UPDATE ON batches
WHEN NEW.state = 'released' AND (
    (SELECT COUNT(*) FROM batch_releases
     WHERE batch_id = NEW.id AND content_sha256 = NEW.content_sha256) < NEW.releasers
    OR NOT EXISTS (SELECT 1 FROM batch_releases WHERE batch_id = NEW.id AND released_by = NEW.released_by
        AND content_sha256 = NEW.content_sha256))
BEGIN SELECT RAISE(ABORT, 'batch_releasers_enough: not as many persons have agreed to this content as its amount asks for'); END;
CREATE TRIGGER batch_within_band AFTER UPDATE ON batches
WHEN NEW.state = 'released'
    AND (SELECT SUM(amount_yen) FROM payments WHERE batch_id = NEW.id AND live = 1) > NEW.most_yen
BEGIN SELECT RAISE(ABORT, 'batch_within_band: it pays more than so many persons may release'); END;
