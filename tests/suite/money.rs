//! Money by the command line, from a budget to the bank's word: what does not fit waits, large sums need two persons, what
//! the bank says is matched to the yen, and what somebody changes behind kofu's back is named.

use super::office::Office;
use std::path::PathBuf;
use tests::Printed;

/// An office with a configuration: from 200,000 yen on two persons release a batch.
struct Fund {
    office: Office,
    config: PathBuf,
}

impl Fund {
    fn new() -> Fund {
        let office = Office::with_register();
        let config = office.path("kofu.toml");
        std::fs::write(&config, "[[release]]\nfrom_yen = 200000\nreleasers = 2\n").unwrap();
        office.confirm_accounts();
        Fund { office, config }
    }

    fn kofu(&self, args: &[&str]) -> Printed {
        self.office.kofu(&[args, &["--config", self.config.to_str().unwrap()]].concat())
    }

    /// Takes a sample and works it off before the next one comes.
    fn claim(&self, sample: &str) {
        self.office.import(&[sample]);
        self.kofu(&["work", "--drain"]).expect_code(0);
    }

    /// Budget, available, reserved, paid and waiting of home-consent.
    fn budget(&self) -> [Option<i64>; 5] {
        let budgets = self.kofu(&["budget", "show", "--json"]).expect_code(0).json_lines();
        let one = budgets.iter().find(|one| one["programme"] == "home-consent").unwrap();
        ["budget_yen", "available_yen", "reserved_yen", "paid_yen", "waiting"].map(|key| one[key].as_i64())
    }

    /// The bank's file of the last batch, written out.
    fn bank_file(&self) -> Vec<u8> {
        let out = self.office.path("out");
        let listed = self.kofu(&["batch", "export", "last", "--out", out.to_str().unwrap()]).expect_code(0);
        std::fs::read(listed.out.lines().find(|line| line.ends_with(".txt")).unwrap()).unwrap()
    }

    fn reconcile(&self, bytes: &[u8]) -> Printed {
        let file = self.office.path("result.txt");
        std::fs::write(&file, bytes).unwrap();
        self.kofu(&["batch", "reconcile", file.to_str().unwrap(), "--by", "officer-a"])
    }
}

/// Writes the bank's words into the data records of its file.
fn answered(file: &[u8], words: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for (i, word) in words.iter().enumerate() {
        bytes[122 * (i + 1) + 113] = *word;
    }
    bytes
}

fn count(printed: &Printed, what: &str) -> usize {
    printed.out.lines().filter(|line| line.trim_start().starts_with(&format!("{what} "))).count()
}

