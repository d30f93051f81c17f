//! What auditors carry away: the decision log written out with its tree and a signed checkpoint, and the program that
//! verifies it without this server.

use crate::WebState;
use crate::document::disposition;
use crate::fault::Fault;
use crate::session::{Form, OnlyButton};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use office::{OfficeError, Told};
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use zip::write::SimpleFileOptions;

/// How an export is written: into a folder that is not there yet.
pub type WriteExport = Arc<dyn Fn(PathBuf) -> WrittenExport + Send + Sync>;
/// That it was, or why not.
pub type WrittenExport = Pin<Box<dyn Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>> + Send>>;

/// Exports for auditors.
#[derive(Clone)]
pub struct Exports {
    write: WriteExport,
    verifier: Option<PathBuf>,
    /// An export reads the whole log: one after another.
    turn: Arc<Semaphore>,
}

impl Exports {
    /// `write` is whoever serves, who has the key that signs; `verifier` is the program `kofu-audit`, where it is at hand.
    pub fn new(write: WriteExport, verifier: Option<PathBuf>) -> Exports {
        Exports { write, verifier, turn: Arc::new(Semaphore::new(1)) }
    }

    pub(crate) fn has_verifier(&self) -> bool {
        self.verifier.is_some()
    }
}

/// Bytes that are sent at once.
const PIECE: usize = 64 << 10;

fn broken(error: &dyn std::fmt::Display) -> Fault {
    OfficeError::Inconsistent(format!("the decision log could not be exported: {error}")).into()
}

/// POST /log/export: the whole log as a ZIP, without personal data.
pub(crate) async fn export(State(state): State<WebState>, Form(_): Form<OnlyButton>) -> Result<Response, Fault> {
    let Ok(_turn) = state.exports.turn.try_acquire() else {
        return Err(OfficeError::from(
            Told::new(
                "ほかの書き出しを作成しています。終わるまでお待ちになり、もう一度お試しください。",
                "another export is being written; wait for it and try again",
            )
            .coded("too-often"),
        )
        .into());
    };
    let folder = tempfile::tempdir().map_err(|error| broken(&error))?;
    let out = folder.path().join("export");
    (state.exports.write)(out.clone()).await.map_err(|error| broken(&error))?;
    let zipped = tokio::task::spawn_blocking(move || zipped(&out)).await.map_err(|error| broken(&error))?;
    let file = zipped.map_err(|error| broken(&error))?;
    sent(file, &format!("decision-log-{}.zip", state.office.today()), "application/zip")
}

/// All files of a folder as a ZIP that has no name on the disk.
fn zipped(folder: &Path) -> io::Result<File> {
    let mut zip = zip::ZipWriter::new(tempfile::tempfile()?);
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let mut entries = std::fs::read_dir(&path)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                waiting.push(path);
                continue;
            }
            // What stands in the folder begins with its path.
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let large = entry.metadata()?.len() > u64::from(u32::MAX);
            zip.start_file(name, options.large_file(large))?;
            io::copy(&mut File::open(&path)?, &mut zip)?;
        }
    }
    let mut file = zip.finish()?;
    file.rewind()?;
    Ok(file)
}

/// A file as it is read, a piece at a time.
fn sent(file: File, name: &str, media_type: &'static str) -> Result<Response, Fault> {
    let bytes = file.metadata().map_err(|error| broken(&error))?.len();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition(name)),
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
    ];
    let pieces = futures::stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, io::Error>((read > 0).then_some((piece, file)))
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// GET /log/verifier: the program `kofu-audit` of this version, for machines like this one.
pub(crate) async fn verifier(State(state): State<WebState>) -> Result<Response, Fault> {
    let path = state.exports.verifier.as_ref().ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    sent(File::open(path).map_err(|error| broken(&error))?, "kofu-audit", "application/octet-stream")
}
