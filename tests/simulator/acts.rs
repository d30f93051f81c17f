//! What people, workers, bank and mail server do, one act at a time.

use crate::world::{FACILITIES, PROGRAMME, World};
use claim::{
    Actor, Category, ClaimState, Confidence, DecisionKind, Document, DocumentKind, Field, InstitutionCode,
    ItemizationLine, ItemizationReading, Lang, Method, NoticeKind, Reading, ReceiptReading, Sha256, Spot, Yen,
};
use decision_log::{AssessedClaim, Event, ReadDocument};
use office::{Accepted, Assessed, Office, OfficeError, Submission, Will, hash, json};
use std::time::Duration;
use store::{BatchState, ClaimFilter, Job, JobKind, NewNotice, Settled};

/// Long enough for an act, short enough that the job of a dead worker is soon taken up.
const LEASE: Duration = Duration::from_millis(5);

/// Something, by anybody.
pub(crate) async fn one(world: &mut World) {
    match rand::RngExt::random_range(&mut world.rng, 0..100) {
        0..14 => submit(world).await,
        14..17 => send_again(world).await,
        17..45 => drop(work(world).await),
        45..60 => decide(world).await,
        60..64 => answer(world).await,
        64..66 => withdraw(world).await,
        66..72 => prepare(world).await,
        72..81 => release(world).await,
        81..83 => cancel(world).await,
        83..88 => export(world).await,
        88..93 => results(world).await,
        93..96 => account(world).await,
        96..98 => budget(world).await,
        _ => mail(world).await,
    }
}

fn field<T>(value: T, text: &str) -> Option<Field<T>> {
    Some(Field {
        value,
        confidence: Confidence::CERTAIN,
        spot: Spot::default(),
        text: text.to_owned(),
        reasons: vec![],
    })
}

/// What a reader would find: the documents say it themselves, `SERIAL YEN`.
fn read(document: &Document, bytes: &[u8]) -> Reading {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut words = text.split(' ');
    let (serial, yen) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
    let total = Yen::new(yen).unwrap();
    let receipt = document.declared == DocumentKind::Receipt;
    let line = ItemizationLine {
        description: "レセプトコンピュータの改修".to_owned(),
        category: Some(Category::ReceiptComputer),
        category_reason: None,
        quantity: None,
        unit_price_yen: None,
        amount_yen: total,
        eligible: None,
        spot: Spot::default(),
        confidence: Confidence::CERTAIN,
    };
    Reading {
        file: document.file.clone(),
        sha256: document.sha256,
        media_type: "application/pdf".to_owned(),
        pages: 1,
        method: Some(if receipt { Method::Text } else { Method::Sheet }),
        kind: document.declared,
        page_hashes: vec![],
        receipt: receipt.then(|| ReceiptReading {
            total_yen: field(total, "領収金額"),
            issued_on: field("2025-12-10".parse().unwrap(), "令和7年12月10日"),
            payee: field("見本の機関".to_owned(), "見本の機関"),
            issuer: field(format!("株式会社{serial}"), "発行者"),
            ..ReceiptReading::default()
        }),
        itemization: (!receipt).then(|| ItemizationReading { lines: vec![line], ..ItemizationReading::default() }),
        problems: vec![],
    }
}

/// Stores documents and sends them; `None` if it was broken off before it was sent.
async fn documents(office: &Office, serial: u32, yen: i64) -> Result<Vec<Document>, OfficeError> {
    let mut documents = Vec::new();
    for (position, (declared, file, bytes)) in (0..).zip([
        (DocumentKind::Receipt, "領収書.pdf", format!("{serial} {yen} receipt").into_bytes()),
        (DocumentKind::Itemization, "内訳書.xlsx", format!("{serial} {yen} itemization").into_bytes()),
    ]) {
        let size_bytes = bytes.len() as u64;
        let sha256 = office.store.put_document(bytes).await?;
        documents.push(Document { position, declared, file: file.to_owned(), sha256, size_bytes });
    }
    Ok(documents)
}

