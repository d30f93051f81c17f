-- Accounts (利用者), their sessions and tokens, and the drafts of facilities.

-- Who may sign in. Ids stand in the decision log; names and addresses do not.
CREATE TABLE accounts (
    -- What is typed to sign in: small letters, digits, dots, hyphens and underscores.
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
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
    totp_step BIGINT NOT NULL CHECK (totp_step >= 0),
    -- 0 once it is closed: it stays, because the log names it.
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    created_at_ms BIGINT NOT NULL,
    -- Grows with every change, so that two people cannot overwrite each other.
    version BIGINT NOT NULL CHECK (version >= 1)
);

-- The institutions that an account acts for.
CREATE TABLE account_facilities (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    facility_code TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, facility_code)
);

-- Who is signed in. The token itself is only in the browser.
CREATE TABLE sessions (
    token_sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 64),
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    -- What forms of this session carry.
    form_token TEXT NOT NULL,
    -- Whether the second step was taken.
    second_step BIGINT NOT NULL CHECK (second_step IN (0, 1)),
    created_at_ms BIGINT NOT NULL,
    seen_at_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);

-- Keys of programs.
CREATE TABLE api_tokens (
    token_sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 64),
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    -- What its owner calls it.
    name TEXT NOT NULL,
    scope TEXT NOT NULL CONSTRAINT token_scope CHECK (scope IN ('read', 'write')),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX api_tokens_by_account ON api_tokens (account_id);

-- How often something was tried within a window of time, by account, address or session.
CREATE TABLE attempts (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    window_start_ms BIGINT NOT NULL,
    count BIGINT NOT NULL CHECK (count >= 0)
);

-- Invitations by which a facility makes its own account. The code itself is only on the letter.
CREATE TABLE invitations (
    code_sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(code_sha256) = 64),
    -- For which institution.
    facility_code TEXT COLLATE "C" NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    -- Who used it; null while nobody has.
    used_by TEXT COLLATE "C" REFERENCES accounts (id)
);

-- Claims that a facility has not sent yet. Every change is kept at once.
CREATE TABLE drafts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    facility_code TEXT COLLATE "C" NOT NULL,
    programme TEXT NOT NULL,
    -- The returned claim that it answers; null for a new claim.
    revises TEXT COLLATE "C" REFERENCES claims (id),
    -- What the facility asks for; null if it does not say.
    claimed_yen BIGINT CHECK (claimed_yen >= 0),
    -- JSON: the products that it asks for; null if none.
    choices TEXT,
    created_by TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    -- Grows with every change.
    version BIGINT NOT NULL CHECK (version >= 1),
    -- When it was sent; from then on it does not change, and sending it again is the same claim.
    sent_at_ms BIGINT,
    -- The claim that it became; null also while the sending was broken off.
    claim_id TEXT COLLATE "C" REFERENCES claims (id)
);
CREATE INDEX drafts_by_facility ON drafts (facility_code, changed_at_ms);

CREATE TABLE draft_documents (
    draft_id TEXT COLLATE "C" NOT NULL REFERENCES drafts (id),
    -- The place among the files, from 0; gaps are left by what was taken away.
    position BIGINT NOT NULL CHECK (position >= 0),
    declared TEXT NOT NULL CONSTRAINT draft_document_declared
        CHECK (declared IN ('receipt', 'itemization', 'estimate', 'invoice', 'delivery_note', 'other')),
    -- The name it was uploaded under; shown, never trusted.
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
    -- Where the log tells that it was received.
    log_position BIGINT NOT NULL REFERENCES log_entries (position),
    -- JSON of what was read; null until it was.
    reading TEXT,
    PRIMARY KEY (draft_id, position)
);
