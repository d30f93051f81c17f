-- Releases of payment batches by as many persons as their amount asks for. Each agrees for themselves; the last one
-- releases the batch. None of them prepared it or decided a claim in it.

-- How many persons have to agree, and the most that so many may release (null: any amount); fixed at preparation.
ALTER TABLE batches ADD COLUMN releasers BIGINT NOT NULL DEFAULT 1 CONSTRAINT batch_releasers CHECK (releasers >= 1);
ALTER TABLE batches ADD COLUMN most_yen BIGINT CHECK (most_yen > 0);

CREATE TABLE batch_releases (
    batch_id TEXT COLLATE "C" NOT NULL REFERENCES batches (id),
    released_by TEXT COLLATE "C" NOT NULL
        CONSTRAINT batch_released_by_staff CHECK (substr(released_by, 1, 6) = 'staff:' AND length(released_by) > 6),
    released_at_ms BIGINT NOT NULL,
    -- The hash of the content that this person looked at.
    content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
    PRIMARY KEY (batch_id, released_by)
);
INSERT INTO batch_releases
SELECT id, released_by, released_at_ms, content_sha256 FROM batches WHERE state = 'released';
-- Case and spaces do not make another person.
CREATE UNIQUE INDEX batch_released_once ON batch_releases (batch_id, lower(replace(released_by, ' ', '')));

-- The lock on the batch makes a payment that enters at the same time wait, or be waited for.
CREATE FUNCTION batch_release_enters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM batches WHERE id = NEW.batch_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM batches
               WHERE id = NEW.batch_id AND lower(replace(prepared_by, ' ', '')) = lower(replace(NEW.released_by, ' ', ''))) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_released_by_another', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_released_by_another: who prepared a batch cannot release it';
    END IF;
    IF EXISTS (SELECT 1 FROM payments JOIN decisions ON decisions.claim_id = payments.claim_id
               WHERE payments.batch_id = NEW.batch_id
                   AND lower(replace(decisions.decided_by, ' ', '')) = lower(replace(NEW.released_by, ' ', ''))) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_not_released_by_decider', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_not_released_by_decider: who decided a claim cannot release its payment';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM batches WHERE id = NEW.batch_id AND state = 'prepared') THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_frozen', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_frozen: only a prepared batch can be released';
    END IF;
    IF EXISTS (SELECT 1 FROM batch_releases WHERE batch_id = NEW.batch_id
               AND lower(replace(released_by, ' ', '')) = lower(replace(NEW.released_by, ' ', ''))) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_released_once', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_released_once: each person agrees once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_release_enters BEFORE INSERT ON batch_releases
    FOR EACH ROW EXECUTE FUNCTION batch_release_enters();
CREATE TRIGGER batch_releases_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_releases
    EXECUTE FUNCTION refuse('append_only', 'who agreed to a release stays');

-- What somebody has agreed to gets no further payments.
CREATE FUNCTION payment_before_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM batch_releases WHERE batch_id = NEW.batch_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'payment_into_prepared_batch', TABLE = TG_TABLE_NAME,
            MESSAGE = 'payment_into_prepared_batch: payments are added before anybody agrees to the release';
    END IF;
    RETURN NEW;
END $$;
-- By name after payment_enters, which holds the batch still.
CREATE TRIGGER payment_enters_before_release BEFORE INSERT ON payments
    FOR EACH ROW EXECUTE FUNCTION payment_before_release();

DROP TRIGGER batch_frozen ON batches;
CREATE TRIGGER batch_frozen BEFORE UPDATE ON batches FOR EACH ROW
    WHEN (OLD.state <> 'prepared' OR NEW.id <> OLD.id OR NEW.pay_on <> OLD.pay_on OR NEW.prepared_by <> OLD.prepared_by
        OR NEW.prepared_at_ms <> OLD.prepared_at_ms OR NEW.releasers <> OLD.releasers
        OR NEW.most_yen IS DISTINCT FROM OLD.most_yen)
    EXECUTE FUNCTION refuse('batch_frozen', 'only the release or cancelling of a prepared batch changes it');

-- After the constraints of the row itself, so that the rule that is broken first is the one that is told.
CREATE FUNCTION batch_releasers_enough() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT COUNT(*) FROM batch_releases
        WHERE batch_id = NEW.id AND content_sha256 = NEW.content_sha256) < NEW.releasers
        OR NOT EXISTS (SELECT 1 FROM batch_releases WHERE batch_id = NEW.id AND released_by = NEW.released_by
            AND content_sha256 = NEW.content_sha256) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_releasers_enough', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_releasers_enough: not as many persons have agreed to this content as its amount asks for';
    END IF;
    IF (SELECT SUM(amount_yen) FROM payments WHERE batch_id = NEW.id AND live) > NEW.most_yen THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'batch_within_band', TABLE = TG_TABLE_NAME,
            MESSAGE = 'batch_within_band: it pays more than so many persons may release';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER batch_releasers_enough AFTER UPDATE ON batches FOR EACH ROW WHEN (NEW.state = 'released')
    EXECUTE FUNCTION batch_releasers_enough();