async fn submit(world: &mut World) {
    world.serial += 1;
    let (serial, yen) = (world.serial, rand::RngExt::random_range(&mut world.rng, 1_000..900_000));
    let (code, _, _) = world.one_of(&FACILITIES).unwrap();
    world.says(format_args!("{code} applies with {yen} yen"));
    let office = world.office.clone();
    let at = office.now();
    let kept = world.mortal(async move { documents(&office, serial, yen).await }).await;
    let Some(Some(documents)) = kept.map(|kept| world.taken(kept)) else { return };
    let submission = Submission {
        programme: PROGRAMME.into(),
        facility: InstitutionCode::parse(code).unwrap(),
        submitted_at: at,
        claimed_yen: None,
        choices: Vec::new(),
        revises: None,
        documents,
        stated: Vec::new(),
    };
    world.sent.push(submission.clone());
    send(world, submission).await;
}

async fn send(world: &mut World, submission: Submission) {
    let office = world.office.clone();
    let by = Actor::facility(submission.facility.as_str());
    let sent = submission.clone();
    let done = world.mortal(async move { office.submit(&sent, &by).await }).await;
    let Some(Some(accepted)) = done.map(|done| world.taken(done)) else { return };
    let (Accepted::New(id) | Accepted::AlreadyThere(id)) = &accepted;
    let documents: Vec<Sha256> = submission.documents.iter().map(|document| document.sha256).collect();
    if matches!(accepted, Accepted::New(_)) {
        world.told.claims += u64::from(submission.revises.is_none());
    }
    world.accepted.entry(id.clone()).or_default().extend(documents);
}

/// The same bundle once more: whoever does not know whether it was accepted sends it again.
async fn send_again(world: &mut World) {
    let sent = world.sent.clone();
    let Some(submission) = world.one_of(&sent) else { return };
    world.says("the same is sent again");
    send(world, submission).await;
}

async fn in_state(world: &World, state: ClaimState) -> Vec<store::ClaimSummary> {
    let filter = ClaimFilter { state: Some(state), ..ClaimFilter::default() };
    world.office.store.claims(&filter, None, 200).await.unwrap()
}

/// A worker takes a job and does it; whether there was one.
async fn work(world: &mut World) -> bool {
    // Leases are short and time is real there: a dead worker's job comes back.
    tokio::time::sleep(Duration::from_millis(6)).await;
    world.office.store.reap().await.unwrap();
    let Some(job) =
        world.office.store.take("worker", JobKind::ALL, LEASE.max(Duration::from_secs(2)), 1).await.unwrap().pop()
    else {
        return false;
    };
    world.says(format_args!("{} of {}", job.kind.code(), job.claim_id));
    let office = world.office.clone();
    let taken = job.clone();
    let done = world.mortal(async move { stage(&office, &taken).await }).await;
    match done {
        Some(Err(error)) => {
            assert!(!matches!(error, OfficeError::Inconsistent(_)), "{error}");
            world.says(format_args!("  failed: {error}"));
            // As a worker does: tried again, or left for a person to put back.
            drop(world.office.store.retry(&job, "it failed", Duration::ZERO).await);
        }
        // The worker died with its job.
        None => drop(world.office.store.retry(&job, "it died", Duration::ZERO).await),
        Some(Ok(())) => {}
    }
    for parked in world.office.store.parked_jobs(None, 100).await.unwrap() {
        world.office.store.unpark(parked.id).await.unwrap();
    }
    true
}

/// Work until there is none, without faults; whether there was some.
pub(crate) async fn work_whole(world: &mut World) -> bool {
    world.office.store.reap().await.unwrap();
    let Some(job) = world.office.store.take("worker", JobKind::ALL, Duration::from_secs(60), 1).await.unwrap().pop()
    else {
        return false;
    };
    stage(&world.office, &job).await.unwrap_or_else(|error| panic!("{} of {}: {error}", job.kind.code(), job.claim_id));
    true
}

