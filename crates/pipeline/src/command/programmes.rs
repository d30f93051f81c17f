//! `kofu programmes`: the rules in force, each value with its source; checks; and drafts that two people agree to.

use super::Done;
use crate::app::App;
use crate::cli::{Global, ProgrammesArgs, ProgrammesCommand};
use crate::output;
use crate::own_programmes;
use anyhow::Result;
use claim::{Actor, Lang, ProgrammeId, wareki};
use decision_log::Event;
use jiff::civil::Date;
use office::Told;
use rules::{Programme, Ruleset};
use serde::Serialize;
use std::path::Path;
use store::RulesetDraft;

/// Runs on an open store.
pub(crate) async fn run(app: &App, args: ProgrammesArgs) -> Result<Done> {
    match args.command {
        Some(ProgrammesCommand::Propose { programmes, from, by }) => propose(app, &programmes, from, &by).await,
        Some(ProgrammesCommand::Agree { hash, by }) => agree(app, &hash, &by).await,
        Some(ProgrammesCommand::Drafts { json }) => drafts(app, json.json).await,
        _ => {
            let ruleset = app.office.rulebook.on(args.on.unwrap_or_else(|| app.office.today())).await?;
            show(&args, &ruleset, app.office.today(), app.lang)
        }
    }
}

/// Runs without a store, where none is needed or there is none; `None` where there has to be one.
pub(crate) fn run_without_store(global: &Global, args: &ProgrammesArgs, today: Date) -> Result<Option<Done>> {
    let own = match &args.command {
        None => &args.own,
        Some(ProgrammesCommand::Check { own, .. } | ProgrammesCommand::Changes { own, .. }) => own,
        Some(_) => return Ok(None),
    };
    match &own.programmes {
        Some(folder) => show(args, &own_programmes::with_own(folder)?, today, global.lang()).map(Some),
        // Looking at the rules makes no store; where there is one, two people may have agreed to others.
        None if global.is_without_store() => show(args, Ruleset::embedded(), today, global.lang()).map(Some),
        None => Ok(None),
    }
}

fn show(args: &ProgrammesArgs, ruleset: &Ruleset, today: Date, lang: Lang) -> Result<Done> {
    match &args.command {
        Some(ProgrammesCommand::Check { json, .. }) => check(lang, ruleset, json.json),
        Some(ProgrammesCommand::Changes { id, json, .. }) => changes(lang, ruleset, id.as_deref(), json.json),
        _ => list(lang, ruleset, args.id.as_deref(), args.on.unwrap_or(today), args.json.json),
    }
}

fn chosen<'r>(ruleset: &'r Ruleset, id: Option<&str>) -> Result<Vec<&'r Programme>> {
    let Some(id) = id else { return Ok(ruleset.programmes().collect()) };
    match ruleset.programme(&ProgrammeId::from(id)) {
        Some(programme) => Ok(vec![programme]),
        None => {
            let known: Vec<&str> = ruleset.programmes().map(|p| p.id().as_str()).collect();
            let known = known.join(", ");
            Err(Told::new(
                format!("補助事業「{id}」はありません。次のいずれかを指定してください: {known}"),
                format!("found programme {id:?}, expected one of: {known}"),
            )
            .into())
        }
    }
}

fn list(lang: Lang, ruleset: &Ruleset, id: Option<&str>, on: Date, json: bool) -> Result<Done> {
    for programme in chosen(ruleset, id)? {
        let values = programme.listing(Some(on), lang);
        if json {
            for value in &values {
                output::json_line(value)?;
            }
            continue;
        }
        output::say(&format!("{}  {}", programme.id(), programme.name(on, lang)));
        let header = match lang {
            Lang::Ja => ["項目", "区分", "値", "根拠"],
            Lang::En => ["item", "for", "value", "source"],
        };
        output::table(
            &header,
            &[],
            values.iter().map(|value| {
                let of: Vec<&str> =
                    [value.kind.map(|kind| kind.name(lang)), value.category.map(|category| category.name(lang))]
                        .into_iter()
                        .flatten()
                        .collect();
                vec![value.label.to_owned(), of.join(" "), value.text.clone(), value.source.clone()]
            }),
        );
    }
    if !json {
        output::say(&format!("ruleset {}", ruleset.hash()));
    }
    Ok(Done::All)
}

