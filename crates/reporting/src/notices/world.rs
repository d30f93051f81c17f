//! What Typst sees: our templates, one notice's data, our fonts. No disk, no network, no clock.

use super::fonts::Fonts;
use claim::NoticeKind;
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

/// The same path has the same id for ever (Typst never forgets one), so only these few are ever made.
fn id(path: &str) -> FileId {
    // The paths above are plain and absolute, and every notice of the tests takes this way.
    let path = VirtualPath::new(path).expect("the paths of templates are virtual paths");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// What is the same for every notice.
pub(super) struct Shop {
    library: LazyHash<Library>,
    pub(super) fonts: Fonts,
    sources: Vec<Source>,
    data: FileId,
}

impl Shop {
    pub(super) fn new(fonts: Fonts) -> Shop {
        let sources = TEMPLATES.iter().map(|(path, text)| Source::new(id(path), (*text).to_owned())).collect();
        Shop { library: LazyHash::new(Library::default()), fonts, sources, data: id(DATA) }
    }
}

/// The world of one notice.
pub(super) struct World<'a> {
    pub(super) shop: &'a Shop,
    pub(super) template: NoticeKind,
    pub(super) data: Bytes,
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
        if wanted == self.shop.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shop.fonts.faces.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
