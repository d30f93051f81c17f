//! `kofu facilities`: the facility register.

use super::Done;
use crate::app::App;
use crate::cli::{AccountKindArg, FacilitiesCommand};
use crate::output;
use crate::register::Register;
use crate::told::expected_code;
use anyhow::Result;
use claim::{AccountKind, Actor, BankAccount, Facility, InstitutionCode, Lang, ProgrammeId};
use decision_log::Event;
use office::Told;
use office::hash;
use office::json;
use serde::Serialize;
use std::path::Path;
use store::FacilityAccount;

/// How many rows one page of a listing asks of the store.
pub(crate) const PAGE: u32 = 500;

pub(crate) async fn run(app: &App, command: FacilitiesCommand) -> Result<Done> {
    match command {
        FacilitiesCommand::Import { file, by } => {
            let taken = import(app, &file, &by.unwrap_or_else(Actor::system)).await?;
            let Taken { new, changed, unchanged, .. } = taken;
            output::say(&match app.lang {
                Lang::Ja => format!(
                    "{} 件の医療機関等を取り込みました（新規 {new} 件、変更 {changed} 件、変更なし {unchanged} 件）。",
                    new + changed + unchanged
                ),
                Lang::En => format!(
                    "{} facilities taken: {new} new, {changed} changed, {unchanged} unchanged.",
                    new + changed + unchanged
                ),
            });
            for change in &taken.accounts {
                output::say(&format!("  {}", change.message(app.lang)));
            }
            Ok(Done::all_if(taken.good))
        }
        FacilitiesCommand::List { json } => {
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let page = app.office.store.facilities(after.as_ref(), PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.code.clone());
                if json.json {
                    page.iter().try_for_each(output::json_line)?;
                } else {
                    rows.extend(page.iter().map(|facility| row(facility, app.lang)));
                }
            }
            if !json.json {
                output::table(&header(app.lang), &[], rows);
            }
            Ok(Done::All)
        }
        FacilitiesCommand::Show { code, json } => {
            let facility = registered(app, &code).await?;
            if json.json {
                output::json_line(&facility)?;
            } else {
                output::table(&header(app.lang), &[], [row(&facility, app.lang)]);
                for held in app.office.store.facility_accounts(&facility.code).await? {
                    output::say(&account_line(app, &held));
                }
            }
            Ok(Done::All)
        }
        FacilitiesCommand::Unconfirmed { json } => {
            let mut after = None;
            let mut count = 0;
            loop {
                let page = app.office.store.unlooked_accounts(after.as_ref(), PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.facility_code.clone());
                for held in &page {
                    count += 1;
                    let Some(account) = &held.account else { continue };
                    let remarks = app.office.account_remarks(account).await?;
                    let remarks: Vec<&str> = remarks.iter().map(|remark| remark.message(app.lang)).collect();
                    if json.json {
                        output::json_line(&Unconfirmed {
                            facility: &held.facility_code,
                            name: &held.facility_name,
                            account,
                            brought_by: &held.brought_by,
                            remarks: &remarks,
                        })?;
                    } else {
                        output::say(&format!("{}  {}", held.facility_name, account_line(app, held)));
                        remarks.iter().for_each(|remark| output::say(&format!("  {remark}")));
                    }
                }
            }
            if !json.json {
                output::say(&match app.lang {
                    Lang::Ja => format!("確認を待つ振込先口座 {count}件。"),
                    Lang::En => format!("{count} bank accounts wait for a second person."),
                });
            }
            Ok(Done::All)
        }
        FacilitiesCommand::Confirm { mut codes, all, by } => {
            let mut good = true;
            if all {
                let waiting = app.office.store.unlooked_accounts(None, u32::MAX).await?;
                codes = waiting.into_iter().map(|held| held.facility_code).collect();
            }
            for code in codes {
                match app.office.look_at_account(&code, &by, None).await {
                    Ok(again) => {
                        output::say(&format!("{code}  {}", app.text("振込先口座を確認しました。", "confirmed.")));
                        for claim in again {
                            let text = app.text("もう一度支払うことができます。", "can be paid again.");
                            output::say(&format!("  {claim}  {text}"));
                        }
                    }
                    // The others are confirmed all the same.
                    Err(error) => {
                        good = false;
                        eprintln!("{code}: {}", error.text(app.lang));
                    }
                }
            }
            Ok(Done::all_if(good))
        }
        FacilitiesCommand::SetAccount(args) => {
            let account = BankAccount {
                bank_code: args.bank,
                bank_name: args.bank_name,
                branch_code: args.branch,
                branch_name: args.branch_name,
                kind: match args.kind {
                    AccountKindArg::Ordinary => AccountKind::Ordinary,
                    AccountKindArg::Current => AccountKind::Current,
                    AccountKindArg::Savings => AccountKind::Savings,
                    AccountKindArg::Other => AccountKind::Other,
                },
                number: args.number,
                holder: args.holder,
            };
            app.office.set_account(&args.code, account, &args.by).await?;
            output::say(&format!(
                "{}  {}",
                args.code,
                app.text(
                    "振込先口座を登録しました。別の職員が kofu facilities confirm で確認してください。",
                    "the account was kept; another person has to confirm it: kofu facilities confirm"
                )
            ));
            Ok(Done::All)
        }
    }
}

