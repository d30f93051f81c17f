//! Many claims for measurements: what stands in a small store, written so many times more by bulk statements, so that a
//! million claims take minutes and not days. Only for tests and benches.
//!
//! Copy `i` of a claim has its own id (`ID~i`), its own institution (each four copies share one), its own bundle and
//! issuers of receipts, an amount a few yen larger in the queue, and entries of the log at positions of its own. It differs
//! from a claim that came in by itself in this: its files, readings and assessment are those of the first (the hash and the
//! name in them too), so there is no object under the hashes of its files; pages have no look-alike hashes; the log's tree
//! does not cover its entries; and it is in no batch and not in the ledger, whatever its state, since the database lets nobody
//! write those by bulk.

use crate::database::{Tx, within};
use crate::{Store, StoreError};

/// The copies from $1 to $2. Every parameter is an i64.
macro_rules! copies {
    ($insert:literal, $($select:tt)+) => {
        concat!(
            "INSERT INTO ", $insert, "
             WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2) ",
            $($select)+
        )
    };
}

/// The institution of copy `i` of one with this code: of the same prefecture, with the fee table 2, for which no rule of the
/// check digit is certain.
macro_rules! institution {
    ($code:literal) => {
        concat!(
            "SUBSTR(",
            $code,
            ", 1, 2) || CASE WHEN i < 4 THEN SUBSTR(",
            $code,
            ", 3, 1) ELSE '2' END || SUBSTR(CAST(10000000 + (CAST(SUBSTR(",
            $code,
            ", 4) AS BIGINT) + (i / 4) * 10000) % 10000000 AS TEXT), 2)"
        )
    };
}

const BEFORE: &[&str] = &[
    "CREATE TABLE many_claims AS SELECT id, facility_code FROM claims",
    "CREATE UNIQUE INDEX many_claims_by_id ON many_claims (id)",
    "CREATE TABLE many_log AS SELECT size AS entries FROM log_head",
    "CREATE TABLE many_facilities AS SELECT code FROM facilities",
];

const EACH: &[&str] = &[
    copies!(
        "facilities (code, kind, name, founder, postal_code, address, measure_number, measure_ended_on, earlier_grants,
             account)",
        "SELECT ",
        institution!("f.code"),
        ",
             f.kind, f.name, f.founder, f.postal_code, f.address, f.measure_number, f.measure_ended_on,
             f.earlier_grants, f.account
         FROM n, many_facilities s JOIN facilities f ON f.code = s.code WHERE i % 4 = 0 AND i >= 4"
    ),
    copies!(
        "log_entries (position, payload)",
        "SELECT i * l.entries + e.position, e.payload FROM n, many_log l, log_entries e WHERE e.position < l.entries"
    ),
    copies!(
        "log_index (position, at_ms, event, actor)",
        "SELECT i * l.entries + e.position, e.at_ms, e.event, e.actor
         FROM n, many_log l, log_index e WHERE e.position < l.entries"
    ),
    copies!(
        "log_claims (claim_id, position)",
        "SELECT e.claim_id || '~' || CAST(i AS TEXT), i * l.entries + e.position
         FROM n, many_log l, many_claims s JOIN log_claims e ON e.claim_id = s.id"
    ),
    copies!(
        "claims (id, programme, facility_code, state, version, revision, submitted_at_ms, granted_yen, granted_units)",
        "SELECT c.id || '~' || CAST(i AS TEXT), c.programme,
             ",
        institution!("c.facility_code"),
        ",
             c.state, c.version, c.revision, c.submitted_at_ms, c.granted_yen, c.granted_units
         FROM n, many_claims s JOIN claims c ON c.id = s.id"
    ),
    copies!(
        "claim_revisions (claim_id, revision, submitted_at_ms, claimed_yen, choices, bundle_sha256)",
        "SELECT r.claim_id || '~' || CAST(i AS TEXT), r.revision, r.submitted_at_ms, r.claimed_yen, r.choices,
             SUBSTR(r.bundle_sha256, 1, 56) || SUBSTR(CAST(100000000 + i AS TEXT), 2)
         FROM n, many_claims s JOIN claim_revisions r ON r.claim_id = s.id"
    ),
    copies!(
        "documents (claim_id, revision, position, declared, file, sha256, size_bytes)",
        "SELECT d.claim_id || '~' || CAST(i AS TEXT), d.revision, d.position, d.declared, d.file,
             SUBSTR(d.sha256, 1, 56) || SUBSTR(CAST(100000000 + i AS TEXT), 2), d.size_bytes
         FROM n, many_claims s JOIN documents d ON d.claim_id = s.id"
    ),
    copies!(
        "readings (claim_id, revision, position, reading)",
        "SELECT r.claim_id || '~' || CAST(i AS TEXT), r.revision, r.position, r.reading
         FROM n, many_claims s JOIN readings r ON r.claim_id = s.id"
    ),
    copies!(
        "receipt_facts (claim_id, revision, position, issuer, issued_on, total_yen)",
        "SELECT r.claim_id || '~' || CAST(i AS TEXT), r.revision, r.position, r.issuer || '~' || CAST(i AS TEXT),
             r.issued_on, r.total_yen
         FROM n, many_claims s JOIN receipt_facts r ON r.claim_id = s.id"
    ),
    copies!(
        "assessments (claim_id, revision, sha256, content, basis_log_size)",
        "SELECT a.claim_id || '~' || CAST(i AS TEXT), a.revision, a.sha256, a.content, a.basis_log_size
         FROM n, many_claims s JOIN assessments a ON a.claim_id = s.id"
    ),
    copies!(
        "assessment_findings (claim_id, revision, finding)",
        "SELECT a.claim_id || '~' || CAST(i AS TEXT), a.revision, a.finding
         FROM n, many_claims s JOIN assessment_findings a ON a.claim_id = s.id"
    ),
    copies!(
        "decisions (claim_id, revision, kind, grant_yen, grant_units, assessment_sha256, decided_by, decided_at_ms,
             reason, log_position)",
        "SELECT d.claim_id || '~' || CAST(i AS TEXT), d.revision, d.kind, d.grant_yen, d.grant_units,
             d.assessment_sha256, d.decided_by, d.decided_at_ms, d.reason, i * l.entries + d.log_position
         FROM n, many_log l, many_claims s JOIN decisions d ON d.claim_id = s.id"
    ),
    copies!(
        "review_queue (claim_id, programme, facility_code, kind, prefecture, due_on, deadline_on, weight, duplicate,
             doubts, amount_yen, submitted_at_ms, findings)",
        "SELECT q.claim_id || '~' || CAST(i AS TEXT), q.programme, q.facility_code, q.kind, q.prefecture, q.due_on,
             q.deadline_on, q.weight - i % 1000, q.duplicate, q.doubts, q.amount_yen + i % 1000, q.submitted_at_ms,
             q.findings
         FROM n, many_claims s JOIN review_queue q ON q.claim_id = s.id"
    ),
    copies!(
        "review_queue_findings (finding, kind, due_on, weight, claim_id)",
        "SELECT q.finding, q.kind, q.due_on, q.weight - i % 1000, q.claim_id || '~' || CAST(i AS TEXT)
         FROM n, many_claims s JOIN review_queue_findings q ON q.claim_id = s.id"
    ),
];

