//! Money on the pages: budgets and what waits for them, the second look at accounts, the bank's word, and what a facility
//! is asked for when a payment was sent back.

use crate::desk::{SENT, Sent};
use crate::site::{Answer, Browser, CLINIC, PHARMACY, Site, between};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use claim::{Actor, ClaimId, DecisionKind, Role};

const OTHER: Sent<'static> = Sent { facility: PHARMACY, receipt: "other", payee: "別の薬局", ..SENT };

/// A reviewer approves a claim on its page.
async fn approve(browser: &mut Browser, id: &ClaimId) -> Answer {
    let page = browser.get(&format!("/claims/{id}")).await;
    let seen = between(&page.body, "data-version=\"", "\"").to_owned();
    let form = [("decision", "approve"), ("reason", "確認しました。"), ("seen", &seen), ("choice", ""), ("view", "")];
    browser.post(&format!("/claims/{id}/decision"), &form).await
}

/// Sends a file with the token of the last page.
async fn upload(browser: &mut Browser, path: &str, token: &str, bytes: &[u8]) -> Answer {
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"結果.txt\"\r\nContent-Type: text/plain\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn a_budget_is_set_runs_out_and_is_raised_on_its_page() {
    let site = Site::new().await;
    let (one, two) = (site.waits(SENT).await, site.waits(OTHER).await);
    let mut officer = site.signed_in("officer", Role::PaymentOfficer, None).await;
    let mut reviewer = site.signed_in("sato", Role::Reviewer, None).await;
    let mut auditor = site.signed_in("auditor", Role::Auditor, None).await;
    let page = officer.get("/budgets").await;
    assert!(page.body.contains("設定なし") && page.body.contains("予算額を設定する"));
    assert!(!reviewer.get("/budgets").await.body.contains("予算額を設定する"));
    assert_eq!(reviewer.post("/budgets", &[("programme", "home-consent")]).await.status, StatusCode::FORBIDDEN);
    let set = async |browser: &mut Browser, yen: &str, reason: &str| {
        browser.get("/budgets").await;
        browser.post("/budgets", &[("programme", "home-consent"), ("yen", yen), ("reason", reason)]).await
    };
    for (yen, reason, why) in
        [("x", "予算", "数字（円）"), ("-1", "予算", "数字（円）"), ("100", " ", "理由を入力してください")]
    {
        let answer = set(&mut officer, yen, reason).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(between(&answer.body, "role=\"alert\"", "</div>").contains(why), "{yen}");
    }
    let answer = set(&mut officer, "100,000", "令和7年度当初予算").await;
    assert_eq!(answer.location(), "/budgets?done=budget-set");

    // 75,000 fit once; the second approval waits, and the claim's page says so.
    assert!(approve(&mut reviewer, &one).await.location().contains("done=decided"));
    assert!(approve(&mut reviewer, &two).await.location().contains("done=awaits-budget"));
    assert!(reviewer.get(&format!("/claims/{two}")).await.body.contains("予算を待っています"));
    assert!(!reviewer.get("/queue").await.body.contains(two.as_str()), "nobody has to look at it");
    let page = auditor.get("/budgets").await;
    assert!(page.body.contains("25,000円") && page.body.contains(two.as_str()));
    let low = set(&mut officer, "74999", "減額").await;
    assert!(between(&low.body, "role=\"alert\"", "</div>").contains("75,000円以上としてください"));
    set(&mut officer, "150000", "補正予算").await;
    assert!(officer.get("/budgets").await.body.contains("予算を待つ申請はありません"));
    let state = site.state.office.claim(&two).await.unwrap().claim.state;
    assert_eq!(state, claim::ClaimState::Approved);
    let ledger = auditor.get("/budgets/home-consent").await;
    for said in ["補正予算", "交付決定による確保", two.as_str(), "staff:officer"] {
        assert!(ledger.body.contains(said), "{said}");
    }
    assert_eq!(auditor.get("/budgets/no-such").await.status, StatusCode::NOT_FOUND);
    let english = auditor.get("/budgets?lang=en").await;
    assert!(english.body.contains("Available") && !english.body.contains("残額"));
}