/// An account that waits for a second person.
#[derive(Serialize)]
struct Unconfirmed<'a> {
    facility: &'a InstitutionCode,
    name: &'a str,
    account: &'a BankAccount,
    brought_by: &'a Actor,
    remarks: &'a [&'a str],
}

/// One account with who brought it and who looked at it. Whoever confirms it compares the whole number.
fn account_line(app: &App, held: &FacilityAccount) -> String {
    let words = held.account.as_ref().map_or_else(
        || app.text("（口座なし）", "(no account)").to_owned(),
        |account| {
            let BankAccount { bank_code, bank_name, branch_code, branch_name, number, holder, .. } = account;
            format!("{bank_code} {bank_name}  {branch_code} {branch_name}  {number}  {holder}")
        },
    );
    let looked = held.looked.as_ref().map_or_else(
        || app.text("未確認", "not confirmed").to_owned(),
        |(by, _)| format!("{}: {by}", app.text("確認", "confirmed by")),
    );
    format!("{}  {words}  {}: {}  {looked}", held.facility_code, app.text("登録", "brought by"), held.brought_by)
}

/// The facility of a code in the register.
pub(crate) async fn registered(app: &App, code: &str) -> Result<Facility> {
    let code = InstitutionCode::parse(code).map_err(|error| {
        let [ja, _] = expected_code(&error);
        Told::new(
            format!("「{code}」は医療機関等コードではありません。正しい値: {ja}。"),
            format!("{code:?} is no institution code: {error}"),
        )
    })?;
    let facility = app.office.store.facility(&code).await?.ok_or_else(|| {
        Told::new(
            format!("医療機関等 {code} は名簿にありません。名簿を取り込むか、コードを確かめてください。"),
            format!("found no facility {code} in the register; import the register first, or check the code"),
        )
    })?;
    Ok(facility)
}

/// What became of a register file.
#[derive(Debug)]
pub(crate) struct Taken {
    new: usize,
    changed: usize,
    unchanged: usize,
    accounts: Vec<AccountChange>,
    /// Whether all its rows were good.
    good: bool,
}

/// A bank account that the register had otherwise: where money will go instead.
#[derive(Debug)]
struct AccountChange {
    code: InstitutionCode,
    before: Option<BankAccount>,
    after: Option<BankAccount>,
}

