//! Attacks on the two-person rule through every door but SQL (those are in `store`): pages, tokens of programs, the acts
//! behind the commands, another role, other letters, many sessions at once, a batch that was edited meanwhile. After each
//! of them the batch is as it was; at the end the honest way still works. On SQLite and on PostgreSQL.

use crate::desk::{SENT, Sent};
use crate::site::{Browser, PASSWORD, PHARMACY, Site, between};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use claim::{Actor, DecisionKind, Role};
use office::Will;
use store::{Account, BatchRecord, BatchState, TokenScope};

/// The pharmacy's claim, which another reviewer decided.
const OTHER: Sent<'static> = Sent { facility: PHARMACY, receipt: "other", payee: "別の薬局", ..SENT };

struct Scene {
    site: Site,
    batch: String,
    sha256: String,
    attacks: usize,
}

impl Scene {
    async fn record(&self) -> BatchRecord {
        self.site.state.office.batch(&self.batch).await.unwrap()
    }

    /// What an attack left behind: nothing but what was there before.
    async fn held(&mut self, what: &str, releases: usize) {
        self.attacks += 1;
        let record = self.record().await;
        assert_eq!(record.state, BatchState::Prepared, "{what}");
        assert_eq!(record.releases.len(), releases, "{what}");
        assert!(record.content_sha256.is_none() && record.released_by.is_none(), "{what}");
    }

    async fn release(&self, browser: &mut Browser) -> StatusCode {
        browser.post(&format!("/batches/{}/release", self.batch), &[("sha256", &self.sha256)]).await.status
    }

    async fn role(&self, id: &str, role: Role) {
        let office = &self.site.state.office;
        let mut account = office.store.account(id).await.unwrap().unwrap();
        account.role = role;
        office.change_account(&account, &Actor::staff("admin")).await.unwrap();
    }
}

/// Signs an account in whose second step has been set up anew by an administrator.
async fn again(site: &Site, id: &str) -> Browser {
    // A number of the second step holds once, also for who sets it up anew.
    site.wait(31);
    let password = site.state.office.reset_credentials(id, &Actor::staff("admin")).await.unwrap();
    site.sign_in(id, &password, true).await
}

async fn decided(site: &Site, sent: Sent<'_>, by: &str) {
    let id = site.waits(sent).await;
    let by = Actor::staff(by);
    let will = Will {
        kind: DecisionKind::Approve,
        by: &by,
        reason: Some("確認済み"),
        choice: None,
        overridden: &[],
        seen: None,
    };
    site.state.office.decide(&id, will).await.unwrap();
}

