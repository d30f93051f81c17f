//! Review through the pages: the queue, one claim on one screen, and what is done there.

use crate::desk::{SENT, Sent};
use crate::site::{CLINIC, PHARMACY, Site, between};
use axum::http::StatusCode;
use claim::{ClaimState, Role};
use store::LogQuery;

async fn state_of(site: &Site, id: &claim::ClaimId) -> ClaimState {
    site.state.office.store.claim(id).await.unwrap().unwrap().claim.state
}

fn version(body: &str) -> String {
    between(body, "data-version=\"", "\"").to_owned()
}

#[tokio::test]
async fn the_queue_says_why_a_claim_stands_where_it_stands_and_each_claim_is_on_one_page() {
    let site = Site::new().await;
    let mut expected = Vec::new();
    for number in 0..53i64 {
        let at = format!("2026-01-{:02}T10:00:00+09:00", 10 + number % 5);
        let receipt = format!("receipt {number}");
        let sent = Sent { receipt: &receipt, yen: 10_000 + number / 7 * 1000, at: &at, ..SENT };
        let id = site.waits(sent).await;
        let place = site.state.office.store.review_place(&id).await.unwrap().unwrap();
        expected.push((place, id));
    }
    expected.sort();
    let mut browser = site.signed_in("sato", Role::Reviewer, None).await;
    let (mut found, mut path) = (Vec::new(), "/queue".to_owned());
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("<b class=\"total\">53</b>"), "the count is of all");
        for row in page.body.split("<th scope=\"row\"><a href=\"/claims/").skip(1) {
            found.push(row.split('"').next().unwrap().to_owned());
        }
        assert!(page.body.contains("要確認の所見 1件") && page.body.contains("宛名の相違"));
        let Some(next) = page.body.split("\" rel=\"next\"").next().filter(|_| page.body.contains("rel=\"next\""))
        else {
            break;
        };
        path = next.rsplit("href=\"").next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    let expected: Vec<String> = expected.into_iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(found, expected);

    // Filters count and narrow, and a view is an address.
    let page = browser.get("/queue?prefecture=34").await;
    assert!(page.body.contains("この条件に当たる申請はありません"));
    assert!(page.body.contains("東京都（53）"), "what another prefecture would show");
    let page = browser.get("/queue?finding=payee-differs&kind=clinic").await;
    assert!(page.body.contains("<b class=\"total\">53</b>") && page.body.contains(&expected[0]));
    assert!(page.body.contains(&format!("/claims/{}?kind=clinic", expected[0])), "the view goes along");
    let page = browser.get(&format!("/queue?q={CLINIC}")).await;
    assert!(page.body.contains("確認中") && page.body.contains("rel=\"next\""));
    let page = browser.get(&format!("/queue?q={}", expected[0].to_lowercase())).await;
    assert!(page.body.contains(&expected[0]) && !page.body.contains(&expected[1]));
    for odd in ["/queue?after=x&prefecture=99&kind=x&finding=x&state=x", "/queue?q=%00", "/queue?programme=%F0"] {
        assert!(browser.get(odd).await.status != StatusCode::INTERNAL_SERVER_ERROR, "{odd}");
    }
}

#[tokio::test]
async fn who_may_see_and_who_may_act() {
    let site = Site::new().await;
    let id = site.waits(SENT).await;
    let claim = format!("/claims/{id}");
    for (role, queue, page, decides) in [
        (Role::Reviewer, 200, 200, true),
        (Role::PaymentOfficer, 200, 200, false),
        (Role::Approver, 200, 200, false),
        (Role::Auditor, 200, 200, false),
        (Role::Administrator, 403, 403, false),
    ] {
        let mut browser = site.signed_in(&format!("a-{}", role.code()), role, None).await;
        assert_eq!(browser.get("/queue").await.status.as_u16(), queue, "{role:?}");
        assert_eq!(browser.get("/overview").await.status.as_u16(), queue, "{role:?}");
        let shown = browser.get(&claim).await;
        assert_eq!(shown.status.as_u16(), page, "{role:?}");
        assert_eq!(shown.body.contains("action=\"/claims/") && shown.body.contains("/decision\""), decides, "{role:?}");
        let seen = [("seen", "4"), ("decision", "reject"), ("reason", "x"), ("note", "x"), ("account", "x")];
        for act in ["decision", "duplicates", "fields", "reassess", "notes", "hand", "look"] {
            let answer = browser.post(&format!("{claim}/{act}"), &seen).await;
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !decides, "{role:?} {act} {}", answer.status);
        }
    }
    let mut facility = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    assert_eq!(facility.get("/queue").await.status, StatusCode::FORBIDDEN);
    assert!(!facility.get(&claim).await.body.contains("data-review"), "a facility has another page");
    let mut other = site.signed_in("midori", Role::Facility, Some(PHARMACY)).await;
    assert_eq!(other.get(&claim).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.browser().get("/queue").await.location(), "/sign-in?next=/queue");
}

