-- The outbox (送信箱): messages to people by mail, each written in the transaction of what it tells of. Leases and waits use
-- the database's clock, as those of jobs.

CREATE TABLE messages (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- What it tells of: received, approval, return, rejection. Text without a list, so that a newer program may add kinds.
    kind TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    -- To whom. The address is looked up when it is sent and kept nowhere else.
    account_id TEXT NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CONSTRAINT message_state CHECK (state IN ('waiting', 'leased', 'sent', 'failed')),
    -- How often it was tried since somebody last asked for it to be sent again.
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    -- Not before: when it came, or the end of its back-off.
    run_after_ms INTEGER NOT NULL,
    -- Until when whoever sends it has it.
    lease_until_ms INTEGER,
    -- Grows with every lease: who lost it cannot say what became of the message.
    lease_token INTEGER NOT NULL CHECK (lease_token >= 0),
    created_at_ms INTEGER NOT NULL,
    -- When a mail server took it; that it was read nobody knows.
    sent_at_ms INTEGER,
    -- Why it was not sent, without addresses; null if nothing went wrong.
    reason TEXT,
    CONSTRAINT message_lease CHECK ((state = 'leased') = (lease_until_ms IS NOT NULL)),
    CONSTRAINT message_sent CHECK ((state = 'sent') = (sent_at_ms IS NOT NULL)),
    FOREIGN KEY (claim_id, revision) REFERENCES claim_revisions (claim_id, revision)
) STRICT;
-- One thing is told once.
CREATE UNIQUE INDEX message_once ON messages (claim_id, revision, kind, account_id);
CREATE INDEX messages_open ON messages (run_after_ms, id) WHERE state IN ('waiting', 'leased');
CREATE INDEX messages_failed ON messages (id) WHERE state = 'failed';
