//! `kofu facilities`: the facility register.

use super::Done;
use crate::app::App;
use crate::bundle::hash;
use crate::cli::FacilitiesCommand;
use crate::output;
use crate::register::Register;
use crate::stage::json;
use anyhow::{Result, bail};
use claim::{Actor, Facility, InstitutionCode, Lang};
use decision_log::Event;
use std::path::Path;

/// How many rows one page of a listing asks of the store.
pub(crate) const PAGE: u32 = 500;

pub(crate) async fn run(app: &App, command: FacilitiesCommand) -> Result<Done> {
    match command {
        FacilitiesCommand::Import { file } => {
            let (count, good) = import(app, &file).await?;
            output::say(&match app.lang {
                Lang::Ja => format!("{count} 件の医療機関等を取り込みました。"),
                Lang::En => format!("{count} facilities taken."),
            });
            Ok(Done::all_if(good))
        }
        FacilitiesCommand::List { json } => {
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let page = app.store.facilities(after.as_ref(), PAGE).await?;
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
            let code = InstitutionCode::parse(&code)?;
            let Some(facility) = app.store.facility(&code).await? else {
                bail!("found no facility {code} in the register; import the register first, or check the code");
            };
            if json.json {
                output::json_line(&facility)?;
            } else {
                output::table(&header(app.lang), &[], [row(&facility, app.lang)]);
            }
            Ok(Done::All)
        }
    }
}

/// Takes a register file; returns how many facilities it has and whether all its rows were good.
pub(crate) async fn import(app: &App, file: &Path) -> Result<(usize, bool)> {
    let register = Register::read(file, app.lang);
    for error in &register.errors {
        eprintln!("{} [{}] {}", error.place, error.code, error.message);
    }
    let sha256 = hash(&json(&register.facilities));
    let count = register.facilities.len();
    let mut changed = false;
    for facility in &register.facilities {
        changed = changed || app.store.facility(&facility.code).await?.as_ref() != Some(facility);
    }
    // The same file again changes nothing, and so leaves no entry.
    if changed {
        let event = Event::FacilityRegisterChanged { count: count as u64, sha256 };
        let entry = app.entry(&Actor::system(), event);
        app.store.upsert_facilities(&register.facilities, &[entry]).await?;
    }
    Ok((count, register.errors.is_empty()))
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
