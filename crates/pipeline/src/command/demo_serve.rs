//! `kofu demo --serve`: the samples stopped in the middle, and the pages to go on with: a facility can apply, claims wait for
//! the reviewer, nothing is paid yet. The passwords are made anew at each start and shown in the terminal, and so are the
//! numbers of the second step, so that nobody needs a telephone to look around.

use super::Done;
use super::claims::{Imported, import};
use super::demo::{REGISTER, confirm_accounts, name, only_the_samples, stories};
use crate::app::App;
use crate::bundle::Bundle;
use crate::cli::{Global, Need};
use crate::clock::Clock;
use crate::output;
use crate::worker::Until;
use anyhow::{Context, Result};
use claim::{Actor, ClaimState, InstitutionCode, Lang, ProgrammeId, Role};
use decision_log::Entry;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Account, ClaimFilter};

/// The day on which the served demo begins: the programmes of the samples take claims for some more hours.
const BEGINS: &str = "2026-01-30T09:00:00+09:00";
/// How often the numbers of the second step change.
const STEP: Duration = Duration::from_secs(30);

/// The demo's people: id, role, and how the pages address them.
const PEOPLE: [(&str, Role, &str); 6] = [
    ("demo-facility", Role::Facility, "見本クリニック 事務"),
    ("demo-reviewer", Role::Reviewer, "見本 審査"),
    ("demo-officer", Role::PaymentOfficer, "見本 支払"),
    ("demo-approver", Role::Approver, "見本 承認"),
    ("demo-auditor", Role::Auditor, "見本 監査"),
    ("demo-admin", Role::Administrator, "見本 管理"),
];

pub(crate) async fn run(global: &Global, samples: &Path, listen: SocketAddr) -> Result<Done> {
    let start = BEGINS.parse().context("the served demo's day")?;
    let stories = stories(samples)?;
    let app = App::open(global, Clock::From(start, Instant::now()), Need::Makes).await?;
    // Time goes on from where it stopped: the log is in order.
    let app = match last_moment(&app).await? {
        Some(last) if last > start => App::open(global, Clock::From(last, Instant::now()), Need::Makes).await?,
        _ => app,
    };
    let ours = app.office.store.account(PEOPLE[0].0).await?.is_some();
    if !ours {
        only_the_samples(&app, samples, &stories).await?;
        eprintln!(
            "{}",
            app.text(
                "見本の申請を取り込み、書類を読み取ります。",
                "taking the sample claims and reading their documents"
            )
        );
        super::facilities::import(&app, &samples.join(REGISTER), &Actor::system()).await?;
        confirm_accounts(&app).await?;
        let programmes: Vec<ProgrammeId> =
            app.office.rulebook.on(app.office.today()).await?.programmes().map(|one| one.id().clone()).collect();
        for story in &stories {
            // Those that come later have not come yet.
            let come = Bundle::read(story, &programmes, app.office.now(), app.lang).is_ok();
            if come && matches!(import(&app, story).await?, Imported::Refused) {
                anyhow::bail!("the sample {} is no good claim bundle", name(story));
            }
        }
        super::work::with_progress(&app, Until::Drained).await?;
    }
    let people = people(&app).await?;
    let rows = people.iter().map(|person| {
        vec![person.account.id.clone(), person.account.role.name(app.lang).to_owned(), person.password.clone()]
    });
    let header = match app.lang {
        Lang::Ja => ["利用者ID", "役割", "パスワード"],
        Lang::En => ["account", "role", "password"],
    };
    output::table(&header, &[], rows);
    output::say(app.text(
        "医療機関等以外の利用者には、2段階認証の確認番号が必要です。30秒ごとに、ここに表示します。",
        "All but the facility need the number of the second step, which is shown here every 30 seconds.",
    ));
    let numbers = tokio::spawn(show_numbers(app.clone(), people));
    let done = super::serve::run(&app, listen, false).await;
    numbers.abort();
    super::log::seal(&app).await;
    app.office.store.close().await;
    done
}

/// When the last entry of the log was written.
async fn last_moment(app: &App) -> Result<Option<jiff::Timestamp>> {
    let size = app.office.store.log_size().await?;
    let Some(last) = size.checked_sub(1) else { return Ok(None) };
    let entries = app.office.store.log_entries(last, 1).await?;
    Ok(entries.first().and_then(|(_, payload)| Entry::from_bytes(payload).ok()).map(|entry| entry.at))
}

/// Somebody of the demo, with what they sign in with today.
struct Person {
    account: Account,
    password: String,
    /// Of the second step.
    secret: Option<String>,
}

async fn people(app: &App) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for (id, role, name) in PEOPLE {
        if app.office.store.account(id).await?.is_none() {
            let facilities = if role == Role::Facility { its_facilities(app).await? } else { Vec::new() };
            let created_at = app.office.now();
            let new = Account {
                id: id.to_owned(),
                role,
                name: name.to_owned(),
                email: None,
                facilities,
                active: true,
                created_at,
                version: 1,
            };
            app.office.add_account(&new, &office::fresh_password()?, &Actor::system()).await?;
        }
        let (password, secret) = app.office.issue_credentials(id, &Actor::system()).await?;
        let account = app.office.store.account(id).await?.with_context(|| format!("account {id} is gone"))?;
        people.push(Person { account, password, secret });
    }
    Ok(people)
}

/// A facility that has not claimed anything yet, and one whose claim was returned: there is something to apply for and
/// something to answer.
async fn its_facilities(app: &App) -> Result<Vec<InstitutionCode>> {
    let returned = ClaimFilter { state: Some(ClaimState::Returned), ..ClaimFilter::default() };
    let returned = app.office.store.claims(&returned, None, 1).await?;
    let mut codes: Vec<InstitutionCode> = returned.into_iter().map(|claim| claim.facility_code).collect();
    for facility in app.office.store.facilities(None, 500).await? {
        let filter = ClaimFilter { facility: Some(facility.code.clone()), ..ClaimFilter::default() };
        if app.office.store.claims(&filter, None, 1).await?.is_empty() {
            codes.insert(0, facility.code);
            break;
        }
    }
    Ok(codes)
}

async fn show_numbers(app: App, people: Vec<Person>) {
    loop {
        let mut line = Vec::new();
        for person in &people {
            if let Some(number) = person.secret.as_deref().and_then(|secret| app.office.number_now(secret).ok()) {
                line.push(format!("{} {number}", person.account.id));
            }
        }
        eprintln!("{}: {}", app.text("確認番号", "numbers"), line.join(" / "));
        let into = u64::try_from(app.office.now().as_second()).unwrap_or_default() % STEP.as_secs();
        tokio::time::sleep(STEP - Duration::from_secs(into)).await;
    }
}
