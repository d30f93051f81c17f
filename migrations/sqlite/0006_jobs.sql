-- The queue: what is to be done with which revision of which claim. Leases and waits use the database's clock, so that
-- workers on machines whose clocks differ agree.

CREATE TABLE jobs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- What to do: read, assess, notice. Text without a list, so that a newer program may add kinds.
    kind TEXT NOT NULL,
    claim_id TEXT NOT NULL REFERENCES claims (id),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    state TEXT NOT NULL CONSTRAINT job_state CHECK (state IN ('ready', 'leased', 'done', 'parked')),
    -- How often it was taken since it was last made ready by a person or a stage.
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    -- After so many it is parked for a person.
    max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
    -- Not before: when it came, or the end of its back-off.
    run_after_ms INTEGER NOT NULL,
    enqueued_at_ms INTEGER NOT NULL,
    -- Which worker has it.
    lease_owner TEXT,
    -- Until when, unless the worker says that it is still at it.
    lease_until_ms INTEGER,
    -- Grows with every lease and never starts again: a worker that lost its lease cannot finish the job.
    lease_token INTEGER NOT NULL CHECK (lease_token >= 0),
    -- How long the log was when it was taken; see assessments.basis_log_size.
    basis_log_size INTEGER NOT NULL CHECK (basis_log_size >= 0),
    -- Why it was tried again or parked; null if nothing went wrong.
    reason TEXT,
    CONSTRAINT job_lease CHECK ((state = 'leased') = (lease_owner IS NOT NULL)
        AND (state = 'leased') = (lease_until_ms IS NOT NULL)),
    FOREIGN KEY (claim_id, revision) REFERENCES claim_revisions (claim_id, revision)
) STRICT;
-- One effect, once.
CREATE UNIQUE INDEX job_once ON jobs (kind, claim_id, revision);
CREATE INDEX jobs_ready ON jobs (run_after_ms, id) WHERE state = 'ready';
CREATE INDEX jobs_leased ON jobs (lease_until_ms) WHERE state = 'leased';
CREATE INDEX jobs_by_claim ON jobs (claim_id);
