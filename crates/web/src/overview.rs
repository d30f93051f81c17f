//! The overview for staff and auditors: how many claims there are where, what was granted, how long decisions take, and
//! why claims are returned. Charts are drawn here; the table behind each has the same numbers.

use crate::WebState;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::review::{finding_name, prefecture_name, programme_name};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use claim::{ClaimState, DecisionKind, Lang, ProgrammeId, Severity, Yen};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use office::OfficeError;
use std::collections::BTreeMap;
use svg::Document;
use svg::node::element::{Line, Rectangle, Text, Title};

/// How many days the charts by day show.
pub(crate) const DAYS: i64 = 30;
/// How many days of decisions times and reasons are worked out of.
pub(crate) const DECIDED_DAYS: i64 = 90;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    total: u64,
    granted: String,
    states: Chart,
    programmes: Vec<ProgrammeRow>,
    /// How much of each budget is granted; empty where no programme has one.
    budgets_chart: String,
    prefectures: Chart,
    days: Vec<DayRow>,
    days_chart: String,
    took: Option<(u64, String, String)>,
    returned: Chart,
    decided_days: i64,
    reading: Vec<Part>,
}

/// A part of what documents are read with, and whether it holds on this machine.
struct Part {
    name: &'static str,
    holds: bool,
    /// What it is for when it holds, else what that means.
    words: String,
}

/// A chart and its numbers.
struct Chart {
    svg: String,
    rows: Vec<(String, u64)>,
}

struct ProgrammeRow {
    name: String,
    claims: u64,
    waiting: u64,
    granted: u64,
    yen: String,
    /// What the programme may grant, and how much of it approvals have taken, in per cent; `None` without a budget.
    budget: Option<(String, u64)>,
}

struct DayRow {
    day: String,
    submitted: u64,
    approved: u64,
    returned: u64,
    rejected: u64,
}

const WIDTH: u32 = 640;
const ROW: u32 = 28;
const LABELS: u32 = 220;
const NUMBERS: u32 = 80;

fn text(x: u32, y: u32, anchor: &str, words: &str) -> Text {
    Text::new(words).set("x", x).set("y", y).set("font-size", 14).set("text-anchor", anchor).set("fill", "#1a1a1c")
}

/// An empty chart that says what it shows.
fn canvas(title: &str, height: u32) -> Document {
    Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("class", "chart")
        .set("role", "img")
        .set("aria-label", title)
        .add(Title::new(title))
}

/// Bars with their names before and their numbers behind them, so that no length or colour has to be compared.
fn bars(title: &str, rows: &[(String, u64)]) -> String {
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0).max(1);
    let height = ROW * u32::try_from(rows.len()).unwrap_or(1).max(1) + 8;
    let mut chart = canvas(title, height);
    for ((name, count), place) in rows.iter().zip(0u32..) {
        let top = place * ROW + 4;
        let reach = u64::from(WIDTH - LABELS - NUMBERS);
        // At most `reach`, so it fits.
        let length = u32::try_from(count * reach / most).unwrap_or(0);
        chart = chart
            .add(text(LABELS - 12, top + 18, "end", name))
            .add(
                Rectangle::new()
                    .set("x", LABELS)
                    .set("y", top + 3)
                    .set("width", length.max(u32::from(*count > 0)))
                    .set("height", ROW - 8)
                    .set("fill", "#0017c1"),
            )
            .add(text(LABELS + length + 8, top + 18, "start", &count.to_string()));
    }
    chart.to_string()
}

/// How much of each budget is taken, in per cent: what is filled is granted, the whole is the budget.
fn shares(title: &str, rows: &[(String, u64)]) -> String {
    let height = ROW * u32::try_from(rows.len()).unwrap_or(1).max(1) + 8;
    let reach = WIDTH - LABELS - NUMBERS;
    let mut chart = canvas(title, height);
    for ((name, per_cent), place) in rows.iter().zip(0u32..) {
        let top = place * ROW + 4;
        // Never more than the whole.
        let length = u32::try_from((*per_cent).min(100)).unwrap_or(100) * reach / 100;
        let bar = |length: u32| {
            Rectangle::new().set("x", LABELS).set("y", top + 3).set("width", length).set("height", ROW - 8)
        };
        chart = chart
            .add(text(LABELS - 12, top + 18, "end", name))
            .add(bar(reach).set("fill", "#ffffff").set("stroke", "#1a1a1c"))
            .add(bar(length).set("fill", "#0017c1"))
            .add(text(LABELS + reach + 8, top + 18, "start", &format!("{per_cent} %")));
    }
    chart.to_string()
}

