//! `kofu banks`: the list of banks and branches that accounts are checked against.

use super::Done;
use crate::app::App;
use crate::cli::BanksCommand;
use crate::output;
use anyhow::{Context, Result};
use claim::Lang;
use serde::Serialize;
use store::BankList;

#[derive(Serialize)]
struct Listed {
    as_of: String,
    branches: u64,
    sha256: String,
    imported_by: String,
    imported_at: String,
}

pub(crate) async fn run(app: &App, command: BanksCommand) -> Result<Done> {
    let json = match command {
        BanksCommand::Import { file, as_of, by } => {
            let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            app.office.import_bank_list(&bytes, as_of, &by).await?;
            false
        }
        BanksCommand::Show { json } => json.json,
    };
    let Some(list) = app.office.store.bank_list().await? else {
        if !json {
            output::say(app.text(
                "銀行・支店の一覧は取り込まれていません。口座の銀行番号と支店番号は、桁数だけを確かめます。",
                "no list of banks is kept; of accounts only the form of their codes is checked",
            ));
        }
        return Ok(Done::All);
    };
    let BankList { as_of, sha256, branches, imported_by, imported_at } = list;
    if json {
        output::json_line(&Listed {
            as_of: as_of.to_string(),
            branches,
            sha256: sha256.to_string(),
            imported_by: imported_by.to_string(),
            imported_at: imported_at.to_string(),
        })?;
        return Ok(Done::All);
    }
    output::say(&match app.lang {
        Lang::Ja => format!("銀行・支店の一覧: {as_of} 現在、{branches}店舗（取込み {imported_by}）"),
        Lang::En => format!("list of banks: as of {as_of}, {branches} branches (imported by {imported_by})"),
    });
    Ok(Done::All)
}