async fn stage(office: &Office, job: &Job) -> Result<(), OfficeError> {
    match job.kind {
        JobKind::Read => {
            let record = office.claim(&job.claim_id).await?;
            let mut readings = Vec::new();
            for document in &record.documents {
                readings.push(read(document, &office.store.document(&document.sha256).await?));
            }
            let read = record.documents.iter().zip(&readings).map(|(document, reading)| ReadDocument {
                position: document.position,
                document: document.sha256,
                reading: hash(&json(reading)),
                method: reading.method,
                kind: reading.kind,
                problems: Vec::new(),
            });
            let event =
                Event::ClaimRead { claim_id: job.claim_id.clone(), revision: job.revision, readings: read.collect() };
            office.store.finish_read(job, &readings, &[], &[office.entry(&Actor::system(), event)]).await?;
        }
        JobKind::Assess => {
            let dossier = office.store.dossier(&job.claim_id).await?;
            let ruleset = office.rulebook.on(office.today()).await?;
            let rules::Assessed { facts, observed, assessment } = ruleset
                .assess_dossier(&dossier)
                .map_err(|error| OfficeError::Inconsistent(format!("{}: {error}", job.claim_id)))?;
            let assessed = Assessed::new(facts, observed, assessment);
            let bytes = json(&assessed);
            let sha256 = hash(&bytes);
            let event = Event::ClaimAssessed(Box::new(AssessedClaim {
                claim_id: job.claim_id.clone(),
                revision: job.revision,
                facts: assessed.facts.clone(),
                observed: assessed.observed.clone(),
                assessment: assessed.assessment.clone(),
                assessment_sha256: sha256,
            }));
            let reasons = assessed.assessment.findings.iter().map(|finding| finding.code).collect();
            let waits = Event::ClaimInReview { claim_id: job.claim_id.clone(), revision: job.revision, reasons };
            let entries = [office.entry(&Actor::system(), event), office.entry(&Actor::system(), waits)];
            let waiting = Office::waiting(&dossier, &ruleset, &assessed);
            office.store.finish_assess(job, &bytes, sha256, &waiting, Settled::ForAPerson, &entries).await?;
        }
        JobKind::Notice => {
            let record = office.claim(&job.claim_id).await?;
            let decided = record.decisions.iter().find(|one| one.decision.revision == job.revision).unwrap();
            let kind = match decided.decision.kind {
                DecisionKind::Approve => NoticeKind::Approval,
                DecisionKind::Return => NoticeKind::Return,
                DecisionKind::Reject => NoticeKind::Rejection,
            };
            let number = format!("{}第{}号", job.claim_id, job.revision);
            let pdf = office.store.put_document(format!("%PDF {number}").into_bytes()).await?;
            let new = NewNotice { kind, number: number.clone(), issued_on: office.today(), pdf };
            let event = Event::NoticeIssued {
                claim_id: job.claim_id.clone(),
                revision: job.revision,
                kind,
                number,
                sha256: pdf,
            };
            office.store.finish_notice(job, &new, office.now(), &[office.entry(&Actor::system(), event)]).await?;
        }
    }
    Ok(())
}

async fn decide(world: &mut World) {
    let waiting = in_state(world, ClaimState::InReview).await;
    let Some(claim) = world.one_of(&waiting) else { return };
    let kind = match rand::RngExt::random_range(&mut world.rng, 0..10) {
        0 => DecisionKind::Return,
        1 => DecisionKind::Reject,
        _ => DecisionKind::Approve,
    };
    let by = Actor::staff(world.one_of(&["reviewer-a", "reviewer-b", "approver-a"]).unwrap());
    let overridden: Vec<String> = match world.office.assessed(&claim.id, claim.revision).await.unwrap() {
        Some(assessed) if kind == DecisionKind::Approve => {
            let findings = assessed.assessment.findings.iter();
            findings
                .filter(|finding| finding.severity() == claim::Severity::Reject)
                .map(|finding| finding.code.code().to_owned())
                .collect()
        }
        _ => Vec::new(),
    };
    // Somebody looked at it a while ago.
    let seen = if world.chance(10) { claim.version.saturating_sub(1) } else { claim.version };
    world.says(format_args!("{by} decides {} {}", kind.code(), claim.id));
    let (office, id) = (world.office.clone(), claim.id.clone());
    let done = world
        .mortal(async move {
            let will = Will {
                kind,
                by: &by,
                reason: Some("確認した"),
                choice: None,
                overridden: &overridden,
                seen: Some(seen),
            };
            office.decide(&id, will).await.map(drop)
        })
        .await;
    if done.and_then(|done| world.taken(done)).is_some() && kind == DecisionKind::Approve {
        world.told.approved += 1;
    }
}

