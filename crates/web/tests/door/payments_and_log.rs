//! Payment batches and the decision log through the pages: two people, and proofs.

use crate::desk::{SENT, Sent};
use crate::site::{Browser, EXPORTED_TILE, Site, VERIFIER, between};
use axum::http::StatusCode;
use claim::{Actor, ClaimId, DecisionKind, Role};
use decision_log::{Frontier, SigningKey, leaf_hash};
use office::Will;
use store::{LogQuery, LogTile};

async fn approved(site: &Site, sent: Sent<'_>, by: &str) -> ClaimId {
    let id = site.waits(sent).await;
    let will = Will {
        kind: DecisionKind::Approve,
        by: &Actor::staff(by),
        reason: Some("確認済み"),
        choice: None,
        overridden: &[],
        seen: None,
    };
    site.state.office.decide(&id, will).await.unwrap();
    id
}

async fn release(browser: &mut Browser, id: &str, sha256: &str) -> crate::site::Answer {
    browser.post(&format!("/batches/{id}/release"), &[("sha256", sha256)]).await
}

#[tokio::test]
async fn one_prepares_another_releases_and_who_decided_does_not() {
    let site = Site::new().await;
    let claim = approved(&site, SENT, "tanaka").await;
    let mut officer = site.signed_in("officer", Role::PaymentOfficer, None).await;
    let mut tanaka = site.signed_in("tanaka", Role::Approver, None).await;
    let mut approver = site.signed_in("approver", Role::Approver, None).await;
    let mut auditor = site.signed_in("auditor", Role::Auditor, None).await;
    let mut reviewer = site.signed_in("reviewer", Role::Reviewer, None).await;
    assert_eq!(reviewer.get("/batches").await.status, StatusCode::FORBIDDEN);
    let page = officer.get("/batches").await;
    assert!(page.body.contains("<b class=\"total\">1</b>") && page.body.contains("75,000円"));
    assert!(!approver.get("/batches").await.body.contains("支払バッチを準備する"));
    assert_eq!(approver.post("/batches", &[("pay_on", "")]).await.status, StatusCode::FORBIDDEN);
    let answer = officer.post("/batches", &[("pay_on", "きのう")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = officer.post("/batches", &[("pay_on", "2026-02-28")]).await;
    assert!(answer.body.contains("銀行の休業日です"));
    let answer = officer.post("/batches", &[("pay_on", "2026-02-27")]).await;
    let path = answer.location().split('?').next().unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();

    let page = approver.get(&path).await;
    let sha256 = between(&page.body, "name=\"sha256\" value=\"", "\"").to_owned();
    assert!(page.body.contains(claim.as_str()) && page.body.contains(&sha256));
    assert!(page.body.contains("…001") && !page.body.contains("0000001"), "only the end of the account");
    assert_eq!(approver.get(&format!("{path}/bank-file")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!auditor.get(&path).await.body.contains("<form method=\"post\" action=\"/batches"));
    assert_eq!(release(&mut auditor, &id, &sha256).await.status, StatusCode::FORBIDDEN);
    assert_eq!(release(&mut officer, &id, &sha256).await.status, StatusCode::FORBIDDEN);

    // Who decided a claim in it is told so before they try, and refused when they do.
    let page = tanaka.get(&path).await;
    assert!(page.body.contains("申請を決定した職員は、その支払を承認することができません"));
    assert!(!page.body.contains("この内容で承認する"));
    let answer = release(&mut tanaka, &id, &sha256).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(between(&answer.body, "role=\"alert\"", "</div>").contains("申請を決定した職員は"));
    // What was seen is what is released.
    let answer = release(&mut approver, &id, &"0".repeat(64)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let answer = release(&mut approver, &id, &sha256).await;
    assert_eq!(answer.location(), format!("{path}?done=released"));
    let file = approver.get(&format!("{path}/bank-file")).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(file.bytes.len() % 122, 0, "records of 120 bytes, each on a line");
    assert!(officer.get(&format!("{path}/list")).await.bytes.starts_with(b"PK"));
    assert_eq!(auditor.get(&format!("{path}/list")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(approver.get("/batches/B-none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_prepared_a_batch_cannot_release_it_and_a_given_up_batch_frees_its_claims() {
    let site = Site::new().await;
    approved(&site, SENT, "sato").await;
    let mut approver = site.signed_in("yamada", Role::Approver, None).await;
    // Prepared under another role, with the same account.
    let prepared = site.state.office.prepare_batch(&Actor::staff("yamada"), None).await.unwrap().batch.unwrap();
    let path = format!("/batches/{}", prepared.id);
    let page = approver.get(&path).await;
    assert!(page.body.contains("準備した職員は、承認することができません"));
    let sha256 = between(&page.body, "<code>", "</code>").to_owned();
    let answer = release(&mut approver, &prepared.id, &sha256).await;
    assert!(between(&answer.body, "role=\"alert\"", "</div>").contains("支払バッチを準備した職員は"));
    let answer = approver.post(&format!("{path}/cancel"), &[]).await;
    assert_eq!(answer.location(), format!("{path}?done=cancelled"));
    assert!(approver.get("/batches").await.body.contains("<b class=\"total\">1</b>"), "it waits again");
}

/// Signs what the log holds, as the commands do.
async fn sign(site: &Site) {
    let store = &site.state.office.store;
    let mut frontier = Frontier::new();
    let mut tiles = Vec::new();
    for (_, payload) in store.log_entries(0, u32::MAX).await.unwrap() {
        frontier.append_leaf(leaf_hash(&payload), |tile, hashes| {
            tiles.push(LogTile { level: tile.level, number: tile.number, hashes: hashes.to_vec() });
        });
    }
    for (tile, hashes) in frontier.partial() {
        tiles.push(LogTile { level: tile.level, number: tile.number, hashes: hashes.to_vec() });
    }
    assert!(store.grow_log_tree(0..frontier.size(), &tiles).await.unwrap());
    let key = SigningKey::from_seed("kofu.example/log", [7; 32]).unwrap();
    store.save_checkpoint(frontier.size(), &key.checkpoint(frontier.size(), frontier.root())).await.unwrap();
}

#[tokio::test]
async fn an_auditor_carries_an_export_and_the_verifier_away() {
    let site = Site::new().await;
    let mut auditor = site.signed_in("auditor", Role::Auditor, None).await;
    let page = auditor.get("/log/checkpoint").await;
    assert!(page.body.contains("action=\"/log/export\"") && page.body.contains("href=\"/log/verifier\""));
    let export = auditor.post("/log/export", &[]).await;
    assert_eq!((export.status, &export.headers["content-type"]), (StatusCode::OK, &"application/zip".parse().unwrap()));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(export.bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["checkpoint", "tile/0/000"]);
    let mut tile = Vec::new();
    std::io::copy(&mut zip.by_name("tile/0/000").unwrap(), &mut tile).unwrap();
    assert_eq!(tile, EXPORTED_TILE);
    let verifier = auditor.get("/log/verifier").await;
    assert_eq!(verifier.bytes, std::fs::read(VERIFIER).unwrap());
}

#[tokio::test]
async fn an_auditor_finds_entries_proves_them_and_is_seen_looking() {
    let site = Site::new().await;
    let claim = approved(&site, SENT, "sato").await;
    let mut auditor = site.signed_in("auditor", Role::Auditor, None).await;
    let mut reviewer = site.signed_in("sato2", Role::Reviewer, None).await;
    for path in ["/log", "/log/0", "/log/checkpoint", "/log/checkpoint/note"] {
        assert_eq!(reviewer.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let viewed = async || {
        let query = LogQuery { event: Some("claim-viewed".to_owned()), ..LogQuery::default() };
        site.state.office.store.find_in_log(&query, None, 100).await.unwrap().len()
    };
    assert_eq!(viewed().await, 0);
    let page = auditor.get(&format!("/claims/{claim}")).await;
    assert!(page.body.contains("申請の受付") && page.body.contains("申請の決定"), "from upload to payment");
    for path in [format!("/claims/{claim}"), format!("/claims/{claim}/documents/1/0")] {
        assert_eq!(auditor.get(&path).await.status, StatusCode::OK);
    }
    assert_eq!(viewed().await, 1, "one look an hour");
    // A session that is used goes on.
    for _ in 0..3 {
        site.wait(1201);
        auditor.get("/log").await;
    }
    auditor.get(&format!("/claims/{claim}/documents/1/0")).await;
    assert_eq!(viewed().await, 2, "a document alone is a look as well");
    reviewer.get(&format!("/claims/{claim}")).await;
    assert_eq!(viewed().await, 2, "reviewers work");

    let rows = |body: &str| body.matches("<th scope=\"row\"").count();
    let page = auditor.get(&format!("/log?claim={claim}")).await;
    assert!(rows(&page.body) >= 4 && page.body.contains("監査担当者の閲覧"));
    assert_eq!(rows(&auditor.get("/log?event=claim-decided&by=staff:sato").await.body), 1);
    assert_eq!(rows(&auditor.get("/log?event=claim-decided&by=staff:nobody").await.body), 0);
    assert_eq!(
        rows(&auditor.get(&format!("/log?facility={}&event=claim-submitted", crate::site::CLINIC)).await.body),
        1
    );
    assert_eq!(rows(&auditor.get("/log?from=2026-02-01").await.body), 0);
    let page = auditor.get("/log?from=yesterday").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);

    assert!(auditor.get("/log/0").await.body.contains("まだ署名されたチェックポイントに含まれていません"));
    assert!(auditor.get("/log/checkpoint").await.body.contains("チェックポイントはまだありません"));
    assert_eq!(auditor.get("/log/checkpoint/note").await.status, StatusCode::NOT_FOUND);
    sign(&site).await;
    let size = site.state.office.store.log_size().await.unwrap();
    for position in [0, size / 2, size - 1] {
        let page = auditor.get(&format!("/log/{position}")).await;
        assert!(page.body.contains("この記録は、署名された木に含まれています"), "{position}");
        assert!(!page.body.contains("確認済み"), "what people wrote stands there as a commitment");
    }
    assert_eq!(auditor.get(&format!("/log/{size}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(auditor.get("/log/x").await.status, StatusCode::BAD_REQUEST);
    let note = auditor.get("/log/checkpoint/note").await;
    assert!(note.body.starts_with("kofu.example/log\n"), "{}", note.body);
    // A signature over another history does not hold.
    let key = SigningKey::from_seed("kofu.example/log", [7; 32]).unwrap();
    site.account("one-more", Role::Reviewer, None).await;
    let grown = site.state.office.store.log_size().await.unwrap();
    let store = &site.state.office.store;
    let mut frontier = Frontier::new();
    for (_, payload) in store.log_entries(0, u32::MAX).await.unwrap() {
        frontier.append_leaf(leaf_hash(&payload), |_, _| ());
    }
    let tiles: Vec<LogTile> = frontier
        .partial()
        .map(|(tile, hashes)| LogTile { level: tile.level, number: tile.number, hashes: hashes.to_vec() })
        .collect();
    assert!(store.grow_log_tree(size..grown, &tiles).await.unwrap());
    store.save_checkpoint(grown, &key.checkpoint(grown, leaf_hash(b"another"))).await.unwrap();
    assert!(auditor.get("/log/0").await.body.contains("署名された木と一致しません"));
}
