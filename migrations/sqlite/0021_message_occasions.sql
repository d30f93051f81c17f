-- What can happen to a claim more than once (a payment that the bank sends back) is told of each time.

-- The claim's version when it happened; 0 for what happens once.
ALTER TABLE messages ADD COLUMN occasion INTEGER NOT NULL DEFAULT 0 CHECK (occasion >= 0);
DROP INDEX message_once;
CREATE UNIQUE INDEX message_once ON messages (claim_id, revision, kind, occasion, account_id);
