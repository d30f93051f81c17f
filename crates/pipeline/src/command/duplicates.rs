//! `kofu duplicates`: the same receipt in two claims, with both places, and a person's word on it that is remembered.

use super::Done;
use crate::app::App;
use crate::cli::{DuplicatesCommand, VerdictArg};
use crate::output;
use crate::told::Told;
use anyhow::{Result, bail};
use claim::{ClaimId, DuplicateVerdict, Lang, Place, PossibleDuplicate, Spot};
use decision_log::Event;
use store::NewVerdict;

pub(crate) async fn run(app: &App, command: DuplicatesCommand) -> Result<Done> {
    match command {
        DuplicatesCommand::Show { id, json } => show(app, &id, json.json).await,
        DuplicatesCommand::Judge { id, other, verdict, by, reason } => {
            let verdict = match verdict {
                VerdictArg::Same => DuplicateVerdict::Same,
                VerdictArg::Different => DuplicateVerdict::Different,
            };
            let reason = reason.trim().to_owned();
            if reason.is_empty() {
                bail!(Told::new(
                    "--reason に、判断の理由を示してください。".to_owned(),
                    "found an empty --reason, expected why".to_owned(),
                ));
            }
            // Both are there, and one of them seems to have the other's receipt.
            super::claims::claim(app, &other).await?;
            let known = duplicates(app, &id).await?.into_iter().any(|one| one.other_claim == other)
                || duplicates(app, &other).await?.into_iter().any(|one| one.other_claim == id);
            if !known {
                bail!(Told::new(
                    format!("申請 {id} と申請 {other} には、同じ領収書と思われるものがありません。"),
                    format!("claims {id} and {other} have no receipts that seem to be one"),
                ));
            }
            let judged_at = app.clock.now();
            let new = NewVerdict { claim_id: id, other_claim: other, verdict, judged_by: by, judged_at, reason };
            let event = Event::DuplicateJudged {
                claim_id: new.claim_id.clone(),
                other_claim: new.other_claim.clone(),
                verdict,
                reason: new.reason.clone(),
            };
            let entry = app.entry(&new.judged_by, event);
            app.store.judge_duplicate(&new, &[entry]).await?;
            output::say(&format!("{}  {}  {}", new.claim_id, new.other_claim, verdict.name(app.lang)));
            Ok(Done::All)
        }
    }
}

async fn duplicates(app: &App, id: &ClaimId) -> Result<Vec<PossibleDuplicate>> {
    super::claims::claim(app, id).await?;
    Ok(app.store.duplicates(id).await?)
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