async fn answer(world: &mut World) {
    let returned = in_state(world, ClaimState::Returned).await;
    let Some(claim) = world.one_of(&returned) else { return };
    let record = world.office.claim(&claim.id).await.unwrap();
    world.says(format_args!("{} is sent again", claim.id));
    let submission = Submission {
        programme: claim.programme.clone(),
        facility: claim.facility_code.clone(),
        submitted_at: world.office.now(),
        claimed_yen: None,
        choices: Vec::new(),
        revises: Some(claim.id.clone()),
        documents: record.documents,
        stated: Vec::new(),
    };
    send(world, submission).await;
}

async fn withdraw(world: &mut World) {
    let mut open = in_state(world, ClaimState::InReview).await;
    open.extend(in_state(world, ClaimState::Submitted).await);
    open.extend(in_state(world, ClaimState::Approved).await);
    let Some(claim) = world.one_of(&open) else { return };
    world.says(format_args!("{} is withdrawn", claim.id));
    let office = world.office.clone();
    let done = world
        .mortal(async move {
            office.withdraw(&claim.id, claim.version, &Actor::facility(claim.facility_code.as_str())).await
        })
        .await;
    done.map(|done| world.taken(done));
}

async fn prepare(world: &mut World) {
    let by = Actor::staff(world.one_of(&["officer-a", "officer-b"]).unwrap());
    world.says(format_args!("{by} prepares a batch"));
    let office = world.office.clone();
    let done = world.mortal(async move { office.prepare_batch(&by, None).await.map(drop) }).await;
    done.map(|done| world.taken(done));
}

async fn batches(world: &World, state: BatchState) -> Vec<store::BatchRecord> {
    let all = world.office.store.batches().await.unwrap();
    all.into_iter().filter(|batch| batch.state == state).collect()
}

async fn release(world: &mut World) {
    let prepared = batches(world, BatchState::Prepared).await;
    let Some(batch) = world.one_of(&prepared) else { return };
    // Also those who may not.
    let who = ["approver-a", "approver-b", "approver-c", "officer-a", "officer-b", "reviewer-a", "reviewer-b"];
    let by = Actor::staff(world.one_of(&who).unwrap());
    world.says(format_args!("{by} releases {}", batch.id));
    let (office, id, who) = (world.office.clone(), batch.id.clone(), by.clone());
    let done = world.mortal(async move { office.release_batch(&id, &who, None).await }).await;
    let taken = done.and_then(|done| world.taken(done));
    if taken.is_some() {
        assert_ne!(batch.prepared_by, by, "who prepared {} released it", batch.id);
        for payment in &batch.payments {
            let record = world.office.claim(&payment.claim_id).await.unwrap();
            let decided = record.decisions.iter().any(|one| one.decision.decided_by == by);
            assert!(!decided, "{by} decided {} and released {}", payment.claim_id, batch.id);
        }
    }
}

async fn cancel(world: &mut World) {
    let prepared = batches(world, BatchState::Prepared).await;
    let Some(batch) = world.one_of(&prepared) else { return };
    world.says(format_args!("{} is given up", batch.id));
    let office = world.office.clone();
    let done = world.mortal(async move { office.cancel_batch(&batch.id, &Actor::staff("officer-a")).await }).await;
    done.map(|done| world.taken(done));
}

