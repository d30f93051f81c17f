//! `kofu template`: the itemization template for a facility, to be filled in and sent back with the receipts.

use super::Done;
use super::facilities::registered;
use crate::app::App;
use crate::output;
use anyhow::Result;
use claim::{Lang, ProgrammeId, wareki};
use office::Told;
use std::path::{Path, PathBuf};

pub(crate) async fn run(app: &App, facility: &str, programme: Option<&str>, out: Option<&Path>) -> Result<Done> {
    let facility = registered(app, facility).await?;
    let template = app.office.template(&facility, programme.map(ProgrammeId::from).as_ref()).await?;
    let path = out.map_or_else(|| PathBuf::from(&template.file), Path::to_path_buf);
    keep_what_is_there(&path, &template.bytes)?;
    super::batch::write(&path, &template.bytes)?;
    output::say(&path.display().to_string());
    let deadline = template.deadline;
    if deadline < app.office.today() {
        eprintln!(
            "{}",
            match app.lang {
                Lang::Ja => format!("この補助事業の申請期限（{}）は過ぎています。", wareki(deadline)),
                Lang::En => format!("the deadline of this programme has passed ({deadline})"),
            }
        );
    }
    Ok(Done::All)
}

/// Somebody may have filled in what stands there.
fn keep_what_is_there(path: &Path, bytes: &[u8]) -> Result<()> {
    // What cannot be read is for the writing to say.
    if std::fs::read(path).is_ok_and(|there| there != bytes) {
        return Err(Told::new(
            format!(
                "{} には別の内容があります。記入済みの様式を失わないよう、上書きしません。--out で別のファイルを指定してください。",
                path.display()
            ),
            format!(
                "{} holds something else, which may have been filled in; it is not overwritten. Name another file with --out",
                path.display()
            ),
        )
        .into());
    }
    Ok(())
}
