-- What banks said of released batches: every file, and every record of it with what it was taken for. A file that was
-- received stays, also where it does not add up.

CREATE TABLE result_files (
    -- Of its bytes, which are in object storage.
    sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    batch_id TEXT COLLATE "C" NOT NULL REFERENCES batches (id),
    -- The name under which it came; shown, never trusted.
    file TEXT NOT NULL,
    received_by TEXT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    -- Where the log tells of it.
    log_position BIGINT NOT NULL REFERENCES log_entries (position)
);
CREATE INDEX result_files_by_batch ON result_files (batch_id, received_at_ms);

CREATE TABLE result_rows (
    file_sha256 TEXT COLLATE "C" NOT NULL REFERENCES result_files (sha256),
    -- From 1: the records of the file in order, then the payments that it does not have.
    number BIGINT NOT NULL CHECK (number >= 1),
    -- Where in the file; null for what is missing there.
    place TEXT,
    verdict TEXT NOT NULL CONSTRAINT result_verdict CHECK (verdict IN ('paid', 'bounced', 'missing', 'unknown', 'twice',
        'wrong-amount', 'ambiguous', 'contradicts', 'known', 'unreadable', 'wrong-total')),
    -- The payment that it was taken for.
    claim_id TEXT COLLATE "C" REFERENCES claims (id),
    amount_yen BIGINT,
    -- The bank's reason, or what is wrong with the record.
    reason TEXT,
    -- What stands there, as people read it; the account by its last digits only.
    said TEXT,
    PRIMARY KEY (file_sha256, number)
);
CREATE INDEX result_rows_by_claim ON result_rows (claim_id);

CREATE TRIGGER result_files_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON result_files
    EXECUTE FUNCTION refuse('append_only', 'results of banks are never changed or removed');
CREATE TRIGGER result_rows_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON result_rows
    EXECUTE FUNCTION refuse('append_only', 'results of banks are never changed or removed');

-- Nothing counts as paid but by a bank's word.
CREATE FUNCTION claim_paid_by_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'paid' AND NOT EXISTS (
        SELECT 1 FROM result_rows r JOIN result_files f ON f.sha256 = r.file_sha256
        JOIN payments p ON p.batch_id = f.batch_id AND p.claim_id = r.claim_id
        WHERE r.claim_id = NEW.id AND r.verdict = 'paid' AND p.live) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'claim_paid_by_result', TABLE = TG_TABLE_NAME,
            MESSAGE = 'claim_paid_by_result: a claim is paid when a result of the bank says so';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_paid_by_result BEFORE UPDATE ON claims FOR EACH ROW WHEN (NEW.state = 'paid')
    EXECUTE FUNCTION claim_paid_by_result();