/// A remark with its words.
#[derive(Serialize)]
struct RemarkLine<'r> {
    #[serde(flatten)]
    remark: &'r rules::Remark,
    message: &'r str,
}

fn check(lang: Lang, ruleset: &Ruleset, json: bool) -> Result<Done> {
    let remarks = ruleset.remarks();
    for remark in &remarks {
        if json {
            output::json_line(&RemarkLine { remark, message: remark.message(lang) })?;
            continue;
        }
        let mut place = remark.programme.as_ref().map_or("", ProgrammeId::as_str).to_owned();
        for part in [
            remark.item.to_owned(),
            remark.kind.map_or_else(String::new, |kind| kind.name(lang).to_owned()),
            remark.from.map_or_else(String::new, |day| format!("{day}〜")),
        ] {
            if !part.is_empty() {
                place = format!("{place} {part}");
            }
        }
        output::say(&format!("{}: {}", place.trim(), remark.message(lang)));
    }
    if !json && remarks.is_empty() {
        let count = ruleset.programmes().count();
        output::say(&match lang {
            Lang::Ja => format!("補助事業 {count} 件に、誤りや不自然な点はありませんでした。"),
            Lang::En => format!("found nothing wrong in {count} programmes"),
        });
        output::say(&format!("ruleset {}", ruleset.hash()));
    }
    Ok(Done::all_if(remarks.is_empty()))
}

/// A change with its programme.
#[derive(Serialize)]
struct ChangeLine<'r> {
    programme: &'r ProgrammeId,
    #[serde(flatten)]
    change: &'r rules::Change,
}

fn beginning(lang: Lang) -> String {
    match lang {
        Lang::Ja => "当初から".to_owned(),
        Lang::En => "from the beginning".to_owned(),
    }
}

fn changes(lang: Lang, ruleset: &Ruleset, id: Option<&str>, json: bool) -> Result<Done> {
    let mut rows = Vec::new();
    for programme in chosen(ruleset, id)? {
        for change in programme.changes() {
            if json {
                output::json_line(&ChangeLine { programme: programme.id(), change })?;
                continue;
            }
            let what = match lang {
                Lang::Ja => &change.what_ja,
                Lang::En => &change.what_en,
            };
            rows.push(vec![
                programme.id().to_string(),
                change.from.map_or_else(|| beginning(lang), |day| day.to_string()),
                what.clone(),
                change.source.clone(),
            ]);
        }
    }
    if !json {
        let header = match lang {
            Lang::Ja => ["補助事業", "適用開始日", "改正の内容", "根拠"],
            Lang::En => ["programme", "from", "what changed", "source"],
        };
        output::table(&header, &[], rows);
    }
    Ok(Done::All)
}

async fn propose(app: &App, folder: &Path, from: Date, by: &Actor) -> Result<Done> {
    let ruleset = own_programmes::with_own(folder)?;
    let today = app.office.today();
    if from <= today {
        return Err(Told::new(
            format!(
                "適用を始める日が {} となっています。今日（{}）より後の日を指定してください。決定済みのものは変わりません。",
                wareki(from),
                wareki(today)
            ),
            format!("found {from} as the first day, expected a day after today ({today}): what was decided stays decided"),
        )
        .into());
    }
    if !ruleset.remarks().is_empty() {
        // Remarks do not forbid; whoever agrees should have seen them.
        check(app.lang, &ruleset, false)?;
    }
    let draft = RulesetDraft {
        hash: ruleset.hash().to_owned(),
        active_from: from,
        proposed_by: by.clone(),
        proposed_at: app.office.now(),
        agreements: Vec::new(),
    };
    let entry = app.office.entry(by, Event::RulesetProposed { ruleset: draft.hash.clone(), active_from: from });
    app.office.store.propose_ruleset(&draft, ruleset.to_bytes(), &[entry]).await?;
    output::say(&match app.lang {
        Lang::Ja => {
            format!("{} を登録しました。二人が同意すると、{}から適用します。", draft.hash, wareki(from))
        }
        Lang::En => format!("proposed {}; it decides from {from} once two people have agreed", draft.hash),
    });
    Ok(Done::All)
}

