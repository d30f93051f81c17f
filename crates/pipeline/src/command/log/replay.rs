//! Stored assessments worked out again, and personal data erased.

use super::{Done, PAGE};
use crate::app::App;
use crate::output;
use anyhow::{Context, Result};
use claim::{Actor, ClaimId, Lang, Sha256};
use decision_log::{Entry, Event};
use office::{Replayed, Told, put_back};

/// Works every stored assessment out again with the rules that it names, and compares byte by byte. What was erased
/// stays a commitment on both sides.
pub(super) async fn replay(app: &App) -> Result<Done> {
    let (mut same, mut without_rules, mut different, mut erased) = (0u64, 0u64, 0u64, 0u64);
    let mut from = 0;
    loop {
        let entries = app.office.store.log_entries(from, PAGE).await?;
        let Some((last, _)) = entries.last() else { break };
        let personal = app.office.personal_of(from..last + 1).await?;
        from = last + 1;
        for (position, payload) in entries {
            let mut entry = Entry::from_bytes(&payload).with_context(|| format!("entry {position} cannot be read"))?;
            if put_back(&mut entry, &personal) > 0 {
                erased += 1;
            }
            let Event::ClaimAssessed(assessed) = entry.event else { continue };
            match app.office.replay(&assessed).await? {
                Replayed::NoFacts => {}
                Replayed::Same => same += 1,
                Replayed::NoRules => {
                    without_rules += 1;
                    let named = &assessed.assessment.ruleset;
                    eprintln!("entry {position}: claim {}: found no files of the rules {named}", assessed.claim_id);
                }
                Replayed::Different(_) => {
                    different += 1;
                    eprintln!("entry {position}: claim {} comes out differently", assessed.claim_id);
                }
            }
        }
    }
    output::say(&match app.lang {
        Lang::Ja => {
            format!("再計算: 一致 {same} 件、不一致 {different} 件、規則が保存されていないもの {without_rules} 件。")
        }
        Lang::En => {
            format!("replayed: {same} the same, {different} different, {without_rules} under rules that are not kept.")
        }
    });
    if erased > 0 {
        output::say(&match app.lang {
            Lang::Ja => format!("個人情報が消去された記録: {erased} 件（消去された値は照合していません）。"),
            Lang::En => format!("personal data was erased in {erased} entries; the erased values were not compared."),
        });
    }
    Ok(Done::all_if(different == 0 && without_rules == 0))
}

/// Erases the personal data that entries of a claim commit to. Entries and proofs stay as they are.
pub(super) async fn erase(app: &App, claim: &ClaimId, by: &Actor) -> Result<Done> {
    app.office.claim(claim).await?;
    let mut commitments: Vec<Sha256> = Vec::new();
    let mut from = 0;
    loop {
        let entries = app.office.store.log_entries(from, PAGE).await?;
        let Some((last, _)) = entries.last() else { break };
        let personal = app.office.personal_of(from..last + 1).await?;
        from = last + 1;
        for (position, payload) in entries {
            let entry = Entry::from_bytes(&payload).with_context(|| format!("entry {position} cannot be read"))?;
            if entry.event.claim_id() == Some(claim) {
                let kept = |commitment: &Sha256| personal.get(commitment).is_some_and(|kept| kept.content.is_some());
                commitments.extend(entry.commitments().into_iter().filter(kept));
            }
        }
    }
    if commitments.is_empty() {
        return Err(Told::new(
            format!("申請 {claim} について、決定記録に消去できる個人情報はありません。"),
            format!("the decision log keeps no personal data of claim {claim} that could be erased"),
        )
        .into());
    }
    let event = Event::PersonalDataErased { claim_id: claim.clone(), commitments: commitments.clone() };
    let entry = app.office.entry(by, event);
    app.office.store.erase_personal(&commitments, &[entry]).await?;
    let count = commitments.len();
    output::say(&match app.lang {
        Lang::Ja => format!(
            "申請 {claim} について、決定記録の個人情報 {count} 件を消去しました。書類、読み取った内容、審査結果及び通知書は、このコマンドでは消去されません。"
        ),
        Lang::En => format!(
            "erased {count} values of personal data of claim {claim} from the decision log. Documents, readings, the \
             assessment and notices are not erased by this command."
        ),
    });
    Ok(Done::All)
}
