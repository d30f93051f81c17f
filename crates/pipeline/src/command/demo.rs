//! `kofu demo`: the whole pipeline on the samples, with demo people, in one command. A second run finds nothing to do.

use super::Done;
use super::claims::{Imported, import};
use super::facilities::PAGE;
use crate::app::App;
use crate::bundle::Bundle;
use crate::cli::{Global, Need};
use crate::clock::Clock;
use crate::output;
use crate::register::Register;
use crate::worker::Until;
use anyhow::{Context, Result, bail};
use claim::{Actor, ClaimId, ClaimState, DecisionKind, Lang, Outcome, ProgrammeId, Yen};
use office::Assessed;
use office::{Told, Will};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::ClaimFilter;

/// The demo's day: after the programmes' deadlines, inside the list of holidays, and the same on every machine, so that
/// every file the demo writes is the same as well.
const DEMO_NOW: &str = "2026-02-10T10:00:00+09:00";

/// The register of the samples.
pub(super) const REGISTER: &str = "facilities.csv";

/// What a sample says of itself, in `expect.toml` beside the bundle.
#[derive(Debug, Deserialize)]
struct Expected {
    outcome: Outcome,
    grant_yen: Yen,
    findings: Vec<String>,
}

/// One line of the result.
#[derive(Debug, Serialize)]
struct Line {
    story: String,
    claim_id: ClaimId,
    facility: String,
    outcome: Outcome,
    state: ClaimState,
    grant_yen: Yen,
    findings: Vec<&'static str>,
    why: Vec<String>,
    as_expected: bool,
}

pub(crate) async fn run(global: &Global, samples: &Path, json: bool) -> Result<Done> {
    let now = DEMO_NOW.parse().context("the demo's day")?;
    let stories = stories(samples)?;
    let app = App::open(global, Clock::Fixed(now), Need::Makes).await?;
    only_the_samples(&app, samples, &stories).await?;
    let note = |ja: &'static str, en: &'static str| eprintln!("{}", app.text(ja, en));

    note("1/6 医療機関等の名簿を取り込みます。", "1/6 taking the facility register");
    let before = app.office.store.log_size().await?;
    super::facilities::import(&app, &samples.join(REGISTER), &Actor::system()).await?;
    confirm_accounts(&app).await?;
    note("2/6 申請を受け付けます。", "2/6 accepting the claims");
    let mut claims = BTreeMap::new();
    for story in &stories {
        match import(&app, story).await? {
            Imported::Accepted(id) | Imported::AlreadyThere(id) => {
                claims.insert(name(story), id);
            }
            Imported::Refused => bail!("the sample {} is no good claim bundle", story.display()),
        }
    }
    note("3/6 書類を読み取り、規則に照らします。", "3/6 reading the documents and applying the rules");
    super::work::with_progress(&app, Until::Drained).await?;
    note("4/6 見本の審査担当者が、提案された決定を確認します。", "4/6 a demo reviewer confirms the proposals");
    let reviewer = Actor::staff("demo-reviewer");
    for id in claims.values() {
        confirm(&app, id, &reviewer).await?;
    }
    super::work::with_progress(&app, Until::Drained).await?;
    note(
        "5/6 支払バッチを準備し、別の担当者が承認します。",
        "5/6 one officer prepares the payment batch, another releases it",
    );
    if let Some(batch) = super::batch::prepare(&app, &Actor::staff("demo-officer-a"), None).await? {
        app.office.release_batch(&batch.id, &Actor::staff("demo-officer-b"), None).await?;
    }
    let nothing_new = before != 0 && app.office.store.log_size().await? == before;
    note(
        "6/6 振込データ、一覧、通知書、決定記録を書き出します。",
        "6/6 writing the bank file, list, notices and decision log",
    );
    let out = app.data.join("out");
    let written = write_out(&app, &out).await?;

    let mut good = true;
    let mut lines = Vec::new();
    for story in &stories {
        let line = line(&app, story, &claims[&name(story)]).await?;
        good &= line.as_expected;
        lines.push(line);
    }
    print(&app, &lines, json)?;
    if !json {
        output::say(&format!("{} {}", app.text("書き出したもの:", "written:"), out.display()));
        for path in written {
            output::say(&format!("  {}", path.strip_prefix(&out).unwrap_or(&path).display()));
        }
        if nothing_new {
            output::say(app.text(
                "新しい処理はありませんでした。すべて処理済みです。",
                "Nothing was left to do: everything had been done before, and nothing was changed.",
            ));
        }
    }
    if !good {
        output::say(
            app.text("期待と異なる結果があります（✗ の行）。", "Some results differ from what was expected (✗)."),
        );
    }
    app.office.store.close().await;
    Ok(Done::all_if(good))
}