/// What is kept of all copies together; $2 is the number of copies.
const FACILITIES_LOGGED: &str = copies!(
    "log_facilities (facility_code, position)",
    "SELECT ",
    institution!("e.facility_code"),
    ", i * l.entries + e.position
     FROM n, many_log l, log_facilities e WHERE e.position < l.entries"
);

const AFTER: &[&str] = &["DROP TABLE many_claims", "DROP TABLE many_log", "DROP TABLE many_facilities"];

async fn run(tx: &mut Tx, statement: &'static str) -> Result<(), StoreError> {
    Ok(within!(*tx, |c| sqlx::query(statement).execute(c).await.map(drop))?)
}

async fn copy(tx: &mut Tx, statement: &'static str, from: i64, to: i64) -> Result<(), StoreError> {
    Ok(within!(*tx, |c| sqlx::query(statement).bind(from).bind(to).execute(c).await.map(drop))?)
}

impl Store {
    /// Writes `copies` copies of all that is in the store beside it; `told` hears how many there are so far.
    pub async fn multiply(&self, copies: u32, told: impl Fn(u32)) -> Result<(), StoreError> {
        /// In one transaction.
        const AT_ONCE: i64 = 40;
        let copies = i64::from(copies);
        let mut tx = self.db.begin().await?;
        for statement in BEFORE {
            run(&mut tx, statement).await?;
        }
        tx.commit().await?;
        let mut from = 1;
        while from <= copies {
            let to = (from + AT_ONCE - 1).min(copies);
            let mut tx = self.db.begin().await?;
            for statement in EACH {
                copy(&mut tx, statement, from, to).await?;
            }
            copy(&mut tx, FACILITIES_LOGGED, from, to).await?;
            tx.commit().await?;
            told(u32::try_from(to).unwrap_or(u32::MAX));
            from = to + 1;
        }
        let mut tx = self.db.begin().await?;
        within!(tx, |c| sqlx::query("UPDATE review_counts SET claims = claims * ($1 + 1)")
            .bind(copies)
            .execute(c)
            .await
            .map(drop))?;
        within!(tx, |c| sqlx::query("UPDATE log_head SET size = size * ($1 + 1)")
            .bind(copies)
            .execute(c)
            .await
            .map(drop))?;
        for statement in AFTER {
            run(&mut tx, statement).await?;
        }
        tx.commit().await?;
        let mut tx = self.db.begin().await?;
        run(&mut tx, "ANALYZE").await?;
        tx.commit().await
    }
}