impl AccountChange {
    /// Which columns differ. Of an account's number only the end is shown.
    fn message(&self, lang: Lang) -> String {
        let code = &self.code;
        match (&self.before, &self.after, lang) {
            (Some(before), Some(after), _) => {
                let columns = changed_columns(before, after).join(", ");
                let (old, new) = (end(&before.number), end(&after.number));
                match lang {
                    Lang::Ja => format!("{code}  口座の変更: {columns}（口座番号の末尾 {old} → {new}）"),
                    Lang::En => format!("{code}  account changed: {columns} (number ends {old} -> {new})"),
                }
            }
            (Some(before), None, Lang::Ja) => format!("{code}  口座の削除（口座番号の末尾 {}）", end(&before.number)),
            (Some(before), None, Lang::En) => format!("{code}  account removed (number ends {})", end(&before.number)),
            (None, after, _) => {
                let new = after.as_ref().map_or("", |after| end(&after.number));
                match lang {
                    Lang::Ja => format!("{code}  口座の追加（口座番号の末尾 {new}）"),
                    Lang::En => format!("{code}  account added (number ends {new})"),
                }
            }
        }
    }
}

/// The last three digits of an account's number, which the checked number has.
fn end(number: &str) -> &str {
    number.get(number.len().saturating_sub(3)..).unwrap_or_default()
}

fn changed_columns(before: &BankAccount, after: &BankAccount) -> Vec<&'static str> {
    [
        ("bank_code", before.bank_code != after.bank_code),
        ("bank_name", before.bank_name != after.bank_name),
        ("branch_code", before.branch_code != after.branch_code),
        ("branch_name", before.branch_name != after.branch_name),
        ("account_kind", before.kind != after.kind),
        ("account_number", before.number != after.number),
        ("account_holder", before.holder != after.holder),
    ]
    .into_iter()
    .filter_map(|(column, changed)| changed.then_some(column))
    .collect()
}

/// Takes a register file.
pub(crate) async fn import(app: &App, file: &Path, by: &Actor) -> Result<Taken> {
    let ruleset = app.office.rulebook.on(app.office.today()).await?;
    let programmes: Vec<ProgrammeId> = ruleset.programmes().map(|programme| programme.id().clone()).collect();
    let register = Register::read(file, &programmes, app.lang);
    for error in &register.errors {
        eprintln!("{} [{}] {}", error.place, error.code, error.message);
    }
    let good = register.errors.is_empty();
    let mut taken = Taken { new: 0, changed: 0, unchanged: 0, accounts: Vec::new(), good };
    for facility in &register.facilities {
        match app.office.store.facility(&facility.code).await? {
            None => taken.new += 1,
            Some(stored) if stored == *facility => taken.unchanged += 1,
            Some(stored) => {
                taken.changed += 1;
                if stored.account != facility.account {
                    let after = facility.account.clone();
                    taken.accounts.push(AccountChange { code: stored.code, before: stored.account, after });
                }
            }
        }
    }
    // The same file again changes nothing, and so leaves no entry.
    if taken.new + taken.changed > 0 {
        let sha256 = hash(&json(&register.facilities));
        let event = Event::FacilityRegisterChanged { count: register.facilities.len() as u64, sha256 };
        let entry = app.office.entry(by, event);
        app.office.store.upsert_facilities(&register.facilities, &[entry]).await?;
    }
    Ok(taken)
}

fn header(lang: Lang) -> [&'static str; 5] {
    match lang {
        Lang::Ja => ["医療機関等コード", "種別", "名称", "開設者", "経過措置"],
        Lang::En => ["code", "kind", "name", "founder", "transitional measure"],
    }
}

fn row(facility: &Facility, lang: Lang) -> Vec<String> {
    let measure = facility.transitional_measure.map_or_else(String::new, |measure| match measure.ended_on {
        None => format!("({})", measure.number),
        Some(last) => format!("({}) – {last}", measure.number),
    });
    vec![
        facility.code.to_string(),
        facility.kind.name(lang).to_owned(),
        facility.name.clone(),
        facility.founder.clone(),
        measure,
    ]
}
