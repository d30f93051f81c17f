-- What banks said of released batches: every file, and every record of it with what it was taken for. A file that was
-- received stays, also where it does not add up.

CREATE TABLE result_files (
    -- Of its bytes, which are in object storage.
    sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    batch_id TEXT NOT NULL REFERENCES batches (id),
    -- The name under which it came; shown, never trusted.
    file TEXT NOT NULL,
    received_by TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    -- Where the log tells of it.
    log_position INTEGER NOT NULL REFERENCES log_entries (position)
) STRICT;
CREATE INDEX result_files_by_batch ON result_files (batch_id, received_at_ms);

CREATE TABLE result_rows (
    file_sha256 TEXT NOT NULL REFERENCES result_files (sha256),
    -- From 1: the records of the file in order, then the payments that it does not have.
    number INTEGER NOT NULL CHECK (number >= 1),
    -- Where in the file; null for what is missing there.
    place TEXT,
    verdict TEXT NOT NULL CONSTRAINT result_verdict CHECK (verdict IN ('paid', 'bounced', 'missing', 'unknown', 'twice',
        'wrong-amount', 'ambiguous', 'contradicts', 'known', 'unreadable', 'wrong-total')),
    -- The payment that it was taken for.
    claim_id TEXT REFERENCES claims (id),
    amount_yen INTEGER,
    -- The bank's reason, or what is wrong with the record.
    reason TEXT,
    -- What stands there, as people read it; the account by its last digits only.
    said TEXT,
    PRIMARY KEY (file_sha256, number)
) STRICT;
CREATE INDEX result_rows_by_claim ON result_rows (claim_id);

CREATE TRIGGER result_files_no_update BEFORE UPDATE ON result_files
BEGIN SELECT RAISE(ABORT, 'append_only: results of banks are never changed'); END;
CREATE TRIGGER result_files_no_delete BEFORE DELETE ON result_files
BEGIN SELECT RAISE(ABORT, 'append_only: results of banks are never removed'); END;
CREATE TRIGGER result_rows_no_update BEFORE UPDATE ON result_rows
BEGIN SELECT RAISE(ABORT, 'append_only: results of banks are never changed'); END;
CREATE TRIGGER result_rows_no_delete BEFORE DELETE ON result_rows
BEGIN SELECT RAISE(ABORT, 'append_only: results of banks are never removed'); END;
CREATE TRIGGER result_files_no_replace BEFORE INSERT ON result_files
WHEN EXISTS (SELECT 1 FROM result_files WHERE sha256 = NEW.sha256)
BEGIN SELECT RAISE(ABORT, 'append_only: results of banks are never replaced'); END;
CREATE TRIGGER result_rows_no_replace BEFORE INSERT ON result_rows
WHEN EXISTS (SELECT 1 FROM result_rows WHERE file_sha256 = NEW.file_sha256 AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'append_only: results of banks are never replaced'); END;

-- Nothing counts as paid but by a bank's word.
CREATE TRIGGER claim_paid_by_result BEFORE UPDATE ON claims
WHEN NEW.state = 'paid' AND OLD.state <> 'paid' AND NOT EXISTS (
    SELECT 1 FROM result_rows r JOIN result_files f ON f.sha256 = r.file_sha256
    JOIN payments p ON p.batch_id = f.batch_id AND p.claim_id = r.claim_id
    WHERE r.claim_id = NEW.id AND r.verdict = 'paid' AND p.live = 1)
BEGIN SELECT RAISE(ABORT, 'claim_paid_by_result: a claim is paid when a result of the bank says so'); END;
