//! The whole life of a claim in real browsers, each person in one of their own: invitation, sign-up, a photo, a return, the
//! correction, approval, batch, notice; and ten claims reviewed without a mouse.

use crate::server::{Browser, Driver, Server};
use fantoccini::key::Key;
use std::path::Path;
use tests::root;

/// がじゅまる診療所, whose receipt is a telephone's photo.
const FACILITY: &str = "4710219033";

/// The samples without the claim that is made here.
fn samples(folder: &Path) {
    for entry in std::fs::read_dir(root().join("samples")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "phone-photo" {
            std::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
}

/// Chooses a file as a person does in the dialog, and waits until it was received and read.
async fn add(browser: &Browser, file: &str, received: usize) {
    let path = root().join("samples/phone-photo").join(file);
    browser.find("#files").await.send_keys(path.to_str().unwrap()).await.unwrap();
    browser.sees(&format!("追加した書類 {received}件")).await;
    browser.sees(file).await;
    browser.sees_times("読み取った内容", received).await;
}

/// Fetches an address as the page would, and says its status, type and first bytes.
async fn fetched(browser: &Browser, path: &str) -> String {
    let script = "const done = arguments[arguments.length - 1];
        fetch(arguments[0]).then(async answer => {
            const bytes = new Uint8Array(await answer.arrayBuffer());
            done(answer.status + ' ' + answer.headers.get('content-type') + ' '
                + String.fromCharCode(...bytes.slice(0, 5)));
        });";
    let found = browser.client.execute_async(script, vec![path.into()]).await.unwrap();
    found.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_lives_from_the_invitation_to_the_notice() {
    let folder = tempfile::tempdir().unwrap();
    samples(folder.path());
    let own = folder.path().to_owned();
    let server = tokio::task::spawn_blocking(move || Server::start_with(&own)).await.unwrap();
    let driver = Driver::start();

    // The administrator invites.
    let admin = driver.browser(1280).await;
    admin.sign_in(&server, "demo-admin").await;
    admin.type_into("#invite-facility", FACILITY).await;
    admin.click("form[action='/invitations'] button").await;
    let invitation = admin.find("code.secret").await.text().await.unwrap();
    admin.close().await;

    // The facility makes its account and begins a claim.
    let facility = driver.browser(1280).await;
    facility.client.goto(&format!("{}/sign-up", server.url)).await.unwrap();
    for (field, text) in [
        ("#facility", FACILITY),
        ("#invitation", &invitation),
        ("#id", "gajumaru"),
        ("#name", "がじゅまる診療所 事務"),
        ("#password", "mango-umi-kaze-sango"),
    ] {
        facility.type_into(field, text).await;
    }
    facility.click("main button[type=submit]").await;
    facility.sees("利用者登録が済みました").await;
    let sign_in = async || {
        facility.type_into("#id", "gajumaru").await;
        facility.type_into("#password", "mango-umi-kaze-sango").await;
        facility.click("main button[type=submit]").await;
    };
    sign_in().await;
    facility.sees("下書きはありません").await;
    facility.client.goto(&format!("{}/apply", server.url)).await.unwrap();
    facility.click("[aria-labelledby='offer-home-consent'] form button").await;

    // A photo: received, read, and what the rules would say.
    facility.sees("書類を追加する").await;
    add(&facility, "IMG_2041.jpg", 1).await;
    facility.sees("受領済み").await;
    facility.sees("このまま申請すると").await;
    facility.sees("領収書内訳書").await;
    facility.picture("life-draft").await;

    // The session ends in the middle: what was typed is there after signing in again.
    let draft = facility.path().await;
    facility.type_into("#claimed", "96112").await;
    facility.find("#claimed").await.send_keys(&String::from(char::from(Key::Tab))).await.unwrap();
    facility.sees("保存しました").await;
    facility.client.delete_all_cookies().await.unwrap();
    facility.client.goto(&format!("{}{draft}", server.url)).await.unwrap();
    sign_in().await;
    facility.sees("IMG_2041.jpg").await;
    assert_eq!(facility.path().await, draft, "one goes on where one was");
    assert_eq!(facility.find("#claimed").await.prop("value").await.unwrap().unwrap(), "96112");

    // Sent without its itemization, it comes back at once with the reason.
    send(&facility).await;
    facility.until("差戻し").await;
    let claim = facility.path().await;
    facility.sees("領収書内訳書").await;
    facility.picture("life-returned").await;
    facility.click(&format!("form[action='{claim}/answer'] button")).await;
    facility.sees("差戻しの理由").await;
    add(&facility, "領収書内訳書.xlsx", 2).await;
    facility.sees("96,112円").await;
    send(&facility).await;
    facility.until("交付決定").await;
    facility.sees("96,112円").await;

    // Paid: one prepares, another releases.
    let officer = driver.browser(1280).await;
    officer.sign_in(&server, "demo-officer").await;
    officer.client.goto(&format!("{}/batches", server.url)).await.unwrap();
    officer.click("form[action='/batches'] button").await;
    officer.sees("支払バッチを準備しました").await;
    let batch = officer.path().await;
    officer.sees(claim.trim_start_matches("/claims/")).await;
    officer.close().await;
    let approver = driver.browser(1280).await;
    approver.sign_in(&server, "demo-approver").await;
    approver.client.goto(&format!("{}{batch}", server.url)).await.unwrap();
    approver.click(&format!("form[action='{batch}/release'] button")).await;
    approver.sees("支払バッチを承認しました").await;
    assert!(fetched(&approver, &format!("{batch}/bank-file")).await.starts_with("200 "));
    approver.close().await;

    // The facility sees it and has the notice; the page speaks English too, and fits a telephone.
    facility.client.goto(&format!("{}{claim}", server.url)).await.unwrap();
    facility.until("通知書").await;
    assert_eq!(fetched(&facility, &format!("{claim}/notices/2")).await, "200 application/pdf %PDF-");
    assert!(facility.barriers().await.is_empty(), "{:?}", facility.barriers().await);
    facility.click(".languages a").await;
    facility.sees("Sign out").await;
    facility.client.set_window_size(400, 900).await.unwrap();
    assert!(facility.fits().await, "wider than a telephone");
    facility.picture("life-english-narrow").await;
    facility.close().await;

    // The auditor follows it from the upload to the payment.
    let auditor = driver.browser(1280).await;
    auditor.sign_in(&server, "demo-auditor").await;
    auditor.client.goto(&format!("{}/log?claim={}", server.url, claim.trim_start_matches("/claims/"))).await.unwrap();
    for step in ["申請の受付", "申請の決定", "通知書の作成"] {
        auditor.sees(step).await;
    }
    auditor.close().await;
}

/// Goes on from a draft to the confirmation, and sends.
async fn send(browser: &Browser) {
    browser.click("#preview .actions a").await;
    browser.click("input[name=checked]").await;
    browser.click("form.stack button[type=submit]").await;
    browser.find("main").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_decides_one_claim_after_the_other_without_a_mouse() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let driver = Driver::start();
    let reviewer = driver.browser(1280).await;
    reviewer.sign_in(&server, "demo-reviewer").await;
    reviewer.client.goto(&format!("{}/queue", server.url)).await.unwrap();
    let waiting: usize = reviewer.find("main .total").await.text().await.unwrap().parse().unwrap();
    assert!(waiting >= 10, "{waiting} wait");
    reviewer.client.goto(&format!("{}/queue/next", server.url)).await.unwrap();
    let mut decided = Vec::new();
    for _ in 0..10 {
        let claim = reviewer.find("h1").await.text().await.unwrap();
        assert!(!decided.contains(&claim), "{claim} again");
        // r: return; the reason is where the keys go then; Ctrl+Enter decides and opens the next.
        reviewer.keys("r").await;
        reviewer.focused("reason").await;
        reviewer.keys("金額の分かる書類を添えて、もう一度申請してください。").await;
        reviewer.keys(&format!("{}{}", char::from(Key::Control), char::from(Key::Enter))).await;
        reviewer.until_not(&claim).await;
        decided.push(claim);
    }
    reviewer.client.goto(&format!("{}/queue", server.url)).await.unwrap();
    let left = reviewer.find("main .total").await.text().await.unwrap();
    assert_eq!(left.parse::<usize>().unwrap(), waiting - 10);
    reviewer.close().await;
}
