//! What is refused, how it is told, and that nothing beside it is lost.

use crate::life::{added, begun};
use crate::site::{CLINIC, PASSWORD};
use crate::upload::{Part, json, save, send};
use crate::{reading_site, sample};
use axum::http::StatusCode;
use claim::Role;

pub(crate) async fn a_form_without_the_sessions_token_changes_nothing() {
    let site = reading_site().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut browser, "home-consent").await;
    browser.get(&draft).await;
    let id = draft.strip_prefix("/drafts/").unwrap();
    let token = browser.last.clone();
    let documents = format!("{draft}/documents");
    let receipt = sample("clinic-over-ceilings", "領収書.pdf");
    let wrong = "0".repeat(token.len());
    for parts in [
        vec![Part::Text("form_token", &wrong), Part::File("a.pdf", &receipt)],
        vec![Part::File("a.pdf", &receipt)],
        // Only what came before a file counts for it.
        vec![Part::File("a.pdf", &receipt), Part::Text("form_token", &token)],
        vec![],
    ] {
        let answer = send(&mut browser, &documents, &parts, true).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        assert_eq!(json(&answer)["code"], "form-token");
    }
    for path in [draft.clone(), format!("{draft}/send"), format!("{draft}/discard")] {
        // Any page, also one that refuses, tells the right token again.
        browser.last.clone_from(&wrong);
        let answer = browser.post(&path, &[("version", "1"), ("claimed_yen", "5"), ("checked", "on")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let kept = site.state.office.draft(id).await.unwrap();
    assert_eq!((kept.version, kept.documents.len(), kept.claimed_yen), (1, 0, None));
}

pub(crate) async fn a_file_that_is_too_large_or_empty_loses_no_other() {
    let site = reading_site().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut browser, "home-consent").await;
    browser.get(&draft).await;
    let id = draft.strip_prefix("/drafts/").unwrap();
    let documents = format!("{draft}/documents");
    let token = browser.last.clone();
    let most = usize::try_from(office::DOCUMENT_BYTES_MOST).unwrap();
    let large = vec![b'x'; most + 1];
    let receipt = sample("clinic-over-ceilings", "領収書.pdf");
    for (name, bytes, status, code) in
        [("大きい.pdf", large.as_slice(), 413, "too-large"), ("空.pdf", b"", 422, "empty-file")]
    {
        let parts = [Part::Text("form_token", &token), Part::File(name, bytes)];
        let answer = send(&mut browser, &documents, &parts, true).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert_eq!(
            (&json(&answer)["refused"][0]["code"], &json(&answer)["refused"][0]["file"]),
            (&code.into(), &name.into())
        );
    }
    // Without a script all come in one form: the good one between them is kept, and the page names the others.
    let parts = [
        Part::Text("form_token", &token),
        Part::File("大きい.pdf", &large),
        Part::File("領収書.pdf", &receipt),
        Part::File("空.pdf", b""),
        Part::File("もう一度.pdf", &receipt),
        Part::File("", b""),
    ];
    let answer = send(&mut browser, &documents, &parts, false).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for words in
        ["大きい.pdf", "1件20MB以内", "空.pdf", "ファイルが空です", "もう一度.pdf", "追加済みです", "読み取った内容"]
    {
        assert!(answer.body.contains(words), "{words}");
    }
    let kept = site.state.office.draft(id).await.unwrap();
    assert_eq!(kept.documents.len(), 1);
    assert_eq!(kept.documents[0].document.sha256, office::hash(&receipt));
    // Exactly as large as may be, and something that is no document: kept, and told what it is not.
    let parts = [Part::Text("form_token", &token), Part::File("雑音.pdf", &large[1..])];
    let answer = send(&mut browser, &documents, &parts, false).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = browser.get(&draft).await.body;
    assert!(page.contains("雑音.pdf") && page.contains("class=\"problems\""));
    // Nothing chosen at all.
    let parts = [Part::Text("form_token", &token), Part::File("", b"")];
    let answer = send(&mut browser, &documents, &parts, false).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("ファイルが選ばれていません"));
    // What nobody could tell has to be said before it is sent.
    let send_page = browser.get(&format!("{draft}/send")).await.body;
    assert!(send_page.contains("種類が選ばれていない書類があります") && !send_page.contains("name=\"checked\""));
    let version = site.state.office.draft(id).await.unwrap().version.to_string();
    let answer = browser.post(&format!("{draft}/send"), &[("version", &version), ("checked", "on")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("書類の種類が選ばれていません"), "{}", answer.body);
    let answer = browser.post(&format!("{draft}/documents/1/remove"), &[]).await;
    assert_eq!(answer.location(), format!("{draft}?done=removed#documents"));
    assert_eq!(site.state.office.draft(id).await.unwrap().documents.len(), 1);
}

pub(crate) async fn of_two_who_change_a_draft_the_second_is_told() {
    let site = reading_site().await;
    let mut one = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut one, "home-consent").await;
    let mut two = site.signed_in("kumo", Role::Facility, Some(CLINIC)).await;
    one.get(&draft).await;
    two.get(&draft).await;
    assert_eq!(save(&mut one, &draft, &[("version", "1"), ("claimed_yen", "1000")]).await.status, StatusCode::OK);
    let answer = save(&mut two, &draft, &[("version", "1"), ("claimed_yen", "2000")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(json(&answer)["code"], "changed-meanwhile");
    let page = two.post(&draft, &[("version", "1"), ("claimed_yen", "2000")]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("その間に変更された"));
    let answer = two.post(&format!("{draft}/discard"), &[("version", "1")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "what was not looked at is not thrown away");
    let kept = site.state.office.draft(draft.strip_prefix("/drafts/").unwrap()).await.unwrap();
    assert_eq!(kept.claimed_yen.map(claim::Yen::get), Some(1000));
    let answer = two.post(&format!("{draft}/discard"), &[("version", "2")]).await;
    assert_eq!(answer.location(), "/claims?done=removed");
    assert_eq!(one.get(&draft).await.status, StatusCode::NOT_FOUND);
}

pub(crate) async fn a_time_out_in_the_middle_loses_nothing() {
    let site = reading_site().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut browser, "home-consent").await;
    browser.get(&draft).await;
    added(&mut browser, &draft, "領収書.pdf", &sample("clinic-over-ceilings", "領収書.pdf")).await;
    let id = draft.strip_prefix("/drafts/").unwrap();
    let before = site.state.office.draft(id).await.unwrap();
    let version = before.version.to_string();
    site.wait(i64::try_from(office::SESSION_IDLE.as_secs()).unwrap() + 60);
    let answer = save(&mut browser, &draft, &[("version", &version), ("claimed_yen", "128000")]).await;
    assert_eq!((answer.status, &json(&answer)["code"]), (StatusCode::UNAUTHORIZED, &"signed-out".into()));
    let token = browser.last.clone();
    let parts = [Part::Text("form_token", &token), Part::File("b.pdf", b"%PDF-1.4")];
    let answer = send(&mut browser, &format!("{draft}/documents"), &parts, true).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // A plain form is told where to go on.
    let answer = browser.post(&draft, &[("version", &version), ("claimed_yen", "128000")]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains(&format!("href=\"/sign-in?next={draft}\"")), "{}", answer.body);
    let answer = browser.get(&draft).await;
    assert_eq!(answer.location(), format!("/sign-in?next={draft}"));
    let answer = browser.post("/sign-in", &[("id", "aozora"), ("password", PASSWORD), ("next", &draft)]).await;
    assert_eq!(answer.location(), draft);
    assert_eq!(site.state.office.draft(id).await.unwrap(), before);
    // What was typed is sent again, with the token of the page as it is now.
    browser.get(&draft).await;
    let answer = save(&mut browser, &draft, &[("version", &version), ("claimed_yen", "128000")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

pub(crate) async fn a_form_that_means_nothing_is_told_and_not_saved() {
    let site = reading_site().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut browser, "home-consent").await;
    browser.get(&draft).await;
    for claimed in ["たくさん", "-1", "1.5", "99999999999999999999"] {
        let answer = save(&mut browser, &draft, &[("version", "1"), ("claimed_yen", claimed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{claimed}");
        assert!(json(&answer)["detail"].as_str().unwrap().contains("円単位の数字"), "{claimed}");
    }
    for (path, fields) in [
        (format!("{draft}/documents/0"), ("kind", "receipt")),
        (format!("{draft}/documents/9/remove"), ("x", "")),
        (format!("{draft}/documents/9/read"), ("x", "")),
    ] {
        assert_eq!(browser.post(&path, &[fields]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    added(&mut browser, &draft, "領収書.pdf", &sample("clinic-over-ceilings", "領収書.pdf")).await;
    let answer = browser.post(&format!("{draft}/documents/0"), &[("kind", "estimate")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "a facility says only that it is one of two things");
    // Said to be the other thing, it is read as that.
    let answer = browser.post(&format!("{draft}/documents/0"), &[("kind", "itemization")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(browser.get(&draft).await.body.contains("書類の内容は、次のものと読み取りました: 領収書"));
}
