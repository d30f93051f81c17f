//! Every route with every role and every owner: who is let through, who is not, and that nothing shows to who is not.

use crate::site::{Answer, Browser, CLINIC, PHARMACY, Site};
use axum::http::{Method, StatusCode};
use claim::{Actor, ClaimId, Document, DocumentKind, InstitutionCode, Role};
use office::{Accepted, Submission};
use store::Account;
use web::{Owner, Who, gates};

/// What stands in the clinic's papers and nowhere else.
pub(crate) const SECRET: &str = "himitsu-no-ryoshusho";

pub(crate) struct Things {
    pub(crate) claim: ClaimId,
    pub(crate) draft: String,
}

/// A claim and a draft of the clinic, each with a document.
pub(crate) async fn things(site: &Site) -> Things {
    let office = &site.state.office;
    let code = InstitutionCode::parse(CLINIC).unwrap();
    let bytes = SECRET.as_bytes().to_vec();
    let size_bytes = bytes.len() as u64;
    let sha256 = office.store.put_document(bytes.clone()).await.unwrap();
    let submission = Submission {
        programme: "home-consent".into(),
        facility: code.clone(),
        submitted_at: office.now(),
        claimed_yen: None,
        choices: Vec::new(),
        revises: None,
        stated: Vec::new(),
        documents: vec![Document {
            position: 0,
            declared: DocumentKind::Receipt,
            file: format!("{SECRET}.pdf"),
            sha256,
            size_bytes,
        }],
    };
    let Accepted::New(claim) = office.submit(&submission, &Actor::facility(CLINIC)).await.unwrap() else { panic!() };
    let account = Account {
        id: "clinic-owner".to_owned(),
        role: Role::Facility,
        name: SECRET.to_owned(),
        email: None,
        facilities: vec![code.clone()],
        active: true,
        created_at: office.now(),
        version: 1,
    };
    office.add_account(&account, "kabocha-no-niwa-9-tsu", &Actor::staff("setup")).await.unwrap();
    let draft = office.open_draft(&account, &code, &"home-consent".into()).await.unwrap();
    let kept = office.draft(&draft).await.unwrap();
    office.receive(&account, &kept, &format!("{SECRET}.pdf"), DocumentKind::Receipt, bytes).await.unwrap();
    Things { claim, draft }
}

/// A path to one of the clinic's things.
pub(crate) fn concrete(path: &str, owner: Owner, things: &Things) -> String {
    let id = match owner {
        Owner::Claim => things.claim.as_str(),
        Owner::Draft => &things.draft,
        Owner::Nobody | Owner::Self_ => "B-20260227-01",
    };
    path.replace("{id}", id)
        .replace("{position}", "0")
        .replace("{revision}", "1")
        .replace("{page}", "1")
        .replace("{file}", "kofu.css")
        .replace("{size}", "1")
        .replace("{level}", "0")
        .replace("{number}", "0")
        .replace("{sha256}", &"0".repeat(64))
}

async fn ask(browser: &mut Browser, method: &Method, path: &str) -> Answer {
    if *method == Method::GET { browser.get(path).await } else { browser.post(path, &[]).await }
}

fn leaks(answer: &Answer) -> bool {
    answer.body.contains(SECRET)
}

#[tokio::test]
async fn every_route_lets_through_whom_its_line_names_and_shows_nothing_to_others() {
    let site = Site::new().await;
    let things = things(&site).await;
    let mut people: Vec<(Option<Role>, bool, Browser)> = vec![(None, false, site.browser())];
    for role in Role::ALL {
        let facility = (role == Role::Facility).then_some(CLINIC);
        let browser = site.signed_in(&format!("a-{}", role.code()), role, facility).await;
        people.push((Some(role), true, browser));
    }
    people.push((Some(Role::Facility), false, site.signed_in("other-facility", Role::Facility, Some(PHARMACY)).await));

    let mut cells = 0;
    // Programs have tokens of their own (`api.rs`).
    for gate in gates().into_iter().filter(|gate| !gate.path.starts_with("/api/")) {
        let path = concrete(gate.path, gate.owner, &things);
        assert!(!path.contains('{'), "say here what {} stands for", gate.path);
        for (role, own, browser) in &people {
            // A browser of its own for each: some routes sign out.
            let mut browser = browser.clone();
            if role.is_some() {
                browser.get("/account").await;
            }
            if ["/sign-out", "/account/password", "/second-step"].contains(&gate.path) && gate.method == Method::POST {
                continue;
            }
            let answer = ask(&mut browser, &gate.method, &path).await;
            let cell = format!("{} {} as {role:?}, owner: {own}: {}", gate.method, path, answer.status);
            cells += 1;
            assert!(!answer.status.is_server_error() || path == "/healthz", "{cell}");
            let allowed = match (gate.who, role) {
                (Who::Anyone, _) => true,
                (Who::Beginning | Who::Roles(_), None) => false,
                (who, Some(role)) => who.lets(*role),
            };
            let reaches = match (gate.owner, role) {
                (Owner::Draft, Some(Role::Facility)) | (Owner::Claim, Some(Role::Facility)) => *own,
                _ => true,
            };
            match (allowed, role) {
                (false, None) if gate.method == Method::GET => {
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{cell}");
                    assert!(answer.location().starts_with("/sign-in"), "{cell}");
                }
                (false, None) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cell}"),
                (false, Some(_)) => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{cell}"),
                (true, _) if !reaches => {
                    // What is not theirs is not there, also where the form itself is wrong.
                    let hidden = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY);
                    assert!(hidden || answer.status == StatusCode::BAD_REQUEST, "{cell}");
                }
                (true, _) => assert!(
                    !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
                    "{cell}: {}",
                    answer.body
                ),
            }
            if !allowed || !reaches {
                assert!(!leaks(&answer), "{cell} shows what is not theirs");
            }
        }
    }
    assert!(cells > 100, "{cells}");
}

/// Lists and counts too: another facility sees nothing of the clinic's.
#[tokio::test]
async fn no_page_of_another_facility_tells_of_what_is_not_its_own() {
    let site = Site::new().await;
    let things = things(&site).await;
    let mut other = site.signed_in("other-facility", Role::Facility, Some(PHARMACY)).await;
    for gate in gates() {
        let of_pages = !gate.path.starts_with("/static") && !gate.path.starts_with("/api/");
        if gate.method != Method::GET || gate.path.contains('{') || !of_pages {
            continue;
        }
        let answer = other.get(gate.path).await;
        let told = leaks(&answer) || answer.body.contains(things.claim.as_str()) || answer.body.contains(&things.draft);
        assert!(!told, "{}", gate.path);
    }
}
