-- What programs asked for once already: a key that an account's program gave with a request (Idempotency-Key), of which
-- request it was, and what was answered. Rows go when they are over.
CREATE TABLE idempotency_keys (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    -- Of the key.
    key_sha256 TEXT COLLATE "C" NOT NULL,
    -- Of method, path, condition and body: the same key with another request is a mistake of the program.
    request_sha256 TEXT NOT NULL,
    begun_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    -- The answer's status; null while the request is under way, and for ever where it broke off.
    status BIGINT,
    -- JSON of the answer; null also where it held a secret, which is told once and kept nowhere.
    answer TEXT,
    PRIMARY KEY (account_id, key_sha256)
);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at_ms);
