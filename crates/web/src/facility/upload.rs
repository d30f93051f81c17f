//! Documents as they are uploaded: each is taken or refused by itself, so that one bad file loses no other.

use super::draft::{self, Refused, Saved};
use crate::WebState;
use crate::fault::{Fault, wants_json};
use crate::page::Frame;
use crate::session::{Person, draft_for};
use axum::Json;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use claim::DocumentKind;
use office::{DOCUMENT_BYTES_MOST, OfficeError, Received};
use tokio::io::AsyncWriteExt;

/// The most bytes of a form with files: a browser without script sends all of them at once.
pub(crate) const FORM_BYTES_MOST: usize = 10 * 21 * 1024 * 1024;
/// The most bytes of a field that is no file.
const FIELD_BYTES_MOST: usize = 4096;

fn broken(error: &MultipartError) -> Fault {
    Fault::status(match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    })
}

/// The bytes of a field; `None` when there are more than `most`, all of which were let go by, so that the next field is
/// still read.
async fn bytes_of(field: &mut Field<'_>, most: usize) -> Result<Option<Vec<u8>>, Fault> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        if fits && bytes.len() + chunk.len() <= most {
            bytes.extend_from_slice(&chunk);
        } else {
            fits = false;
            bytes = Vec::new();
        }
    }
    Ok(fits.then_some(bytes))
}

/// A file of a form, as it comes, on the disk; `None` when it has more than it may, and all of it was let go by. The second
/// is how many bytes came.
async fn file_of(state: &WebState, field: &mut Field<'_>) -> Result<(Option<tokio::fs::File>, u64), Fault> {
    let mut file = Some(state.office.incoming().await?);
    let mut came = 0u64;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        came = came.saturating_add(chunk.len() as u64);
        if came > DOCUMENT_BYTES_MOST {
            file = None;
        }
        if let Some(file) = &mut file {
            file.write_all(&chunk).await.map_err(|error| {
                tracing::error!(%error, "an upload cannot be written to the disk");
                Fault::status(StatusCode::SERVICE_UNAVAILABLE)
            })?;
        }
    }
    if let Some(file) = &mut file {
        file.flush().await.map_err(|error| {
            tracing::error!(%error, "an upload cannot be written to the disk");
            Fault::status(StatusCode::SERVICE_UNAVAILABLE)
        })?;
    }
    Ok((file, came))
}

/// What is said to be known of a kind of document.
fn kind_of(code: &str) -> DocumentKind {
    match code {
        "receipt" => DocumentKind::Receipt,
        "itemization" => DocumentKind::Itemization,
        // To be told by reading.
        _ => DocumentKind::Other,
    }
}

/// Takes the files of a form into a draft. A script sends one file, and has it read afterwards; a plain form may send
/// many, and they are read at once.
pub(crate) async fn upload(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Response, Fault> {
    let for_script = wants_json(&headers);
    let mut draft = draft_for(&state, &person, &id).await?;
    let mut proved = false;
    let mut declared = DocumentKind::Other;
    let mut taken: Vec<Received> = Vec::new();
    let mut refused: Vec<Refused> = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(file) = field.file_name().map(str::to_owned) else {
            let text = bytes_of(&mut field, FIELD_BYTES_MOST).await?.unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            match name.as_str() {
                "form_token" => {
                    person.proves(&text)?;
                    proved = true;
                }
                "declared" => declared = kind_of(&text),
                _ => {}
            }
            continue;
        };
        // The token comes first: no file is looked at without it.
        if !proved {
            person.proves("")?;
        }
        // A browser sends a field without a name of a file where none was chosen.
        let (spooled, came) = file_of(&state, &mut field).await?;
        if file.is_empty() && came == 0 {
            continue;
        }
        let result = match spooled {
            Some(spooled) => state.office.receive_file(person.account(), &draft, &file, declared, spooled).await,
            None => Err(office::too_large()),
        };
        match result {
            Ok(received) => {
                draft = draft_for(&state, &person, &id).await?;
                if !for_script && let Err(error) = state.office.read_draft_document(&draft, received.position).await {
                    // It is accepted all the same, and can be read again.
                    tracing::error!(error = &error as &dyn std::error::Error, "an uploaded document was not read");
                }
                taken.push(received);
            }
            Err(error @ OfficeError::Told(_)) => {
                refused.push(Refused { file, code: error.code(), text: error.text(frame.lang()) });
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !proved {
        person.proves("")?;
    }
    let status = match refused.first() {
        None => StatusCode::OK,
        Some(one) if one.code == "too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        Some(one) if one.code == "too-often" => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let draft = draft_for(&state, &person, &id).await?;
    if for_script {
        let taken = taken.iter().map(|one| draft::Taken {
            position: one.position,
            sha256: one.sha256.to_string(),
            log_position: one.log_position,
        });
        let saved = Saved { version: draft.version, taken: taken.collect(), refused };
        return Ok((status, Json(saved)).into_response());
    }
    if refused.is_empty() && taken.is_empty() {
        let text = frame.t("ファイルが選ばれていません。", "No file was chosen.").to_owned();
        let refused = vec![Refused { file: String::new(), code: "no-file", text }];
        return draft::shown(&state, frame, &draft, StatusCode::UNPROCESSABLE_ENTITY, refused).await;
    }
    if refused.is_empty() {
        return Ok(Redirect::to(&format!("/drafts/{id}?done=uploaded#documents")).into_response());
    }
    draft::shown(&state, frame, &draft, status, refused).await
}
