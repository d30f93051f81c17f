//! Bank accounts of facilities (振込先口座), each as it came and with who looked at it, and the list of banks and branches.
//! The database lets no payment go to an account that is not the facility's last one, or that no second person has seen.

use crate::database::{Tx, read, within};
use crate::row::{At, json};
use crate::{Store, StoreError, claims, facilities, log, sql};
use claim::{Actor, BankAccount, ClaimId, ClaimState, InstitutionCode, LogEntry, Sha256};
use jiff::Timestamp;
use jiff::civil::Date;
use std::ops::Range;

/// An account of a facility as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacilityAccount {
    /// Whose.
    pub facility_code: InstitutionCode,
    /// Its name.
    pub facility_name: String,
    /// From 1; the last one is the one that is paid.
    pub number: u64,
    /// The account; `None` where it was taken away.
    pub account: Option<BankAccount>,
    /// Who brought it.
    pub brought_by: Actor,
    /// When.
    pub brought_at: Timestamp,
    /// Who looked at it, and when.
    pub looked: Option<(Actor, Timestamp)>,
}

/// A branch of a bank, as the list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankBranch {
    /// 銀行番号, 4 digits.
    pub bank_code: String,
    /// 支店番号, 3 digits.
    pub branch_code: String,
    /// 銀行名, kana.
    pub bank_name: String,
    /// 支店名, kana.
    pub branch_name: String,
}

/// Which list of banks and branches is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankList {
    /// The day of which it says what is.
    pub as_of: Date,
    /// Of the file.
    pub sha256: Sha256,
    /// How many branches.
    pub branches: u64,
    /// Who imported it.
    pub imported_by: Actor,
    /// When.
    pub imported_at: Timestamp,
}

/// What the list says of a bank and a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchFound {
    /// Both are there: their names.
    Both(String, String),
    /// The bank is there, the branch is not.
    BankOnly(String),
    /// No such bank.
    Neither,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    facility_code: String,
    facility_name: String,
    number: i64,
    account: Option<String>,
    brought_by: String,
    brought_at_ms: i64,
    looked_by: Option<String>,
    looked_at_ms: Option<i64>,
}

impl AccountRow {
    fn account(self) -> Result<FacilityAccount, StoreError> {
        let at = At::new("facility_accounts", format_args!("{} {}", self.facility_code, self.number));
        Ok(FacilityAccount {
            facility_code: at.facility_code(&self.facility_code)?,
            facility_name: self.facility_name,
            number: at.count(self.number)?,
            account: at.account(self.account.as_deref())?,
            brought_by: Actor::from(self.brought_by),
            brought_at: at.time(self.brought_at_ms)?,
            looked: match (self.looked_by, self.looked_at_ms) {
                (Some(by), Some(at_ms)) => Some((Actor::from(by), at.time(at_ms)?)),
                _ => None,
            },
        })
    }
}

async fn last(tx: &mut Tx, code: &InstitutionCode) -> Result<Option<FacilityAccount>, StoreError> {
    let row: Option<AccountRow> =
        within!(*tx, |c| sqlx::query_as(sql::ACCOUNT_OF_FACILITY).bind(code.as_str()).fetch_optional(c).await?);
    row.map(AccountRow::account).transpose()
}

