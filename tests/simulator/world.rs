//! The world of one seed: store, clock, people, what they know, and what must hold of all of it.

use crate::bank::Bank;
use claim::{Actor, ClaimId, ClaimState, Facility, FacilityKind, InstitutionCode, Sha256, Yen};
use decision_log::{Entry, Event};
use jiff::Timestamp;
use office::{Office, OfficeError, Settings, Submission};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use store::Store;

/// Institution codes whose check digits hold; clinics, pharmacies and a hospital of the samples' register.
pub(crate) const FACILITIES: [(&str, FacilityKind, i64); 3] = [
    ("1310110049", FacilityKind::Clinic, 128_000),
    ("3410712362", FacilityKind::Pharmacy, 128_000),
    ("0410119010", FacilityKind::Hospital, 411_000),
];
pub(crate) const PROGRAMME: &str = "home-consent";
/// While claims are taken.
const START: &str = "2026-01-10T09:00:00+09:00";

/// What came of the acts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) claims: u64,
    pub(crate) approved: u64,
    pub(crate) paid: u64,
    pub(crate) bounced: u64,
    pub(crate) broken_off: u64,
    pub(crate) refused: u64,
    pub(crate) mails: u64,
}

impl Told {
    pub(crate) fn add(&mut self, other: &Told) {
        self.claims += other.claims;
        self.approved += other.approved;
        self.paid += other.paid;
        self.bounced += other.bounced;
        self.broken_off += other.broken_off;
        self.refused += other.refused;
        self.mails += other.mails;
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { claims, approved, paid, bounced, broken_off, refused, mails } = self;
        write!(
            f,
            "{claims} claims, {approved} approved, {paid} paid, {bounced} bounced, {mails} mails, {broken_off} acts broken off, \
             {refused} refused"
        )
    }
}

/// A future that may be let go before it is done: at any of its awaits, as if its process had died there.
struct Mortal<F> {
    inner: Pin<Box<F>>,
    polls_left: Option<u32>,
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        match &mut self.polls_left {
            Some(0) => return Poll::Ready(None),
            Some(left) => *left -= 1,
            None => {}
        }
        self.inner.as_mut().poll(cx).map(Some)
    }
}

pub(crate) struct World {
    pub(crate) rng: StdRng,
    pub(crate) office: Office,
    pub(crate) told: Told,
    pub(crate) bank: Bank,
    /// What facilities were told is accepted: these must never be missing.
    pub(crate) accepted: BTreeMap<ClaimId, Vec<Sha256>>,
    /// Submissions, to be sent again as they were.
    pub(crate) sent: Vec<Submission>,
    /// Files of released batches, as they were first written out.
    pub(crate) exported: BTreeMap<String, Vec<u8>>,
    /// Whether whole mails went out, by message.
    pub(crate) mailed: BTreeSet<i64>,
    pub(crate) serial: u32,
    folder: tempfile::TempDir,
    clock_ms: Arc<AtomicI64>,
    say: bool,
    step: u32,
}

fn account(code: &str, number: u32) -> claim::BankAccount {
    claim::BankAccount {
        bank_code: "0951".to_owned(),
        bank_name: "ミホン".to_owned(),
        branch_code: "001".to_owned(),
        branch_name: "ホンテン".to_owned(),
        kind: claim::AccountKind::Ordinary,
        number: format!("{:07}", (u32::from(code.as_bytes()[1]) * 1000 + number) % 10_000_000),
        holder: "イ)サクラカイ".to_owned(),
    }
}

