//! What one institution sees of another: nothing, by any route.

use crate::life::{added, begun, sent, worked_off};
use crate::site::{CLINIC, PHARMACY};
use crate::upload::{Part, save, send};
use crate::{reading_site, sample};
use axum::http::{Method, StatusCode};
use claim::Role;
use web::{Owner, Who};

pub(crate) async fn nobody_reaches_anything_of_another_institution() {
    let site = reading_site().await;
    let mut owner = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let first = begun(&mut owner, "home-consent").await;
    owner.get(&first).await;
    added(&mut owner, &first, "領収書.pdf", &sample("clinic-over-ceilings", "領収書.pdf")).await;
    let claim = sent(&mut owner, &first).await;
    worked_off(&site).await;
    let draft = begun(&mut owner, "home-consent").await;
    owner.get(&draft).await;
    added(&mut owner, &draft, "内訳書.xlsx", &sample("clinic-over-ceilings", "領収書内訳書.xlsx")).await;

    let mut other = site.signed_in("midori", Role::Facility, Some(PHARMACY)).await;
    other.get("/apply").await;
    let before = site.state.office.store.log_size().await.unwrap();
    let mut tried = 0;
    for gate in web::gates() {
        let owned = match gate.owner {
            Owner::Draft => draft.strip_prefix("/drafts/").unwrap(),
            Owner::Claim => claim.strip_prefix("/claims/").unwrap(),
            Owner::Nobody | Owner::Self_ => continue,
        };
        // Programs have tokens of their own (`door/programs.rs`).
        let of_programs = gate.path.starts_with("/api/");
        if of_programs || matches!(gate.who, Who::Roles(_)) && !gate.who.lets(Role::Facility) {
            continue;
        }
        let path = gate
            .path
            .replace("{id}", owned)
            .replace("{revision}", "1")
            .replace("{position}", "0")
            .replace("{page}", "1");
        assert!(!path.contains('{'), "{path}: say here what stands in it");
        let answer = if gate.method == Method::GET {
            // The owner gets it, so that what is refused is there.
            let own = owner.get(&path).await;
            assert!(
                own.status.is_success() || path.ends_with("/pages/1") || path.ends_with("/notices/1"),
                "{path}: {}",
                own.status
            );
            other.get(&path).await
        } else if path.ends_with("/documents") {
            let token = other.last.clone();
            let parts = [Part::Text("form_token", &token), Part::File("a.pdf", b"%PDF-1.4")];
            send(&mut other, &path, &parts, false).await
        } else {
            // What one of the forms asks for; the others do not mind.
            let account = path.ends_with("/account");
            let fields = [
                ("version", "1"),
                ("seen", "1"),
                ("kind", if account { "ordinary" } else { "receipt" }),
                ("checked", "on"),
                ("claimed_yen", "1"),
                ("field", "receipt.total_yen"),
                ("bank_code", "0001"),
                ("bank_name", "ミズホ"),
                ("branch_code", "001"),
                ("branch_name", "ホンテン"),
                ("number", "1234567"),
                ("holder", "サクラ"),
            ];
            save(&mut other, &path, &fields).await
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}: {}", gate.method, answer.body);
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
    assert_eq!(site.state.office.store.log_size().await.unwrap(), before, "and nothing was done");

    // Nor in lists, nor in another's name.
    let list = other.get("/claims").await.body;
    assert!(list.contains("申請はまだありません") && list.contains("下書きはありません"));
    assert_eq!(other.get(&format!("/apply?facility={CLINIC}")).await.status, StatusCode::NOT_FOUND);
    let template = other.get(&format!("/template?facility={CLINIC}&programme=home-consent")).await;
    assert_eq!(template.status, StatusCode::NOT_FOUND);
    other.get("/apply").await;
    let answer = other.post("/drafts", &[("facility", CLINIC), ("programme", "home-consent")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let facility = claim::InstitutionCode::parse(CLINIC).unwrap();
    assert_eq!(site.state.office.store.drafts_of_account("aozora", 10).await.unwrap().len(), 1);
    assert!(site.state.office.store.facility(&facility).await.unwrap().is_some());
}