#[test]
fn money_goes_from_a_budget_by_several_hands_to_the_bank_and_its_word_comes_back() {
    let fund = Fund::new();
    let set =
        |yen: &str| fund.kofu(&["budget", "set", "home-consent", yen, "--reason", "当初予算", "--by", "officer-a"]);
    set("250000").expect_code(0);
    for sample in ["pharmacy-below-ceilings", "clinic-over-ceilings", "long-names", "two-tax-rates"] {
        fund.claim(sample);
    }
    // 90,585 and 128,000 fit, 119,212 does not and waits, 27,060 of an earlier day fits beside it.
    assert_eq!(fund.budget(), [Some(250_000), Some(4_355), Some(245_645), Some(0), Some(1)]);
    let waiting = fund.kofu(&["budget", "waiting", "--json"]).expect_code(0).json_lines();
    assert_eq!((waiting.len(), waiting[0]["grant_yen"].as_i64()), (1, Some(119_212)));
    let id = waiting[0]["claim_id"].as_str().unwrap().to_owned();
    let listed = fund.kofu(&["claims", "list", "--state", "in-review", "--json"]).expect_code(0).json_lines();
    assert_eq!((listed[0]["claim_id"].as_str(), listed[0]["awaits_budget"].as_bool()), (Some(&*id), Some(true)));
    let people = fund.office.run(&["claims", "show", &id]).expect_code(0).out;
    assert!(people.contains("予算待ち"), "{people}");
    fund.kofu(&["check"]).expect_code(0);
    // A budget is not set below what is promised, nor without a reason, nor for what grants no money.
    assert!(set("245644").expect_code(1).err.contains("245,645"));
    assert!(set("-1").expect_code(2).err.contains("-1"));
    let without = ["budget", "set", "home-consent", "300000", "--reason", " ", "--by", "officer-a"];
    assert!(fund.kofu(&without).expect_code(1).err.contains("reason"));
    for (programme, why) in [("home-concent", "no programme"), ("card-reader-provision", "products")] {
        let refused =
            fund.kofu(&["budget", "set", programme, "1", "--reason", "x", "--by", "officer-a"]).expect_code(1);
        assert!(refused.err.contains(why), "{}", refused.err);
    }
    // With more money the one that waited is taken up, and its notice is made.
    let raised = set("400000").expect_code(0);
    assert!(raised.out.contains(&id), "{}", raised.out);
    fund.kofu(&["work", "--drain"]).expect_code(0);
    assert_eq!(fund.budget(), [Some(400_000), Some(35_143), Some(364_857), Some(0), Some(0)]);

    fund.kofu(&["batch", "prepare", "--by", "officer-a"]).expect_code(0);
    let release = |by: &str| fund.kofu(&["batch", "release", "last", "--by", by]);
    release("officer-a").expect_code(1);
    assert!(release("officer-b").expect_code(0).out.contains("1 of 2"));
    assert!(release("officer-b").expect_code(1).err.contains("agreed to the release already"));
    assert!(release("OFFICER-B").expect_code(1).err.contains("agreed to the release already"));
    release("officer-c").expect_code(0);
    fund.kofu(&["check"]).expect_code(0);

    let file = fund.bank_file();
    let path = fund.office.path("copy.txt");
    std::fs::write(&path, &file).unwrap();
    let checked = fund.kofu(&["batch", "validate", path.to_str().unwrap()]).expect_code(0).out;
    assert!(checked.contains("4 payments, 364,857 yen; 0 faults"), "{checked}");
    let mut broken = file.clone();
    broken[122 + 80] = b'x';
    std::fs::write(&path, &broken).unwrap();
    let checked = fund.kofu(&["batch", "validate", path.to_str().unwrap()]).expect_code(1).out;
    assert!(checked.contains("record 2 (byte 203 of the file), amount"), "{checked}");

    // The bank's first word: one paid, one sent back, one with another sum, one not there.
    let mut first = answered(&file, b"0100");
    first[122 * 3 + 89] ^= 1;
    first.drain(122 * 4..122 * 5);
    let told = fund.reconcile(&first).expect_code(1);
    assert!(told.out.contains("1 paid, 1 bounced, 4 to look at"), "{}", told.out);
    for (verdict, times) in [("paid", 1), ("bounced", 1), ("wrong amount", 1), ("wrong total", 2), ("missing", 1)] {
        assert_eq!(count(&told, verdict), times, "{verdict}: {}", told.out);
    }
    assert!(told.out.contains("該当口座なし"), "{}", told.out);
    let log_size = fund.kofu(&["log", "verify", "--json"]).expect_code(0).out;
    let again = fund.reconcile(&first).expect_code(1);
    assert!(again.out.contains("taken before"), "{}", again.out);
    assert_eq!(fund.kofu(&["log", "verify", "--json"]).expect_code(0).out, log_size, "the same file changes nothing");
    // Its second word is whole; what it said before it says again.
    let second = fund.reconcile(&answered(&file, b"0100")).expect_code(0);
    assert!(second.out.contains("2 paid, 0 bounced, 0 to look at"), "{}", second.out);
    assert_eq!(count(&second, "recorded before"), 2);
    // Then it takes one word back, which a person records.
    let path = fund.office.path("later.txt");
    std::fs::write(&path, answered(&file, b"1100")).unwrap();
    let later = ["batch", "reconcile", path.to_str().unwrap(), "--by", "officer-a"];
    // No payment waits for a word any more, so it has to be said whose this one is.
    assert!(fund.kofu(&later).expect_code(1).err.contains("--batch"));
    let contradicted = fund.kofu(&[&later[..], &["--batch", "last"]].concat()).expect_code(1);
    assert_eq!(count(&contradicted, "contradicts"), 1, "{}", contradicted.out);
    let paid = fund.office.claims("paid");
    assert_eq!((paid.len(), fund.office.claims("bounced").len(), fund.office.claims("sent").len()), (3, 1, 0));
    let correct = ["batch", "correct", "last", &paid[0], "--reason", "組戻し", "--by", "officer-a"];
    fund.kofu(&correct).expect_code(0);
    assert!(fund.kofu(&correct).expect_code(1).err.contains("was paid"));
    fund.kofu(&["check"]).expect_code(0);
    let results = fund.kofu(&["batch", "results", "last"]).expect_code(0).out;
    assert_eq!(results.matches(".txt").count(), 3, "every file that came is kept");

    // Both are paid once their accounts are right and a second person has seen them.
    let bounced = fund.office.claims("bounced");
    assert_eq!(bounced.len(), 2);
    for claim in &bounced {
        let shown = fund.kofu(&["claims", "show", claim, "--json"]).expect_code(0).json_lines();
        let code = shown[0]["facility"].as_str().unwrap().to_owned();
        let set = |bank: &str| {
            let args = ["--bank", bank, "--bank-name", "ﾐﾎﾝ", "--branch", "001", "--number", "42", "--holder", "ｱｵｿﾞﾗ"];
            fund.kofu(&[&["facilities", "set-account", &code, "--by", "clerk"], &args[..]].concat())
        };
        assert!(set("1").expect_code(1).err.contains("4 digits"));
        set("0001").expect_code(0);
        fund.kofu(&["facilities", "confirm", &code, "--by", "clerk"]).expect_code(1);
        let confirmed = fund.kofu(&["facilities", "confirm", &code, "--by", "officer-x"]).expect_code(0);
        assert!(confirmed.out.contains(claim), "{}", confirmed.out);
    }
    // One of the two grants is given up instead, and its money is free again.
    let [_, before, ..] = fund.budget();
    let give_up = ["claims", "withdraw-grant", &bounced[0], "--reason", "廃止", "--by", "officer-a"];
    fund.kofu(&give_up).expect_code(0);
    assert!(fund.kofu(&give_up).expect_code(1).err.contains("withdrawn"));
    let [all, after, reserved, paid, _] = fund.budget().map(Option::unwrap_or_default);
    assert!(after > before.unwrap_or_default() && after + reserved + paid == all);
    fund.kofu(&["batch", "prepare", "--by", "officer-a"]).expect_code(0);
    release("officer-b").expect_code(0);
    let file = fund.bank_file();
    fund.reconcile(&answered(&file, b"0")).expect_code(0);
    let [all, after, reserved, paid, _] = fund.budget().map(Option::unwrap_or_default);
    assert!(reserved == 0 && after + paid == all);
    fund.kofu(&["check"]).expect_code(0);
    fund.kofu(&["log", "verify"]).expect_code(0);
    let ledger = fund.kofu(&["budget", "ledger", "home-consent", "--json"]).expect_code(0).json_lines();
    assert!(ledger.iter().any(|entry| entry["kind"] == "correct" && entry["reason"] == "組戻し"));
}

