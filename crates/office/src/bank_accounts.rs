//! Bank accounts of facilities (振込先口座): what is looked at before one is taken, the second look before its first payment,
//! and the list of banks and branches.

use crate::told::told;
use crate::{Office, OfficeError, Told, hash, json};
use claim::{Actor, BankAccount, ClaimId, InstitutionCode, Lang, Sha256};
use decision_log::Event;
use jiff::civil::Date;
use reporting::account_faults;
use std::collections::BTreeMap;
use store::{BankBranch, BankList, BranchFound, FacilityAccount, StoreError};
use unicode_normalization::UnicodeNormalization;

/// What is odd or wrong with an account, told in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRemark {
    /// Whether no payment can go there as it is.
    pub bars: bool,
    /// In Japanese and in English.
    pub text: (String, String),
}

impl AccountRemark {
    fn new(bars: bool, ja: impl Into<String>, en: impl Into<String>) -> AccountRemark {
        AccountRemark { bars, text: (ja.into(), en.into()) }
    }

    /// As people of `lang` read it.
    pub fn message(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.text.0,
            Lang::En => &self.text.1,
        }
    }
}

/// What an account is bound to when somebody confirms it: the hash of what they looked at.
pub fn account_sha256(account: &BankAccount) -> Sha256 {
    hash(&json(account))
}

impl Office {
    /// What a person should know of an account: what no bank file can hold, and what the list of banks says otherwise.
    pub async fn account_remarks(&self, account: &BankAccount) -> Result<Vec<AccountRemark>, OfficeError> {
        let mut remarks: Vec<AccountRemark> = account_faults(account)
            .into_iter()
            .map(|(field, fault)| {
                let told = |lang| format!("{}: {}", field.name(lang), fault.message(field, lang));
                AccountRemark::new(true, told(Lang::Ja), told(Lang::En))
            })
            .collect();
        let Some(list) = self.store.bank_list().await? else { return Ok(remarks) };
        let (bank, branch) = (&account.bank_code, &account.branch_code);
        let day = list.as_of;
        match self.store.bank_branch(bank, branch).await? {
            BranchFound::Neither => remarks.push(AccountRemark::new(
                true,
                format!("銀行番号 {bank} は、銀行・支店の一覧（{day} 現在）にありません。"),
                format!("bank {bank} is not in the list of banks as of {day}"),
            )),
            BranchFound::BankOnly(name) => remarks.push(AccountRemark::new(
                true,
                format!("支店番号 {branch} は、銀行・支店の一覧（{day} 現在）の {bank} {name} にありません。"),
                format!("branch {branch} is not among those of {bank} {name} in the list as of {day}"),
            )),
            BranchFound::Both(bank_name, branch_name) => {
                for (field, listed, named) in [
                    (("銀行名", "name of the bank"), bank_name, &account.bank_name),
                    (("支店名", "name of the branch"), branch_name, &account.branch_name),
                ] {
                    let differs = reporting::same_office_name(&listed, named) == Some(false);
                    if differs && !named.trim().is_empty() {
                        remarks.push(AccountRemark::new(
                            false,
                            format!("{}「{named}」は、銀行・支店の一覧（{day} 現在）では「{listed}」です。", field.0),
                            format!("the {} is {named:?}, and {listed:?} in the list as of {day}", field.1),
                        ));
                    }
                }
            }
        }
        Ok(remarks)
    }

    /// Gives a facility another account, also the same again after it bounced. It is paid to once a second person has
    /// looked at it. Names of bank and branch that are left open are those of the list.
    pub async fn set_account(
        &self,
        code: &InstitutionCode,
        mut account: BankAccount,
        by: &Actor,
    ) -> Result<(), OfficeError> {
        if let BranchFound::Both(bank, branch) =
            self.store.bank_branch(&account.bank_code, &account.branch_code).await?
        {
            if account.bank_name.trim().is_empty() {
                account.bank_name = bank;
            }
            if account.branch_name.trim().is_empty() {
                account.branch_name = branch;
            }
        }
        let barring: Vec<AccountRemark> =
            self.account_remarks(&account).await?.into_iter().filter(|remark| remark.bars).collect();
        if !barring.is_empty() {
            let all = |lang| barring.iter().map(|one| one.message(lang)).collect::<Vec<_>>().join(" ");
            return Err(told("account-wrong", all(Lang::Ja), all(Lang::En)));
        }
        let text = String::from_utf8_lossy(&json(&account)).into_owned();
        let entry = self.entry(by, Event::FacilityAccountChanged { facility: code.clone(), account: text });
        self.store.set_facility_account(code, &account, by, self.now(), &[entry]).await.map_err(
            |error| match error {
                StoreError::NotFound { .. } => told(
                    "unknown-facility",
                    format!("医療機関等 {code} は名簿にありません。名簿を取り込むか、コードを確かめてください。"),
                    format!("found no facility {code} in the register; import the register first, or check the code"),
                ),
                other => other.into(),
            },
        )?;
        Ok(())
    }

    /// The account of a facility that waits for a second person.
    pub async fn unlooked_account(&self, code: &InstitutionCode) -> Result<FacilityAccount, OfficeError> {
        let held = self.store.facility_account(code).await?;
        held.filter(|held| held.looked.is_none() && held.account.is_some()).ok_or_else(|| {
            told(
                "nothing-to-confirm",
                format!("医療機関等 {code} に、確認を待つ振込先口座はありません。"),
                format!("facility {code} has no bank account that waits to be confirmed"),
            )
        })
    }

