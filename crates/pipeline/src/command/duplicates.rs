//! `kofu duplicates`: the same receipt in two claims, with both places, and a person's word on it that is remembered.

use super::Done;
use crate::app::App;
use crate::cli::{DuplicatesCommand, VerdictArg};
use crate::output;
use anyhow::Result;
use claim::{ClaimId, DuplicateVerdict, Lang, Place, PossibleDuplicate, Spot};

pub(crate) async fn run(app: &App, command: DuplicatesCommand) -> Result<Done> {
    match command {
        DuplicatesCommand::Show { id, json } => show(app, &id, json.json).await,
        DuplicatesCommand::Judge { id, other, verdict, by, reason } => {
            let verdict = match verdict {
                VerdictArg::Same => DuplicateVerdict::Same,
                VerdictArg::Different => DuplicateVerdict::Different,
            };
            app.office.judge_duplicate(&id, &other, verdict, &by, &reason).await?;
            output::say(&format!("{}  {}  {}", id, other, verdict.name(app.lang)));
            Ok(Done::All)
        }
    }
}

async fn duplicates(app: &App, id: &ClaimId) -> Result<Vec<PossibleDuplicate>> {
    app.office.claim(id).await?;
    Ok(app.office.store.duplicates(id).await?)
}

async fn show(app: &App, id: &ClaimId, json: bool) -> Result<Done> {
    let place = |file: &str, page| Place::spot(file, Spot { page, ..Spot::default() }).show(app.lang);
    let mut rows = Vec::new();
    for one in duplicates(app, id).await? {
        if json {
            output::json_line(&one)?;
            continue;
        }
        rows.push(vec![
            place(&one.file, one.page),
            one.other_claim.to_string(),
            one.other_facility.to_string(),
            place(&one.other_file, one.other_page),
            one.why.name(app.lang).to_owned(),
            one.verdict.map_or("", |verdict| verdict.name(app.lang)).to_owned(),
        ]);
    }
    if !json {
        let header = match app.lang {
            Lang::Ja => ["箇所", "別の申請", "医療機関等コード", "別の申請の箇所", "一致", "担当者の判断"],
            Lang::En => ["place", "other claim", "facility", "place there", "likeness", "verdict"],
        };
        output::table(&header, &[], rows);
    }
    Ok(Done::All)
}