/// The list of banks: what is not in it is not paid to, what is called otherwise there is said.
#[test]
fn accounts_are_checked_against_the_list_of_banks_and_its_day_is_said() {
    let fund = Fund::new();
    assert!(fund.kofu(&["banks", "show"]).expect_code(0).out.contains("no list of banks"));
    let path = fund.office.path("banks.csv");
    let import = |text: &str, day: &str| {
        std::fs::write(&path, text).unwrap();
        fund.kofu(&["banks", "import", path.to_str().unwrap(), "--as-of", day, "--by", "officer-a"])
    };
    let good = "銀行番号,銀行名,支店番号,支店名\n1,ﾐｽﾞﾎ,1,ﾄｳｷﾖｳﾁﾕｳｵｳ\n0009,ミツイスミトモ,096,シンバシ\n";
    assert!(import("銀行番号,銀行名\n", "2026-01-01").expect_code(1).err.contains("branch_code"));
    assert!(import(&good.replace("シンバシ", "新橋"), "2026-01-01").expect_code(1).err.contains("line 3"));
    assert!(import(&good.replace("0009", "00090"), "2026-01-01").expect_code(1).err.contains("4 digits"));
    assert!(import(good, "2126-01-01").expect_code(1).err.contains("today or earlier"));
    assert!(import(good, "2026-01-01").expect_code(0).out.contains("as of 2026-01-01, 2 branches"));
    let set = |bank: &str, branch: &str, more: &[&str]| {
        let args = ["--bank", bank, "--branch", branch, "--number", "42", "--holder", "ｱｵｿﾞﾗ", "--by", "clerk"];
        fund.kofu(&[&["facilities", "set-account", "1310110049"], &args[..], more].concat())
    };
    assert!(set("0002", "001", &[]).expect_code(1).err.contains("as of 2026-01-01"));
    assert!(set("0001", "002", &[]).expect_code(1).err.contains("branch 002"));
    set("0001", "001", &["--bank-name", "ﾐﾎﾝ"]).expect_code(0);
    let waiting = fund.kofu(&["facilities", "unconfirmed"]).expect_code(0).out;
    assert!(
        waiting.contains("トウキヨウチユウオウ")
            && waiting.contains("is \"ﾐﾎﾝ\", and \"ミズホ\" in the list as of 2026-01-01"),
        "{waiting}"
    );
}

