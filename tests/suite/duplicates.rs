//! The same receipt in two claims, as a fund's staff meet it: seen with both places, judged once, not asked again.

use crate::office::Office;

#[test]
fn a_receipt_in_two_claims_is_judged_once() {
    let office = Office::with(&["same-receipt-a", "same-receipt-b"]);
    let waiting = office.claims("in-review");
    assert!(!waiting.is_empty());
    let id = waiting[0].as_str();
    let show = |id: &str| office.kofu(&["duplicates", "show", id, "--json"]).expect_code(0).json_lines();
    let known = show(id);
    let other = known[0]["other_claim"].as_str().unwrap().to_owned();
    assert!(known[0]["other_file"].is_string() && known[0]["verdict"].is_null(), "{known:?}");
    let table = office.run(&["duplicates", "show", id]).expect_code(0).out;
    assert!(table.contains(&other), "{table}");
    let codes = |id: &str| {
        let shown = office.kofu(&["claims", "show", id, "--json"]).expect_code(0).json_lines();
        let findings = shown[0]["assessment"]["findings"].as_array().unwrap().clone();
        findings.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(codes(id).contains(&"possible-duplicate".to_owned()));

    let judge = |verdict: &str, reason: &str| {
        office.kofu(&["duplicates", "judge", id, &other, verdict, "--by", "officer-a", "--reason", reason])
    };
    assert!(judge("different", " ").err.contains("a verdict needs a reason"));
    let nobody = office.kofu(&["duplicates", "judge", id, "K-0000-0000-0000", "same", "--by", "a", "--reason", "x"]);
    assert_eq!(nobody.code, 1);
    judge("same", "写しが同じです。").expect_code(0);
    office.kofu(&["work", "--drain"]).expect_code(0);
    assert!(codes(id).contains(&"duplicate-confirmed".to_owned()), "{:?}", codes(id));
    judge("different", "再確認の結果、別の購入でした。").expect_code(0);
    office.kofu(&["work", "--drain"]).expect_code(0);
    let left = codes(id);
    assert!(!left.iter().any(|code| code.contains("duplicate")), "{left:?}");
    assert_eq!(show(id)[0]["verdict"], "different");
    office.kofu(&["check"]).expect_code(0);
    office.kofu(&["log", "replay"]).expect_code(0);
}