/// That the store holds nothing but what the demo put there: its people decide and pay, which real claims must be safe
/// from. Claims are known by what was sent, not by who sent it.
pub(super) async fn only_the_samples(app: &App, samples: &Path, stories: &[PathBuf]) -> Result<()> {
    let ruleset = app.office.rulebook.on(app.office.today()).await?;
    let programmes: Vec<ProgrammeId> = ruleset.programmes().map(|programme| programme.id().clone()).collect();
    let mut claims = BTreeMap::new();
    for bundle in stories.iter().filter_map(|story| Bundle::read(story, &programmes, app.office.now(), app.lang).ok()) {
        let submission = bundle.submission();
        claims.insert(submission.claim_id(), submission.identity());
    }
    let register = Register::read(&samples.join(REGISTER), &programmes, app.lang);
    let facilities: BTreeMap<_, _> = register.facilities.iter().map(|facility| (&facility.code, facility)).collect();

    let mut after = None;
    loop {
        let page = app.office.store.claims(&ClaimFilter::default(), after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        if let Some(other) = page.iter().find(|claim| claims.get(&claim.id) != Some(&claim.bundle_sha256)) {
            bail!(not_empty(app, &format!("申請 {}", other.id), &format!("claim {}", other.id)));
        }
    }
    let mut after = None;
    loop {
        let page = app.office.store.facilities(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.code.clone());
        if let Some(other) = page.iter().find(|stored| facilities.get(&stored.code) != Some(stored)) {
            bail!(not_empty(app, &format!("医療機関等 {}", other.code), &format!("facility {}", other.code)));
        }
    }
    if let Some(draft) = app.office.store.ruleset_drafts().await?.first() {
        bail!(not_empty(app, &format!("規則の案 {}", draft.hash), &format!("proposed rules {}", draft.hash)));
    }
    Ok(())
}

fn not_empty(app: &App, ja: &str, en: &str) -> Told {
    let data = app.data.display();
    Told::new(
        format!(
            "{data} には、見本ではないもの（{ja}）があります。kofu demo は、空のデータフォルダーで実行してください（例 --data ./kofu-demo）。何も変更していません。"
        ),
        format!(
            "{data} holds something that is no sample ({en}); run kofu demo with an empty data folder, such as --data \
             ./kofu-demo. Nothing was changed."
        ),
    )
}

/// The second look at the bank accounts that the register brought.
pub(super) async fn confirm_accounts(app: &App) -> Result<()> {
    let looker = Actor::staff("demo-officer-a");
    for held in app.office.store.unlooked_accounts(None, u32::MAX).await? {
        app.office.look_at_account(&held.facility_code, &looker, None).await?;
    }
    Ok(())
}

pub(super) fn name(story: &Path) -> String {
    story.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The sample folders that hold a bundle, by name.
pub(super) fn stories(samples: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(samples).map_err(|error| {
        let name = samples.display();
        Told::new(
            format!("見本のフォルダー {name} を読めません。プロジェクトのフォルダーで実行するか、--samples で指定してください。"),
            format!("the samples folder {name} cannot be read; run this in the project's folder or give --samples"),
        )
        .because(error)
    })?;
    let mut stories = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join("claim.toml").is_file() {
            stories.push(path);
        }
    }
    stories.sort();
    if stories.is_empty() {
        bail!("found no sample in {}, expected folders with a claim.toml", samples.display());
    }
    Ok(stories)
}

/// What the rules propose is decided, as a person would who agrees; what has to be looked at stays with a person.
async fn confirm(app: &App, id: &ClaimId, reviewer: &Actor) -> Result<()> {
    let record = app.office.store.claim(id).await?.with_context(|| format!("claim {id} is gone"))?.claim;
    if record.state != ClaimState::InReview {
        return Ok(());
    }
    let stored = app
        .office
        .store
        .assessment(id, record.revision)
        .await?
        .with_context(|| format!("claim {id} was not assessed"))?;
    let assessed: Assessed = serde_json::from_slice(&stored.bytes)?;
    let kind = match assessed.assessment.outcome {
        Outcome::Approve => DecisionKind::Approve,
        Outcome::Return => DecisionKind::Return,
        Outcome::Reject => DecisionKind::Reject,
        Outcome::Review => return Ok(()),
    };
    app.office.decide(id, Will { kind, by: reviewer, reason: None, choice: None, overridden: &[], seen: None }).await?;
    Ok(())
}

async fn write_out(app: &App, out: &Path) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for batch in app.office.store.batches().await? {
        if batch.released_by.is_some() {
            written.extend(super::batch::export(app, &batch.id, out).await?);
        }
    }
    written.extend(super::notices::write(app, None, &out.join("通知書")).await?);
    written.extend(super::log::export(app, &out.join("decision-log")).await?);
    Ok(written)
}

