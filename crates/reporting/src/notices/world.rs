//! What Typst sees: our templates, one notice's data, our fonts. No disk, no network, no clock.

use super::fonts::Fonts;
use claim::NoticeKind;
use std::path::{Path, PathBuf};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};

const TEMPLATES: [(&str, &str); 4] = [
    ("/frame.typ", include_str!("../../templates/frame.typ")),
    ("/approval.typ", include_str!("../../templates/approval.typ")),
    ("/rejection.typ", include_str!("../../templates/rejection.typ")),
    ("/return.typ", include_str!("../../templates/return.typ")),
];
const DATA: &str = "/data.json";
/// The QR code that leads to the proof, where there is one.
const PROOF: &str = "/proof.svg";

/// The same path has the same id for ever (Typst never forgets one), so only these few are ever made.
fn id(path: &str) -> FileId {
    // The paths above are plain and absolute, and every notice of the tests takes this way.
    let path = VirtualPath::new(path).expect("the paths of templates are virtual paths");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// A fund's own template cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the template {} cannot be read", path.display())]
pub struct TemplateFileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// The text of a template, if there is one.
fn read(path: &Path) -> Result<Option<String>, TemplateFileError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TemplateFileError { path: path.to_owned(), source }),
    }
}

/// What is the same for every notice.
pub(super) struct Shop {
    library: LazyHash<Library>,
    pub(super) fonts: Fonts,
    sources: Vec<Source>,
    data: FileId,
    proof: FileId,
}

impl Shop {
    /// With a fund's own templates where `own` has a file of that name; the others are ours.
    pub(super) fn new(fonts: Fonts, own: Option<&Path>) -> Result<Shop, TemplateFileError> {
        let mut sources = Vec::new();
        for (path, text) in TEMPLATES {
            let text = match own {
                Some(folder) => read(&folder.join(path.trim_start_matches('/')))?.unwrap_or_else(|| text.to_owned()),
                None => text.to_owned(),
            };
            sources.push(Source::new(id(path), text));
        }
        Ok(Shop { library: LazyHash::new(Library::default()), fonts, sources, data: id(DATA), proof: id(PROOF) })
    }
}

/// The world of one notice.
pub(super) struct World<'a> {
    pub(super) shop: &'a Shop,
    pub(super) template: NoticeKind,
    pub(super) data: Bytes,
    /// The picture of the QR code.
    pub(super) proof: Option<Bytes>,
}

impl typst::World for World<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.shop.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shop.fonts.book
    }

    fn main(&self) -> FileId {
        id(match self.template {
            NoticeKind::Approval => "/approval.typ",
            NoticeKind::Rejection => "/rejection.typ",
            NoticeKind::Return => "/return.typ",
        })
    }

    fn source(&self, wanted: FileId) -> FileResult<Source> {
        self.shop.sources.iter().find(|source| source.id() == wanted).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, wanted: FileId) -> FileResult<Bytes> {
        match &self.proof {
            _ if wanted == self.shop.data => Ok(self.data.clone()),
            Some(proof) if wanted == self.shop.proof => Ok(proof.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shop.fonts.faces.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
