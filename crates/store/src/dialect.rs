//! The statements that the two databases do not share: those that read the database's clock, and the one that skips rows
//! which another worker has locked.

/// One statement, in the words of each database.
#[derive(Clone, Copy)]
pub(crate) struct PerDialect {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! part {
    (sqlite NOW_MS) => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
    (postgres NOW_MS) => {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    };
    // PostgreSQL may run a plain sub-select with LIMIT more than once and then lock more rows than were asked for.
    (sqlite ID_AMONG) => {
        "id IN ("
    };
    (postgres ID_AMONG) => {
        "id = ANY(ARRAY("
    };
    (sqlite SKIPPING_LOCKED) => {
        ")"
    };
    (postgres SKIPPING_LOCKED) => {
        " FOR UPDATE SKIP LOCKED))"
    };
    ($dialect:ident $text:literal) => {
        $text
    };
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = [$($part:tt)*];)*) => {
        $($(#[$doc])* pub(crate) const $name: PerDialect = PerDialect {
            sqlite: concat!($(part!(sqlite $part)),*),
            postgres: concat!($(part!(postgres $part)),*),
        };)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, PerDialect)] = &[$((stringify!($name), $name)),*];
    };
}

statements! {
    /// Makes a job ready; one that was done or parked becomes ready again, one under way stays as it is.
    JOB_ENQUEUE = [
        "INSERT INTO jobs (kind, claim_id, revision, state, attempts, max_attempts, lease_token, basis_log_size,
             run_after_ms, enqueued_at_ms)
         VALUES ($1, $2, $3, 'ready', 0, $4, 0, 0, " NOW_MS ", " NOW_MS ")
         ON CONFLICT (kind, claim_id, revision) DO UPDATE SET state = 'ready', attempts = 0, reason = NULL,
             run_after_ms = excluded.run_after_ms WHERE jobs.state IN ('done', 'parked')"
    ];
    /// Leases up to $3 jobs of the kinds in the list $4 (`,read,assess,`). The state is asked for again outside: in
    /// PostgreSQL the row may have changed between the sub-select and the update.
    JOB_TAKE = [
        "UPDATE jobs SET state = 'leased', lease_owner = $1, lease_until_ms = " NOW_MS " + $2,
             lease_token = lease_token + 1, attempts = attempts + 1, basis_log_size = (SELECT size FROM log_head)
         WHERE state = 'ready' AND " ID_AMONG "SELECT id FROM jobs
             WHERE state = 'ready' AND run_after_ms <= " NOW_MS " AND $4 LIKE '%,' || kind || ',%'
             ORDER BY run_after_ms, id LIMIT $3" SKIPPING_LOCKED "
         RETURNING id, kind, claim_id, revision, attempts, max_attempts, lease_token, basis_log_size, run_after_ms"
    ];
    JOB_HEARTBEAT = [
        "UPDATE jobs SET lease_until_ms = " NOW_MS " + $3 WHERE id = $1 AND lease_token = $2 AND state = 'leased'"
    ];
    JOB_RETRY = [
        "UPDATE jobs SET state = CASE WHEN attempts >= max_attempts THEN 'parked' ELSE 'ready' END,
             run_after_ms = " NOW_MS " + $3, reason = $4, lease_owner = NULL, lease_until_ms = NULL
         WHERE id = $1 AND lease_token = $2 AND state = 'leased' RETURNING state"
    ];
    JOBS_REAP = [
        "UPDATE jobs SET state = CASE WHEN attempts >= max_attempts THEN 'parked' ELSE 'ready' END,
             reason = 'attempt ' || attempts || ' by ' || lease_owner || ' did not end: its lease ran out',
             lease_owner = NULL, lease_until_ms = NULL
         WHERE state = 'leased' AND lease_until_ms < " NOW_MS " RETURNING state"
    ];
    JOB_UNPARK = [
        "UPDATE jobs SET state = 'ready', attempts = 0, run_after_ms = " NOW_MS " WHERE id = $1 AND state = 'parked'"
    ];
    /// A message to each open account of the facility of claim $2 that has an address.
    MESSAGES_WRITE = [
        "INSERT INTO messages
             (kind, claim_id, revision, account_id, state, attempts, run_after_ms, lease_token, created_at_ms, occasion)
         SELECT $1, c.id, $3, a.id, 'waiting', 0, " NOW_MS ", 0, $4, $5
         FROM claims c JOIN account_facilities f ON f.facility_code = c.facility_code
             JOIN accounts a ON a.id = f.account_id
         WHERE c.id = $2 AND a.active = 1 AND a.email IS NOT NULL
         ON CONFLICT (claim_id, revision, kind, occasion, account_id) DO NOTHING"
    ];
    /// Leases up to $2 messages for $1 ms: those that wait, and those whose sender did not come back.
    MESSAGES_TAKE = [
        "UPDATE messages SET state = 'leased', lease_until_ms = " NOW_MS " + $1, lease_token = lease_token + 1,
             attempts = attempts + 1
         WHERE (state = 'waiting' OR (state = 'leased' AND lease_until_ms < " NOW_MS ")) AND " ID_AMONG "SELECT id FROM messages
             WHERE state IN ('waiting', 'leased') AND run_after_ms <= " NOW_MS "
                 AND (state = 'waiting' OR lease_until_ms < " NOW_MS ")
             ORDER BY run_after_ms, id LIMIT $2" SKIPPING_LOCKED "
         RETURNING id, lease_token"
    ];
    MESSAGES_READY = [
        "SELECT COUNT(*) FROM messages WHERE state IN ('waiting', 'leased') AND run_after_ms <= " NOW_MS "
             AND (state = 'waiting' OR lease_until_ms < " NOW_MS ")"
    ];
    MESSAGE_NOT_SENT = [
        "UPDATE messages SET state = $4, run_after_ms = " NOW_MS " + $3, reason = $5, lease_until_ms = NULL
         WHERE id = $1 AND lease_token = $2 AND state = 'leased'"
    ];
    MESSAGE_AGAIN = [
        "UPDATE messages SET state = 'waiting', attempts = 0, run_after_ms = " NOW_MS " WHERE id = $1 AND state = 'failed'"
    ];
}
