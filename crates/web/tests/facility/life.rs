//! From nothing to a claim, and from a return to a second revision.

use crate::site::{Browser, CLINIC, Site, between};
use crate::upload::{Part, json, save, send};
use crate::{reading_site, sample};
use axum::http::{StatusCode, header};
use claim::{Actor, ClaimState, DecisionKind, DocumentKind, Role};
use decision_log::Event;
use office::{Assessed, Office, Will};
use std::time::Duration;
use store::JobKind;

const DAY: i64 = 24 * 3600;

/// Begins a draft; returns its address.
pub(crate) async fn begun(browser: &mut Browser, programme: &str) -> String {
    browser.get("/apply").await;
    let answer = browser.post("/drafts", &[("facility", CLINIC), ("programme", programme)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().to_owned()
}

/// Adds a file as the script does: sent, then read.
pub(crate) async fn added(browser: &mut Browser, draft: &str, name: &str, bytes: &[u8]) -> serde_json::Value {
    let token = browser.last.clone();
    let parts = [Part::Text("form_token", &token), Part::Text("declared", "other"), Part::File(name, bytes)];
    let answer = send(browser, &format!("{draft}/documents"), &parts, true).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let taken = json(&answer)["taken"][0].clone();
    let path = format!("{draft}/documents/{}/read", taken["position"]);
    let answer = save(browser, &path, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    taken
}

/// Sends a draft from the page that shows it last; returns the address of the claim.
pub(crate) async fn sent(browser: &mut Browser, draft: &str) -> String {
    let page = browser.get(&format!("{draft}/send")).await;
    let version = between(&page.body, "name=\"version\" value=\"", "\"").to_owned();
    let answer = browser.post(&format!("{draft}/send"), &[("version", &version), ("checked", "on")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().strip_suffix("?done=sent").unwrap().to_owned()
}

/// What the workers do with a claim that was sent.
pub(crate) async fn worked_off(site: &Site) -> Assessed {
    let office = &site.state.office;
    let lease = Duration::from_secs(600);
    let job = office.store.take("test", &[JobKind::Read], lease, 1).await.unwrap().pop().unwrap();
    let record = office.claim(&job.claim_id).await.unwrap();
    let mut readings = Vec::new();
    for document in &record.documents {
        let bytes = office.store.document(&document.sha256).await.unwrap();
        readings.push(office.reader.read(&document.file, &bytes, Some(document.declared)).await.unwrap());
    }
    let told = || office.entry(&Actor::system(), Event::ClaimViewed { claim_id: job.claim_id.clone() });
    let stated = office.store.stated_fields(&job.claim_id, job.revision).await.unwrap();
    let adjustments = office.stated(&record.claim, &mut readings.clone(), &stated);
    let mut entries = vec![told()];
    entries.extend(adjustments.iter().map(|one| office.adjusted(&job.claim_id, job.revision, one)));
    office.store.finish_read(&job, &readings, &adjustments, &entries).await.unwrap();
    let job = office.store.take("test", &[JobKind::Assess], lease, 1).await.unwrap().pop().unwrap();
    let dossier = office.store.dossier(&job.claim_id).await.unwrap();
    let ruleset = office.rulebook.on(office.today()).await.unwrap();
    let rules::Assessed { facts, observed, assessment } = ruleset.assess_dossier(&dossier).unwrap();
    let assessed = Assessed::new(facts, observed, assessment);
    let bytes = office::json(&assessed);
    let waiting = Office::waiting(&dossier, &ruleset, &assessed);
    office
        .store
        .finish_assess(&job, &bytes, office::hash(&bytes), &waiting, store::Settled::ForAPerson, &[told()])
        .await
        .unwrap();
    assessed
}

pub(crate) async fn a_facility_applies_with_the_documents_of_a_sample() {
    let site = reading_site().await;
    site.wait(-10 * DAY);
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let page = browser.get("/claims").await;
    assert!(page.body.contains("下書きはありません") && page.body.contains("申請はまだありません"));

    // The programme, with what it gives to a clinic, and the template.
    let page = browser.get("/apply").await;
    let offer = between(&page.body, "id=\"offer-home-consent\"", "</article>");
    for words in ["あと10日", "令和8年1月31日", "128,000円", "3/4", "モバイル端末等（上限", "領収書、領収書内訳書"]
    {
        assert!(offer.contains(words), "{words}: {offer}");
    }
    assert!(!offer.contains("411,000円"), "what a hospital would get");
    let template = browser.get(&format!("/template?facility={CLINIC}&programme=home-consent")).await;
    assert_eq!(template.status, StatusCode::OK);
    assert!(template.bytes.starts_with(b"PK"));
    assert!(template.headers[header::CONTENT_DISPOSITION].to_str().unwrap().ends_with("_home-consent.xlsx"));

    let draft = begun(&mut browser, "home-consent").await;
    let page = browser.get(&draft).await;
    assert!(page.body.contains("書類はまだありません"));
    assert!(!page.body.contains(&format!("href=\"{draft}/send\"")), "there is nothing to send yet");

    // Two files at once, by a browser without scripts: taken, read, and told apart by what stands in them.
    let (receipt, itemization) =
        (sample("clinic-over-ceilings", "領収書.pdf"), sample("clinic-over-ceilings", "領収書内訳書.xlsx"));
    let token = browser.last.clone();
    let parts = [
        Part::Text("form_token", &token),
        Part::Text("declared", "other"),
        Part::File("C:\\書類\\領収書.pdf", &receipt),
        Part::File("領収書内訳書.xlsx", &itemization),
    ];
    let answer = send(&mut browser, &format!("{draft}/documents"), &parts, false).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, &*format!("{draft}?done=uploaded#documents"))
    );
    let page = browser.get(&draft).await.body;
    let office = &site.state.office;
    let id = draft.strip_prefix("/drafts/").unwrap();
    let kept = office.draft(id).await.unwrap();
    let declared: Vec<DocumentKind> = kept.documents.iter().map(|one| one.document.declared).collect();
    assert_eq!(declared, [DocumentKind::Receipt, DocumentKind::Itemization]);
    assert_eq!(kept.documents[0].document.file, "領収書.pdf", "without the folder that it came from");
    for one in &kept.documents {
        assert!(page.contains(&one.document.sha256.to_string()), "the receipt of the file");
        let entry = &office.store.log_entries(one.log_position, 1).await.unwrap()[0];
        assert!(String::from_utf8_lossy(&entry.1).contains(&one.document.sha256.to_string()), "and its log entry");
    }
    let reading = kept.documents[0].reading.as_ref().unwrap().receipt.as_ref().unwrap();
    let total = reading.total_yen.as_ref().unwrap();
    for words in [format!("{}円", total.value), "確実".to_owned(), "1ページ".to_owned(), "水面坂".to_owned()] {
        assert!(page.contains(&words), "{words}");
    }
    for line in &kept.documents[1].reading.as_ref().unwrap().itemization.as_ref().unwrap().lines {
        assert!(page.contains(line.spot.cell.as_ref().unwrap()) && page.contains(&format!("{}円", line.amount_yen)));
    }

    // The page with the place where the total stood, and the picture under it.
    let view = browser.get(&format!("{draft}/documents/0/view")).await;
    assert_eq!(view.status, StatusCode::OK);
    let [left, top, ..] = total.spot.bounds.unwrap();
    assert!(view.body.contains(&format!("x=\"{}\" y=\"{}\"", left - 3, top - 3)));
    assert!(view.body.contains(&format!("href=\"{draft}/documents/0/pages/1\"")));
    let picture = browser.get(&format!("{draft}/documents/0/pages/1")).await;
    assert_eq!(
        (picture.status, &picture.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"image/png".parse().unwrap())
    );
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    assert_eq!(picture.headers["content-security-policy"].to_str().unwrap().matches("default-src 'none'").count(), 1);
    assert_eq!(browser.get(&format!("{draft}/documents/0/pages/2")).await.status, StatusCode::NOT_FOUND);
    let sheet = browser.get(&format!("{draft}/documents/1/view")).await.body;
    assert!(
        sheet.contains("class=\"sheet\"") && sheet.contains(" mark\" id=\"m"),
        "the cells that were read are marked"
    );
    let original = browser.get(&format!("{draft}/documents/0")).await;
    assert_eq!(original.bytes, receipt);
    assert!(original.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment;"));
    assert_eq!(original.headers[header::CONTENT_TYPE], "application/octet-stream");

    // The amount is saved as it is typed, and what would become of it is the sample's own sum.
    let version = kept.version.to_string();
    let answer = save(&mut browser, &draft, &[("version", &version), ("claimed_yen", "１２８，０００円")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(json(&answer)["version"], kept.version + 1);
    assert_eq!(office.draft(id).await.unwrap().claimed_yen, Some(claim::Yen::new(128_000).unwrap()));
    let page = browser.get(&draft).await.body;
    let preview = between(&page, "id=\"preview\"", "</section>");
    assert!(
        preview.contains("交付の対象となる見込みです") && preview.contains("<b class=\"total\">128,000円</b>"),
        "{preview}"
    );
    assert_eq!(preview.matches("class=\"finding finding-info\"").count(), 3);
    assert!(preview.contains("補助限度額 128,000円 の少ない方 = 128,000円"), "the steps of the sum");
    assert!(!preview.contains("finding-re"), "{preview}");

    // Sent, with a last look; sent twice it is one claim.
    let page = browser.get(&format!("{draft}/send")).await;
    let version = between(&page.body, "name=\"version\" value=\"", "\"").to_owned();
    let answer = browser.post(&format!("{draft}/send"), &[("version", &version)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("role=\"alert\""));
    let claim = sent(&mut browser, &draft).await;
    let again = browser.post(&format!("{draft}/send"), &[("version", &version), ("checked", "on")]).await;
    assert_eq!(again.location(), format!("{claim}?done=sent"));
    assert_eq!(browser.get(&draft).await.location(), claim);
    assert_eq!(office.store.claims_of_account("aozora", None, 10).await.unwrap().len(), 1);
    let page = browser.get(&format!("{claim}?done=sent")).await;
    assert!(page.body.contains("申請を受け付けました。") && page.body.contains("申請済み"));
    let list = browser.get("/claims").await.body;
    assert!(list.contains("下書きはありません") && list.contains("審査をお待ちください") && list.contains("128,000円"));

    // What the rules then say is what they said before it was sent.
    let assessed = worked_off(&site).await;
    assert_eq!(assessed.assessment.computed_yen.get(), 128_000);
    let codes: Vec<&str> = assessed.assessment.findings.iter().map(|finding| finding.code.code()).collect();
    assert_eq!(codes, ["category-ceiling-applied", "category-ceiling-applied", "grant-ceiling-applied"]);
    let page = browser.get(&claim).await.body;
    assert!(page.contains("確認中") && page.contains("まだ決定していません"));
    let view = browser.get(&format!("{claim}/documents/1/0/view")).await;
    assert!(view.body.contains("class=\"page-picture\"") && view.body.contains(&format!("{}円", total.value)));
    assert!(browser.get(&format!("{claim}/documents/1/0/pages/1")).await.bytes.starts_with(b"\x89PNG"));
    assert_eq!(browser.get(&format!("{claim}/documents/1/1")).await.bytes, itemization);
    assert_eq!(browser.get(&format!("{claim}/documents/1/2")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("{claim}/documents/2/0")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("{claim}/notices/1")).await.status, StatusCode::NOT_FOUND);

    let record = office.claim(&claim.strip_prefix("/claims/").unwrap().into()).await.unwrap();
    let by = Actor::staff("sato");
    let will = Will { kind: DecisionKind::Approve, by: &by, reason: None, choice: None, overridden: &[], seen: None };
    office.decide(&record.claim.id, will).await.unwrap();
    let page = browser.get(&claim).await.body;
    for words in ["交付決定", "128,000円", "通知書を作成しています", "補助限度額 128,000円 の少ない方"]
    {
        assert!(page.contains(words), "{words}");
    }
    // In English too.
    let page = browser.get(&format!("{claim}?lang=en")).await.body;
    assert!(page.contains("<html lang=\"en\">") && page.contains("128,000 yen"));
}

pub(crate) async fn a_return_is_answered_with_what_was_sent_before() {
    let site = reading_site().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut browser, "home-consent").await;
    browser.get(&draft).await;
    let receipt = sample("clinic-over-ceilings", "領収書.pdf");
    added(&mut browser, &draft, "領収書.pdf", &receipt).await;
    let page = browser.get(&draft).await.body;
    assert!(page.contains("このままでは差戻しとなります") && page.contains("領収書内訳書が添付されていません"));
    let claim = sent(&mut browser, &draft).await;
    worked_off(&site).await;
    let office = &site.state.office;
    let id = claim::ClaimId::from(claim.strip_prefix("/claims/").unwrap());

    // Nothing to answer yet.
    browser.get(&claim).await;
    let early = browser.post(&format!("{claim}/answer"), &[]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    let by = Actor::staff("sato");
    let reason = Some("内訳書を添付してください");
    let will = Will { kind: DecisionKind::Return, by: &by, reason, choice: None, overridden: &[], seen: None };
    office.decide(&id, will).await.unwrap();
    let page = browser.get(&claim).await.body;
    assert!(page.contains("内訳書を添付してください") && page.contains("訂正してもう一度申請する"));
    assert!(browser.get("/claims").await.body.contains("差戻しの理由を確かめ"));

    let answer = browser.post(&format!("{claim}/answer"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let second = answer.location().to_owned();
    let again = browser.post(&format!("{claim}/answer"), &[]).await;
    assert_eq!(again.location(), second, "one answer, however often it is begun");
    let page = browser.get(&second).await.body;
    let returned = between(&page, "class=\"returned\"", "</section>");
    assert!(returned.contains("内訳書を添付してください") && returned.contains("領収書内訳書が添付されていません"));
    assert!(page.contains(&office::hash(&receipt).to_string()), "what was sent before is in it");
    let itemization = sample("clinic-over-ceilings", "領収書内訳書.xlsx");
    added(&mut browser, &second, "領収書内訳書.xlsx", &itemization).await;
    // After the deadline too: it counts from the first day.
    site.wait(5 * DAY);
    let answer = browser.post("/sign-in", &[("id", "aozora"), ("password", crate::site::PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = browser.get(&second).await.body;
    assert!(between(&page, "id=\"preview\"", "</section>").contains("<b class=\"total\">128,000円</b>"));
    assert!(!page.contains("<dt>申請期限</dt>"), "an answer has no deadline of its own");
    assert_eq!(sent(&mut browser, &second).await, claim, "the same claim, its second revision");
    let record = office.claim(&id).await.unwrap();
    assert_eq!((record.claim.state, record.claim.revision), (ClaimState::Submitted, 2));
    assert_eq!(record.documents.len(), 2);
    let page = browser.get(&claim).await.body;
    assert!(page.contains("再申請") && page.contains(&format!("{claim}/documents/1/0/view")));
}

/// What a facility corrects shows before it applies, goes with the claim, is never taken for read, and can be taken back.
pub(crate) async fn a_misread_field_is_corrected_before_it_is_sent_and_looked_at_by_a_person() {
    let site = reading_site().await;
    site.wait(-10 * DAY);
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let draft = begun(&mut browser, "home-consent").await;
    added(&mut browser, &draft, "領収書.pdf", &sample("clinic-over-ceilings", "領収書.pdf")).await;
    added(&mut browser, &draft, "領収書内訳書.xlsx", &sample("clinic-over-ceilings", "領収書内訳書.xlsx")).await;
    let page = browser.get(&draft).await.body;
    assert!(page.contains("読取り結果を訂正する") && page.contains("交付の対象となる見込みです"));
    let fields = format!("{draft}/documents/0/fields");

    for (field, value, status) in [
        ("receipt.total_yen", "twelve", StatusCode::UNPROCESSABLE_ENTITY),
        ("receipt.nothing", "1", StatusCode::BAD_REQUEST),
        ("itemization.total_yen", "1", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = browser.post(&fields, &[("field", field), ("value", value)]).await;
        assert_eq!(answer.status, status, "{field}");
    }
    let answer = browser.post(&fields, &[("field", "receipt.payee"), ("value", "別の名前のクリニック")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = browser.get(&draft).await.body;
    assert!(page.contains("訂正した項目") && page.contains("<ins>別の名前のクリニック</ins>"), "{page}");
    assert!(!page.contains("交付の対象となる見込みです"), "what is stated is not taken for read");
    // Taken back, what was read holds again; then it is stated once more.
    browser.post(&fields, &[("field", "receipt.payee"), ("value", "")]).await;
    assert!(browser.get(&draft).await.body.contains("交付の対象となる見込みです"));
    let office = &site.state.office;
    let id = draft.strip_prefix("/drafts/").unwrap();
    let read = office.draft(id).await.unwrap().documents[0].reading.clone().unwrap();
    let total = claim::ReadField::ReceiptTotal.value(&read).unwrap();
    browser.post(&fields, &[("field", "receipt.total_yen"), ("value", &total)]).await;
    assert_eq!(office.draft(id).await.unwrap().stated, [], "what is the same as what was read is no correction");
    browser.post(&fields, &[("field", "receipt.issued_on"), ("value", "令和7年6月16日")]).await;

    let claim = sent(&mut browser, &draft).await;
    let assessed = worked_off(&site).await;
    assert_eq!(assessed.assessment.outcome, claim::Outcome::Review, "{:?}", assessed.assessment.findings);
    let claim_id = claim.strip_prefix("/claims/").unwrap();
    let mut reviewer = site.signed_in("sato", Role::Reviewer, None).await;
    let page = reviewer.get(&claim).await.body;
    assert!(page.contains("<ins>令和7年6月16日</ins>") && page.contains("申請のときに医療機関等が訂正"), "{page}");
    let (readings, kept) = office.corrected(&claim_id.into(), 1).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].adjustment.by.is_facility());
    assert_eq!(claim::ReadField::ReceiptDay.value(&readings[0]).as_deref(), Some("2025-06-16"));

    // It can still be taken back; then nobody decides it.
    let mut stranger = site.signed_in("midori", Role::Facility, Some(crate::site::PHARMACY)).await;
    stranger.get("/claims").await;
    let answer = stranger.post(&format!("{claim}/withdraw"), &[("seen", "1")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let page = browser.get(&claim).await.body;
    let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
    let answer = browser.post(&format!("{claim}/withdraw"), &[("seen", "0")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "it was looked at as something else");
    browser.get(&claim).await;
    let answer = browser.post(&format!("{claim}/withdraw"), &[("seen", &seen)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let record = office.claim(&claim_id.into()).await.unwrap();
    assert_eq!(record.claim.state, ClaimState::Withdrawn);
    assert!(!reviewer.get("/queue").await.body.contains(claim_id), "nobody has to look at it any more");
    let page = browser.get(&claim).await.body;
    assert!(page.contains("取下げ") && !page.contains("/withdraw\""));
}

pub(crate) async fn an_application_for_products_names_them() {
    let site = reading_site().await;
    // The days of 2022 on which card readers could be asked for.
    site.wait(-1233 * DAY);
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    let page = browser.get("/apply").await.body;
    let offer = between(&page, "id=\"offer-card-reader-provision\"", "</article>");
    assert!(offer.contains("富士通 Caora") && !offer.contains("/template?"), "{offer}");
    let draft = begun(&mut browser, "card-reader-provision").await;
    let page = browser.get(&draft).await.body;
    assert!(page.contains("この補助事業では、書類の添付は必要ありません"));
    let asked = [("version", "1"), ("product", "fujitsu-caora"), ("units", "1"), ("product", ""), ("units", "")];
    let answer = save(&mut browser, &draft, &asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let page = browser.get(&draft).await.body;
    assert!(page.contains("<option value=\"fujitsu-caora\" selected>"));
    let preview = between(&page, "id=\"preview\"", "</section>");
    assert!(preview.contains("富士通 Caora 1台"), "{preview}");
    for (units, status) in [("0", 422), ("十", 422), ("10000", 422), ("１台", 200)] {
        let asked = [("version", "2"), ("product", "fujitsu-caora"), ("units", units)];
        assert_eq!(save(&mut browser, &draft, &asked).await.status.as_u16(), status, "{units}");
    }
    let claim = sent(&mut browser, &draft).await;
    assert!(browser.get(&claim).await.body.contains("富士通 Caora 1台"));
}

pub(crate) async fn what_is_left_of_the_time_is_counted_on_the_server() {
    let site = reading_site().await;
    // The site's day is the last one, at noon in Japan.
    for (from_noon, words) in [
        (0, "本日まで（あと約12時間）"),
        (11 * 3600 + 59 * 60, "本日まで（あと1分）"),
        (-12 * 3600 - 1, "あと1日"),
        (-30 * DAY, "あと30日"),
    ] {
        site.wait(from_noon);
        let mut browser = site.signed_in(&format!("countdown-{}", from_noon.abs()), Role::Facility, Some(CLINIC)).await;
        let page = browser.get("/apply").await.body;
        assert!(between(&page, "id=\"offer-home-consent\"", "</article>").contains(words), "{words}");
        site.wait(-from_noon);
    }
    site.wait(12 * 3600);
    let mut browser = site.signed_in("late", Role::Facility, Some(CLINIC)).await;
    let page = browser.get("/apply").await.body;
    assert!(!page.contains("id=\"offer-home-consent\"") && page.contains("受付終了。申請期限: 令和8年1月31日"));
    let answer = browser.post("/drafts", &[("facility", CLINIC), ("programme", "home-consent")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "and it cannot be begun past the page");
}