async fn line(app: &App, story: &Path, id: &ClaimId) -> Result<Line> {
    let record = app.office.store.claim(id).await?.with_context(|| format!("claim {id} is gone"))?.claim;
    let facility = app.office.store.facility(&record.facility_code).await?;
    let stored = app.office.store.assessment(id, record.revision).await?;
    let assessed: Assessed =
        serde_json::from_slice(&stored.with_context(|| format!("claim {id} was not assessed"))?.bytes)?;
    let assessment = assessed.assessment;
    let findings: Vec<&'static str> = assessment.findings.iter().map(|finding| finding.code.code()).collect();
    let expected = std::fs::read_to_string(story.join("expect.toml"))
        .map_err(anyhow::Error::from)
        .and_then(|text| Ok(toml::from_str::<Expected>(&text)?))
        .with_context(|| format!("{} says nothing of what is expected", story.join("expect.toml").display()))?;
    let mut wanted = expected.findings.clone();
    wanted.sort();
    let mut got: Vec<String> = findings.iter().map(|code| (*code).to_owned()).collect();
    got.sort();
    Ok(Line {
        story: name(story),
        claim_id: id.clone(),
        facility: facility.map_or_else(|| record.facility_code.to_string(), |facility| facility.name),
        outcome: assessment.outcome,
        state: record.state,
        grant_yen: record.granted_yen.unwrap_or(Yen::ZERO),
        as_expected: assessment.outcome == expected.outcome
            && assessment.grant_yen == expected.grant_yen
            && record.granted_yen.unwrap_or(Yen::ZERO) == expected.grant_yen
            && wanted == got,
        why: assessment.findings.iter().map(|finding| finding.message(app.lang)).collect(),
        findings,
    })
}

fn print(app: &App, lines: &[Line], json: bool) -> Result<()> {
    if json {
        return lines.iter().try_for_each(output::json_line);
    }
    let header = match app.lang {
        Lang::Ja => ["見本", "申請", "医療機関等", "結果", "円", "理由", "期待"],
        Lang::En => ["sample", "claim", "facility", "outcome", "yen", "why", "as expected"],
    };
    output::table(
        &header,
        &[4],
        lines.iter().map(|line| {
            vec![
                line.story.clone(),
                line.claim_id.to_string(),
                line.facility.clone(),
                line.outcome.name(app.lang).to_owned(),
                line.grant_yen.to_string(),
                line.why.first().cloned().unwrap_or_default(),
                if line.as_expected { "✓" } else { "✗" }.to_owned(),
            ]
        }),
    );
    Ok(())
}