#[tokio::test]
async fn a_decision_opens_the_next_claim_and_two_reviewers_cannot_overwrite_each_other() {
    let site = Site::new().await;
    let first = site.waits(SENT).await;
    let second = site.waits(Sent { receipt: "other", at: "2026-01-21T10:00:00+09:00", ..SENT }).await;
    let mut sato = site.signed_in("sato", Role::Reviewer, None).await;
    let mut suzuki = site.signed_in("suzuki", Role::Reviewer, None).await;
    let page = sato.get(&format!("/claims/{first}?finding=payee-differs")).await;
    for words in ["最初の申請", "宛名", "別の医院", "計算の過程", "payee-differs", "領収書.pdf", "経過（決定記録から）"]
    {
        assert!(page.body.contains(words), "{words}");
    }
    let seen = version(&page.body);
    let theirs = suzuki.get(&format!("/claims/{first}")).await;
    assert!(theirs.body.contains("他の担当者が表示中: sato さん"), "they see each other");

    // Without a reason, where one is needed, nothing is decided and nothing typed is lost.
    let path = format!("/claims/{first}/decision");
    let answer = sato.post(&path, &[("decision", "approve"), ("reason", " "), ("seen", &seen)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(between(&answer.body, "role=\"alert\"", "</div>").contains("理由が必要です"));
    assert!(answer.body.contains("value=\"approve\" data-key-choose=\"a\" required checked"));
    let answer = sato.post(&path, &[("decision", ""), ("reason", "確認済み"), ("seen", &seen)]).await;
    assert!(answer.body.contains("いずれかを選んでください") && answer.body.contains(">確認済み</textarea>"));
    assert_eq!(state_of(&site, &first).await, ClaimState::InReview);

    let fields =
        [("decision", "approve"), ("reason", "開設者が同じ"), ("seen", &seen), ("view", "finding=payee-differs")];
    let answer = sato.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let next = sato.get(answer.location()).await;
    assert_eq!(next.location(), format!("/claims/{second}?finding=payee-differs&done=decided"));
    assert!(sato.get(next.location()).await.body.contains("決定を記録しました"));
    assert_eq!(state_of(&site, &first).await, ClaimState::Approved);

    let late = suzuki.post(&path, &[("decision", "reject"), ("reason", "x"), ("seen", &seen)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("staff:sato が先に「交付決定」と決定しました"), "{}", late.body);
    assert_eq!(state_of(&site, &first).await, ClaimState::Approved);

    // The last one decided, the queue is empty.
    let page = suzuki.get(&format!("/claims/{second}")).await;
    let seen = version(&page.body);
    let fields = [("decision", "return"), ("reason", "領収書を添付してください"), ("seen", seen.as_str())];
    let answer = suzuki.post(&format!("/claims/{second}/decision"), &fields).await;
    let answer = suzuki.get(answer.location()).await;
    assert_eq!(answer.location(), "/queue?done=decided");
    assert!(suzuki.get(answer.location()).await.body.contains("この条件に当たる申請はありません"));
    let page = suzuki.get("/overview").await;
    assert!(page.body.contains("宛名の相違") && page.body.contains("<svg") && page.body.contains("75,000円"));
    // The office of these tests has no reader.
    assert!(between(&page.body, "id=\"reading-heading\"", "</section>").contains("書類を読み取れません"));
}

#[tokio::test]
async fn a_field_is_corrected_with_a_reason_and_assessed_again() {
    let site = Site::new().await;
    let id = site.waits(SENT).await;
    let mut browser = site.signed_in("sato", Role::Reviewer, None).await;
    let page = browser.get(&format!("/claims/{id}")).await;
    let seen = version(&page.body);
    let path = format!("/claims/{id}/fields");
    let wrong =
        [("position", "0"), ("field", "receipt.total_yen"), ("value", "約十万円"), ("reason", "x"), ("seen", &seen)];
    let answer = browser.post(&path, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("「約十万円」は使用できません"));
    let odd = [("position", "0"), ("field", "receipt.everything"), ("value", "1"), ("reason", "x"), ("seen", &seen)];
    assert_eq!(browser.post(&path, &odd).await.status, StatusCode::BAD_REQUEST);
    let right = [
        ("position", "0"),
        ("field", "receipt.payee"),
        ("value", "青空クリニック"),
        ("reason", "原本を確認"),
        ("seen", &seen),
    ];
    let answer = browser.post(&path, &right).await;
    assert_eq!(answer.location(), format!("/claims/{id}?done=corrected"));
    site.assess().await;
    let page = browser.get(&format!("/claims/{id}")).await;
    assert!(page.body.contains("<del>別の医院</del>") && page.body.contains("<ins>青空クリニック</ins>"));
    assert!(page.body.contains("原本を確認") && page.body.contains("staff:sato"));
    assert!(!page.body.contains("<code>payee-differs</code>"), "the finding is gone");
    assert!(page.body.contains("読取り結果の訂正"), "it is in the history");
    let stale = browser.post(&path, &right).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    // The log has the correction without its texts.
    let query = LogQuery { event: Some("field-adjusted".to_owned()), ..LogQuery::default() };
    let entries = site.state.office.store.find_in_log(&query, None, 10).await.unwrap();
    let payload = String::from_utf8(entries[0].1.clone()).unwrap();
    assert!(payload.contains("receipt.payee") && !payload.contains("青空") && !payload.contains("別の医院"));
}

#[tokio::test]
async fn notes_hands_and_verdicts_are_kept_and_shown() {
    let site = Site::new().await;
    let first = site.waits(SENT).await;
    let second = site.waits(Sent { facility: PHARMACY, ..SENT }).await;
    let mut sato = site.signed_in("sato", Role::Reviewer, None).await;
    site.account("suzuki", Role::Reviewer, None).await;
    site.account("tanaka", Role::Approver, None).await;
    let claim = format!("/claims/{second}");
    let page = sato.get(&claim).await;
    assert!(page.body.contains("重複の疑い") && page.body.contains(first.as_str()), "both claims side by side");
    assert!(page.body.contains(&format!("/claims/{first}/documents/1/0/pages/1")));

    sato.post(&format!("{claim}/notes"), &[("note", "<b>電話</b>で確認")]).await;
    let page = sato.get(&claim).await;
    assert!(page.body.contains("&#60;b&#62;電話") || page.body.contains("&lt;b&gt;電話"), "a note is text");
    let answer = sato.post(&format!("{claim}/notes"), &[("note", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);

    let answer = sato.post(&format!("{claim}/hand"), &[("account", "tanaka")]).await;
    assert!(answer.body.contains("審査担当者の利用者IDではありません"));
    let answer = sato.post(&format!("{claim}/hand"), &[("account", "suzuki")]).await;
    assert_eq!(answer.location(), format!("{claim}?done=handed"));
    assert!(sato.get("/queue").await.body.contains("<td>suzuki</td>"));
    assert!(sato.get("/queue?hand=me").await.body.contains("この条件に当たる申請はありません"));

    let judge = format!("{claim}/duplicates");
    let answer = sato.post(&judge, &[("other", first.as_str()), ("verdict", "same"), ("reason", "")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("other", first.as_str()), ("verdict", "different"), ("reason", "同じ日に2回購入")];
    assert_eq!(sato.post(&judge, &fields).await.location(), format!("{claim}?done=judged"));
    assert!(sato.get(&claim).await.body.contains("別の領収書"));
    site.assess().await;
    site.assess().await;
    assert!(!sato.get("/queue").await.body.contains("<li>重複の疑い</li>"));

    // Looking, as the script of an open page does.
    let answer = sato.post(&format!("{claim}/look"), &[]).await;
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(value["version"].is_u64() && value["text"].is_null(), "{value}");
}