    /// A second person confirms the account of a facility, the one that they have `seen`; gives the claims that can be
    /// paid again, because the bank had sent their payment back.
    pub async fn look_at_account(
        &self,
        code: &InstitutionCode,
        by: &Actor,
        seen: Option<Sha256>,
    ) -> Result<Vec<ClaimId>, OfficeError> {
        let held = self.unlooked_account(code).await?;
        let Some(account) = &held.account else {
            return Err(OfficeError::Inconsistent(format!("facility {code} has no account to look at")));
        };
        if seen.is_some_and(|seen| seen != account_sha256(account)) {
            return Err(Told::new(
                format!("医療機関等 {code} の振込先口座は、その間に変更されました。もう一度確かめてください。"),
                format!("the account of {code} was changed meanwhile; look at it again"),
            )
            .coded("changed-meanwhile")
            .into());
        }
        if let Some(bar) = self.account_remarks(account).await?.into_iter().find(|remark| remark.bars) {
            return Err(told("account-wrong", bar.text.0, bar.text.1));
        }
        let text = String::from_utf8_lossy(&json(account)).into_owned();
        let again = self.store.bounced_of(code).await?.into_iter().map(|(id, _)| id).collect();
        let event = Event::FacilityAccountLooked {
            facility: code.clone(),
            number: held.number,
            account: text,
            payable_again: again,
        };
        let entry = self.entry(by, event);
        Ok(self.store.look_at_account(code, held.number, by, self.now(), &[entry]).await?)
    }

    /// Replaces the list of banks and branches by a CSV with the columns `bank_code`, `bank_name`, `branch_code` and
    /// `branch_name` (or 銀行番号, 銀行名, 支店番号, 支店名), names in kana; `as_of` is the day of which it says what is.
    pub async fn import_bank_list(&self, bytes: &[u8], as_of: Date, by: &Actor) -> Result<BankList, OfficeError> {
        if as_of > self.today() {
            return Err(told(
                "day-to-come",
                format!("一覧の日付（{as_of}）は、本日以前としてください。"),
                format!("found {as_of} as the day of the list, expected today or earlier"),
            ));
        }
        let branches = branches(bytes)?;
        let list = BankList {
            as_of,
            sha256: hash(bytes),
            branches: branches.len() as u64,
            imported_by: by.clone(),
            imported_at: self.now(),
        };
        let event = Event::BankListImported { as_of, branches: list.branches, sha256: list.sha256 };
        self.store.replace_bank_list(&list, &branches, &[self.entry(by, event)]).await?;
        Ok(list)
    }
}

const COLUMNS: [[&str; 2]; 4] =
    [["bank_code", "銀行番号"], ["bank_name", "銀行名"], ["branch_code", "支店番号"], ["branch_name", "支店名"]];

/// All branches of a list; one wrong row refuses the file, since half a list would call good accounts wrong.
fn branches(bytes: &[u8]) -> Result<Vec<BankBranch>, OfficeError> {
    let wrong = |ja: String, en: String| told("bank-list-wrong", ja, en);
    let text = match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::SHIFT_JIS.decode(bytes).0.into_owned(),
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| {
        wrong(
            format!("銀行・支店の一覧を読めません（{error}）。"),
            format!("the list of banks cannot be read: {error}"),
        )
    };
    let headings: Vec<String> =
        reader.headers().map_err(unreadable)?.iter().map(|one| one.trim().nfkc().collect()).collect();
    let mut places = [0; 4];
    for (place, names) in places.iter_mut().zip(COLUMNS) {
        *place = headings.iter().position(|heading| names.contains(&heading.as_str())).ok_or_else(|| {
            wrong(
                format!("銀行・支店の一覧に、見出し「{}」（{}）の列がありません。", names[1], names[0]),
                format!("the list of banks has no column {} ({})", names[0], names[1]),
            )
        })?;
    }
    let mut branches: BTreeMap<(String, String), BankBranch> = BTreeMap::new();
    for (i, row) in reader.records().enumerate() {
        let (row, line) = (row.map_err(unreadable)?, i + 2);
        let [bank, bank_name, branch, branch_name] =
            places.map(|at| -> String { row.get(at).unwrap_or_default().trim().nfkc().collect() });
        let code = |text: &str, width: usize, name: &str| {
            let digits = !text.is_empty() && text.len() <= width && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| format!("{text:0>width$}")).ok_or_else(|| {
                wrong(
                    format!("銀行・支店の一覧の{line}行目の{name}: 「{text}」は{width}桁の数字ではありません。"),
                    format!("line {line} of the list of banks, {name}: found {text:?}, expected {width} digits"),
                )
            })
        };
        let new = BankBranch {
            bank_code: code(&bank, 4, "銀行番号")?,
            branch_code: code(&branch, 3, "支店番号")?,
            bank_name,
            branch_name,
        };
        for (name, field) in [(&new.bank_name, "銀行名"), (&new.branch_name, "支店名")] {
            if reporting::same_office_name(name, name).is_none() || name.is_empty() {
                return Err(wrong(
                    format!(
                        "銀行・支店の一覧の{line}行目の{field}: 「{name}」はカナではありません。カナの列を指定してください。"
                    ),
                    format!("line {line} of the list of banks, {field}: found {name:?}, expected kana"),
                ));
            }
        }
        // A branch office (出張所) shares its branch's number: the first is the branch.
        branches.entry((new.bank_code.clone(), new.branch_code.clone())).or_insert(new);
    }
    if branches.is_empty() {
        return Err(wrong("銀行・支店の一覧に行がありません。".to_owned(), "the list of banks is empty".to_owned()));
    }
    Ok(branches.into_values().collect())
}