async fn nothing_gets_through(site: Site) {
    decided(&site, SENT, "tanaka").await;
    decided(&site, OTHER, "sato").await;
    let mut officer = site.signed_in("officer", Role::PaymentOfficer, None).await;
    let mut tanaka = site.signed_in("tanaka", Role::Reviewer, None).await;
    let mut auditor = site.signed_in("auditor", Role::Auditor, None).await;
    let mut admin = site.signed_in("admin", Role::Administrator, None).await;
    let mut clinic = site.signed_in("clinic", Role::Facility, Some(crate::site::CLINIC)).await;
    let mut first = site.signed_in("first", Role::Approver, None).await;
    let mut second = site.signed_in("second", Role::Approver, None).await;
    officer.get("/batches").await;
    let answer = officer.post("/batches", &[("pay_on", "2026-02-27")]).await;
    let path = answer.location().split('?').next().unwrap().to_owned();
    let batch = path.rsplit('/').next().unwrap().to_owned();
    let page = first.get(&path).await;
    let sha256 = between(&page.body, "name=\"sha256\" value=\"", "\"").to_owned();
    let mut scene = Scene { site, batch, sha256, attacks: 0 };
    assert_eq!((scene.record().await.releasers, scene.record().await.payments.len()), (2, 2));

    // 1. By page, with another role or none.
    let mut nobody = scene.site.browser();
    for (name, browser) in [
        ("who prepared it", &mut officer),
        ("who decided", &mut tanaka),
        ("an auditor", &mut auditor),
        ("an administrator", &mut admin),
        ("a facility", &mut clinic),
        ("nobody", &mut nobody),
    ] {
        browser.get("/account").await;
        let status = scene.release(browser).await;
        assert!(matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED), "{name}: {status}");
        scene.held(name, 0).await;
    }

    // 2. By page, as an approver, but not what is there, or not from our own page.
    let wrong = "0".repeat(64);
    let release = format!("{path}/release");
    assert_eq!(first.post(&release, &[("sha256", &wrong)]).await.status, StatusCode::CONFLICT);
    scene.held("another content", 0).await;
    assert!(first.post(&release, &[("sha256", "x")]).await.status.is_client_error());
    scene.held("no hash", 0).await;
    let mut forged = first.clone();
    forged.last = second.last.clone();
    assert!(scene.release(&mut forged).await.is_client_error());
    scene.held("another session's form", 0).await;
    forged.last = String::new();
    assert!(scene.release(&mut forged).await.is_client_error());
    scene.held("no form at all", 0).await;
    let body = format!("form_token={}&sha256={}", first.last, scene.sha256);
    for site_of in ["cross-site", "same-site"] {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&release)
            .header("sec-fetch-site", site_of)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.clone()))
            .unwrap();
        assert!(first.clone().send(request).await.status.is_client_error(), "{site_of}");
        scene.held(site_of, 0).await;
    }

    // 3. By a program, with a token of each of them, whatever its scope.
    for id in ["officer", "tanaka", "first", "auditor", "admin"] {
        let account = scene.site.state.office.store.account(id).await.unwrap().unwrap();
        for scope in [TokenScope::Read, TokenScope::Write] {
            let token = scene.site.state.office.add_token(&account, "robot", scope, 30).await.unwrap();
            let request = Request::builder()
                .method(Method::POST)
                .uri(&release)
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(format!("sha256={}", scene.sha256)))
                .unwrap();
            let status = scene.site.browser().send(request).await.status;
            assert!(status.is_client_error(), "{id} {scope:?}: {status}");
            scene.held(&format!("the token of {id}, {scope:?}"), 0).await;
        }
    }

    // 4. By the act itself, as the command line asks for it, under every name.
    let office = scene.site.state.office.clone();
    for by in [
        Actor::staff("officer"),
        Actor::staff("Officer"),
        Actor::staff("OFFICER "),
        Actor::staff(" officer"),
        Actor::staff("off icer"),
        Actor::staff("tanaka"),
        Actor::staff("TANAKA"),
        Actor::staff("tanaka "),
        Actor::staff("sato"),
        Actor::staff(""),
        Actor::policy("officer"),
        Actor::auditor("first"),
        Actor::facility(PHARMACY),
        Actor::system(),
    ] {
        assert!(office.release_batch(&scene.batch, &by, None).await.is_err(), "{by}");
        scene.held(by.as_str(), 0).await;
    }

    // 5. After a change of role: the account is the same person.
    for id in ["officer", "tanaka"] {
        scene.role(id, Role::Approver).await;
        let mut browser = again(&scene.site, id).await;
        let page = browser.get(&path).await;
        assert!(page.status == StatusCode::OK && !page.body.contains("この内容で承認する"), "{id}");
        assert_eq!(scene.release(&mut browser).await, StatusCode::UNPROCESSABLE_ENTITY);
        scene.held(&format!("{id} as an approver"), 0).await;
    }
    // Another account that is called the same in other letters is not to be had.
    for id in ["Officer", "TANAKA", "FIRST", " first"] {
        let alike = Account {
            id: id.to_owned(),
            role: Role::Approver,
            name: id.to_owned(),
            email: None,
            facilities: Vec::new(),
            active: true,
            created_at: office.now(),
            version: 1,
        };
        assert!(office.add_account(&alike, PASSWORD, &Actor::staff("admin")).await.is_err(), "{id}");
        scene.held(id, 0).await;
    }

    // 6. The first of two agrees, and then tries to be the second.
    first.get(&path).await;
    assert_eq!(scene.release(&mut first).await, StatusCode::SEE_OTHER);
    assert_eq!(scene.record().await.releases.len(), 1);
    first.get(&path).await;
    assert_eq!(scene.release(&mut first).await, StatusCode::UNPROCESSABLE_ENTITY);
    scene.held("the same person again", 1).await;
    let mut session = again(&scene.site, "first").await;
    session.get(&path).await;
    assert_eq!(scene.release(&mut session).await, StatusCode::UNPROCESSABLE_ENTITY);
    scene.held("the same person in another session", 1).await;
    assert!(office.release_batch(&scene.batch, &Actor::staff("FIRST"), None).await.is_err());
    scene.held("the same person in capitals", 1).await;
    let mut tries = Vec::new();
    for i in 0..12 {
        let (office, batch) = (office.clone(), scene.batch.clone());
        tries.push(tokio::spawn(async move {
            let by = Actor::staff(if i % 2 == 0 { "first" } else { "officer" });
            office.release_batch(&batch, &by, None).await.is_ok()
        }));
    }
    for one in tries {
        assert!(!one.await.unwrap());
        scene.held("many at the same moment", 1).await;
    }

    // 7. Who may release does not decide a claim of it afterwards, and who gave it up and prepared it anew is who prepared.
    let claim = scene.record().await.payments[0].claim_id.clone();
    let late = Will {
        kind: DecisionKind::Approve,
        by: &Actor::staff("second"),
        reason: Some("x"),
        choice: None,
        overridden: &[],
        seen: None,
    };
    assert!(office.decide(&claim, late).await.is_err());
    scene.held("a decision on a claim in a batch", 1).await;
    // An account that changed meanwhile: nobody releases what would go elsewhere.
    let payment = scene.record().await.payments[0].clone();
    let mut stolen = payment.account.clone();
    stolen.number = "7654321".to_owned();
    office.set_account(&payment.facility_code, stolen, &Actor::staff("thief")).await.unwrap();
    second.get(&path).await;
    assert_eq!(scene.release(&mut second).await, StatusCode::UNPROCESSABLE_ENTITY);
    scene.held("a changed account", 1).await;
    assert!(office.look_at_account(&payment.facility_code, &Actor::staff("THIEF"), None).await.is_err());
    office.look_at_account(&payment.facility_code, &Actor::staff("looker"), None).await.unwrap();
    assert_eq!(scene.release(&mut second).await, StatusCode::UNPROCESSABLE_ENTITY);
    scene.held("a changed account that was confirmed", 1).await;
    assert!(scene.attacks >= 50, "{}", scene.attacks);

    // The honest way: given up by one, prepared by another, released by two more.
    office.cancel_batch(&scene.batch, &Actor::staff("first")).await.unwrap();
    let anew = office.prepare_batch(&Actor::staff("first"), None).await.unwrap().batch.unwrap().id;
    assert!(office.release_batch(&anew, &Actor::staff("first"), None).await.is_err(), "who prepares it now");
    office.release_batch(&anew, &Actor::staff("officer"), None).await.unwrap();
    office.release_batch(&anew, &Actor::staff("second"), None).await.unwrap();
    assert_eq!(office.batch(&anew).await.unwrap().state, BatchState::Released);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_attacks_on_the_two_person_rule_on_sqlite() {
    nothing_gets_through(Site::needing_two(false, 100_000).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_attacks_on_the_two_person_rule_on_postgres() {
    nothing_gets_through(Site::needing_two(true, 100_000).await).await;
}
