-- Accounts (利用者), their sessions and tokens, and the drafts of facilities.

-- Who may sign in. Ids stand in the decision log; names and addresses do not.
CREATE TABLE accounts (
    -- What is typed to sign in: small letters, digits, dots, hyphens and underscores.
    id TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CONSTRAINT account_role
        CHECK (role IN ('facility', 'reviewer', 'payment-officer', 'approver', 'auditor', 'administrator')),
    -- As pages address it.
    name TEXT NOT NULL,
    -- For messages; null if none is known.
    email TEXT,
    -- Argon2id, as a PHC string; null while no password is set.
    password_hash TEXT,
    -- The shared secret of the second step, in base 32; null while there is none.
    totp_secret TEXT,
    -- The last time step whose number was used: none is taken twice.
    totp_step INTEGER NOT NULL CHECK (totp_step >= 0),
    -- 0 once it is closed: it stays, because the log names it.
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at_ms INTEGER NOT NULL,
    -- Grows with every change, so that two people cannot overwrite each other.
    version INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

-- The institutions that an account acts for.
CREATE TABLE account_facilities (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    facility_code TEXT NOT NULL,
    PRIMARY KEY (account_id, facility_code)
) STRICT;

-- Who is signed in. The token itself is only in the browser.
CREATE TABLE sessions (
    token_sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 64),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- What forms of this session carry.
    form_token TEXT NOT NULL,
    -- Whether the second step was taken.
    second_step INTEGER NOT NULL CHECK (second_step IN (0, 1)),
    created_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account_id);

-- Keys of programs.
CREATE TABLE api_tokens (
    token_sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 64),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- What its owner calls it.
    name TEXT NOT NULL,
    scope TEXT NOT NULL CONSTRAINT token_scope CHECK (scope IN ('read', 'write')),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX api_tokens_by_account ON api_tokens (account_id);

-- How often something was tried within a window of time, by account, address or session.
CREATE TABLE attempts (
    key TEXT NOT NULL PRIMARY KEY,
    window_start_ms INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 0)
) STRICT;

-- Invitations by which a facility makes its own account. The code itself is only on the letter.
CREATE TABLE invitations (
    code_sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(code_sha256) = 64),
    -- For which institution.
    facility_code TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    -- Who used it; null while nobody has.
    used_by TEXT REFERENCES accounts (id)
) STRICT;

-- Claims that a facility has not sent yet. Every change is kept at once.
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    facility_code TEXT NOT NULL,
    programme TEXT NOT NULL,
    -- The returned claim that it answers; null for a new claim.
    revises TEXT REFERENCES claims (id),
    -- What the facility asks for; null if it does not say.
    claimed_yen INTEGER CHECK (claimed_yen >= 0),
    -- JSON: the products that it asks for; null if none.
    choices TEXT,
    created_by TEXT NOT NULL REFERENCES accounts (id),
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    -- Grows with every change.
    version INTEGER NOT NULL CHECK (version >= 1),
    -- When it was sent; from then on it does not change, and sending it again is the same claim.
    sent_at_ms INTEGER,
    -- The claim that it became; null also while the sending was broken off.
    claim_id TEXT REFERENCES claims (id)
) STRICT;
CREATE INDEX drafts_by_facility ON drafts (facility_code, changed_at_ms);

CREATE TABLE draft_documents (
    draft_id TEXT NOT NULL REFERENCES drafts (id),
    -- The place among the files, from 0; gaps are left by what was taken away.
    position INTEGER NOT NULL CHECK (position >= 0),
    declared TEXT NOT NULL CONSTRAINT draft_document_declared
        CHECK (declared IN ('receipt', 'itemization', 'estimate', 'invoice', 'delivery_note', 'other')),
    -- The name it was uploaded under; shown, never trusted.
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- Where the log tells that it was received.
    log_position INTEGER NOT NULL REFERENCES log_entries (position),
    -- JSON of what was read; null until it was.
    reading TEXT,
    PRIMARY KEY (draft_id, position)
) STRICT;