async fn export(world: &mut World) {
    let released = batches(world, BatchState::Released).await;
    let Some(batch) = world.one_of(&released) else { return };
    world.says(format_args!("{} is written out", batch.id));
    let (office, id) = (world.office.clone(), batch.id.clone());
    let done = world.mortal(async move { office.batch_files(&id).await }).await;
    let Some(Some(files)) = done.map(|done| world.taken(done)) else { return };
    let known = world.exported.entry(batch.id.clone()).or_insert_with(|| files.bank_file.clone());
    assert!(*known == files.bank_file, "{} was written out differently", batch.id);
    assert!(batch.releases.len() >= usize::try_from(batch.releasers).unwrap(), "{} lacks releasers", batch.id);
    world.bank.execute(&batch, &files.bank_file, &mut world.rng);
}

async fn results(world: &mut World) {
    let known = world.bank.batches();
    let Some(batch) = world.one_of(&known) else { return };
    let Some(file) = world.bank.tells(&batch, &mut world.rng) else { return };
    world.says(format_args!("the bank tells of {batch}"));
    for _ in 0..if world.chance(20) { 2 } else { 1 } {
        let (office, file, batch) = (world.office.clone(), file.clone(), batch.clone());
        let done = world
            .mortal(async move {
                office.receive_results(&file, "kekka.txt", Some(&batch), &Actor::staff("officer-a"), Lang::Ja).await
            })
            .await;
        let Some(Some(reconciled)) = done.map(|done| world.taken(done)) else { continue };
        if !reconciled.known {
            world.told.paid += reconciled.count(store::ResultVerdict::Paid) as u64;
            world.told.bounced += reconciled.count(store::ResultVerdict::Bounced) as u64;
        }
    }
}

async fn account(world: &mut World) {
    let (code, _, _) = world.one_of(&FACILITIES).unwrap();
    let facility = InstitutionCode::parse(code).unwrap();
    let office = world.office.clone();
    if world.chance(40) {
        let new = world.account(code);
        world.says(format_args!("{code} has another account"));
        let by = Actor::facility(code);
        let done = world.mortal(async move { office.set_account(&facility, new, &by).await }).await;
        done.map(|done| world.taken(done));
    } else {
        let by = Actor::staff(world.one_of(&["officer-a", "officer-b"]).unwrap());
        world.says(format_args!("{by} looks at the account of {code}"));
        let done = world.mortal(async move { office.look_at_account(&facility, &by, None).await.map(drop) }).await;
        done.map(|done| world.taken(done));
    }
}

async fn budget(world: &mut World) {
    let yen = Yen::new(rand::RngExt::random_range(&mut world.rng, 0..60) * 100_000).unwrap();
    world.says(format_args!("the budget is set to {yen}"));
    let office = world.office.clone();
    let done = world
        .mortal(async move {
            office.set_budget(&PROGRAMME.into(), yen, "年度の予算", &Actor::staff("officer-a")).await.map(drop)
        })
        .await;
    done.map(|done| world.taken(done));
    let office = world.office.clone();
    let done = world.mortal(async move { office.take_up_waiting().await.map(drop) }).await;
    done.map(|done| world.taken(done));
}

/// A sender takes messages and hands them over; the server may refuse, and the sender may die before it can say so.
async fn mail(world: &mut World) {
    for message in world.office.store.take_messages(Duration::from_millis(1), 5).await.unwrap() {
        let known = world.mailed.contains(&message.id);
        assert!(!known || message.attempts > 1, "message {} was sent and is taken as if it were new", message.id);
        if world.chance(20) {
            drop(world.office.store.message_not_sent(&message, "451", Some(Duration::ZERO)).await);
            continue;
        }
        world.mailed.insert(message.id);
        world.told.mails += 1;
        if !world.chance(10) {
            world.office.store.message_sent(&message, world.office.now()).await.unwrap();
        }
    }
}
