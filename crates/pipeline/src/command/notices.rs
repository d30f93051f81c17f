//! `kofu notices`: the notices that have been issued, as PDF files.

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::output;
use anyhow::Result;
use claim::{ClaimId, Lang};
use std::path::{Path, PathBuf};
use store::NoticeRecord;

pub(crate) async fn run(app: &App, only: Option<&ClaimId>, out: &Path) -> Result<Done> {
    if let Some(id) = only {
        app.office.claim(id).await?;
    }
    let written = write(app, only, out).await?;
    for path in &written {
        output::say(&path.display().to_string());
    }
    if written.is_empty() {
        output::say(app.text("通知書はまだありません。", "No notice has been issued yet."));
    }
    Ok(Done::All)
}

/// All issued notices (of one claim), in the order of their numbers.
pub(crate) async fn issued(app: &App, only: Option<&ClaimId>) -> Result<Vec<NoticeRecord>> {
    if let Some(id) = only {
        return Ok(app.office.store.claim(id).await?.map(|record| record.notices).unwrap_or_default());
    }
    let mut notices: Vec<NoticeRecord> = Vec::new();
    loop {
        let after = notices.last().map(|notice| notice.number.clone());
        let page = app.office.store.notices(after.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(notices);
        }
        notices.extend(page);
    }
}

/// Writes all issued notices (of one claim) to `out`; the bytes are those that were issued.
pub(crate) async fn write(app: &App, only: Option<&ClaimId>, out: &Path) -> Result<Vec<PathBuf>> {
    let notices = issued(app, only).await?;
    let bar = super::read::progress(notices.len() as u64);
    let mut paths = Vec::new();
    for notice in notices {
        let bytes = app.office.store.document(&notice.pdf).await?;
        let path = out.join(format!("{}-{}.pdf", notice.number, notice.kind.name(Lang::Ja)));
        super::batch::write(&path, &bytes)?;
        bar.inc(1);
        paths.push(path);
    }
    bar.finish_and_clear();
    Ok(paths)
}
