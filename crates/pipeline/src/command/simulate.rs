//! `kofu simulate`: all stored claims under a draft of rules, and what it would change. Nothing is written to the store.

use super::Done;
use crate::app::App;
use crate::output;
use crate::own_programmes;
use anyhow::{Context, Result};
use claim::{Assessment, FacilityKind, Finding, Lang, ProgrammeId, day_in_japan};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use office::Assessed;
use reporting::{SimulatedClaim, SimulatedGroup, SimulationList, Worth, difference_chart};
use rules::Ruleset;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use store::{ClaimFilter, ClaimSummary};

/// Claims that are looked at together.
const PAGE: u32 = 500;

/// A group as it is printed.
#[derive(Serialize)]
struct GroupLine<'g> {
    programme: &'g ProgrammeId,
    kind: FacilityKind,
    claims: u64,
    changed: u64,
    before_yen: i64,
    after_yen: i64,
    difference_yen: i64,
}

pub(crate) async fn run(app: &App, folder: &Path, since: Option<Date>, out: Option<&Path>, json: bool) -> Result<Done> {
    let draft = own_programmes::with_own(folder)?;
    let mut list = match out {
        None => None,
        Some(out) => {
            std::fs::create_dir_all(out).with_context(|| format!("the folder {} cannot be made", out.display()))?;
            let path = out.join("simulation.csv");
            let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
            Some(SimulationList::new(BufWriter::new(file))?)
        }
    };
    let total: u64 = app.office.store.count_by_state().await?.values().sum();
    let bar = ProgressBar::new(total).with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut groups: BTreeMap<(ProgrammeId, FacilityKind), SimulatedGroup> = BTreeMap::new();
    let (mut without_facts, mut failed) = (0u64, 0u64);
    let mut after = None;
    loop {
        let page = app.office.store.claims(&ClaimFilter::default(), after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for claim in &page {
            bar.inc(1);
            if since.is_some_and(|since| day_in_japan(claim.submitted_at) < since) {
                continue;
            }
            let Some(simulated) = simulated(app, &draft, claim).await? else {
                without_facts += 1;
                continue;
            };
            if simulated.after.is_none() {
                failed += 1;
            }
            let key = (simulated.programme.clone(), simulated.kind);
            let group = groups.entry(key).or_insert_with(|| SimulatedGroup {
                programme: simulated.programme.clone(),
                kind: simulated.kind,
                claims: 0,
                changed: 0,
                before_yen: 0,
                after_yen: 0,
            });
            group.claims += 1;
            group.changed += u64::from(simulated.changes());
            // A sum beyond i64 is beyond any budget; it stays at the end instead of turning round.
            group.before_yen = group.before_yen.saturating_add(simulated.before.yen.get());
            let after_yen = simulated.after.as_ref().map_or(0, |worth| worth.yen.get());
            group.after_yen = group.after_yen.saturating_add(after_yen);
            if let Some(list) = &mut list {
                list.push(&simulated)?;
            }
        }
    }
    bar.finish_and_clear();
    let groups: Vec<SimulatedGroup> = groups.into_values().collect();
    if let (Some(list), Some(out)) = (list, out) {
        let chart = difference_chart(&groups, app.lang);
        for (name, bytes) in [("simulation.xlsx", list.finish()?), ("simulation.svg", chart.into_bytes())] {
            let path = out.join(name);
            std::fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    print(app, &draft, &groups, json)?;
    if without_facts + failed > 0 {
        eprintln!(
            "{}",
            match app.lang {
                Lang::Ja => format!(
                    "計算していないもの: 事実が揃っていない申請 {without_facts} 件、案で計算できない申請 {failed} 件。"
                ),
                Lang::En => format!(
                    "not worked out: {without_facts} claims without facts, {failed} that the draft cannot assess"
                ),
            }
        );
    }
    Ok(Done::All)
}

/// A claim under its stored assessment and under the draft; `None` where there are no facts to assess (not assessed yet,
/// or the facility is not in the register).
async fn simulated(app: &App, draft: &Ruleset, claim: &ClaimSummary) -> Result<Option<SimulatedClaim>> {
    let Some(stored) = app.office.store.assessment(&claim.id, claim.revision).await? else { return Ok(None) };
    let assessed: Assessed = serde_json::from_slice(&stored.bytes)
        .with_context(|| format!("the stored assessment of {} cannot be read", claim.id))?;
    let Some(facts) = &assessed.facts else { return Ok(None) };
    let before = &assessed.assessment;
    let after = draft
        .assess(facts, &assessed.observed)
        .inspect_err(|error| tracing::warn!(%error, "the draft cannot assess a claim"))
        .ok();
    let codes = |findings: &[Finding]| findings.iter().map(|finding| finding.code.code()).collect::<Vec<_>>();
    let (old, new) = (codes(&before.findings), after.as_ref().map(|after| codes(&after.findings)).unwrap_or_default());
    Ok(Some(SimulatedClaim {
        claim_id: claim.id.clone(),
        programme: claim.programme.clone(),
        kind: facts.facility.kind,
        before: worth(before),
        after: after.as_ref().map(worth),
        new_findings: new.iter().copied().filter(|code| !old.contains(code)).collect(),
        gone_findings: old.iter().copied().filter(|code| !new.contains(code)).collect(),
    }))
}

fn worth(assessment: &Assessment) -> Worth {
    Worth { outcome: assessment.outcome, yen: assessment.grant_yen, units: assessment.grant_units.clone() }
}

fn print(app: &App, draft: &Ruleset, groups: &[SimulatedGroup], json: bool) -> Result<()> {
    if json {
        for group in groups {
            output::json_line(&GroupLine {
                programme: &group.programme,
                kind: group.kind,
                claims: group.claims,
                changed: group.changed,
                before_yen: group.before_yen,
                after_yen: group.after_yen,
                difference_yen: group.difference_yen(),
            })?;
        }
        return Ok(());
    }
    let header = match app.lang {
        Lang::Ja => {
            ["補助事業", "施設区分", "申請", "変わる申請", "現在の交付額（円）", "案の交付額（円）", "差（円）"]
        }
        Lang::En => {
            ["programme", "kind", "claims", "that change", "granted, yen", "under the draft, yen", "difference, yen"]
        }
    };
    output::table(
        &header,
        &[2, 3, 4, 5, 6],
        groups.iter().map(|group| {
            vec![
                group.programme.to_string(),
                group.kind.name(app.lang).to_owned(),
                group.claims.to_string(),
                group.changed.to_string(),
                group.before_yen.to_string(),
                group.after_yen.to_string(),
                format!("{:+}", group.difference_yen()),
            ]
        }),
    );
    output::say(&format!("ruleset {}", draft.hash()));
    Ok(())
}
