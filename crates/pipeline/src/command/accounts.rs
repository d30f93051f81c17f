//! `kofu accounts`: who may sign in to the pages and the API.

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::cli::AccountsCommand;
use crate::output;
use anyhow::Result;
use claim::{Actor, InstitutionCode, Lang};
use office::{Told, fresh_password};
use serde::Serialize;
use store::{Account, Identity};

pub(crate) async fn run(app: &App, command: AccountsCommand) -> Result<Done> {
    match command {
        AccountsCommand::Add { id, role, name, email, facilities, by } => {
            let password = fresh_password()?;
            let name = name.unwrap_or_else(|| id.clone());
            let created_at = app.office.now();
            let new = Account { id, role, name, email, facilities, active: true, created_at, version: 1 };
            app.office.add_account(&new, &password, &by.unwrap_or_else(Actor::system)).await?;
            tell(app, &new.id, &password);
            Ok(Done::All)
        }
        AccountsCommand::List { json } => list(app, json.json).await,
        AccountsCommand::Reset { id, by } => {
            let password = app.office.reset_credentials(&id, &by.unwrap_or_else(Actor::system)).await?;
            tell(app, &id, &password);
            Ok(Done::All)
        }
        AccountsCommand::Close { id, by } => {
            let account = app.office.store.account(&id).await?.ok_or_else(|| {
                Told::new(
                    format!("利用者「{id}」はありません。kofu accounts list で確かめてください。"),
                    format!("there is no account {id:?}; kofu accounts list names them"),
                )
            })?;
            let closed = Account { active: false, ..account };
            app.office.change_account(&closed, &by.unwrap_or_else(Actor::system)).await?;
            output::say(&format!("{id}  {}", app.text("使用できないようにしました。", "closed.")));
            Ok(Done::All)
        }
        AccountsCommand::Link { id, subject, by } => {
            let identity = Identity { issuer: issuer(app)?, subject };
            app.office.link_identity(&id, &identity, &by.unwrap_or_else(Actor::system)).await?;
            output::say(&format!("{id}  {}  {}", identity.issuer, identity.subject));
            Ok(Done::All)
        }
        AccountsCommand::Unlink { id, by } => {
            app.office.unlink_identity(&id, &issuer(app)?, &by.unwrap_or_else(Actor::system)).await?;
            output::say(&format!("{id}  {}", app.text("外部の認証の設定を解除しました。", "the link was taken away.")));
            Ok(Done::All)
        }
        AccountsCommand::Invite { facility, by } => {
            let (code, until) = app.office.invite(&facility, &by.unwrap_or_else(Actor::system)).await?;
            output::say(&format!(
                "{facility}  {code}  ({} {})",
                app.text("期限", "until"),
                output::moment(until, app.lang)
            ));
            Ok(Done::All)
        }
    }
}

/// The configured provider.
fn issuer(app: &App) -> Result<String, Told> {
    app.config.openid.as_ref().map(|openid| openid.issuer.clone()).ok_or_else(|| {
        Told::new(
            "外部の認証が設定されていません。--config で設定ファイルを指定し、[openid] を記入してください。",
            "no provider is configured; name the configuration with --config and fill in its [openid]",
        )
    })
}

/// A password is told once, on standard output.
fn tell(app: &App, id: &str, password: &str) {
    output::say(&format!("{id}  {password}"));
    eprintln!(
        "{}",
        app.text(
            "このパスワードの表示は一度だけです。本人に伝え、サインインの後に変更してもらってください。",
            "The password is shown this once: tell its owner, who should change it after signing in."
        )
    );
}

/// One row of a listing.
#[derive(Serialize)]
struct Listed<'a> {
    account: &'a str,
    role: &'static str,
    name: &'a str,
    facilities: &'a [InstitutionCode],
    active: bool,
}

async fn list(app: &App, json: bool) -> Result<Done> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = app.office.store.accounts(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for account in &page {
            if json {
                output::json_line(&Listed {
                    account: &account.id,
                    role: account.role.code(),
                    name: &account.name,
                    facilities: &account.facilities,
                    active: account.active,
                })?;
                continue;
            }
            let facilities: Vec<&str> = account.facilities.iter().map(InstitutionCode::as_str).collect();
            rows.push(vec![
                account.id.clone(),
                account.role.name(app.lang).to_owned(),
                account.name.clone(),
                facilities.join(" "),
                if account.active { app.text("使用可", "active") } else { app.text("使用不可", "closed") }.to_owned(),
            ]);
        }
    }
    if !json {
        let header = match app.lang {
            Lang::Ja => ["利用者ID", "役割", "名称", "医療機関等コード", "状態"],
            Lang::En => ["account", "role", "name", "institutions", "state"],
        };
        output::table(&header, &[], rows);
    }
    Ok(Done::All)
}
