-- Bank accounts of facilities, each as it came, and who looked at it; and the list of banks and branches that they are
-- checked against.

CREATE TABLE facility_accounts (
    facility_code TEXT NOT NULL REFERENCES facilities (code),
    -- From 1 without gaps; the last one is the account that is paid.
    number INTEGER NOT NULL CHECK (number >= 1),
    -- JSON of the account; null where it was taken away.
    account TEXT,
    -- Who brought it: by the register, by hand, or the facility itself.
    brought_by TEXT NOT NULL,
    brought_at_ms INTEGER NOT NULL,
    -- The second person; null until somebody has looked at it.
    looked_by TEXT,
    looked_at_ms INTEGER,
    PRIMARY KEY (facility_code, number),
    CONSTRAINT account_looked_by_another CHECK (lower(replace(looked_by, ' ', '')) <> lower(replace(brought_by, ' ', ''))),
    CONSTRAINT account_looked_by_staff CHECK (substr(looked_by, 1, 6) = 'staff:' AND length(looked_by) > 6),
    CONSTRAINT account_look_complete CHECK (
        (looked_by IS NULL) = (looked_at_ms IS NULL) AND (account IS NOT NULL OR looked_by IS NULL))
) STRICT;
CREATE INDEX facility_accounts_unlooked ON facility_accounts (facility_code, number) WHERE looked_by IS NULL;

-- An account that a released batch has paid to was looked at by who released it.
INSERT INTO facility_accounts
SELECT f.code, 1, f.account, 'system:kofu', 0,
    (SELECT b.released_by FROM payments p JOIN batches b ON b.id = p.batch_id
     WHERE p.facility_code = f.code AND p.account = f.account AND b.state = 'released'
     ORDER BY b.released_at_ms, b.id LIMIT 1),
    (SELECT b.released_at_ms FROM payments p JOIN batches b ON b.id = p.batch_id
     WHERE p.facility_code = f.code AND p.account = f.account AND b.state = 'released'
     ORDER BY b.released_at_ms, b.id LIMIT 1)
FROM facilities f WHERE f.account IS NOT NULL;

CREATE TRIGGER account_comes_unlooked BEFORE INSERT ON facility_accounts
WHEN NEW.looked_by IS NOT NULL OR NEW.looked_at_ms IS NOT NULL OR NEW.number <> 1 + COALESCE(
    (SELECT MAX(number) FROM facility_accounts WHERE facility_code = NEW.facility_code), 0)
BEGIN SELECT RAISE(ABORT, 'account_comes_unlooked: an account comes after the last one, and nobody has looked at it'); END;
CREATE TRIGGER account_frozen BEFORE UPDATE ON facility_accounts
WHEN OLD.looked_by IS NOT NULL OR NEW.facility_code <> OLD.facility_code OR NEW.number <> OLD.number
    OR NEW.account IS NOT OLD.account OR NEW.brought_by <> OLD.brought_by OR NEW.brought_at_ms <> OLD.brought_at_ms
    OR NEW.number <> (SELECT MAX(number) FROM facility_accounts WHERE facility_code = NEW.facility_code)
BEGIN SELECT RAISE(ABORT, 'account_frozen: only that somebody looked at the last account is ever added'); END;
CREATE TRIGGER facility_accounts_stay BEFORE DELETE ON facility_accounts
BEGIN SELECT RAISE(ABORT, 'append_only: accounts of facilities are never removed'); END;

-- Money goes to the account that the facility has now, and only once a second person has looked at it.
CREATE TRIGGER payment_to_current_account AFTER UPDATE ON batches
WHEN NEW.state = 'released' AND EXISTS (
    SELECT 1 FROM payments p WHERE p.batch_id = NEW.id AND p.account IS NOT (
        SELECT a.account FROM facility_accounts a WHERE a.facility_code = p.facility_code
        ORDER BY a.number DESC LIMIT 1))
BEGIN SELECT RAISE(ABORT, 'payment_to_current_account: an account was changed after the batch was prepared'); END;
CREATE TRIGGER payment_to_looked_account AFTER UPDATE ON batches
WHEN NEW.state = 'released' AND EXISTS (
    SELECT 1 FROM payments p JOIN facility_accounts a ON a.facility_code = p.facility_code AND a.account = p.account
        AND a.number = (SELECT MAX(number) FROM facility_accounts o WHERE o.facility_code = p.facility_code)
    WHERE p.batch_id = NEW.id AND a.looked_by IS NULL)
BEGIN SELECT RAISE(ABORT, 'payment_to_looked_account: a second person has to look at a new account first'); END;

-- The list of banks and branches as it was imported last.
CREATE TABLE bank_list (
    -- Always 1: there is one list.
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    -- The day of which the list says what is.
    as_of TEXT NOT NULL,
    -- Of the file.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    branches INTEGER NOT NULL CHECK (branches > 0),
    imported_by TEXT NOT NULL,
    imported_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE bank_branches (
    bank_code TEXT NOT NULL,
    branch_code TEXT NOT NULL,
    bank_name TEXT NOT NULL,
    branch_name TEXT NOT NULL,
    PRIMARY KEY (bank_code, branch_code)
) STRICT;