/// Somebody with a hex editor on the database: the ledger, a batch, a payment.
#[test]
fn what_is_changed_behind_the_back_of_kofu_is_named() {
    let fund = Fund::new();
    fund.claim("clinic-over-ceilings");
    fund.kofu(&["batch", "prepare", "--by", "officer-a"]).expect_code(0);
    fund.kofu(&["batch", "release", "last", "--by", "officer-b"]).expect_code(0);
    let clean = fund.kofu(&["check"]).expect_code(0).out;
    assert!(clean.contains("0 differences"), "{clean}");
    let database = fund.office.data().join("kofu.sqlite");
    let good = std::fs::read(&database).unwrap();
    let [.., batch] = &fund.kofu(&["batch", "list", "--json"]).expect_code(0).json_lines()[..] else { panic!() };
    let id = batch["batch"].as_str().unwrap().to_owned();
    for (what, with, code) in [
        // The ledger's word for what it did, in one row.
        ("reserveavailablereserved", "releaseavailablereserved", "ledger-balance"),
        ("staff:officer-a", "staff:officer-z", "batch-log"),
    ] {
        assert_eq!(what.len(), with.len());
        let mut bytes = good.clone();
        // Not in the log, whose entries are JSON: what stands in the rows only.
        let mut changed = 0;
        for at in 0..bytes.len() - what.len() {
            let in_json = at > 0 && bytes[at - 1] == b'"';
            if !in_json && bytes[at..].starts_with(what.as_bytes()) {
                bytes[at..at + what.len()].copy_from_slice(with.as_bytes());
                changed += 1;
            }
        }
        assert!(changed > 0, "{what} stands in {id}");
        std::fs::write(&database, &bytes).unwrap();
        let told = fund.kofu(&["check", "--json"]).expect_code(1);
        let codes: Vec<String> =
            told.json_lines().iter().map(|one| one["code"].as_str().unwrap_or_default().to_owned()).collect();
        assert!(codes.iter().any(|found| found.starts_with(code)), "{what}: {codes:?}");
    }
    std::fs::write(&database, &good).unwrap();
    fund.kofu(&["check"]).expect_code(0);
}
