//! The queue under workers that race, stall and come back.

use super::*;
use crate::{JobState, StoreError};
use std::collections::BTreeSet;

on_both! {
    no_job_is_given_to_two_workers
    who_lost_the_lease_writes_nothing
    a_job_that_never_ends_is_parked
    the_token_of_an_old_lease_never_fits_again
}

async fn no_job_is_given_to_two_workers(fixture: Fixture) {
    const JOBS: usize = 60;
    for i in 0..JOBS {
        fixture.submitted(&format!("claim {i:02}"), CLINIC, b"receipt").await;
    }
    let mut workers = Vec::new();
    for worker in 0..6 {
        // Connections of their own, as of another process.
        let store = Store::open(&fixture.config).await.unwrap();
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let jobs = store.take(&format!("worker {worker}"), JobKind::ALL, LEASE, 3).await.unwrap();
                // On PostgreSQL a worker that meets only locked rows gets none although some are left.
                if jobs.is_empty() && store.queue_counts().await.unwrap().iter().all(|c| c.state != JobState::Ready) {
                    return taken;
                }
                taken.extend(jobs.iter().map(|job| job.id));
            }
        }));
    }
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), JOBS);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
}

async fn who_lost_the_lease_writes_nothing(fixture: Fixture) {
    let store = &fixture.store;
    let new = fixture.submitted("A", CLINIC, b"receipt").await;
    let readings = [receipt_reading(&new.documents[0], "店")];
    let stalled = fixture.job(JobKind::Read).await;
    fixture.sql("UPDATE jobs SET lease_until_ms = 1").await.unwrap();
    assert_eq!(store.reap().await.unwrap().ready, 1);
    let current = fixture.job(JobKind::Read).await;

    let before = fixture.everything().await;
    let error = store.finish_read(&stalled, &readings, &[], &entry("read")).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseLost { job } if job == stalled.id), "{error}");
    assert!(!error.is_transient());
    assert_eq!(fixture.everything().await, before);
    assert!(!store.heartbeat(&stalled, LEASE).await.unwrap());
    assert!(store.retry(&stalled, "late", Duration::ZERO).await.is_err());
    assert!(store.park(&stalled, "late").await.is_err());

    store.finish_read(&current, &readings, &[], &entry("read")).await.unwrap();
    // Neither does one that is done already.
    let before = fixture.everything().await;
    assert!(matches!(
        store.finish_read(&current, &readings, &[], &entry("read")).await.unwrap_err(),
        StoreError::LeaseLost { .. }
    ));
    assert_eq!(fixture.everything().await, before);

    // Nor one whose claim was withdrawn under it.
    fixture.submitted("W", CLINIC, b"receipt").await;
    let job = fixture.job(JobKind::Read).await;
    store.withdraw(&"W".into(), 1, &entry("withdrawn")).await.unwrap();
    let error = store.finish_read(&job, &readings, &[], &entry("read")).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseLost { .. }), "{error}");
}

async fn a_job_that_never_ends_is_parked(fixture: Fixture) {
    let store = &fixture.store;
    fixture.submitted("A", CLINIC, b"receipt").await;
    for attempt in 1..=fixture.config.max_attempts {
        assert_eq!(fixture.job(JobKind::Read).await.attempts, attempt);
        fixture.sql("UPDATE jobs SET lease_until_ms = 1").await.unwrap();
        let last = attempt == fixture.config.max_attempts;
        assert_eq!(store.reap().await.unwrap().parked, u64::from(last));
    }
    assert_eq!(store.take("tester", JobKind::ALL, LEASE, 9).await.unwrap(), []);
    let parked = store.parked_jobs(None, 9).await.unwrap();
    assert_eq!(parked[0].reason.as_deref(), Some("attempt 5 by tester did not end: its lease ran out"));

    // The same by failing: the last attempt parks it.
    assert!(store.unpark(parked[0].id).await.unwrap());
    for attempt in 1..=fixture.config.max_attempts {
        let job = fixture.job(JobKind::Read).await;
        let state = store.retry(&job, "damaged disk", Duration::ZERO).await.unwrap();
        assert_eq!(state, if attempt == job.max_attempts { JobState::Parked } else { JobState::Ready });
    }

    // A job that backs off is not given out before its time.
    assert!(store.unpark(parked[0].id).await.unwrap());
    let job = fixture.job(JobKind::Read).await;
    store.retry(&job, "busy", LEASE).await.unwrap();
    assert_eq!(store.take("tester", JobKind::ALL, LEASE, 9).await.unwrap(), []);
    assert_eq!(store.take("tester", &[], LEASE, 9).await.unwrap(), []);
}

/// After a person has unparked a job its attempts start again; a worker that stalled long ago has the same attempt.
async fn the_token_of_an_old_lease_never_fits_again(fixture: Fixture) {
    let store = &fixture.store;
    let new = fixture.submitted("A", CLINIC, b"receipt").await;
    let old = fixture.job(JobKind::Read).await;
    fixture.sql("UPDATE jobs SET lease_until_ms = 1").await.unwrap();
    store.reap().await.unwrap();
    let job = fixture.job(JobKind::Read).await;
    store.park(&job, "look at this").await.unwrap();
    store.unpark(job.id).await.unwrap();
    let now = fixture.job(JobKind::Read).await;
    assert_eq!(now.attempts, old.attempts);
    let readings = [receipt_reading(&new.documents[0], "店")];
    let error = store.finish_read(&old, &readings, &[], &entry("read")).await.unwrap_err();
    assert!(matches!(error, StoreError::LeaseLost { .. }), "{error}");
    store.finish_read(&now, &readings, &[], &entry("read")).await.unwrap();
}
