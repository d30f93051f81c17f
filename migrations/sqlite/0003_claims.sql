-- Claims (申請), their revisions, their documents, and what was read from them.

-- One row a claim, as it is now. Its history is in the revisions, the decisions and the log.
CREATE TABLE claims (
    -- 受付番号.
    id TEXT NOT NULL PRIMARY KEY,
    -- The programme (補助事業) it asks money of.
    programme TEXT NOT NULL,
    -- The code that the claim names. No foreign key: a facility missing from the register is a finding, not an error.
    facility_code TEXT NOT NULL,
    -- Where it is in its life; which step may follow which is in the crate claim.
    state TEXT NOT NULL CONSTRAINT claim_state CHECK (state IN ('draft', 'submitted', 'read', 'assessed', 'in-review',
        'approved', 'returned', 'rejected', 'batched', 'sent', 'paid', 'bounced', 'withdrawn')),
    -- Grows with every change, so that two people cannot overwrite each other.
    version INTEGER NOT NULL CHECK (version >= 1),
    -- The current revision, from 1; a return starts the next.
    revision INTEGER NOT NULL CHECK (revision >= 1),
    -- When it was first submitted: deadlines are measured by this, also after a return.
    submitted_at_ms INTEGER NOT NULL,
    -- What was granted, yen or units of a product; there exactly while the claim is approved or further on.
    granted_yen INTEGER CHECK (granted_yen > 0),
    -- JSON: product, maker, name and units. A grant in kind goes into no payment batch.
    granted_units TEXT CHECK (granted_yen IS NULL OR granted_units IS NULL),
    CONSTRAINT claim_grant_when_approved CHECK ((granted_yen IS NOT NULL OR granted_units IS NOT NULL)
        = (state IN ('approved', 'batched', 'sent', 'paid', 'bounced'))),
    CONSTRAINT claim_in_kind_is_not_paid CHECK (granted_units IS NULL OR state = 'approved')
) STRICT;
CREATE INDEX claims_by_state ON claims (state, id);
CREATE INDEX claims_by_facility ON claims (facility_code, id);

-- What a facility sent at one time.
CREATE TABLE claim_revisions (
    claim_id TEXT NOT NULL REFERENCES claims (id),
    -- From 1.
    revision INTEGER NOT NULL CHECK (revision >= 1),
    -- When this revision came.
    submitted_at_ms INTEGER NOT NULL,
    -- What the facility asks for; null if it does not say.
    claimed_yen INTEGER CHECK (claimed_yen >= 0),
    -- JSON: the products that it asks for, where the programme grants in kind; null if none.
    choices TEXT,
    -- The hash of all that was sent: the same bundle sent again is the same claim.
    bundle_sha256 TEXT NOT NULL,
    PRIMARY KEY (claim_id, revision)
) STRICT;
CREATE UNIQUE INDEX bundle_sent_once ON claim_revisions (bundle_sha256);

-- The files of a revision. Their bytes are in object storage under their hash.
CREATE TABLE documents (
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    -- The place among the files of the revision, from 0.
    position INTEGER NOT NULL CHECK (position >= 0),
    -- What the facility says it is.
    declared TEXT NOT NULL CONSTRAINT document_declared
        CHECK (declared IN ('receipt', 'itemization', 'estimate', 'invoice', 'delivery_note', 'other')),
    -- The name it was uploaded under; shown, never trusted.
    file TEXT NOT NULL,
    -- Its bytes.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- How many bytes, for lists and limits without opening the object.
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    PRIMARY KEY (claim_id, revision, position),
    FOREIGN KEY (claim_id, revision) REFERENCES claim_revisions (claim_id, revision)
) STRICT;
-- The same file in two claims.
CREATE INDEX documents_by_sha256 ON documents (sha256);

CREATE TRIGGER documents_no_update BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'append_only: documents are never changed'); END;
CREATE TRIGGER documents_no_delete BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'append_only: documents are never removed'); END;
CREATE TRIGGER documents_no_replace BEFORE INSERT ON documents
WHEN EXISTS (SELECT 1 FROM documents
             WHERE claim_id = NEW.claim_id AND revision = NEW.revision AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'append_only: documents are never replaced'); END;

-- What the ingest stage read from each document.
CREATE TABLE readings (
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- JSON of the reading, each field with its place and confidence.
    reading TEXT NOT NULL,
    PRIMARY KEY (claim_id, revision, position),
    FOREIGN KEY (claim_id, revision, position) REFERENCES documents (claim_id, revision, position)
) STRICT;

-- What makes a receipt the same receipt although its bytes differ. Up to two rows a receipt: by number and by name.
CREATE TABLE receipt_facts (
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- The registration number (T and 13 digits), or the issuer's name folded for comparison.
    issuer TEXT NOT NULL,
    -- 発行日.
    issued_on TEXT NOT NULL,
    -- 領収金額, tax included.
    total_yen INTEGER NOT NULL,
    PRIMARY KEY (claim_id, revision, position, issuer),
    FOREIGN KEY (claim_id, revision, position) REFERENCES documents (claim_id, revision, position)
) STRICT;
-- The same receipt in two claims.
CREATE INDEX receipt_facts_by_receipt ON receipt_facts (issuer, issued_on, total_yen);

-- What the pages of receipts look like, to find the same page again though its bytes differ.
CREATE TABLE page_hashes (
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- From 1.
    page INTEGER NOT NULL CHECK (page >= 1),
    -- 256 bits as 64 hexadecimal digits; pages that look alike differ in few.
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (claim_id, revision, position, page),
    FOREIGN KEY (claim_id, revision, position) REFERENCES documents (claim_id, revision, position)
) STRICT;

-- The hash in parts of 16 bits: two pages that look alike have at least one part in common, and that can be looked up.
CREATE TABLE page_bands (
    -- Which part (0 to 15) and what it is, in one number, so that the look-up is one comparison.
    band INTEGER NOT NULL,
    -- 領収金額 of the receipt; -1 where it was not read. Receipts of one seller look alike, and differ in this.
    total_yen INTEGER NOT NULL,
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    page INTEGER NOT NULL,
    PRIMARY KEY (band, total_yen, claim_id, revision, position, page),
    FOREIGN KEY (claim_id, revision, position, page) REFERENCES page_hashes (claim_id, revision, position, page)
) STRICT;
CREATE INDEX page_bands_by_claim ON page_bands (claim_id, revision);
