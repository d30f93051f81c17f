//! What an auditor is told of an export: the one door of `kofu-audit` and `kofu log verify`.

use crate::{Difference, KeyError, Verified, VerifyError, VerifyingKey, verify_folder};
use claim::Lang;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// What is verified, and what an auditor holds in hand.
#[derive(Clone, Debug)]
pub struct Audit<'a> {
    /// The export.
    pub folder: &'a Path,
    /// A file with the log's public key from elsewhere.
    pub key: Option<&'a Path>,
    /// A file with an earlier checkpoint of the same log.
    pub earlier: Option<&'a Path>,
}

/// Why nothing could be said of the export.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file that was given could not be read.
    #[error("{path} could not be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file with the key has none.
    #[error("{path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

impl AuditError {
    /// What is wrong and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (AuditError::Read { path, source }, Lang::Ja) => {
                format!("{} を読み取れません（{source}）。", path.display())
            }
            (AuditError::Key { path, source }, Lang::Ja) => format!("{}: {}", path.display(), source.message(lang)),
            (_, Lang::En) => self.to_string(),
        }
    }
}

/// What came of an audit.
#[derive(Debug)]
pub struct Report {
    result: Result<Verified, VerifyError>,
    key_given: bool,
    earlier_given: bool,
}

impl Audit<'_> {
    /// Verifies the export.
    ///
    /// # Errors
    /// [`AuditError`], where what the auditor gave cannot be read. What is wrong with the export is in the report.
    pub fn run(&self) -> Result<Report, AuditError> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|source| AuditError::Read { path: path.to_owned(), source })
        };
        let key = match self.key {
            Some(path) => {
                let key: Result<VerifyingKey, KeyError> = read(path)?.parse();
                Some(key.map_err(|source| AuditError::Key { path: path.to_owned(), source })?)
            }
            None => None,
        };
        let earlier = self.earlier.map(read).transpose()?;
        Ok(Report {
            result: verify_folder(self.folder, key.as_ref(), earlier.as_deref()),
            key_given: key.is_some(),
            earlier_given: earlier.is_some(),
        })
    }
}

#[derive(Serialize)]
struct DifferenceLine<'a> {
    #[serde(flatten)]
    difference: &'a Difference,
    message: String,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    verified: bool,
    #[serde(flatten)]
    found: Option<&'a Verified>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    signer_checked: bool,
    earlier_checked: bool,
}

impl Report {
    /// 0: the export is what was signed. 1: it is not. 2: that could not be found out.
    pub fn exit_code(&self) -> u8 {
        match &self.result {
            Ok(_) => 0,
            Err(VerifyError::Differs(_)) => 1,
            Err(VerifyError::Read { .. } | VerifyError::Earlier(_) | VerifyError::NoConsistency { .. }) => 2,
        }
    }

    /// As people of `lang` read it, one line a difference.
    pub fn text(&self, lang: Lang) -> String {
        let verified = match &self.result {
            Ok(verified) => verified,
            Err(error) => return error.message(lang),
        };
        let size = verified.size;
        let mut text = match (&verified.selection, lang) {
            (None, Lang::Ja) => format!("決定記録 {size} 件を検証しました。すべて一致しています。"),
            (None, Lang::En) => format!("{size} entries verified; all agree."),
            (Some(selection), Lang::Ja) => {
                format!(
                    "決定記録 {size} 件のうち抜粋された {} 件を検証しました。すべて一致しています。",
                    selection.entries
                )
            }
            (Some(selection), Lang::En) => {
                format!("{} selected entries of {size} verified; all agree.", selection.entries)
            }
        };
        if let Some(selection) = &verified.selection {
            let criteria: Vec<String> = [
                selection.programme.as_ref().map(|id| format!("programme={id}")),
                selection.facility.as_ref().map(|code| format!("facility={code}")),
                selection.from.map(|at| format!("from={}", in_japan(at))),
                selection.until.map(|at| format!("until={}", in_japan(at))),
            ]
            .into_iter()
            .flatten()
            .collect();
            let criteria = criteria.join(" ");
            text.push_str(&match lang {
                Lang::Ja => format!(
                    "\n抜粋の条件（{criteria}）に合う記録が漏れなく含まれていることは、署名者の表明によります。"
                ),
                Lang::En => format!("\nThat no entry of the selection ({criteria}) was left out is the signer's word."),
            });
        }
        let _ = write!(
            text,
            "\n{}",
            match (self.key_given, lang) {
                (true, Lang::Ja) => "指定された鍵で署名されています。",
                (true, Lang::En) => "The given key signed them.",
                (false, Lang::Ja) =>
                    "鍵も書き出されたものを使ったため、署名者は確かめていません。別の経路で受け取った公開鍵を --key で指定してください。",
                (false, Lang::En) =>
                    "The key was the export's own, so the signer was not checked: give the public key that you have from elsewhere with --key.",
            }
        );
        let _ = write!(
            text,
            "\n{}",
            match (verified.earlier_size, lang) {
                (Some(earlier), Lang::Ja) => format!("以前の署名の {earlier} 件は、書き換えられていません。"),
                (Some(earlier), Lang::En) => format!("The {earlier} entries signed earlier were not written anew."),
                (None, Lang::Ja) =>
                    "全体が書き換えられて署名し直されていないことは、以前のチェックポイントを --earlier に指定しないと確かめられません。".to_owned(),
                (None, Lang::En) =>
                    "That the whole was not written anew and signed again shows only with an earlier checkpoint: give one with --earlier.".to_owned(),
            }
        );
        text
    }

    /// As programs read it: a JSON object a difference, and one for the result.
    pub fn json_lines(&self, lang: Lang) -> String {
        let mut lines = String::new();
        let mut differences = None;
        if let Err(VerifyError::Differs(found)) = &self.result {
            differences = Some(found.named.len() as u64 + found.more);
            for difference in &found.named {
                push_json(&mut lines, &DifferenceLine { difference, message: difference.message(lang) });
            }
        }
        let error = match &self.result {
            Ok(_) | Err(VerifyError::Differs(_)) => None,
            Err(error) => Some(error.message(lang)),
        };
        push_json(
            &mut lines,
            &ResultLine {
                verified: self.result.is_ok(),
                found: self.result.as_ref().ok(),
                differences,
                error,
                signer_checked: self.key_given,
                earlier_checked: self.earlier_given,
            },
        );
        lines
    }
}

fn push_json(lines: &mut String, value: &impl Serialize) {
    // Text keys, numbers and texts: serialising cannot fail.
    lines.push_str(&serde_json::to_string(value).expect("a report always has a JSON form"));
    lines.push('\n');
}

fn in_japan(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(Offset::constant(9))).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