async fn open(folder: &std::path::Path, clock_ms: &Arc<AtomicI64>) -> Office {
    let store = Store::in_folder(folder).await.unwrap();
    let read = Arc::clone(clock_ms);
    let settings = Settings {
        payer: claim::Payer {
            consignor_code: "0000000001".to_owned(),
            consignor_name: "コウフキキン".to_owned(),
            // As the configuration has it that `kofu check` reads.
            account: claim::BankAccount {
                bank_code: "0000".to_owned(),
                bank_name: "ミホンギンコウ".to_owned(),
                branch_code: "001".to_owned(),
                branch_name: "ホンテン".to_owned(),
                kind: claim::AccountKind::Ordinary,
                number: "0000001".to_owned(),
                holder: "コウフキキン".to_owned(),
            },
        },
        contact: claim::Contact {
            sender: "基金".to_owned(),
            office: "助成課".to_owned(),
            address: "東京都".to_owned(),
            phone: "03".to_owned(),
            email: "kofu@example.jp".to_owned(),
            hours: "平日".to_owned(),
        },
        // Two persons from half a million on.
        releases: vec![office::ReleaseBand { from_yen: Yen::new(500_000).unwrap(), releasers: 2 }],
        incoming: folder.join("incoming"),
        mail: true,
        site: None,
        fonts: Vec::new(),
        bank_file: reporting::BankProfile::default(),
        result_file: reporting::ResultProfile::default(),
        when_budget_short: office::WhenShort::Wait,
    };
    let now = Arc::new(move || Timestamp::from_millisecond(read.load(Ordering::SeqCst)).unwrap());
    let reader = ingest::Reader::new("/nowhere/kofu".into(), Vec::new(), ingest::Limits::default());
    Office::new(store, settings, now, Arc::new(reader))
}

impl World {
    pub(crate) async fn new(seed: u64, say: bool) -> World {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = START.parse().unwrap();
        let clock_ms = Arc::new(AtomicI64::new(start.as_millisecond()));
        let office = open(folder.path(), &clock_ms).await;
        let facilities: Vec<Facility> = FACILITIES
            .iter()
            .zip(1..)
            .map(|((code, kind, _), number)| Facility {
                code: InstitutionCode::parse(code).unwrap(),
                kind: *kind,
                name: format!("見本の機関{number}"),
                founder: String::new(),
                postal_code: "100-0001".to_owned(),
                address: "東京都千代田区".to_owned(),
                transitional_measure: None,
                earlier_grants: Vec::new(),
                account: Some(account(code, number)),
            })
            .collect();
        let event = Event::FacilityRegisterChanged { count: 3, sha256: Sha256([0; 32]) };
        let entry = office.entry(&Actor::staff("register"), event);
        office.store.upsert_facilities(&facilities, &[entry]).await.unwrap();
        for (id, (code, _, _)) in ["aozora", "midori", "aoba"].into_iter().zip(FACILITIES) {
            let account = store::Account {
                id: id.to_owned(),
                role: claim::Role::Facility,
                name: id.to_owned(),
                email: Some(format!("{id}@example.jp")),
                facilities: vec![InstitutionCode::parse(code).unwrap()],
                active: true,
                created_at: office.now(),
                version: 1,
            };
            let event = Event::AccountAdded {
                account: id.to_owned(),
                role: account.role,
                facilities: account.facilities.clone(),
            };
            let entry = office.entry(&Actor::system(), event);
            office.store.add_account(&account, &store::Credentials::default(), &[entry]).await.unwrap();
        }
        World {
            rng: StdRng::seed_from_u64(seed),
            office,
            told: Told::default(),
            bank: Bank::default(),
            accepted: BTreeMap::new(),
            sent: Vec::new(),
            exported: BTreeMap::new(),
            mailed: BTreeSet::new(),
            serial: 0,
            folder,
            clock_ms,
            say,
            step: 0,
        }
    }

    pub(crate) fn says(&self, what: impl fmt::Display) {
        if self.say {
            eprintln!("{:>4} {what}", self.step);
        }
    }

    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    pub(crate) fn one_of<T: Clone>(&mut self, many: &[T]) -> Option<T> {
        if many.is_empty() { None } else { Some(many[self.rng.random_range(0..many.len())].clone()) }
    }

    pub(crate) fn account(&mut self, code: &str) -> claim::BankAccount {
        account(code, self.rng.random_range(1..9000))
    }

    /// Does something, which may be broken off at any of its awaits: `None` then, and nobody knows what came of it.
    pub(crate) async fn mortal<T>(&mut self, act: impl Future<Output = T>) -> Option<T> {
        let polls_left = self.chance(12).then(|| self.rng.random_range(1..60));
        let done = Mortal { inner: Box::pin(act), polls_left }.await;
        if done.is_none() {
            self.told.broken_off += 1;
            self.says("  … broken off");
        }
        done
    }

