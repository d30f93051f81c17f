-- Sign-in of staff by OpenID Connect: who is known to a provider under which subject, and sign-ins that are under way.

CREATE TABLE openid_identities (
    issuer TEXT COLLATE "C" NOT NULL,
    -- The provider's name for the person; never changes and is never given to another.
    subject TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    linked_at_ms BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
-- An account has one identity at a provider.
CREATE UNIQUE INDEX openid_identity_of_account ON openid_identities (account_id, issuer);

-- A sign-in that was sent to the provider. It comes back once, to the browser that has its key, or not at all.
CREATE TABLE openid_attempts (
    key_sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(key_sha256) = 64),
    -- What the provider gives back.
    state TEXT NOT NULL,
    -- What the token has to carry.
    nonce TEXT NOT NULL,
    -- What proves to the provider that whoever fetches the token asked for it (PKCE).
    verifier TEXT NOT NULL,
    -- Where to go on afterwards.
    next_path TEXT NOT NULL,
    -- The account that is to be linked; null for a sign-in.
    account_id TEXT COLLATE "C" REFERENCES accounts (id),
    expires_at_ms BIGINT NOT NULL
);