#[tokio::test]
async fn an_account_is_confirmed_by_another_person_and_results_are_taken_on_the_page() {
    let site = Site::new().await;
    let office = site.state.office.clone();
    let (one, two) = (site.waits(SENT).await, site.waits(OTHER).await);
    for id in [&one, &two] {
        let will = office::Will {
            kind: DecisionKind::Approve,
            by: &Actor::staff("sato"),
            reason: Some("確認済み"),
            choice: None,
            overridden: &[],
            seen: None,
        };
        office.decide(id, will).await.unwrap();
    }
    let mut officer = site.signed_in("officer", Role::PaymentOfficer, None).await;
    let mut approver = site.signed_in("approver", Role::Approver, None).await;
    let mut clinic = site.signed_in("clinic", Role::Facility, Some(CLINIC)).await;
    officer.get("/batches").await;
    let answer = officer.post("/batches", &[("pay_on", "2026-02-27")]).await;
    let path = answer.location().split('?').next().unwrap().to_owned();
    let page = approver.get(&path).await;
    assert!(!page.body.contains("振込結果"), "nothing was sent yet");
    let sha256 = between(&page.body, "name=\"sha256\" value=\"", "\"").to_owned();
    approver.post(&format!("{path}/release"), &[("sha256", &sha256)]).await;

    // The bank's word on the page: one sent back, one paid, and a record of nobody's.
    let mut file = officer.get(&format!("{path}/bank-file")).await.bytes;
    let (first, rest) = (file[..122].to_vec(), file[122..].to_vec());
    let mut stray = rest[..122].to_vec();
    stray[43..50].copy_from_slice(b"7777777");
    stray[113] = b'0';
    file = [first, rest].concat();
    let clinic_first = file[122 + 91..122 + 101] == *CLINIC.as_bytes();
    file[122 + 113] = if clinic_first { b'1' } else { b'0' };
    file[244 + 113] = if clinic_first { b'0' } else { b'1' };
    // The accounts of the two are alike, and so are the sums: then nobody can tell them apart.
    let page = officer.get(&path).await;
    let token = officer.last.clone();
    assert!(page.body.contains("結果待ち"));
    let results = format!("{path}/results");
    assert!(upload(&mut officer, &results, "forged", &file).await.status.is_client_error());
    assert!(upload(&mut officer, &results, &token, b"nothing").await.body.contains("読み取れるものがありません"));
    let answer = upload(&mut officer, &results, &token, &file).await;
    assert_eq!(answer.location(), format!("{path}?done=results-amiss"));
    let page = officer.get(&path).await;
    assert!(page.body.contains("特定できない") && page.body.contains("銀行に確かめてください"));
    assert!(page.body.contains("結果.txt") && !page.body.contains("0000001"), "accounts by their end only");

    // All of them sent back: no doubt about that.
    let mut back = file.clone();
    for at in [122, 244] {
        back[at + 113] = b'1';
    }
    back.splice(366..366, stray);
    let answer = upload(&mut officer, &results, &token, &back).await;
    assert_eq!(answer.location(), format!("{path}?done=results-amiss"));
    let page = officer.get(&path).await;
    assert!(page.body.contains("該当する支払なし") && page.body.contains("合計の不一致"));
    let answer = upload(&mut officer, &results, &token, &back).await;
    assert_eq!(answer.location(), format!("{path}?done=results-known"));
    let state = office.claim(&one).await.unwrap().claim.state;
    assert_eq!(state, claim::ClaimState::Bounced);

    // The facility is asked for its account, another facility's claim is none of its business.
    let claim_path = format!("/claims/{one}");
    let page = clinic.get(&claim_path).await;
    assert!(page.body.contains("該当口座なし") && page.body.contains("この口座を届け出る"));
    let account = |number: &'static str| {
        [
            ("bank_code", "0001"),
            ("bank_name", "ﾐｽﾞﾎ"),
            ("branch_code", "001"),
            ("branch_name", "ﾎﾝﾃﾝ"),
            ("kind", "ordinary"),
            ("number", number),
            ("holder", "アオゾラ"),
        ]
    };
    let refused = clinic.post(&format!("{claim_path}/account"), &account("12345678")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(between(&refused.body, "role=\"alert\"", "</div>").contains("7桁"));
    assert_eq!(clinic.post(&format!("/claims/{two}/account"), &account("42")).await.status, StatusCode::NOT_FOUND);
    let sent = clinic.post(&format!("{claim_path}/account"), &account("42")).await;
    assert_eq!(sent.location(), format!("{claim_path}?done=account-sent"));
    assert!(clinic.get(&claim_path).await.body.contains("口座の訂正を受け付けました"));

    // A second person compares the whole number; the payment officer who brought one could not.
    let page = officer.get("/bank-accounts").await;
    assert!(page.body.contains("<dd>42</dd>") && page.body.contains(&format!("facility:{CLINIC}")));
    let sha256 = between(&page.body, "name=\"sha256\" value=\"", "\"").to_owned();
    let confirm = format!("/bank-accounts/{CLINIC}");
    assert_eq!(clinic.post(&confirm, &[("sha256", &sha256)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(officer.post(&confirm, &[("sha256", &"0".repeat(64))]).await.status, StatusCode::CONFLICT);
    let answer = officer.post(&confirm, &[("sha256", &sha256)]).await;
    assert_eq!(answer.location(), "/bank-accounts?done=account-confirmed");
    assert!(officer.get("/bank-accounts").await.body.contains("<b class=\"total\">0</b>"));
    assert_eq!(office.claim(&one).await.unwrap().claim.state, claim::ClaimState::Approved);
    assert!(officer.get("/batches").await.body.contains("<b class=\"total\">1</b>"), "payable again");
}