    /// The value, if an act was not refused. What fails for no reason that a person can be told is a defect.
    pub(crate) fn taken<T>(&mut self, result: Result<T, OfficeError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                assert!(!matches!(error, OfficeError::Inconsistent(_)), "{error}");
                self.told.refused += 1;
                self.says(format_args!("  refused: {}", error.code()));
                None
            }
        }
    }

    /// One act of somebody, with whatever goes wrong around it.
    pub(crate) async fn act(&mut self) {
        self.step += 1;
        // Time goes on, and sometimes a clock is set back a little.
        let minutes: i64 = if self.chance(3) { -1 } else { self.rng.random_range(0..180) };
        self.clock_ms.fetch_add(minutes * 60_000, Ordering::SeqCst);
        let away = self.chance(4);
        let (there, gone) = (self.folder.path().join("objects"), self.folder.path().join("objects-away"));
        if away {
            self.says("the folder of documents is away");
            std::fs::rename(&there, &gone).unwrap();
        }
        crate::acts::one(self).await;
        if away {
            // What was made meanwhile in its place is put where it belongs.
            if there.exists() {
                put_back(&there, &gone);
                std::fs::remove_dir_all(&there).unwrap();
            }
            std::fs::rename(&gone, &there).unwrap();
        }
        if self.chance(3) {
            self.says("the office is closed and opened again");
            self.office.store.close().await;
            self.office = open(self.folder.path(), &self.clock_ms).await;
        }
        if self.step.is_multiple_of(8) {
            self.must_hold().await;
        }
    }

    /// Everybody finishes what they have, without faults; then all is looked at, by us and by `kofu check`.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..400 {
            if !crate::acts::work_whole(self).await {
                break;
            }
        }
        self.must_hold().await;
        self.office.store.close().await;
        let output = tests::kofu().args(["check", "--lang", "en", "--data"]).arg(self.folder.path()).output().unwrap();
        assert!(
            output.status.success(),
            "kofu check: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// What must hold at any moment.
    async fn must_hold(&mut self) {
        let store = &self.office.store;
        let mut claims = Vec::new();
        loop {
            let after = claims.last().map(|claim: &store::ClaimSummary| claim.id.clone());
            let page = store.claims(&store::ClaimFilter::default(), after.as_ref(), 500).await.unwrap();
            if page.is_empty() {
                break;
            }
            claims.extend(page);
        }
        let by_id: BTreeMap<ClaimId, &store::ClaimSummary> = claims.iter().map(|one| (one.id.clone(), one)).collect();

        // What was accepted is there, with its documents.
        for (id, documents) in &self.accepted {
            assert!(by_id.contains_key(id), "claim {id} was accepted and is not there");
            for sha256 in documents {
                store.document(sha256).await.unwrap_or_else(|error| panic!("claim {id}: {error}"));
            }
        }

        // Available + reserved + paid = budget, and each is what the claims say.
        let sum = |states: &[ClaimState]| -> i64 {
            let of = claims.iter().filter(|claim| states.contains(&claim.state));
            of.filter_map(|claim| claim.granted_yen).map(Yen::get).sum()
        };
        use ClaimState::{Approved, Batched, Bounced, Paid, Sent};
        for budget in self.office.budgets().await.unwrap() {
            if budget.programme.as_str() != PROGRAMME {
                continue;
            }
            let balance = budget.balance;
            assert_eq!(balance.reserved.get(), sum(&[Approved, Batched, Sent, Bounced]), "what is reserved");
            assert_eq!(balance.paid.get(), sum(&[Paid]), "what is paid");
            if let Some(whole) = balance.budget {
                let available = balance.available().unwrap();
                assert_eq!(available.get() + balance.reserved.get() + balance.paid.get(), whole.get());
            }
        }

        // No claim is paid twice or above its ceiling, by what the bank did.
        for (id, paid) in self.bank.paid_by_claim() {
            let claim = by_id[&id];
            let ceiling = FACILITIES.iter().find(|one| one.0 == claim.facility_code.as_str()).unwrap().2;
            assert!(paid.times <= 1, "claim {id} was paid {} times", paid.times);
            assert!(
                paid.yen <= ceiling && Some(paid.yen) == claim.granted_yen.map(Yen::get),
                "claim {id}: {}",
                paid.yen
            );
        }
        for claim in claims.iter().filter(|claim| claim.state == Paid) {
            assert!(self.bank.has_paid(&claim.id), "claim {} is said to be paid; the bank has not", claim.id);
        }

        // Every change is in the log: what it tells of is where the claims are.
        let mut told: BTreeMap<ClaimId, ClaimState> = BTreeMap::new();
        let mut grants: BTreeMap<ClaimId, i64> = BTreeMap::new();
        let mut batches: BTreeMap<String, Vec<ClaimId>> = BTreeMap::new();
        let mut from = 0;
        loop {
            let page = store.log_entries(from, 500).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            from = last + 1;
            for (_, payload) in &page {
                follow(&Entry::from_bytes(payload).unwrap().event, &mut told, &mut grants, &mut batches);
            }
        }
        for claim in &claims {
            let log = told.get(&claim.id).copied();
            assert_eq!(log, Some(claim.state), "claim {}: the log says {log:?}", claim.id);
            if let Some(granted) = claim.granted_yen {
                assert_eq!(grants.get(&claim.id), Some(&granted.get()), "claim {}", claim.id);
            }
        }
        assert_eq!(told.len(), claims.len(), "the log tells of as many claims as there are");
    }
}

