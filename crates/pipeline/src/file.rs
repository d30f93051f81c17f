//! Files that people name, read with care: only plain ones, never more than a limit, and never waiting for one that
//! somebody else has to write to.

use claim::Lang;
use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// What is done about symbolic links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    /// They lead to the file: the person who runs the command named it.
    Followed,
    /// They are refused: somebody else made the folder, and a link could lead anywhere.
    Refused,
}

/// Why a file was not read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is not there, or may not be read.
    NotOpened(io::Error),
    /// It is there and something else than a plain file.
    NotAFile(&'static str, &'static str),
    /// It has more bytes than the limit.
    TooLarge,
}

impl Fault {
    /// What was found, as people of `lang` read it.
    pub(crate) fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (Fault::NotOpened(error), _) => error.to_string(),
            (Fault::NotAFile(found, _), Lang::Ja) => format!("ファイルではなく{found}です"),
            (Fault::NotAFile(_, found), Lang::En) => format!("not a file but {found}"),
            (Fault::TooLarge, Lang::Ja) => "大きすぎます".to_owned(),
            (Fault::TooLarge, Lang::En) => "too large".to_owned(),
        }
    }
}

/// Opens a plain file.
pub(crate) fn open_plain(path: &Path, links: Links) -> Result<File, Fault> {
    // Looked at first, since opening a device may already do something.
    let look = if links == Links::Followed { std::fs::metadata } else { std::fs::symlink_metadata };
    plain(&look(path).map_err(Fault::NotOpened)?)?;
    let mut options = OpenOptions::new();
    // What was exchanged since it was looked at is refused all the same, and a pipe without a writer does not wait.
    let refuse_links = if links == Links::Refused { libc::O_NOFOLLOW } else { 0 };
    let file = options.read(true).custom_flags(libc::O_NONBLOCK | refuse_links).open(path).map_err(Fault::NotOpened)?;
    plain(&file.metadata().map_err(Fault::NotOpened)?)?;
    Ok(file)
}

/// The bytes of a plain file that has at most `limit` of them. What its metadata says of its size is not relied on.
pub(crate) fn read_plain(path: &Path, limit: u64, links: Links) -> Result<Vec<u8>, Fault> {
    let file = open_plain(path, links)?;
    if file.metadata().map_err(Fault::NotOpened)?.len() > limit {
        return Err(Fault::TooLarge);
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Fault::NotOpened)?;
    if bytes.len() as u64 > limit { Err(Fault::TooLarge) } else { Ok(bytes) }
}

/// The bytes of a plain file `name` of a folder that somebody else made: no folder on the way to it is a link.
pub(crate) fn read_within(folder: &Path, name: &Path, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut way = folder.to_path_buf();
    for part in name.parent().into_iter().flat_map(Path::components) {
        way.push(part);
        let found = std::fs::symlink_metadata(&way).map_err(Fault::NotOpened)?;
        if found.is_symlink() {
            plain(&found)?;
        }
    }
    read_plain(&folder.join(name), limit, Links::Refused)
}

fn plain(metadata: &Metadata) -> Result<(), Fault> {
    match kind(metadata.file_type()) {
        None => Ok(()),
        Some((ja, en)) => Err(Fault::NotAFile(ja, en)),
    }
}

/// What it is if it is no plain file, in both languages.
fn kind(of: FileType) -> Option<(&'static str, &'static str)> {
    if of.is_file() {
        None
    } else if of.is_symlink() {
        Some(("シンボリックリンク", "a symbolic link"))
    } else if of.is_dir() {
        Some(("フォルダー", "a folder"))
    } else if of.is_fifo() {
        Some(("名前付きパイプ", "a named pipe"))
    } else if of.is_socket() {
        Some(("ソケット", "a socket"))
    } else {
        Some(("デバイス", "a device"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_read_and_never_beyond_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link, pipe) = (folder.path().join("file"), folder.path().join("link"), folder.path().join("pipe"));
        std::fs::write(&file, b"12345").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read_plain(&file, 5, Links::Refused).unwrap(), b"12345");
        assert!(matches!(read_plain(&file, 4, Links::Refused), Err(Fault::TooLarge)));
        assert_eq!(read_plain(&link, 5, Links::Followed).unwrap(), b"12345");
        let not_a_file = |path: &Path, links| match read_plain(path, 5, links) {
            Err(Fault::NotAFile(_, found)) => found,
            other => panic!("{other:?}"),
        };
        assert_eq!(not_a_file(&link, Links::Refused), "a symbolic link");
        assert_eq!(not_a_file(&pipe, Links::Refused), "a named pipe");
        assert_eq!(not_a_file(&pipe, Links::Followed), "a named pipe");
        assert_eq!(not_a_file(folder.path(), Links::Followed), "a folder");
        assert_eq!(not_a_file(Path::new("/dev/zero"), Links::Followed), "a device");
        let within = folder.path().join("within");
        std::fs::create_dir(&within).unwrap();
        std::os::unix::fs::symlink(folder.path(), within.join("out")).unwrap();
        assert!(matches!(read_within(&within, Path::new("out/file"), 5), Err(Fault::NotAFile(..))));
        assert_eq!(read_within(folder.path(), Path::new("file"), 5).unwrap(), b"12345");
        // Its metadata says 0 bytes, whatever it holds.
        assert!(matches!(read_plain(Path::new("/proc/self/status"), 5, Links::Followed), Err(Fault::TooLarge)));
    }
}