/// Columns by day: what came, and beside it what was decided.
fn columns(title: &str, names: (&str, &str), rows: &[(String, u64, u64)]) -> String {
    const TOP: u32 = 40;
    const HIGH: u32 = 160;
    let most = rows.iter().flat_map(|row| [row.1, row.2]).max().unwrap_or(0).max(1);
    let each = WIDTH / u32::try_from(rows.len()).unwrap_or(1).max(1);
    let bar = (each / 2).saturating_sub(1).max(1);
    let mut chart = canvas(title, TOP + HIGH + 32)
        .add(Rectangle::new().set("x", 0).set("y", 8).set("width", 16).set("height", 16).set("fill", "#0017c1"))
        .add(text(24, 21, "start", names.0))
        .add(
            Rectangle::new()
                .set("x", 160)
                .set("y", 8)
                .set("width", 16)
                .set("height", 16)
                .set("fill", "#ffffff")
                .set("stroke", "#115a36")
                .set("stroke-width", 2),
        )
        .add(text(184, 21, "start", names.1))
        .add(text(WIDTH, 21, "end", &most.to_string()));
    for ((_, came, decided), place) in rows.iter().zip(0u32..) {
        let high = |count: u64| u32::try_from(count * u64::from(HIGH) / most).unwrap_or(0);
        let (left, came, decided) = (place * each, high(*came), high(*decided));
        chart = chart
            .add(
                Rectangle::new()
                    .set("x", left)
                    .set("y", TOP + HIGH - came)
                    .set("width", bar)
                    .set("height", came)
                    .set("fill", "#0017c1"),
            )
            .add(
                Rectangle::new()
                    .set("x", left + bar)
                    .set("y", TOP + HIGH - decided)
                    .set("width", bar)
                    .set("height", decided)
                    .set("fill", "#ffffff")
                    .set("stroke", "#115a36")
                    .set("stroke-width", 1),
            );
    }
    chart = chart.add(
        Line::new().set("x1", 0).set("y1", TOP + HIGH).set("x2", WIDTH).set("y2", TOP + HIGH).set("stroke", "#1a1a1c"),
    );
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        chart =
            chart.add(text(0, TOP + HIGH + 22, "start", &first.0)).add(text(WIDTH, TOP + HIGH + 22, "end", &last.0));
    }
    chart.to_string()
}

/// The first instant of a day in Japan.
pub(crate) fn begins(day: Date) -> Result<Timestamp, Fault> {
    let at = day.to_zoned(TimeZone::fixed(Offset::constant(9)));
    let wrong = |error: jiff::Error| OfficeError::Inconsistent(format!("{day} has no beginning: {error}"));
    Ok(at.map_err(wrong)?.timestamp())
}

/// `3日5時間`, `3 d 5 h`.
fn duration(hours: u64, lang: Lang) -> String {
    let (days, hours) = (hours / 24, hours % 24);
    match (days, lang) {
        (0, Lang::Ja) => format!("{hours}時間"),
        (0, Lang::En) => format!("{hours} h"),
        (_, Lang::Ja) => format!("{days}日{hours}時間"),
        (_, Lang::En) => format!("{days} d {hours} h"),
    }
}

/// Whether something was granted.
fn is_granted(state: ClaimState) -> bool {
    use ClaimState::{Approved, Batched, Bounced, Paid, Sent};
    matches!(state, Approved | Batched | Sent | Paid | Bounced)
}