/// The state that a claim is in by what the log tells.
fn follow(
    event: &Event,
    told: &mut BTreeMap<ClaimId, ClaimState>,
    grants: &mut BTreeMap<ClaimId, i64>,
    batches: &mut BTreeMap<String, Vec<ClaimId>>,
) {
    let mut is = |id: &ClaimId, state| {
        told.insert(id.clone(), state);
    };
    match event {
        Event::ClaimSubmitted(claim) => is(&claim.claim_id, ClaimState::Submitted),
        Event::ClaimRead { claim_id, .. } => is(claim_id, ClaimState::Read),
        Event::ClaimInReview { claim_id, .. } => is(claim_id, ClaimState::InReview),
        Event::ClaimWithdrawn { claim_id, .. } => is(claim_id, ClaimState::Withdrawn),
        Event::ClaimDecided { decision } => {
            grants.insert(decision.claim_id.clone(), decision.grant_yen.get());
            is(
                &decision.claim_id,
                match decision.kind {
                    claim::DecisionKind::Approve => ClaimState::Approved,
                    claim::DecisionKind::Return => ClaimState::Returned,
                    claim::DecisionKind::Reject => ClaimState::Rejected,
                },
            );
        }
        Event::GrantWithdrawn { claim_id, .. } => is(claim_id, ClaimState::Withdrawn),
        Event::ResultCorrected { claim_id, .. } => is(claim_id, ClaimState::Bounced),
        Event::BatchPrepared(batch) => {
            let ids: Vec<ClaimId> = batch.payments.iter().map(|payment| payment.claim_id.clone()).collect();
            ids.iter().for_each(|id| is(id, ClaimState::Batched));
            batches.insert(batch.id.clone(), ids);
        }
        Event::BatchReleased { id, .. } => batches[id].iter().for_each(|id| is(id, ClaimState::Sent)),
        Event::BatchCancelled { id, .. } => batches[id].iter().for_each(|id| is(id, ClaimState::Approved)),
        Event::ResultsReceived(results) => {
            results.paid.iter().for_each(|id| is(id, ClaimState::Paid));
            results.bounced.iter().for_each(|id| is(id, ClaimState::Bounced));
        }
        Event::FacilityAccountLooked { payable_again, .. } => {
            payable_again.iter().for_each(|id| is(id, ClaimState::Approved))
        }
        _ => {}
    }
}

/// Moves what lies in one folder into another, folder by folder.
fn put_back(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            put_back(&entry.path(), &target);
        } else {
            std::fs::rename(entry.path(), target).unwrap();
        }
    }
}
