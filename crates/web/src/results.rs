//! Results of banks (振込結果) on the page of a batch: what was paid and sent back, and above all what does not add up; and
//! the upload of a bank's file.

use crate::WebState;
use crate::fault::{self, Fault};
use crate::page::Frame;
use crate::session::{Form, Person};
use axum::extract::multipart::Multipart;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{ClaimId, ClaimState};
use office::Told;
use serde::Deserialize;
use store::ResultRow;

/// The most bytes of a bank's file: a hundred thousand records of 122 bytes.
pub(crate) const FILE_BYTES_MOST: usize = 16 << 20;

/// A record that a person has to look at.
pub(crate) struct AmissRow {
    pub(crate) verdict: &'static str,
    pub(crate) claim: Option<String>,
    pub(crate) amount: String,
    pub(crate) place: String,
    pub(crate) said: String,
}

/// One file of a bank.
pub(crate) struct FileShown {
    pub(crate) name: String,
    pub(crate) at: String,
    pub(crate) by: String,
    pub(crate) counts: String,
    pub(crate) amiss: Vec<AmissRow>,
}

/// What the bank said of a batch.
pub(crate) struct ResultsShown {
    /// Paid, bounced, and without a result yet.
    pub(crate) counts: (usize, usize, usize),
    pub(crate) files: Vec<FileShown>,
}

pub(crate) async fn shown(state: &WebState, frame: &Frame, batch: &str) -> Result<ResultsShown, Fault> {
    let states = state.office.store.payment_states(batch).await?;
    let count = |is: &dyn Fn(&store::PaymentState) -> bool| states.iter().filter(|one| is(one)).count();
    let counts = (
        count(&|one| one.live && one.state == ClaimState::Paid),
        count(&|one| !one.live),
        count(&|one| one.live && one.state == ClaimState::Sent),
    );
    let lang = frame.lang();
    let amiss = |row: &ResultRow| AmissRow {
        verdict: row.verdict.name(lang),
        claim: row.claim_id.as_ref().map(ToString::to_string),
        amount: row.amount.map_or_else(|| "-".to_owned(), |yen| frame.yen(&yen)),
        place: row.place.clone().unwrap_or_else(|| "-".to_owned()),
        said: [row.said.as_deref(), row.reason.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" "),
    };
    let mut files = Vec::new();
    for file in state.office.store.results(batch).await?.into_iter().rev() {
        let mut by_verdict: Vec<(&str, usize)> = Vec::new();
        for row in &file.rows {
            let name = row.verdict.name(lang);
            match by_verdict.iter_mut().find(|(held, _)| *held == name) {
                Some((_, count)) => *count += 1,
                None => by_verdict.push((name, 1)),
            }
        }
        let counts = by_verdict.iter().map(|(name, count)| format!("{name} {count}{}", frame.t("件", "")));
        files.push(FileShown {
            at: frame.moment(&file.at),
            by: file.by.to_string(),
            counts: counts.collect::<Vec<_>>().join(frame.t("、", ", ")),
            amiss: file.rows.iter().filter(|row| row.verdict.is_amiss()).map(amiss).collect(),
            name: file.file,
        });
    }
    Ok(ResultsShown { counts, files })
}

/// The token and the file of the form. The token comes first: no file is looked at without it.
async fn uploaded(person: &Person, mut form: Multipart) -> Result<Option<(String, Vec<u8>)>, Fault> {
    let broken = |_| Fault::status(StatusCode::BAD_REQUEST);
    let mut proved = false;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.file_name().map(str::to_owned) {
            None if field.name() == Some("form_token") => {
                person.proves(&field.text().await.map_err(broken)?)?;
                proved = true;
            }
            None => {}
            Some(file) => {
                if !proved {
                    person.proves("")?;
                }
                let bytes = field.bytes().await.map_err(|_| Fault::status(StatusCode::PAYLOAD_TOO_LARGE))?;
                if !(file.is_empty() && bytes.is_empty()) {
                    return Ok(Some((file, bytes.to_vec())));
                }
            }
        }
    }
    if !proved {
        person.proves("")?;
    }
    Ok(None)
}

/// POST /batches/{id}/results
pub(crate) async fn receive(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Response, Fault> {
    let received = match uploaded(&person, form).await? {
        Some((file, bytes)) => {
            state.office.receive_results(&bytes, &file, Some(&id), &person.actor(), frame.lang()).await
        }
        None => {
            Err(Told::new("振込結果のファイルを選んでください。", "choose the bank's file").coded("no-file").into())
        }
    };
    match received {
        Ok(reconciled) => {
            // A file that was received before tells of its own batch.
            let done = match (reconciled.known, reconciled.amiss()) {
                (true, _) => "results-known",
                (false, 0) => "results",
                (false, _) => "results-amiss",
            };
            Ok(Redirect::to(&format!("/batches/{}?done={done}", reconciled.batch)).into_response())
        }
        Err(error) => {
            let error = fault::said(error, &frame)?;
            crate::batches::shown(&state, frame, &person, &id, None, Some(error)).await
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct CorrectForm {
    claim: String,
    reason: String,
}

/// POST /batches/{id}/results/correct
pub(crate) async fn correct(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<CorrectForm>,
) -> Result<Response, Fault> {
    let claim = ClaimId::from(form.claim.trim().to_uppercase());
    match state.office.correct_result(&id, &claim, &form.reason, &person.actor()).await {
        Ok(()) => Ok(Redirect::to(&format!("/batches/{id}?done=result-corrected")).into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            crate::batches::shown(&state, frame, &person, &id, None, Some(error)).await
        }
    }
}
