//! Accounts of facilities: a second person looks at each before money goes there, whoever brought it, however it came.

use super::*;
use crate::{BankBranch, BankList, BranchFound, Rule, StoreError};

on_both! { no_money_goes_to_an_account_that_no_second_person_has_seen the_list_of_banks_is_kept_with_its_day }

fn register(by: &Actor) -> Vec<LogEntry> {
    let mut one = logged("register", &[]);
    one.about.by = by.clone();
    vec![one]
}

async fn no_money_goes_to_an_account_that_no_second_person_has_seen(fixture: Fixture) {
    let store = &fixture.store;
    fixture.approved("A", CLINIC).await;
    let importer = Actor::staff("importer");
    store.upsert_facilities(&[facility(CLINIC)], &register(&importer)).await.unwrap();
    store.upsert_facilities(&[facility(CLINIC)], &register(&importer)).await.unwrap();
    let held = store.facility_accounts(&code(CLINIC)).await.unwrap();
    assert_eq!(held.len(), 1, "the same account again is the same account");
    assert_eq!((held[0].number, &held[0].brought_by, &held[0].looked), (1, &importer, &None));
    assert_eq!(store.unlooked_accounts(None, 10).await.unwrap(), held);
    assert_eq!(store.unlooked_accounts_count().await.unwrap(), 1);
    assert!(!store.approved_claims(None).await.unwrap()[0].account_looked);

    fixture.prepared("P", &["A"], 1, None).await;
    let when = at("2026-02-02T00:00:00Z");
    let content = crate::objects::hash(b"the payment file");
    let release =
        async || store.release_batch("P", &Actor::staff("releaser"), when, content, &entry("released")).await.map(drop);
    assert_eq!(release().await.unwrap_err().rule(), Some(Rule::PaymentToLookedAccount));

    let look =
        async |number: u64, by: Actor| store.look_at_account(&code(CLINIC), number, &by, when, &entry("looked")).await;
    for (by, rule) in [
        (importer.clone(), Rule::AccountLookedByAnother),
        (Actor::staff("IMPORTER "), Rule::AccountLookedByAnother),
        (Actor::facility(CLINIC), Rule::AccountLookedByStaff),
        (Actor::system(), Rule::AccountLookedByStaff),
        (Actor::staff(""), Rule::AccountLookedByStaff),
    ] {
        assert_eq!(look(1, by.clone()).await.unwrap_err().rule(), Some(rule), "{by}");
    }
    assert!(matches!(look(2, Actor::staff("looker")).await.unwrap_err(), StoreError::NotFound { .. }));
    let set =
        |what: &str| format!("UPDATE facility_accounts SET {what} WHERE facility_code = '{CLINIC}' AND number = 1");
    let comes = |number: i64, looked: &str| {
        format!("INSERT INTO facility_accounts VALUES ('{CLINIC}', {number}, '{{}}', 'staff:x', 1, {looked})")
    };
    for (attack, rule) in [
        (set("looked_by = 'staff:importer', looked_at_ms = 1"), Rule::AccountLookedByAnother),
        (set("looked_by = 'staff:looker'"), Rule::AccountLookComplete),
        (set("account = '{}'"), Rule::AccountFrozen),
        (set("brought_by = 'staff:y', looked_by = 'staff:importer', looked_at_ms = 1"), Rule::AccountFrozen),
        (comes(2, "'staff:y', 1"), Rule::AccountComesUnlooked),
        (comes(7, "NULL, NULL"), Rule::AccountComesUnlooked),
        ("DELETE FROM facility_accounts".to_owned(), Rule::AppendOnly),
    ] {
        let error = StoreError::from(fixture.sql(&attack).await.expect_err(&attack));
        assert_eq!(error.rule(), Some(rule), "{attack}\n{error:?}");
    }
    assert_eq!(look(1, Actor::staff("looker")).await.unwrap(), [], "no claim was bounced");
    assert!(store.approved_claims(None).await.unwrap().is_empty(), "it is in the batch");
    assert!(look(1, Actor::staff("third")).await.is_err(), "once");

    // Changed after the batch was prepared: by the register, by hand, or back and forth. The batch pays none of them.
    let mut other = facility(CLINIC);
    other.account.as_mut().unwrap().number = "7654321".to_owned();
    store.upsert_facilities(std::slice::from_ref(&other), &register(&importer)).await.unwrap();
    assert_eq!(release().await.unwrap_err().rule(), Some(Rule::PaymentToCurrentAccount));
    let back = account();
    store.set_facility_account(&code(CLINIC), &back, &importer, when, &entry("set")).await.unwrap();
    assert_eq!(store.facility(&code(CLINIC)).await.unwrap().unwrap().account, Some(back.clone()));
    assert_eq!(
        release().await.unwrap_err().rule(),
        Some(Rule::PaymentToLookedAccount),
        "a look at it before is not one now"
    );
    let held = store.facility_account(&code(CLINIC)).await.unwrap().unwrap();
    assert_eq!((held.number, held.account), (3, Some(back)));
    look(3, Actor::staff("looker")).await.unwrap();
    release().await.unwrap();

    // Past the store: the register's row alone does not move money.
    fixture.approved("B", PHARMACY).await;
    fixture.looked_at(&[PHARMACY]).await;
    fixture.prepared("Q", &["B"], 1, None).await;
    let stolen = fixture.sql(&format!("UPDATE facilities SET account = NULL WHERE code = '{PHARMACY}'")).await;
    assert_eq!(stolen.unwrap(), 1, "the register is what it is");
    let mut none = facility(PHARMACY);
    none.account = None;
    store.upsert_facilities(&[none], &register(&importer)).await.unwrap();
    let refused = store.release_batch("Q", &Actor::staff("releaser"), when, content, &entry("released")).await;
    assert_eq!(refused.unwrap_err().rule(), Some(Rule::PaymentToCurrentAccount));
    let unknown = store.set_facility_account(&code("2739400105"), &account(), &importer, when, &entry("set")).await;
    assert!(matches!(unknown.unwrap_err(), StoreError::NotFound { what: "facility", .. }));
}

async fn the_list_of_banks_is_kept_with_its_day(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.bank_list().await.unwrap(), None);
    let branch = |bank: &str, branch: &str, name: &str| BankBranch {
        bank_code: bank.to_owned(),
        branch_code: branch.to_owned(),
        bank_name: "ﾐｽﾞﾎ".to_owned(),
        branch_name: name.to_owned(),
    };
    for (day, branches) in [
        ("2025-10-01", vec![branch("0001", "001", "ﾎﾝﾃﾝ"), branch("0001", "009", "ｶﾝﾀﾞ")]),
        ("2026-01-01", vec![branch("0001", "001", "ﾄｳｷﾖｳ")]),
    ] {
        let list = BankList {
            as_of: day.parse().unwrap(),
            sha256: crate::objects::hash(day.as_bytes()),
            branches: branches.len() as u64,
            imported_by: Actor::staff("officer"),
            imported_at: at("2026-01-10T00:00:00Z"),
        };
        store.replace_bank_list(&list, &branches, &entry("banks")).await.unwrap();
        assert_eq!(store.bank_list().await.unwrap(), Some(list));
    }
    let found = async |bank: &str, branch: &str| store.bank_branch(bank, branch).await.unwrap();
    assert_eq!(found("0001", "001").await, BranchFound::Both("ﾐｽﾞﾎ".to_owned(), "ﾄｳｷﾖｳ".to_owned()));
    assert_eq!(found("0001", "009").await, BranchFound::BankOnly("ﾐｽﾞﾎ".to_owned()));
    assert_eq!(found("0009", "001").await, BranchFound::Neither);
}