/// Keeps that a facility now has this account. What it has already is not brought again, unless `anew`.
pub(crate) async fn bring(
    tx: &mut Tx,
    code: &InstitutionCode,
    account: Option<&BankAccount>,
    (by, at): (&Actor, Timestamp),
    anew: bool,
) -> Result<(), StoreError> {
    let held = last(tx, code).await?;
    let same = held.as_ref().map_or(account.is_none(), |held| held.account.as_ref() == account);
    if same && !anew {
        return Ok(());
    }
    let number = held.map_or(0, |held| held.number) + 1;
    let text = account.map(json).transpose()?;
    within!(*tx, |c| sqlx::query(sql::ACCOUNT_BRING)
        .bind(code.as_str())
        .bind(log::signed(number))
        .bind(&text)
        .bind(by.as_str())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

impl Store {
    /// Gives a facility of the register another account, also one that is the same as before: a second person has to look
    /// at it.
    pub async fn set_facility_account(
        &self,
        code: &InstitutionCode,
        account: &BankAccount,
        by: &Actor,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        if facilities::get(&mut tx, code).await?.is_none() {
            return Err(StoreError::NotFound { what: "facility", id: code.to_string() });
        }
        let text = json(account)?;
        within!(tx, |c| sqlx::query(sql::FACILITY_ACCOUNT_SET)
            .bind(code.as_str())
            .bind(&text)
            .execute(c)
            .await
            .map(drop))?;
        bring(&mut tx, code, Some(account), (by, at), true).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// A second person has looked at a facility's account, the one with this number. Claims whose payment was sent back
    /// before the account came can be paid again; these are given. Refused ([`crate::Rule`]) to who brought it.
    pub async fn look_at_account(
        &self,
        code: &InstitutionCode,
        number: u64,
        by: &Actor,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Vec<ClaimId>, StoreError> {
        let mut tx = self.db.begin().await?;
        log::append(&mut tx, entries).await?;
        let looked = within!(tx, |c| sqlx::query(sql::ACCOUNT_LOOK)
            .bind(code.as_str())
            .bind(log::signed(number))
            .bind(by.as_str())
            .bind(at.as_millisecond())
            .execute(c)
            .await?
            .rows_affected());
        if looked != 1 {
            return Err(StoreError::NotFound { what: "unconfirmed bank account", id: format!("{code} {number}") });
        }
        let bounced: Vec<String> =
            within!(tx, |c| sqlx::query_scalar(sql::BOUNCED_OF_FACILITY).bind(code.as_str()).fetch_all(c).await?);
        let mut again = Vec::new();
        for id in bounced.into_iter().map(ClaimId::from) {
            let mut claim = claims::summary(&mut tx, &id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
            claims::step(&mut tx, &mut claim, ClaimState::Approved).await?;
            again.push(id);
        }
        tx.commit().await?;
        Ok(again)
    }

    /// The account that a facility has now; `None` where it never had one.
    pub async fn facility_account(&self, code: &InstitutionCode) -> Result<Option<FacilityAccount>, StoreError> {
        let row: Option<AccountRow> =
            read!(self.db, |c| sqlx::query_as(sql::ACCOUNT_OF_FACILITY).bind(code.as_str()).fetch_optional(c).await?);
        row.map(AccountRow::account).transpose()
    }

    /// All accounts that a facility ever had, the last one first.
    pub async fn facility_accounts(&self, code: &InstitutionCode) -> Result<Vec<FacilityAccount>, StoreError> {
        let rows: Vec<AccountRow> =
            read!(self.db, |c| sqlx::query_as(sql::ACCOUNTS_OF_FACILITY).bind(code.as_str()).fetch_all(c).await?);
        rows.into_iter().map(AccountRow::account).collect()
    }

    /// At most `limit` accounts that wait for a second person, after a facility.
    pub async fn unlooked_accounts(
        &self,
        after: Option<&InstitutionCode>,
        limit: u32,
    ) -> Result<Vec<FacilityAccount>, StoreError> {
        let rows: Vec<AccountRow> = read!(self.db, |c| sqlx::query_as(sql::ACCOUNTS_UNLOOKED)
            .bind(after.map_or("", InstitutionCode::as_str))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(AccountRow::account).collect()
    }

    /// How many accounts wait for a second person.
    pub async fn unlooked_accounts_count(&self) -> Result<u64, StoreError> {
        let count: i64 = read!(self.db, |c| sqlx::query_scalar(sql::ACCOUNTS_UNLOOKED_COUNT).fetch_one(c).await?);
        At::new("facility_accounts", "(counted)").count(count)
    }

    /// Replaces the list of banks and branches.
    pub async fn replace_bank_list(
        &self,
        list: &BankList,
        branches: &[BankBranch],
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::BANK_BRANCHES_CLEAR).execute(c).await.map(drop))?;
        for branch in branches {
            within!(tx, |c| sqlx::query(sql::BANK_BRANCH_ADD)
                .bind(&branch.bank_code)
                .bind(&branch.branch_code)
                .bind(&branch.bank_name)
                .bind(&branch.branch_name)
                .execute(c)
                .await
                .map(drop))?;
        }
        within!(tx, |c| sqlx::query(sql::BANK_LIST_SET)
            .bind(list.as_of.to_string())
            .bind(list.sha256.to_string())
            .bind(log::signed(branches.len() as u64))
            .bind(list.imported_by.as_str())
            .bind(list.imported_at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Which list of banks is kept; `None` until one is imported.
    pub async fn bank_list(&self) -> Result<Option<BankList>, StoreError> {
        let row: Option<(String, String, i64, String, i64)> =
            read!(self.db, |c| sqlx::query_as(sql::BANK_LIST_GET).fetch_optional(c).await?);
        let Some((as_of, sha256, branches, by, at_ms)) = row else { return Ok(None) };
        let at = At::new("bank_list", 1);
        Ok(Some(BankList {
            as_of: at.day(&as_of)?,
            sha256: at.hash(&sha256)?,
            branches: at.count(branches)?,
            imported_by: Actor::from(by),
            imported_at: at.time(at_ms)?,
        }))
    }

    /// What the list says of a bank and a branch.
    pub async fn bank_branch(&self, bank: &str, branch: &str) -> Result<BranchFound, StoreError> {
        let both: Option<(String, String)> =
            read!(self.db, |c| sqlx::query_as(sql::BANK_BRANCH_GET).bind(bank).bind(branch).fetch_optional(c).await?);
        if let Some((bank, branch)) = both {
            return Ok(BranchFound::Both(bank, branch));
        }
        let name: Option<String> =
            read!(self.db, |c| sqlx::query_scalar(sql::BANK_NAME_GET).bind(bank).fetch_optional(c).await?);
        Ok(name.map_or(BranchFound::Neither, BranchFound::BankOnly))
    }
}
