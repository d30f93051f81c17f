//! Every statement that both databases take as it is. A test prepares each on both.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// A claim with its current revision, and its facility's name if the register has it.
macro_rules! claim {
    () => {
        "SELECT c.id, c.programme, c.facility_code, f.name AS facility_name, c.state, c.version, c.revision,
             c.submitted_at_ms, r.submitted_at_ms AS revision_submitted_at_ms, r.claimed_yen, r.choices, r.bundle_sha256,
             c.granted_yen, c.granted_units,
             EXISTS (SELECT 1 FROM budget_waits w WHERE w.claim_id = c.id) AS awaits_budget
         FROM claims c JOIN claim_revisions r ON r.claim_id = c.id AND r.revision = c.revision
         LEFT JOIN facilities f ON f.code = c.facility_code"
    };
}

/// A page of claims after the id $1, of at most $2. One text for each filter: a condition that may be off keeps a database
/// from the index that would be the shortest way.
macro_rules! claims_page {
    ($filter:literal) => {
        concat!(claim!(), " WHERE c.id > $1 ", $filter, " ORDER BY c.id LIMIT $2")
    };
}

/// A page of the claims that wait for a person, in their order after ($1, $2, $3), at most $4: under the programme $5, of
/// facilities of the kind $6 and the prefecture $7, with the finding $8, in the hands of $9, as far as these are given.
/// `$by` is where the page is looked up, `$key` whose columns have the order there.
macro_rules! review_page {
    ($by:literal, $key:literal, $narrowed:literal) => {
        concat!(
            "SELECT q.claim_id, q.programme, q.facility_code, q.kind, q.due_on, q.deadline_on, q.weight, q.duplicate,
                 q.doubts, q.amount_yen, q.submitted_at_ms, q.findings, f.name AS facility_name, h.account_id AS hand
             FROM ", $by, "
             LEFT JOIN facilities f ON f.code = q.facility_code
             LEFT JOIN claim_hands h ON h.claim_id = q.claim_id
             WHERE (", $key, ".due_on, ", $key, ".weight, ", $key, ".claim_id) > ($1, $2, $3)
                 AND (CAST($5 AS TEXT) IS NULL OR q.programme = $5)
                 AND (CAST($6 AS TEXT) IS NULL OR q.kind = $6)
                 AND (CAST($7 AS BIGINT) IS NULL OR q.prefecture = $7)
                 AND (CAST($8 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM review_queue_findings n
                     WHERE n.claim_id = q.claim_id AND n.finding = $8))
                 AND (CAST($9 AS TEXT) IS NULL OR h.account_id = $9) ",
            $narrowed,
            " ORDER BY ", $key, ".due_on, ", $key, ".weight, ", $key, ".claim_id LIMIT $4"
        )
    };
}

/// A page of the log from the newest entry on: below the position $1 and not below $2, at most $3, of the event $4, by
/// $5, from $6 and before $7, about the claim $8 and the facility $9, as far as these are given.
macro_rules! log_page {
    ($by:literal, $key:literal, $narrowed:literal) => {
        concat!(
            "SELECT e.position, e.payload FROM ",
            $by,
            "
             JOIN log_entries e ON e.position = ",
            $key,
            ".position
             WHERE ",
            $key,
            ".position < $1 AND ",
            $key,
            ".position >= $2
                 AND (CAST($4 AS TEXT) IS NULL OR i.event = $4)
                 AND (CAST($5 AS TEXT) IS NULL OR i.actor = $5)
                 AND (CAST($6 AS BIGINT) IS NULL OR i.at_ms >= $6)
                 AND (CAST($7 AS BIGINT) IS NULL OR i.at_ms < $7)
                 AND (CAST($8 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM log_claims c
                     WHERE c.position = i.position AND c.claim_id = $8))
                 AND (CAST($9 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM log_facilities g
                     WHERE g.position = i.position AND g.facility_code = $9)) ",
            $narrowed,
            " ORDER BY ",
            $key,
            ".position DESC LIMIT $3"
        )
    };
}

/// An entry of the ledger.
macro_rules! ledger {
    () => {
        "SELECT programme, number, kind, from_account, to_account, yen, claim_id, reason, entered_by, entered_at_ms,
             log_position, limited, budget_yen, reserved_yen, paid_yen
         FROM ledger_entries"
    };
}

/// An approval that waits for money.
macro_rules! budget_wait {
    () => {
        "SELECT claim_id, programme, submitted_at_ms, decision, waits_since_ms FROM budget_waits"
    };
}

/// An account of a facility.
macro_rules! facility_account {
    () => {
        "SELECT a.facility_code, f.name AS facility_name, a.number, a.account, a.brought_by, a.brought_at_ms,
             a.looked_by, a.looked_at_ms
         FROM facility_accounts a JOIN facilities f ON f.code = a.facility_code"
    };
}