/// GET /overview
pub(crate) async fn overview(State(state): State<WebState>, frame: Frame) -> Result<Response, Fault> {
    let lang = frame.lang();
    let (store, today) = (&state.office.store, state.office.today());
    let ruleset = state.office.rulebook.on(today).await?;
    let counts = store.count_claims().await?;
    let mut by_state: BTreeMap<ClaimState, u64> = BTreeMap::new();
    let mut by_prefecture: BTreeMap<u8, u64> = BTreeMap::new();
    let mut by_programme: BTreeMap<ProgrammeId, (u64, u64, u64, Vec<Yen>)> = BTreeMap::new();
    for count in &counts {
        *by_state.entry(count.state).or_default() += count.claims;
        *by_prefecture.entry(count.prefecture).or_default() += count.claims;
        let row = by_programme.entry(count.programme.clone()).or_default();
        row.0 += count.claims;
        row.1 += if count.state == ClaimState::InReview { count.claims } else { 0 };
        row.2 += if is_granted(count.state) { count.claims } else { 0 };
        row.3.push(count.granted_yen);
    }
    let sum = |yen: &[Yen]| {
        Yen::checked_sum(yen.iter().copied())
            .ok_or_else(|| OfficeError::Inconsistent("what is granted is too much".to_owned()))
    };
    let all: Vec<Yen> = counts.iter().map(|count| count.granted_yen).collect();
    let granted = frame.yen(&sum(&all)?);
    let budgets = state.office.budgets().await?;
    // A programme with a budget is shown before its first claim.
    for budget in budgets.iter().filter(|budget| budget.balance.budget.is_some()) {
        by_programme.entry(budget.programme.clone()).or_default();
    }
    let mut programmes = Vec::new();
    for (id, (claims, waiting, granted, yen)) in by_programme {
        let name = programme_name(&ruleset, &id, today, lang);
        let balance = budgets.iter().find(|budget| budget.programme == id).map(|budget| &budget.balance);
        let budget = match balance.and_then(|balance| balance.budget.map(|whole| (balance, whole))) {
            Some((balance, whole)) => {
                let taken = sum(&[balance.reserved, balance.paid])?.get();
                let per_cent = taken.saturating_mul(100) / whole.get().max(1);
                Some((frame.yen(&whole), u64::try_from(per_cent).unwrap_or(0)))
            }
            None => None,
        };
        programmes.push(ProgrammeRow { name, claims, waiting, granted, yen: frame.yen(&sum(&yen)?), budget });
    }
    let with_budget: Vec<(String, u64)> = programmes
        .iter()
        .filter_map(|row| row.budget.as_ref().map(|(_, per_cent)| (row.name.clone(), *per_cent)))
        .collect();
    let states: Vec<(String, u64)> = ClaimState::ALL
        .iter()
        .filter(|one| **one != ClaimState::Draft)
        .map(|one| (one.name(lang).to_owned(), by_state.get(one).copied().unwrap_or(0)))
        .collect();
    let prefectures: Vec<(String, u64)> =
        by_prefecture.into_iter().map(|(number, claims)| (prefecture_name(number, lang), claims)).collect();

    let first = today.checked_sub((DAYS - 1).days()).unwrap_or(today);
    let days = days(&state, first, today, &frame).await?;
    let drawn: Vec<(String, u64, u64)> =
        days.iter().map(|row| (row.day.clone(), row.submitted, row.approved + row.returned + row.rejected)).collect();
    let since = begins(today.checked_sub((DECIDED_DAYS - 1).days()).unwrap_or(today))?;
    let took = store.time_to_decision(since).await?;
    let returned: Vec<(String, u64)> = store
        .returned_for(since)
        .await?
        .into_iter()
        .filter(|(code, _)| code.severity() >= Severity::Review)
        .map(|(code, claims)| (finding_name(code, lang).to_owned(), claims))
        .collect();
    let page = OverviewPage {
        total: counts.iter().map(|count| count.claims).sum(),
        granted,
        states: Chart { svg: bars(frame.t("状態別の申請件数", "Claims by state"), &states), rows: states },
        budgets_chart: if with_budget.is_empty() {
            String::new()
        } else {
            shares(frame.t("予算に対する交付決定額の割合", "Granted of each budget"), &with_budget)
        },
        programmes,
        prefectures: Chart {
            svg: bars(frame.t("都道府県別の申請件数", "Claims by prefecture"), &prefectures),
            rows: prefectures,
        },
        days_chart: columns(
            frame.t("日別の申請と決定の件数", "Claims sent and decided by day"),
            (frame.t("申請", "sent"), frame.t("決定", "decided")),
            &drawn,
        ),
        days,
        took: took
            .map(|took| (took.decisions, duration(took.median_hours, lang), duration(took.ninetieth_hours, lang))),
        returned: Chart { svg: bars(frame.t("差戻しの理由", "Reasons of returns"), &returned), rows: returned },
        decided_days: DECIDED_DAYS,
        reading: reading(&state, &frame).await,
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

/// What documents are read with on this machine: what the kernel has of the sandbox, and recognition. Reasons stand in the
/// server's log; what is shown here names no file.
async fn reading(state: &WebState, frame: &Frame) -> Vec<Part> {
    let part = |name, holds: bool, when: &str, unless: &str| Part {
        name,
        holds,
        words: if holds { when.to_owned() } else { unless.to_owned() },
    };
    let status = match state.office.reader.sandbox_status().await {
        Ok(status) => status,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no document can be read on this machine");
            return vec![part(
                frame.t("読取りのプロセス", "Reader process"),
                false,
                "",
                frame.t(
                    "書類を読み取れません。サーバーの記録で原因を確かめてください。",
                    "No document can be read. The server's log tells why.",
                ),
            )];
        }
    };
    let shut_in = status.network_denied
        && status.reading_denied
        && status.writing_denied
        && status.programs_denied
        && status.changing_denied;
    vec![
        part(
            frame.t("システムコールの制限（seccomp）", "System calls (seccomp)"),
            status.system_calls.is_full(),
            frame.t("すべて有効です。", "All of it holds."),
            frame.t("カーネルにありません。書類は読み取りません。", "The kernel lacks it: no document is read."),
        ),
        part(
            frame.t("ファイルの制限（Landlock）", "Files (Landlock)"),
            status.files.is_full(),
            frame.t("すべて有効です。", "All of it holds."),
            if status.files.is_partial() {
                frame.t(
                    "カーネルに一部しかありません。システムコールの制限が、ファイルを開くことを防いでいます。",
                    "The kernel has a part of it only; the filter of system calls keeps files from being opened.",
                )
            } else {
                frame.t(
                    "カーネルにありません。システムコールの制限が、ファイルを開くことを防いでいます。",
                    "The kernel lacks it; the filter of system calls keeps files from being opened.",
                )
            },
        ),
        part(
            frame.t("通信・ファイル・プログラムの実行", "Network, files, programs"),
            shut_in,
            frame.t("試したところ、どれもできませんでした。", "Each was tried and was denied."),
            frame.t(
                "試したところ、できたものがあります。サーバーの記録で確かめてください。",
                "Something that was tried was not denied. The server's log tells what.",
            ),
        ),
        part(
            frame.t("文字認識", "Recognition"),
            status.recognition.is_none(),
            frame.t("スキャンと写真を読み取れます。", "Scans and photos can be read."),
            frame.t(
                "スキャンと写真を読み取れません。文字認識の言語データを入れてください（cargo xtask setup）。",
                "Scans and photos cannot be read. Install the language data (cargo xtask setup).",
            ),
        ),
    ]
}

async fn days(state: &WebState, first: Date, last: Date, frame: &Frame) -> Result<Vec<DayRow>, Fault> {
    let since = begins(first)?;
    let submitted: BTreeMap<Date, u64> = state.office.store.submitted_by_day(since).await?.into_iter().collect();
    let mut decided: BTreeMap<(Date, DecisionKind), u64> = BTreeMap::new();
    for (day, kind, claims) in state.office.store.decided_by_day(since).await? {
        decided.insert((day, kind), claims);
    }
    let all = first.series(1.day()).take_while(|day| *day <= last);
    Ok(all
        .map(|day| {
            let of = |kind| decided.get(&(day, kind)).copied().unwrap_or(0);
            DayRow {
                submitted: submitted.get(&day).copied().unwrap_or(0),
                approved: of(DecisionKind::Approve),
                returned: of(DecisionKind::Return),
                rejected: of(DecisionKind::Reject),
                day: frame.day(&day),
            }
        })
        .collect())
}
