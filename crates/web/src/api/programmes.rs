//! Programmes with the values that hold, each with its source, and the template for an institution.

use super::call::{All, Attached, Call, Nothing, Shown};
use crate::WebState;
use crate::facility::template_for;
use crate::fault::{Asked, Fault};
use axum::http::StatusCode;
use claim::{Category, FacilityKind, Lang, ProgrammeId, Value};
use jiff::civil::Date;
use rules::Programme;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A programme as it is on a day.
#[derive(Serialize, ToSchema)]
#[schema(as = Programme)]
pub(crate) struct ProgrammeShown {
    id: ProgrammeId,
    name: String,
    /// `not-yet`, `open` or `over` on that day.
    phase: &'static str,
    opens_on: Option<Date>,
    /// The last day on which it takes claims, whole in Japan.
    deadline: Date,
    /// It grants products and no money.
    in_kind: bool,
    values: Vec<ValueShown>,
    products: Vec<ProductShown>,
}

/// A value with its source.
#[derive(Serialize, ToSchema)]
#[schema(as = ProgrammeValue)]
struct ValueShown {
    /// Such as `rate`.
    item: &'static str,
    /// The item as people read it.
    label: &'static str,
    /// For which kind of institution; null where it holds for all.
    kind: Option<FacilityKind>,
    /// For which category of expenses; null where it is of none.
    category: Option<Category>,
    /// Null where the programme sets nothing.
    #[schema(value_type = Option<serde_json::Value>)]
    value: Option<Value>,
    /// What the value is: `yen`, `fraction`, `day` and so on.
    unit: &'static str,
    /// As people read it.
    text: String,
    source: String,
    from: Option<Date>,
    until: Option<Date>,
}

/// A product that can be chosen.
#[derive(Serialize, ToSchema)]
#[schema(as = Product)]
struct ProductShown {
    id: String,
    name: String,
}

fn shown(programme: &Programme, on: Date, lang: Lang) -> ProgrammeShown {
    let opens_on = programme.opens_on(on);
    let phase = match opens_on.is_some_and(|first| on < first) {
        true => "not-yet",
        false if programme.deadline(on) < on => "over",
        false => "open",
    };
    let values = programme.listing(Some(on), lang).into_iter().map(|value| ValueShown {
        item: value.item,
        label: value.label,
        kind: value.kind,
        category: value.category,
        value: value.value,
        unit: value.unit,
        text: value.text,
        source: value.source,
        from: value.from,
        until: value.until,
    });
    ProgrammeShown {
        id: programme.id().clone(),
        name: programme.name(on, lang).to_owned(),
        phase,
        opens_on,
        deadline: programme.deadline(on),
        in_kind: programme.grants_in_kind(),
        values: values.collect(),
        products: programme
            .products(on)
            .into_iter()
            .map(|(id, name)| ProductShown { id: id.to_string(), name })
            .collect(),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnDay {
    /// The values of another day than today in Japan.
    on: Option<String>,
}

fn day(state: &WebState, on: Option<&str>) -> Result<Date, Fault> {
    let Some(text) = on else { return Ok(state.office.today()) };
    text.parse().map_err(|_| {
        Asked::query(
            "on",
            "日付は 2026-01-31 の形で指定してください。",
            format!("found {text:?}, expected a day such as 2026-01-31"),
        )
    })
}

/// The rules that decide on a day are those of today: drafts that hold later are not told of here.
pub(super) async fn list(call: Call<Nothing, OnDay>) -> Result<Shown<All<ProgrammeShown>>, Fault> {
    let on = day(&call.state, call.query.on.as_deref())?;
    let ruleset = call.state.office.rulebook.on(call.state.office.today()).await?;
    Ok(Shown::all(ruleset.programmes().map(|programme| shown(programme, on, call.lang))))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Id {
    /// Such as `home-consent`.
    id: String,
}

pub(super) async fn show(call: Call<Id, OnDay>) -> Result<Shown<ProgrammeShown>, Fault> {
    let on = day(&call.state, call.query.on.as_deref())?;
    let ruleset = call.state.office.rulebook.on(call.state.office.today()).await?;
    let programme = ruleset.programme(&ProgrammeId::from(call.at.id));
    let programme = programme.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    Ok(Shown::new(shown(programme, on, call.lang)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct For {
    /// 医療機関等コード of one of the account's institutions; the first if none is named.
    facility: Option<String>,
}

pub(super) async fn template(call: Call<Id, For>) -> Result<Attached, Fault> {
    let known = call.state.office.rulebook.on(call.state.office.today()).await?;
    let id = ProgrammeId::from(call.at.id);
    known.programme(&id).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let made = template_for(&call.state, call.person.account(), call.query.facility.as_deref(), id).await?;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned();
    Ok(Attached { file: made.file, media_type, bytes: made.bytes })
}