async fn agree(app: &App, hash: &str, by: &Actor) -> Result<Done> {
    let drafts = app.office.store.ruleset_drafts().await?;
    let draft = match hash {
        "last" => drafts.into_iter().max_by_key(|draft| draft.proposed_at),
        hash => drafts.into_iter().find(|draft| draft.hash == hash),
    };
    let mut draft = draft.ok_or_else(|| {
        Told::new(
            format!("規則の案「{hash}」は登録されていません。`kofu programmes drafts` のハッシュか last を指定してください。"),
            format!("found no proposed rules {hash:?}, expected a hash of `kofu programmes drafts`, or last"),
        )
    })?;
    let entry = app.office.entry(by, Event::RulesetAgreed { ruleset: draft.hash.clone() });
    let now = app.office.now();
    app.office.store.agree_ruleset(&draft.hash, by, now, &[entry]).await?;
    draft.agreements.push((by.clone(), now));
    output::say(&match (app.lang, draft.is_agreed()) {
        (Lang::Ja, false) => "同意を記録しました。もう一人の同意が必要です。".to_owned(),
        (Lang::Ja, true) => {
            format!("同意を記録しました。{}から適用します。", wareki(draft.active_from))
        }
        (Lang::En, false) => "agreed; one more person has to agree".to_owned(),
        (Lang::En, true) => format!("agreed; the rules decide from {}", draft.active_from),
    });
    Ok(Done::All)
}

/// A draft as it is listed.
#[derive(Serialize)]
struct DraftLine {
    ruleset: String,
    active_from: Date,
    proposed_by: Actor,
    agreed_by: Vec<Actor>,
    agreed: bool,
    in_force: bool,
}

async fn drafts(app: &App, json: bool) -> Result<Done> {
    let in_force = app.office.store.ruleset_in_force(app.office.today()).await?;
    let lines = app.office.store.ruleset_drafts().await?.into_iter().map(|draft| DraftLine {
        agreed: draft.is_agreed(),
        in_force: in_force.as_deref() == Some(draft.hash.as_str()),
        ruleset: draft.hash,
        active_from: draft.active_from,
        proposed_by: draft.proposed_by,
        agreed_by: draft.agreements.into_iter().map(|(by, _)| by).collect(),
    });
    if json {
        for line in lines {
            output::json_line(&line)?;
        }
        return Ok(Done::All);
    }
    let header = match app.lang {
        Lang::Ja => ["規則", "適用開始日", "登録", "同意", "状態"],
        Lang::En => ["rules", "from", "proposed by", "agreed by", "state"],
    };
    output::table(
        &header,
        &[],
        lines.map(|line| {
            let agreed: Vec<String> = line.agreed_by.iter().map(ToString::to_string).collect();
            let state = match (line.in_force, line.agreed) {
                (true, _) => app.text("適用中", "in force"),
                (false, true) => app.text("同意済み", "agreed"),
                (false, false) => app.text("同意待ち", "waits for agreement"),
            };
            vec![
                line.ruleset,
                line.active_from.to_string(),
                line.proposed_by.to_string(),
                agreed.join(" "),
                state.to_owned(),
            ]
        }),
    );
    Ok(Done::All)
}
