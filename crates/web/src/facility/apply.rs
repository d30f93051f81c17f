//! A new application: under which programme, with what it gives to this institution, until when, and with what.

use super::time_left;
use crate::WebState;
use crate::document::attachment;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::{Form, Person};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{Facility, InstitutionCode, Lang, ProgrammeId};
use jiff::civil::Date;
use office::{OfficeError, Told};
use rules::{ListedValue, Programme};
use serde::Deserialize;
use store::Account;

#[derive(Template)]
#[template(path = "facility_apply.html")]
struct ApplyPage {
    frame: Frame,
    /// The institutions of the account: code, name, and whether it is the one that is shown.
    facilities: Vec<(InstitutionCode, String, bool)>,
    /// The one that is shown, with its kind as people read it; none while the register has none of the account's.
    facility: Option<(Facility, &'static str)>,
    open: Vec<Offer>,
    /// Those that take no claims now: name, and why not.
    others: Vec<(String, String)>,
}

/// A programme as it is for one institution.
struct Offer {
    id: ProgrammeId,
    name: String,
    left: String,
    deadline: String,
    /// Rates, ceilings and documents: label and value.
    terms: Vec<(&'static str, String)>,
    in_kind: bool,
}

/// What is not for those who apply.
const NOT_SHOWN: [&str; 7] =
    ["name_ja", "name_en", "deadline", "rounding_mode", "rounding_unit", "category_ceiling", "product"];

impl Offer {
    fn new(programme: &Programme, facility: &Facility, today: Date, left: String, frame: &Frame) -> Offer {
        let lang = frame.lang();
        let listed: Vec<ListedValue> = programme
            .listing(Some(today), lang)
            .into_iter()
            .filter(|value| value.kind.is_none_or(|kind| kind == facility.kind))
            .collect();
        let ceiling = |value: &ListedValue| {
            let of_category = |one: &&ListedValue| one.item == "category_ceiling" && one.category == value.category;
            listed.iter().find(of_category).filter(|one| one.value.is_some()).map(|one| one.text.as_str())
        };
        let mut terms: Vec<(&'static str, String)> = Vec::new();
        for value in &listed {
            if NOT_SHOWN.contains(&value.item) || (value.value.is_none() && value.item != "transitional_measures") {
                continue;
            }
            let text = match (value.item, ceiling(value), lang) {
                ("eligible_category", Some(ceiling), Lang::Ja) => format!("{}（上限 {ceiling}）", value.text),
                ("eligible_category", Some(ceiling), Lang::En) => format!("{} (up to {ceiling})", value.text),
                _ => value.text.clone(),
            };
            // Several of one kind are one row.
            match terms.last_mut().filter(|last| last.0 == value.label) {
                Some(last) => {
                    last.1.push_str(frame.t("、", ", "));
                    last.1.push_str(&text);
                }
                None => terms.push((value.label, text)),
            }
        }
        let products: Vec<String> = programme.products(today).into_iter().map(|(_, label)| label).collect();
        if !products.is_empty() {
            terms.push((frame.t("製品", "products"), products.join(frame.t("、", ", "))));
        }
        Offer {
            id: programme.id().clone(),
            name: programme.name(today, lang).to_owned(),
            deadline: frame.day(&programme.deadline(today)),
            in_kind: programme.grants_in_kind(),
            left,
            terms,
        }
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct Chosen {
    facility: Option<String>,
}

/// The institution that is asked for, if it is one of the account's; else the first.
fn own<'a>(account: &'a Account, asked: Option<&str>) -> Result<Option<&'a InstitutionCode>, Fault> {
    match asked {
        None => Ok(account.facilities.first()),
        Some(asked) => {
            let found = account.facilities.iter().find(|code| code.as_str() == asked);
            found.map(Some).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))
        }
    }
}

/// Where an application begins.
pub(crate) async fn apply(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Fault> {
    let account = person.account();
    let code = own(account, chosen.facility.as_deref())?;
    let facility = match code {
        Some(code) => state.office.store.facility(code).await?,
        None => None,
    };
    let names = super::names(&state, account.facilities.iter()).await?;
    let (now, today) = (state.office.now(), state.office.today());
    let ruleset = state.office.rulebook.on(today).await?;
    let (mut open, mut others) = (Vec::new(), Vec::new());
    for programme in ruleset.programmes() {
        let name = programme.name(today, frame.lang()).to_owned();
        match (&facility, programme.opens_on(today).filter(|first| today < *first)) {
            (_, Some(first)) => {
                others
                    .push((name, format!("{} {}", frame.t("受付開始前。受付開始日:", "opens on"), frame.day(&first))));
            }
            (_, None) if programme.deadline(today) < today => {
                let deadline = frame.day(&programme.deadline(today));
                others.push((name, format!("{} {deadline}", frame.t("受付終了。申請期限:", "closed on"))));
            }
            (Some(facility), None) => {
                open.push(Offer::new(programme, facility, today, time_left(programme, now, &frame), &frame));
            }
            (None, None) => {}
        }
    }
    let page = ApplyPage {
        facilities: names.into_iter().map(|(one, name)| (one.clone(), name, Some(&one) == code)).collect(),
        facility: facility.map(|facility| {
            let kind = facility.kind.name(frame.lang());
            (facility, kind)
        }),
        open,
        others,
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

#[derive(Deserialize)]
pub(crate) struct Begun {
    facility: String,
    programme: String,
}

/// Begins a draft.
pub(crate) async fn begin(
    State(state): State<WebState>,
    person: Person,
    Form(form): Form<Begun>,
) -> Result<Response, Fault> {
    let account = person.account();
    let code = own(account, Some(&form.facility))?.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let id = state.office.open_draft(account, code, &ProgrammeId::from(form.programme)).await?;
    Ok(Redirect::to(&format!("/drafts/{id}")).into_response())
}

#[derive(Deserialize)]
pub(crate) struct TemplateFor {
    facility: String,
    programme: String,
}

/// The itemization template of a programme, made for an institution of an account: the one that is named, or the first.
pub(crate) async fn template_for(
    state: &WebState,
    account: &Account,
    facility: Option<&str>,
    programme: ProgrammeId,
) -> Result<office::Template, Fault> {
    let code = own(account, facility)?.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let facility = state.office.store.facility(code).await?.ok_or_else(|| {
        OfficeError::from(
            Told::new(
                format!("医療機関等コード「{code}」は、医療機関等の名簿にありません。お問い合わせください。"),
                format!("the institution code {code} is not in the register; please ask"),
            )
            .coded("facility-unknown"),
        )
    })?;
    Ok(state.office.template(&facility, Some(&programme)).await?)
}

/// The itemization template, made for this institution.
pub(crate) async fn template(
    State(state): State<WebState>,
    person: Person,
    Query(wanted): Query<TemplateFor>,
) -> Result<Response, Fault> {
    let programme = ProgrammeId::from(wanted.programme);
    let made = template_for(&state, person.account(), Some(&wanted.facility), programme).await?;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(attachment(&made.file, media_type, made.bytes))
}