statements! {
    PING = "SELECT CAST(1 AS BIGINT)";

    // --- decision log
    LOG_GROW = "UPDATE log_head SET size = size + $1 WHERE only_row = 1 RETURNING size";
    LOG_APPEND = "INSERT INTO log_entries (position, payload) VALUES ($1, $2)";
    LOG_SIZE = "SELECT size FROM log_head";
    LOG_READ = "SELECT position, payload FROM log_entries WHERE position >= $1 ORDER BY position LIMIT $2";
    LOG_PERSONAL_ADD = "INSERT INTO log_personal (commitment, position, salt, content) VALUES ($1, $2, $3, $4)";
    LOG_PERSONAL_GET =
        "SELECT position, commitment, salt, content FROM log_personal
         WHERE position >= $1 AND position < $2 ORDER BY position, commitment";
    LOG_PERSONAL_ERASE = "UPDATE log_personal SET salt = NULL, content = NULL WHERE commitment = $1";
    LOG_TREE_SIZE = "SELECT size FROM log_tree";
    /// Only from where the tree was found: of several that try, one adds to it.
    LOG_TREE_GROW = "UPDATE log_tree SET size = $2 WHERE only_row = 1 AND size = $1";
    LOG_TILE_GET = "SELECT hashes FROM log_tiles WHERE level = $1 AND number = $2";
    LOG_TILE_PUT =
        "INSERT INTO log_tiles (level, number, hashes) VALUES ($1, $2, $3)
         ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes";
    /// Under which programme and by which facility a claim is.
    LOG_SUBJECT = "SELECT programme, facility_code FROM claims WHERE id = $1";
    /// The claims that a batch paid or was to pay.
    LOG_BATCH_CLAIMS = "SELECT claim_id FROM payments WHERE batch_id = $1 ORDER BY claim_id";
    CHECKPOINT_ADD = "INSERT INTO log_checkpoints (size, note) VALUES ($1, $2)";
    CHECKPOINT_AT = "SELECT note FROM log_checkpoints WHERE size = $1";
    CHECKPOINTS_GET = "SELECT size, note FROM log_checkpoints ORDER BY size";
    CHECKPOINT_LATEST = "SELECT size, note FROM log_checkpoints ORDER BY size DESC LIMIT 1";

    // --- by what entries are found again
    LOG_INDEX_ADD = "INSERT INTO log_index (position, at_ms, event, actor) VALUES ($1, $2, $3, $4)";
    LOG_CLAIM_ADD =
        "INSERT INTO log_claims (claim_id, position) VALUES ($1, $2) ON CONFLICT (claim_id, position) DO NOTHING";
    LOG_CLAIMS_ADD_BATCH =
        "INSERT INTO log_claims (claim_id, position) SELECT DISTINCT claim_id, CAST($2 AS BIGINT) FROM payments
         WHERE batch_id = $1";
    LOG_FACILITY_ADD =
        "INSERT INTO log_facilities (facility_code, position) VALUES ($1, $2)
         ON CONFLICT (facility_code, position) DO NOTHING";
    /// The facilities of the claims that the entry $1 is about.
    LOG_FACILITIES_ADD_CLAIMS =
        "INSERT INTO log_facilities (facility_code, position)
         SELECT DISTINCT c.facility_code, l.position FROM log_claims l JOIN claims c ON c.id = l.claim_id
         WHERE l.position = $1 AND l.claim_id = $2
         ON CONFLICT (facility_code, position) DO NOTHING";
    LOG_FACILITIES_ADD_BATCH =
        "INSERT INTO log_facilities (facility_code, position) SELECT DISTINCT facility_code, CAST($2 AS BIGINT)
         FROM payments WHERE batch_id = $1";
    LOG_PAGE = log_page!("log_index i", "i", "");
    LOG_PAGE_OF_EVENT = log_page!("log_index i", "i", "AND i.event = $4");
    LOG_PAGE_BY_ACTOR = log_page!("log_index i", "i", "AND i.actor = $5");
    LOG_PAGE_OF_CLAIM = log_page!("log_claims k JOIN log_index i ON i.position = k.position", "k", "AND k.claim_id = $8");
    LOG_PAGE_OF_FACILITY =
        log_page!("log_facilities k JOIN log_index i ON i.position = k.position", "k", "AND k.facility_code = $9");
    LOG_LAST_BEFORE =
        "SELECT position FROM log_index WHERE at_ms < $1 ORDER BY at_ms DESC, position DESC LIMIT 1";
    LOG_FIRST_FROM = "SELECT position FROM log_index WHERE at_ms >= $1 ORDER BY at_ms, position LIMIT 1";
    LOG_ACTED_SINCE =
        "SELECT k.position FROM log_claims k JOIN log_index i ON i.position = k.position
         WHERE k.claim_id = $1 AND i.event = $2 AND i.actor = $3 AND i.at_ms >= $4
         ORDER BY k.position DESC LIMIT 1";

    // --- review
    REVIEW_ENTER =
        "INSERT INTO review_queue (claim_id, programme, facility_code, kind, prefecture, due_on, deadline_on, weight,
             duplicate, doubts, amount_yen, submitted_at_ms, findings)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    REVIEW_ENTER_FINDING =
        "INSERT INTO review_queue_findings (finding, kind, due_on, weight, claim_id) VALUES ($1, $2, $3, $4, $5)";
    REVIEW_GET =
        "SELECT programme, kind, prefecture, findings, due_on, weight FROM review_queue WHERE claim_id = $1";
    REVIEW_LEAVE_FINDINGS = "DELETE FROM review_queue_findings WHERE claim_id = $1";
    REVIEW_LEAVE = "DELETE FROM review_queue WHERE claim_id = $1";
    REVIEW_COUNT =
        "INSERT INTO review_counts (programme, kind, prefecture, finding, claims) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (programme, kind, prefecture, finding)
             DO UPDATE SET claims = review_counts.claims + excluded.claims";
    REVIEW_UNCOUNT =
        "UPDATE review_counts SET claims = claims - 1
         WHERE programme = $1 AND kind = $2 AND prefecture = $3 AND finding = $4";
    REVIEW_PAGE = review_page!("review_queue q", "q", "");
    REVIEW_PAGE_BY_PROGRAMME = review_page!("review_queue q", "q", "AND q.programme = $5");
    REVIEW_PAGE_BY_KIND = review_page!("review_queue q", "q", "AND q.kind = $6");
    REVIEW_PAGE_BY_PREFECTURE = review_page!("review_queue q", "q", "AND q.prefecture = $7");
    REVIEW_PAGE_BY_FINDING =
        review_page!("review_queue_findings x JOIN review_queue q ON q.claim_id = x.claim_id", "x", "AND x.finding = $8");
    REVIEW_PAGE_BY_FINDING_AND_KIND = review_page!(
        "review_queue_findings x JOIN review_queue q ON q.claim_id = x.claim_id",
        "x",
        "AND x.finding = $8 AND x.kind = $6"
    );
    REVIEW_PAGE_BY_PROGRAMME_AND_KIND = review_page!("review_queue q", "q", "AND q.programme = $5 AND q.kind = $6");
    REVIEW_PAGE_BY_HAND =
        review_page!("claim_hands m JOIN review_queue q ON q.claim_id = m.claim_id", "q", "AND m.account_id = $9");
    /// Counts of all claims and of those with the finding $1 (if it is not empty), and of those under $2, $3 and $4 with any.
    REVIEW_COUNTS =
        "SELECT programme, kind, prefecture, finding, claims FROM review_counts
         WHERE claims > 0 AND (finding IN ('', $1) OR ((CAST($2 AS TEXT) IS NULL OR programme = $2)
             AND (CAST($3 AS TEXT) IS NULL OR kind = $3) AND (CAST($4 AS BIGINT) IS NULL OR prefecture = $4)))";
    FINDINGS_CLEAR = "DELETE FROM assessment_findings WHERE claim_id = $1 AND revision = $2";
    FINDING_ADD = "INSERT INTO assessment_findings (claim_id, revision, finding) VALUES ($1, $2, $3)";
    HAND_SET =
        "INSERT INTO claim_hands (claim_id, account_id, handed_by, handed_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (claim_id) DO UPDATE SET account_id = excluded.account_id, handed_by = excluded.handed_by,
             handed_at_ms = excluded.handed_at_ms";
    HAND_GET = "SELECT account_id FROM claim_hands WHERE claim_id = $1";
    LOOK =
        "INSERT INTO claim_looks (claim_id, account_id, looked_at_ms) VALUES ($1, $2, $3)
         ON CONFLICT (claim_id, account_id) DO UPDATE SET looked_at_ms = excluded.looked_at_ms";
    LOOKS_GET =
        "SELECT l.account_id, a.name, l.looked_at_ms FROM claim_looks l JOIN accounts a ON a.id = l.account_id
         WHERE l.claim_id = $1 AND l.looked_at_ms >= $2 ORDER BY l.looked_at_ms DESC, l.account_id";
    NOTE_ADD =
        "INSERT INTO claim_notes (log_position, claim_id, noted_by, noted_at_ms, note) VALUES ($1, $2, $3, $4, $5)";
    NOTES_GET =
        "SELECT log_position, noted_by, noted_at_ms, note FROM claim_notes WHERE claim_id = $1 ORDER BY log_position";
    ADJUSTMENT_ADD =
        "INSERT INTO claim_adjustments (log_position, claim_id, revision, position, field, old_value, new_value,
             reason, adjusted_by, adjusted_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    ADJUSTMENTS_GET =
        "SELECT log_position, position, field, old_value, new_value, reason, adjusted_by, adjusted_at_ms
         FROM claim_adjustments WHERE claim_id = $1 AND revision = $2 ORDER BY log_position";
    RECEIPT_FACTS_CLEAR = "DELETE FROM receipt_facts WHERE claim_id = $1 AND revision = $2 AND position = $3";
    DECIDED_BY_AMONG =
        "SELECT d.claim_id FROM payments p JOIN claims c ON c.id = p.claim_id
         JOIN decisions d ON d.claim_id = c.id AND d.revision = c.revision
         WHERE p.batch_id = $1 AND d.decided_by = $2 ORDER BY d.claim_id LIMIT 1";

    // --- overview
    OVERVIEW_COUNTS = "SELECT programme, area, state, claims, granted_yen FROM claim_counts WHERE claims > 0";
    /// Days are counted from 1970-01-01 in Japan.
    OVERVIEW_SUBMITTED = "SELECT day, claims FROM claim_days WHERE day >= $1 ORDER BY day";
    OVERVIEW_DECIDED =
        "SELECT day, kind, CAST(SUM(decisions) AS BIGINT) AS decisions FROM decision_days
         WHERE day >= $1 GROUP BY day, kind ORDER BY day, kind";
    /// How many decisions took how many whole hours.
    OVERVIEW_TOOK =
        "SELECT hours, CAST(SUM(decisions) AS BIGINT) AS decisions FROM decision_days
         WHERE day >= $1 GROUP BY hours ORDER BY hours";
    OVERVIEW_RETURNED_FOR =
        "SELECT finding, CAST(SUM(claims) AS BIGINT) AS claims FROM return_days
         WHERE day >= $1 GROUP BY finding ORDER BY claims DESC, finding";

    /// Counts that are not what they count: the place, what is kept, and what there is.
    COUNTS_WRONG =
        "WITH counted (place, kept, there) AS (
             SELECT 'claims ' || programme || ' ' || area || ' ' || state, claims, 0 FROM claim_counts
             UNION ALL SELECT 'claims ' || programme || ' ' || SUBSTR(facility_code, 1, 2) || ' ' || state, 0, COUNT(*)
                 FROM claims GROUP BY programme, SUBSTR(facility_code, 1, 2), state
             UNION ALL SELECT 'granted_yen ' || programme || ' ' || area || ' ' || state, granted_yen, 0
                 FROM claim_counts
             UNION ALL SELECT 'granted_yen ' || programme || ' ' || SUBSTR(facility_code, 1, 2) || ' ' || state, 0,
                     COALESCE(SUM(granted_yen), 0)
                 FROM claims GROUP BY programme, SUBSTR(facility_code, 1, 2), state
             UNION ALL SELECT 'claims of day ' || CAST(day AS TEXT), claims, 0 FROM claim_days
             UNION ALL SELECT 'claims of day ' || CAST((submitted_at_ms + 32400000) / 86400000 AS TEXT), 0, COUNT(*)
                 FROM claims GROUP BY (submitted_at_ms + 32400000) / 86400000
             UNION ALL SELECT 'decisions of day ' || CAST(day AS TEXT) || ' ' || kind, decisions, 0 FROM decision_days
             UNION ALL SELECT 'decisions of day ' || CAST((decided_at_ms + 32400000) / 86400000 AS TEXT) || ' ' || kind,
                     0, COUNT(*)
                 FROM decisions GROUP BY (decided_at_ms + 32400000) / 86400000, kind
             UNION ALL SELECT 'payments of ' || batch_id, payments, 0 FROM batch_totals
             UNION ALL SELECT 'payments of ' || batch_id, 0, COUNT(*) FROM payments GROUP BY batch_id
             UNION ALL SELECT 'total_yen of ' || batch_id, total_yen, 0 FROM batch_totals
             UNION ALL SELECT 'total_yen of ' || batch_id, 0, SUM(amount_yen) FROM payments GROUP BY batch_id)
         SELECT place, CAST(SUM(kept) AS BIGINT) AS kept, CAST(SUM(there) AS BIGINT) AS there
         FROM counted GROUP BY place HAVING SUM(kept) <> SUM(there) ORDER BY place LIMIT 100";

    // --- facility register
    FACILITY_UPSERT =
        "INSERT INTO facilities (code, kind, name, founder, postal_code, address, measure_number, measure_ended_on,
             earlier_grants, account)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, name = excluded.name, founder = excluded.founder,
             postal_code = excluded.postal_code, address = excluded.address,
             measure_number = excluded.measure_number, measure_ended_on = excluded.measure_ended_on,
             earlier_grants = excluded.earlier_grants, account = excluded.account";
    FACILITY_GET =
        "SELECT code, kind, name, founder, postal_code, address, measure_number, measure_ended_on, earlier_grants,
             account
         FROM facilities WHERE code = $1";
    FACILITY_PAGE =
        "SELECT code, kind, name, founder, postal_code, address, measure_number, measure_ended_on, earlier_grants,
             account
         FROM facilities WHERE code > $1 ORDER BY code LIMIT $2";

    // --- accounts
    ACCOUNT_INSERT =
        "INSERT INTO accounts (id, role, name, email, password_hash, totp_secret, totp_step, active, created_at_ms,
             version)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 1)";
    ACCOUNT_GET = "SELECT id, role, name, email, active, created_at_ms, version FROM accounts WHERE id = $1";
    ACCOUNT_PAGE = "SELECT id FROM accounts WHERE id > $1 ORDER BY id LIMIT $2";
    ACCOUNT_CHANGE =
        "UPDATE accounts SET role = $3, name = $4, email = $5, active = $6, version = version + 1
         WHERE id = $1 AND version = $2";
    ACCOUNT_FACILITIES =
        "SELECT facility_code FROM account_facilities WHERE account_id = $1 ORDER BY facility_code";
    ACCOUNT_FACILITIES_CLEAR = "DELETE FROM account_facilities WHERE account_id = $1";
    ACCOUNT_FACILITY_INSERT = "INSERT INTO account_facilities (account_id, facility_code) VALUES ($1, $2)";
    CREDENTIALS_GET = "SELECT password_hash, totp_secret FROM accounts WHERE id = $1";
    CREDENTIALS_SET =
        "UPDATE accounts SET password_hash = $2, totp_secret = $3, version = version + 1 WHERE id = $1";
    TOTP_STEP_USE = "UPDATE accounts SET totp_step = $2 WHERE id = $1 AND totp_step < $2";
    SESSION_INSERT =
        "INSERT INTO sessions (token_sha256, account_id, form_token, second_step, created_at_ms, seen_at_ms)
         VALUES ($1, $2, $3, $4, $5, $5)";
    SESSION_GET =
        "SELECT account_id, form_token, second_step, created_at_ms, seen_at_ms FROM sessions
         WHERE token_sha256 = $1 AND seen_at_ms >= $2 AND created_at_ms >= $3";
    SESSION_SEEN = "UPDATE sessions SET seen_at_ms = $2 WHERE token_sha256 = $1 AND seen_at_ms < $2";
    SESSION_END = "DELETE FROM sessions WHERE token_sha256 = $1";
    SESSIONS_END_OF = "DELETE FROM sessions WHERE account_id = $1";
    SESSIONS_END_OLD = "DELETE FROM sessions WHERE created_at_ms < $1 OR seen_at_ms < $2";
    TOKEN_INSERT =
        "INSERT INTO api_tokens (token_sha256, account_id, name, scope, created_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)";
    TOKEN_GET =
        "SELECT token_sha256, account_id, name, scope, created_at_ms, expires_at_ms FROM api_tokens
         WHERE token_sha256 = $1 AND expires_at_ms > $2";
    TOKENS_OF =
        "SELECT token_sha256, account_id, name, scope, created_at_ms, expires_at_ms FROM api_tokens
         WHERE account_id = $1 ORDER BY created_at_ms, token_sha256";
    TOKEN_END = "DELETE FROM api_tokens WHERE account_id = $1 AND token_sha256 = $2";
    TOKENS_END_OF = "DELETE FROM api_tokens WHERE account_id = $1";
    ATTEMPT_COUNT =
        "INSERT INTO attempts (key, window_start_ms, count) VALUES ($1, $2, 1)
         ON CONFLICT (key) DO UPDATE SET
             count = CASE WHEN attempts.window_start_ms = excluded.window_start_ms THEN attempts.count + 1 ELSE 1 END,
             window_start_ms = excluded.window_start_ms
         RETURNING count";
    ATTEMPTS_FORGET = "DELETE FROM attempts WHERE key = $1";

    INVITATION_INSERT =
        "INSERT INTO invitations (code_sha256, facility_code, expires_at_ms) VALUES ($1, $2, $3)";
    /// Uses an invitation for the institution $2 once, before it expires.
    INVITATION_USE =
        "UPDATE invitations SET used_by = $4
         WHERE code_sha256 = $1 AND facility_code = $2 AND expires_at_ms > $3 AND used_by IS NULL";

    // --- keys of programs' requests
    KEYS_END_OLD = "DELETE FROM idempotency_keys WHERE expires_at_ms <= $1";
    KEY_BEGIN =
        "INSERT INTO idempotency_keys (account_id, key_sha256, request_sha256, begun_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, key_sha256) DO NOTHING";
    KEY_GET =
        "SELECT request_sha256, begun_at_ms, status, answer FROM idempotency_keys
         WHERE account_id = $1 AND key_sha256 = $2";
    KEY_ANSWER =
        "UPDATE idempotency_keys SET status = $3, answer = $4
         WHERE account_id = $1 AND key_sha256 = $2 AND status IS NULL";
    KEY_FORGET = "DELETE FROM idempotency_keys WHERE account_id = $1 AND key_sha256 = $2 AND status IS NULL";

    // --- drafts
    DRAFT_OPEN =
        "INSERT INTO drafts (id, facility_code, programme, revises, claimed_yen, choices, created_by, created_at_ms,
             changed_at_ms, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1)";
    DRAFT_GET =
        "SELECT id, facility_code, programme, revises, claimed_yen, choices, created_by, created_at_ms, changed_at_ms,
             version, sent_at_ms, claim_id
         FROM drafts WHERE id = $1";
    DRAFTS_OF_ACCOUNT =
        "SELECT id FROM drafts
         WHERE facility_code IN (SELECT facility_code FROM account_facilities WHERE account_id = $1)
             AND claim_id IS NULL
         ORDER BY changed_at_ms DESC, id LIMIT $2";
    DRAFT_OF_REVISION =
        "SELECT id FROM drafts WHERE revises = $1 AND sent_at_ms IS NULL ORDER BY changed_at_ms DESC, id LIMIT 1";
    /// The guard of every change of a draft: it is still as it was looked at, and not sent.
    DRAFT_CHANGE =
        "UPDATE drafts SET claimed_yen = $3, choices = $4, changed_at_ms = $5, version = version + 1
         WHERE id = $1 AND version = $2 AND sent_at_ms IS NULL";
    DRAFT_TOUCH =
        "UPDATE drafts SET changed_at_ms = $2, version = version + 1 WHERE id = $1 AND sent_at_ms IS NULL";
    DRAFT_SEND =
        "UPDATE drafts SET sent_at_ms = $3, version = version + 1
         WHERE id = $1 AND version = $2 AND sent_at_ms IS NULL";
    DRAFT_BECAME = "UPDATE drafts SET claim_id = $2 WHERE id = $1 AND sent_at_ms IS NOT NULL";
    DRAFT_DELETE = "DELETE FROM drafts WHERE id = $1 AND version = $2 AND sent_at_ms IS NULL";
    DRAFT_STATED_FIELDS =
        "SELECT position, field, value FROM draft_stated_fields WHERE draft_id = $1 ORDER BY position, field";
    DRAFT_FIELD_STATE =
        "INSERT INTO draft_stated_fields (draft_id, position, field, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (draft_id, position, field) DO UPDATE SET value = excluded.value";
    DRAFT_FIELD_UNSTATE = "DELETE FROM draft_stated_fields WHERE draft_id = $1 AND position = $2 AND field = $3";
    DRAFT_STATED_FORGET = "DELETE FROM draft_stated_fields WHERE draft_id = $1 AND position = $2";
    DRAFT_STATED_DELETE = "DELETE FROM draft_stated_fields WHERE draft_id = $1";
    STATED_FIELD_INSERT =
        "INSERT INTO stated_fields (claim_id, revision, position, field, value) VALUES ($1, $2, $3, $4, $5)";
    STATED_FIELDS =
        "SELECT position, field, value FROM stated_fields WHERE claim_id = $1 AND revision = $2 ORDER BY position, field";
    DRAFT_DOCUMENTS_DELETE = "DELETE FROM draft_documents WHERE draft_id = $1";
    DRAFT_DOCUMENTS =
        "SELECT position, declared, file, sha256, size_bytes, log_position, reading FROM draft_documents
         WHERE draft_id = $1 ORDER BY position";
    DRAFT_DOCUMENT_INSERT =
        "INSERT INTO draft_documents (draft_id, position, declared, file, sha256, size_bytes, log_position, reading)
         VALUES ($1, (SELECT COALESCE(MAX(position), -1) + 1 FROM draft_documents WHERE draft_id = $1), $2, $3, $4, $5,
             $6, $7)
         RETURNING position";
    DRAFT_DOCUMENT_DECLARE = "UPDATE draft_documents SET declared = $3 WHERE draft_id = $1 AND position = $2";
    /// A place may have been given to another file meanwhile.
    DRAFT_DOCUMENT_READ =
        "UPDATE draft_documents SET reading = $3, declared = CASE WHEN declared = 'other' THEN $5 ELSE declared END
         WHERE draft_id = $1 AND position = $2 AND sha256 = $4";
    DRAFT_DOCUMENT_REMOVE = "DELETE FROM draft_documents WHERE draft_id = $1 AND position = $2";

    // --- rulesets
    RULESET_KEEP = "INSERT INTO rulesets (hash, files) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    RULESET_GET = "SELECT files FROM rulesets WHERE hash = $1";
    RULESET_HASHES = "SELECT hash FROM rulesets ORDER BY hash";
    DRAFT_INSERT =
        "INSERT INTO ruleset_drafts (hash, active_from, proposed_by, proposed_at_ms) VALUES ($1, $2, $3, $4)";
    AGREEMENT_INSERT = "INSERT INTO ruleset_agreements (hash, agreed_by, agreed_at_ms) VALUES ($1, $2, $3)";
    DRAFTS_GET =
        "SELECT hash, active_from, proposed_by, proposed_at_ms FROM ruleset_drafts ORDER BY active_from, proposed_at_ms, hash";
    AGREEMENTS_GET =
        "SELECT agreed_by, agreed_at_ms FROM ruleset_agreements WHERE hash = $1 ORDER BY agreed_at_ms, agreed_by";
    /// The draft that holds on the day $1: agreed by $2 people, the latest of them.
    RULESET_IN_FORCE =
        "SELECT d.hash FROM ruleset_drafts d
         WHERE d.active_from <= $1
             AND (SELECT COUNT(*) FROM ruleset_agreements a WHERE a.hash = d.hash) >= $2
         ORDER BY d.active_from DESC, d.proposed_at_ms DESC, d.hash LIMIT 1";

    // --- ledger
    LEDGER_LAST = concat!(ledger!(), " WHERE programme = $1 ORDER BY number DESC LIMIT 1");
    LEDGER_LASTS = concat!(
        ledger!(),
        " e WHERE number = (SELECT MAX(number) FROM ledger_entries o WHERE o.programme = e.programme) ORDER BY programme"
    );
    LEDGER_PAGE = concat!(ledger!(), " WHERE programme = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
    LEDGER_ADD =
        "INSERT INTO ledger_entries (programme, number, kind, from_account, to_account, yen, claim_id, reason,
             entered_by, entered_at_ms, log_position, limited, budget_yen, available_yen, reserved_yen, paid_yen)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    BUDGET_WAIT_PUT =
        "INSERT INTO budget_waits (claim_id, programme, submitted_at_ms, grant_yen, decision, waits_since_ms,
             log_position)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (claim_id) DO UPDATE SET grant_yen = excluded.grant_yen, decision = excluded.decision,
             log_position = excluded.log_position";
    BUDGET_WAIT_END = "DELETE FROM budget_waits WHERE claim_id = $1";
    BUDGET_WAIT_GET = concat!(budget_wait!(), " WHERE claim_id = $1");
    BUDGET_WAITS = concat!(
        budget_wait!(),
        " WHERE (CAST($1 AS TEXT) IS NULL OR programme = $1) ORDER BY programme, submitted_at_ms, claim_id"
    );
    /// How many wait under the programme $1 that came before the claim $3, submitted at $2.
    BUDGET_WAITS_AHEAD =
        "SELECT COUNT(*) FROM budget_waits
         WHERE programme = $1 AND (submitted_at_ms < $2 OR (submitted_at_ms = $2 AND claim_id < $3))";

    // --- bank accounts
    ACCOUNT_OF_FACILITY = concat!(facility_account!(), " WHERE a.facility_code = $1 ORDER BY a.number DESC LIMIT 1");
    ACCOUNTS_OF_FACILITY = concat!(facility_account!(), " WHERE a.facility_code = $1 ORDER BY a.number DESC");
    /// The last accounts that nobody has looked at, after the facility $1, at most $2.
    ACCOUNTS_UNLOOKED = concat!(
        facility_account!(),
        " WHERE a.looked_by IS NULL AND a.account IS NOT NULL AND a.facility_code > $1
             AND a.number = (SELECT MAX(number) FROM facility_accounts o WHERE o.facility_code = a.facility_code)
          ORDER BY a.facility_code LIMIT $2"
    );
    ACCOUNTS_UNLOOKED_COUNT =
        "SELECT COUNT(*) FROM facility_accounts a WHERE a.looked_by IS NULL AND a.account IS NOT NULL
             AND a.number = (SELECT MAX(number) FROM facility_accounts o WHERE o.facility_code = a.facility_code)";
    ACCOUNT_BRING =
        "INSERT INTO facility_accounts (facility_code, number, account, brought_by, brought_at_ms)
         VALUES ($1, $2, $3, $4, $5)";
    ACCOUNT_LOOK =
        "UPDATE facility_accounts SET looked_by = $3, looked_at_ms = $4
         WHERE facility_code = $1 AND number = $2 AND looked_by IS NULL";
    FACILITY_ACCOUNT_SET = "UPDATE facilities SET account = $2 WHERE code = $1";
    BANK_LIST_GET = "SELECT as_of, sha256, branches, imported_by, imported_at_ms FROM bank_list";
    BANK_LIST_SET =
        "INSERT INTO bank_list (only_row, as_of, sha256, branches, imported_by, imported_at_ms)
         VALUES (1, $1, $2, $3, $4, $5)
         ON CONFLICT (only_row) DO UPDATE SET as_of = excluded.as_of, sha256 = excluded.sha256,
             branches = excluded.branches, imported_by = excluded.imported_by,
             imported_at_ms = excluded.imported_at_ms";
    BANK_BRANCHES_CLEAR = "DELETE FROM bank_branches";
    BANK_BRANCH_ADD =
        "INSERT INTO bank_branches (bank_code, branch_code, bank_name, branch_name) VALUES ($1, $2, $3, $4)";
    BANK_BRANCH_GET = "SELECT bank_name, branch_name FROM bank_branches WHERE bank_code = $1 AND branch_code = $2";
    BANK_NAME_GET = "SELECT bank_name FROM bank_branches WHERE bank_code = $1 ORDER BY branch_code LIMIT 1";

    // --- results of banks
    RESULT_FILE_ADD =
        "INSERT INTO result_files (sha256, batch_id, file, received_by, received_at_ms, log_position)
         VALUES ($1, $2, $3, $4, $5, $6)";
    RESULT_FILE_GET = "SELECT batch_id FROM result_files WHERE sha256 = $1";
    RESULT_FILES_OF_BATCH =
        "SELECT sha256, file, received_by, received_at_ms FROM result_files WHERE batch_id = $1
         ORDER BY received_at_ms, sha256";
    RESULT_ROW_ADD =
        "INSERT INTO result_rows (file_sha256, number, place, verdict, claim_id, amount_yen, reason, said)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    RESULT_ROWS =
        "SELECT place, verdict, claim_id, amount_yen, reason, said FROM result_rows WHERE file_sha256 = $1
         ORDER BY number";
    /// What banks last said of the payments of the batch $1, with the states of their claims.
    PAYMENT_STATES =
        "SELECT p.claim_id, c.state, p.live FROM payments p JOIN claims c ON c.id = p.claim_id
         WHERE p.batch_id = $1 ORDER BY p.claim_id";
    PAYMENT_END = "UPDATE payments SET live = $3 WHERE batch_id = $1 AND claim_id = $2";
    BOUNCED_OF_FACILITY =
        "SELECT id FROM claims WHERE facility_code = $1 AND state = 'bounced' ORDER BY id";
    /// The last reason for which the bank sent a claim's payment back.
    BOUNCED_FOR =
        "SELECT r.reason FROM result_rows r JOIN result_files f ON f.sha256 = r.file_sha256
         WHERE r.claim_id = $1 AND r.verdict = 'bounced' ORDER BY f.received_at_ms DESC LIMIT 1";
    BATCH_RELEASES =
        "SELECT released_by, released_at_ms FROM batch_releases WHERE batch_id = $1
         ORDER BY released_at_ms, released_by";
    BATCH_RELEASE_ADD =
        "INSERT INTO batch_releases (batch_id, released_by, released_at_ms, content_sha256) VALUES ($1, $2, $3, $4)";

    // --- claims
    CLAIM_INSERT =
        "INSERT INTO claims (id, programme, facility_code, state, version, revision, submitted_at_ms)
         VALUES ($1, $2, $3, 'submitted', 1, 1, $4)";
    REVISION_INSERT =
        "INSERT INTO claim_revisions (claim_id, revision, submitted_at_ms, claimed_yen, choices, bundle_sha256)
         VALUES ($1, $2, $3, $4, $5, $6)";
    DOCUMENT_INSERT =
        "INSERT INTO documents (claim_id, revision, position, declared, file, sha256, size_bytes)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BUNDLE_FIND = "SELECT claim_id FROM claim_revisions WHERE bundle_sha256 = $1";
    CLAIM_GET = concat!(claim!(), " WHERE c.id = $1");
    CLAIM_PAGE = claims_page!("");
    CLAIM_PAGE_IN_STATE = claims_page!("AND c.state = $3");
    CLAIM_PAGE_UNDER_PROGRAMME = claims_page!("AND c.programme = $3");
    CLAIM_PAGE_IN_STATE_UNDER_PROGRAMME = claims_page!("AND c.state = $3 AND c.programme = $4");
    /// Of the facility $3, in the state $4 and under the programme $5 as far as these are given: one has few claims.
    CLAIM_PAGE_OF_FACILITY = claims_page!(
        "AND c.facility_code = $3 AND (CAST($4 AS TEXT) IS NULL OR c.state = $4)
         AND (CAST($5 AS TEXT) IS NULL OR c.programme = $5)"
    );
    /// The claims of the account $1, the last submitted first, after the one submitted at $2 with the id $3.
    CLAIMS_OF_ACCOUNT = concat!(
        claim!(),
        " WHERE c.facility_code IN (SELECT facility_code FROM account_facilities WHERE account_id = $1)
             AND (c.submitted_at_ms < $2 OR (c.submitted_at_ms = $2 AND c.id > $3))
          ORDER BY c.submitted_at_ms DESC, c.id LIMIT $4"
    );
    CLAIM_COUNTS =
        "SELECT state, CAST(SUM(claims) AS BIGINT) AS claims FROM claim_counts
         WHERE claims > 0 GROUP BY state";
    /// The guard of every change of state: it is still as it was looked at.
    CLAIM_STEP =
        "UPDATE claims SET state = $3, version = version + 1 WHERE id = $1 AND state = $2 AND version = $4";
    CLAIM_APPROVE =
        "UPDATE claims SET state = 'approved', granted_yen = $5, granted_units = $6, version = version + 1
         WHERE id = $1 AND state = $2 AND version = $4 AND $3 = 'approved'";
    CLAIM_GIVE_UP =
        "UPDATE claims SET state = 'withdrawn', granted_yen = NULL, granted_units = NULL, version = version + 1
         WHERE id = $1 AND state = $2 AND version = $3";
    CLAIM_RESUBMIT =
        "UPDATE claims SET state = 'submitted', revision = revision + 1, version = version + 1
         WHERE id = $1 AND state = 'returned' AND version = $2";
    CLAIM_TOUCH = "UPDATE claims SET version = version + 1 WHERE id = $1 AND state = $2 AND version = $3";
    REVISIONS_GET =
        "SELECT revision, submitted_at_ms, claimed_yen, choices, bundle_sha256 FROM claim_revisions
         WHERE claim_id = $1 ORDER BY revision";
    DOCUMENTS_GET =
        "SELECT position, declared, file, sha256, size_bytes FROM documents
         WHERE claim_id = $1 AND revision = $2 ORDER BY position";

    // --- readings and what makes a dossier
    READING_INSERT = "INSERT INTO readings (claim_id, revision, position, reading) VALUES ($1, $2, $3, $4)";
    READINGS_GET = "SELECT reading FROM readings WHERE claim_id = $1 AND revision = $2 ORDER BY position";
    RECEIPT_FACTS_INSERT =
        "INSERT INTO receipt_facts (claim_id, revision, position, issuer, issued_on, total_yen)
         VALUES ($1, $2, $3, $4, $5, $6)";
    GRANTS_TO_FACILITY =
        "SELECT DISTINCT programme FROM claims
         WHERE facility_code = $1 AND id <> $2 AND state IN ('approved', 'batched', 'sent', 'paid', 'bounced')
         ORDER BY programme";
    /// What a claim asked for when it was first filed.
    FILED_CHOICES = "SELECT choices FROM claim_revisions WHERE claim_id = $1 AND revision = 1";
    /// Other claims of the facility $1 under the programme $2 that came before $3 at $4.
    FILED_BEFORE =
        "SELECT id FROM claims
         WHERE facility_code = $1 AND programme = $2 AND id <> $3
             AND (submitted_at_ms < $4 OR (submitted_at_ms = $4 AND id < $3))
             AND state NOT IN ('draft', 'rejected', 'withdrawn')
         ORDER BY id";
    DUPLICATES_BY_BYTES =
        "SELECT DISTINCT d.position, d.file, other.id AS other_claim, other.facility_code AS other_facility,
             o.file AS other_file
         FROM documents d
         JOIN documents o ON o.sha256 = d.sha256 AND o.claim_id <> d.claim_id AND o.declared = 'receipt'
         JOIN claims other ON other.id = o.claim_id AND other.revision = o.revision
         WHERE d.claim_id = $1 AND d.revision = $2 AND d.declared = 'receipt'
             AND other.state NOT IN ('draft', 'rejected', 'returned', 'withdrawn')
         ORDER BY d.position, other.id, o.file";
    DUPLICATES_BY_FACTS =
        "SELECT DISTINCT d.position, d.file, other.id AS other_claim, other.facility_code AS other_facility,
             od.file AS other_file
         FROM receipt_facts f
         JOIN documents d ON d.claim_id = f.claim_id AND d.revision = f.revision AND d.position = f.position
         JOIN receipt_facts o ON o.issuer = f.issuer AND o.issued_on = f.issued_on AND o.total_yen = f.total_yen
             AND o.claim_id <> f.claim_id
         JOIN documents od ON od.claim_id = o.claim_id AND od.revision = o.revision AND od.position = o.position
         JOIN claims other ON other.id = o.claim_id AND other.revision = o.revision
         WHERE f.claim_id = $1 AND f.revision = $2
             AND other.state NOT IN ('draft', 'rejected', 'returned', 'withdrawn')
         ORDER BY d.position, other.id, od.file";
    PAGE_HASH_INSERT =
        "INSERT INTO page_hashes (claim_id, revision, position, page, hash) VALUES ($1, $2, $3, $4, $5)";
    PAGE_BAND_INSERT =
        "INSERT INTO page_bands (band, total_yen, claim_id, revision, position, page)
         VALUES ($1, $2, $3, $4, $5, $6)";
    /// Pages that have a part of their hash in common with one of the claim $1, revision $2, and no other amount.
    DUPLICATES_BY_PAGE =
        "SELECT d.position, d.file, h.page, h.hash, other.id AS other_claim, other.facility_code AS other_facility,
             od.file AS other_file, oh.page AS other_page, oh.hash AS other_hash, g.reading AS other_reading
         FROM (SELECT DISTINCT m.position, m.page, o.claim_id, o.revision, o.position AS other_position,
                   o.page AS other_page
               FROM page_bands m
               JOIN page_bands o ON o.band = m.band AND o.claim_id <> m.claim_id
                   AND (o.total_yen = m.total_yen OR o.total_yen = -1 OR m.total_yen = -1)
               WHERE m.claim_id = $1 AND m.revision = $2) near
         JOIN documents d ON d.claim_id = $1 AND d.revision = $2 AND d.position = near.position
         JOIN page_hashes h ON h.claim_id = $1 AND h.revision = $2 AND h.position = near.position
             AND h.page = near.page
         JOIN claims other ON other.id = near.claim_id AND other.revision = near.revision
         JOIN documents od ON od.claim_id = near.claim_id AND od.revision = near.revision
             AND od.position = near.other_position
         JOIN page_hashes oh ON oh.claim_id = near.claim_id AND oh.revision = near.revision
             AND oh.position = near.other_position AND oh.page = near.other_page
         JOIN readings g ON g.claim_id = near.claim_id AND g.revision = near.revision
             AND g.position = near.other_position
         WHERE d.declared = 'receipt' AND od.declared = 'receipt'
             AND other.state NOT IN ('draft', 'rejected', 'returned', 'withdrawn')
         ORDER BY d.position, other.id, h.page, oh.page LIMIT $3";
    VERDICT_INSERT =
        "INSERT INTO duplicate_verdicts (log_position, claim_id, other_claim_id, verdict, judged_by, judged_at_ms,
             reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    VERDICT_GET =
        "SELECT verdict FROM duplicate_verdicts WHERE claim_id = $1 AND other_claim_id = $2
         ORDER BY log_position DESC LIMIT 1";

    // --- assessments, decisions, notices
    ASSESSMENT_PUT =
        "INSERT INTO assessments (claim_id, revision, sha256, content, basis_log_size) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (claim_id, revision) DO UPDATE SET sha256 = excluded.sha256, content = excluded.content,
             basis_log_size = excluded.basis_log_size";
    ASSESSMENT_GET = "SELECT sha256, content FROM assessments WHERE claim_id = $1 AND revision = $2";
    ASSESSMENT_BASIS = "SELECT sha256, basis_log_size FROM assessments WHERE claim_id = $1 AND revision = $2";
    /// A grant to the same facility that the log tells of at $3 or later.
    GRANTED_SINCE =
        "SELECT d.claim_id FROM decisions d JOIN claims c ON c.id = d.claim_id
         WHERE c.facility_code = $1 AND c.id <> $2 AND d.kind = 'approve' AND d.log_position >= $3
         ORDER BY d.log_position LIMIT 1";
    DECISION_INSERT =
        "INSERT INTO decisions (claim_id, revision, kind, grant_yen, grant_units, assessment_sha256, decided_by,
             decided_at_ms, reason, log_position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    DECISIONS_GET =
        "SELECT claim_id, revision, kind, grant_yen, grant_units, assessment_sha256, decided_by, decided_at_ms, reason,
             log_position
         FROM decisions WHERE claim_id = $1 ORDER BY revision";
    /// What was granted in kind after the claim $1, at most $2, by programme $3 if it is given.
    UNITS_GRANTED =
        "SELECT c.id AS claim_id, c.programme, c.facility_code, c.granted_units, d.decided_at_ms, d.log_position
         FROM claims c
         JOIN decisions d ON d.claim_id = c.id AND d.revision = c.revision
         WHERE c.id > $1 AND c.granted_units IS NOT NULL AND (CAST($3 AS TEXT) IS NULL OR c.programme = $3)
         ORDER BY c.id LIMIT $2";
    NOTICE_INSERT =
        "INSERT INTO notices (claim_id, revision, kind, number, issued_on, pdf_sha256)
         VALUES ($1, $2, $3, $4, $5, $6)";
    NOTICES_OF_CLAIM =
        "SELECT claim_id, revision, kind, number, issued_on, pdf_sha256 FROM notices
         WHERE claim_id = $1 ORDER BY revision";
    NOTICES_PAGE =
        "SELECT claim_id, revision, kind, number, issued_on, pdf_sha256 FROM notices
         WHERE number > $1 ORDER BY number LIMIT $2";

    // --- payments
    APPROVED_CLAIMS =
        "SELECT c.id AS claim_id, c.programme, c.facility_code, f.name AS facility_name, c.granted_yen, f.account,
             d.decided_at_ms, a.looked_by IS NOT NULL AND a.account = f.account AS account_looked
         FROM claims c
         JOIN decisions d ON d.claim_id = c.id AND d.revision = c.revision
         LEFT JOIN facilities f ON f.code = c.facility_code
         LEFT JOIN facility_accounts a ON a.facility_code = c.facility_code
             AND a.number = (SELECT MAX(number) FROM facility_accounts o WHERE o.facility_code = c.facility_code)
         WHERE c.state = 'approved' AND c.granted_yen IS NOT NULL AND (CAST($1 AS TEXT) IS NULL OR c.programme = $1)
         ORDER BY c.id";
    BATCH_INSERT =
        "INSERT INTO batches (id, pay_on, prepared_by, prepared_at_ms, state, releasers, most_yen)
         VALUES ($1, $2, $3, $4, 'prepared', $5, $6)";
    PAYMENT_INSERT =
        "INSERT INTO payments (batch_id, claim_id, facility_code, facility_name, amount_yen, account, live)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BATCH_RELEASE =
        "UPDATE batches SET state = 'released', released_by = $2, released_at_ms = $3, content_sha256 = $4
         WHERE id = $1 AND state = 'prepared'";
    BATCH_CANCEL = "UPDATE batches SET state = 'cancelled' WHERE id = $1 AND state = 'prepared'";
    PAYMENTS_END = "UPDATE payments SET live = $2 WHERE batch_id = $1 AND live <> $2";
    BATCH_STATE = "SELECT state FROM batches WHERE id = $1";
    BATCH_GET =
        "SELECT id, pay_on, prepared_by, prepared_at_ms, state, released_by, released_at_ms, content_sha256, releasers,
             most_yen
         FROM batches WHERE id = $1";
    BATCHES_GET =
        "SELECT id, pay_on, prepared_by, prepared_at_ms, state, released_by, released_at_ms, content_sha256, releasers,
             most_yen
         FROM batches ORDER BY id";
    BATCH_SUMMARY =
        "SELECT b.id, b.pay_on, b.prepared_by, b.prepared_at_ms, b.state, b.released_by, b.released_at_ms,
             b.content_sha256, b.releasers, b.most_yen, t.payments, t.total_yen
         FROM batches b JOIN batch_totals t ON t.batch_id = b.id WHERE b.id = $1";
    /// At most $2 batches with ids below $1 (all of them where that is empty), the last first.
    BATCHES_PAGE =
        "SELECT b.id, b.pay_on, b.prepared_by, b.prepared_at_ms, b.state, b.released_by, b.released_at_ms,
             b.content_sha256, b.releasers, b.most_yen, t.payments, t.total_yen
         FROM batches b JOIN batch_totals t ON t.batch_id = b.id
         WHERE $1 = '' OR b.id < $1 ORDER BY b.id DESC LIMIT $2";
    PAYMENTS_PAGE =
        "SELECT claim_id, facility_code, facility_name, amount_yen, account FROM payments
         WHERE batch_id = $1 AND claim_id > $2 ORDER BY claim_id LIMIT $3";
    /// Approved claims that wait for payment: how many, their sum, and how many of them have an account to be paid to.
    PAYABLE =
        "SELECT COUNT(*) AS claims,
             CAST(COALESCE(SUM(CASE WHEN a.looked_by IS NOT NULL AND a.account = f.account THEN c.granted_yen ELSE 0 END), 0)
                 AS BIGINT) AS yen,
             CAST(COALESCE(SUM(CASE WHEN a.looked_by IS NOT NULL AND a.account = f.account THEN 1 ELSE 0 END), 0)
                 AS BIGINT) AS payable,
             CAST(COALESCE(SUM(CASE WHEN f.account IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS without_account
         FROM claims c LEFT JOIN facilities f ON f.code = c.facility_code
         LEFT JOIN facility_accounts a ON a.facility_code = c.facility_code
             AND a.number = (SELECT MAX(number) FROM facility_accounts o WHERE o.facility_code = c.facility_code)
         WHERE c.state = 'approved' AND c.granted_yen IS NOT NULL";
    PAYMENTS_GET =
        "SELECT claim_id, facility_code, facility_name, amount_yen, account FROM payments
         WHERE batch_id = $1 ORDER BY claim_id";

    // --- queue (those that read the clock are in dialect.rs)
    /// The fence: the first statement of a job's effect.
    JOB_FINISH =
        "UPDATE jobs SET state = 'done', lease_owner = NULL, lease_until_ms = NULL, reason = NULL
         WHERE id = $1 AND lease_token = $2 AND state = 'leased'";
    JOB_PARK =
        "UPDATE jobs SET state = 'parked', reason = $3, lease_owner = NULL, lease_until_ms = NULL
         WHERE id = $1 AND lease_token = $2 AND state = 'leased'";
    /// Takes a claim's jobs off the queue: whoever has one loses its lease.
    JOBS_CALL_OFF =
        "UPDATE jobs SET state = 'done', lease_owner = NULL, lease_until_ms = NULL, reason = $2
         WHERE claim_id = $1 AND state <> 'done'";
    JOB_COUNTS = "SELECT kind, state, COUNT(*) FROM jobs GROUP BY kind, state ORDER BY kind, state";
    JOBS_OF_CLAIM =
        "SELECT id, kind, claim_id, revision, state, attempts, reason FROM jobs WHERE claim_id = $1 ORDER BY id";
    JOBS_PARKED =
        "SELECT id, kind, claim_id, revision, state, attempts, reason FROM jobs
         WHERE state = 'parked' AND id > $1 ORDER BY id LIMIT $2";

    // --- messages
    MESSAGE_OUTGOING =
        "SELECT m.id, m.kind, m.claim_id, m.revision, c.programme, c.submitted_at_ms, m.account_id, a.name,
             CASE WHEN a.active = 1 THEN a.email END AS email, m.attempts, m.lease_token
         FROM messages m JOIN claims c ON c.id = m.claim_id JOIN accounts a ON a.id = m.account_id WHERE m.id = $1";
    MESSAGE_SENT =
        "UPDATE messages SET state = 'sent', sent_at_ms = $3, reason = NULL, lease_until_ms = NULL
         WHERE id = $1 AND lease_token = $2 AND state = 'leased'";
    MESSAGES_PAGE =
        "SELECT id, kind, claim_id, revision, account_id, state, attempts, created_at_ms, sent_at_ms, reason
         FROM messages WHERE id > $1 ORDER BY id LIMIT $2";
    MESSAGES_FAILED =
        "SELECT id, kind, claim_id, revision, account_id, state, attempts, created_at_ms, sent_at_ms, reason
         FROM messages WHERE id > $1 AND state = 'failed' ORDER BY id LIMIT $2";
    MESSAGES_OF_CLAIM =
        "SELECT id, kind, claim_id, revision, account_id, state, attempts, created_at_ms, sent_at_ms, reason
         FROM messages WHERE id > $1 AND claim_id = $3 ORDER BY id LIMIT $2";
    ACCOUNT_EMAIL_SET = "UPDATE accounts SET email = $2, version = version + 1 WHERE id = $1 AND active = 1";

    // --- sign-in by OpenID Connect
    OPENID_ATTEMPT_INSERT =
        "INSERT INTO openid_attempts (key_sha256, state, nonce, verifier, next_path, account_id, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OPENID_ATTEMPT_TAKE =
        "DELETE FROM openid_attempts WHERE key_sha256 = $1
         RETURNING state, nonce, verifier, next_path, account_id, expires_at_ms";
    OPENID_ATTEMPTS_FORGET = "DELETE FROM openid_attempts WHERE expires_at_ms <= $1";
    IDENTITY_INSERT =
        "INSERT INTO openid_identities (issuer, subject, account_id, linked_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING";
    IDENTITY_DELETE = "DELETE FROM openid_identities WHERE issuer = $1 AND account_id = $2";
    IDENTITY_ACCOUNT = "SELECT account_id FROM openid_identities WHERE issuer = $1 AND subject = $2";
    IDENTITY_OF_ACCOUNT = "SELECT subject FROM openid_identities WHERE issuer = $1 AND account_id = $2";
}
