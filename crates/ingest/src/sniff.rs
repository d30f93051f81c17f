//! What a file is, told from its bytes alone; its name is never asked.

use crate::document::damaged;
use crate::limits::Limits;
use crate::sheet;
use claim::{Problem, ProblemCode};
use std::io::Cursor;

/// What people may send, as it is shown to them.
pub(crate) const READ_HERE: [&str; 9] = ["PDF", "JPEG", "PNG", "TIFF", "WebP", "BMP", "XLSX", "XLS", "CSV"];

/// A kind of file that is read here.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    Pdf,
    /// A picture, by its media type.
    Picture,
    Xlsx,
    Xls,
    /// Text of cells, already decoded.
    Csv(String),
}

/// What a file is, or why it is not read. The media type is known in both cases.
#[derive(Debug)]
pub(crate) struct Sniffed {
    pub(crate) media_type: &'static str,
    pub(crate) kind: Result<Kind, Problem>,
}

/// Whether the first bytes are those of a picture that is read here and is one page.
pub(crate) fn is_one_picture(bytes: &[u8]) -> bool {
    picture(bytes).is_some_and(|media_type| media_type != "image/tiff")
}

/// Whether the bytes may be those of a PDF. Some writers put a line or two before the header; readers look for it in the
/// first 1024 bytes.
pub(crate) fn may_be_pdf(bytes: &[u8]) -> bool {
    find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some()
}

/// The media type of a picture, by its first bytes.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("image/tiff"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("image/bmp"),
        _ => None,
    }
}

/// Looks at the bytes.
pub(crate) fn sniff(bytes: &[u8], limits: &Limits) -> Sniffed {
    let known = |media_type, kind| Sniffed { media_type, kind: Ok(kind) };
    if let Some(media_type) = picture(bytes) {
        return known(media_type, Kind::Picture);
    }
    match bytes {
        [b'G', b'I', b'F', b'8', ..] => unsupported("image/gif", "GIF"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => container(brand),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => archive(bytes, limits),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => compound(bytes),
        [b'{', b'\\', b'r', b't', b'f', ..] => unsupported("application/rtf", "RTF"),
        _ if may_be_pdf(bytes) => known("application/pdf", Kind::Pdf),
        _ => text(bytes),
    }
}

fn unsupported(media_type: &'static str, name: &str) -> Sniffed {
    let problem = Problem::new(ProblemCode::Unsupported).with("found", name).with("expected", READ_HERE.to_vec());
    Sniffed { media_type, kind: Err(problem) }
}

/// ISO base media: pictures of phones, and films.
fn container(brand: &[u8]) -> Sniffed {
    match brand.get(..4) {
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
            unsupported("image/heic", "HEIC")
        }
        Some(b"avif" | b"avis") => unsupported("image/avif", "AVIF"),
        _ => unsupported("video/mp4", "MP4"),
    }
}

/// A zip: a workbook, or something else of an office suite.
fn archive(bytes: &[u8], limits: &Limits) -> Sniffed {
    const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let zip = match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(zip) => zip,
        // Its directory stands at the end, so a file that was cut off has none; whether it was a workbook can still be
        // seen from the names before each part.
        Err(_) => {
            let workbook = find(bytes, b"xl/").is_some() || find(bytes, b"[Content_Types].xml").is_some();
            let (media_type, format) = if workbook { (XLSX, "XLSX") } else { ("application/zip", "zip") };
            let problem = damaged(format, "no central directory");
            return Sniffed { media_type, kind: Err(problem) };
        }
    };
    let has = |name: &str| zip.index_for_name(name).is_some();
    let has_folder = |folder: &[u8]| zip.file_names_raw().any(|name| name.starts_with(folder));
    if zip.len() > sheet::MOST_PARTS {
        let problem = Problem::new(ProblemCode::TooLarge)
            .with("found", format!("zip: {}", zip.len()))
            .with("expected", format!("zip: {}", sheet::MOST_PARTS));
        Sniffed { media_type: "application/zip", kind: Err(problem) }
    } else if has("xl/workbook.bin") {
        unsupported("application/vnd.ms-excel.sheet.binary.macroenabled.12", "XLSB")
    } else if has_folder(b"xl/") {
        match sheet::weigh(bytes, limits) {
            Ok(()) => Sniffed { media_type: XLSX, kind: Ok(Kind::Xlsx) },
            Err(problem) => Sniffed { media_type: XLSX, kind: Err(problem) },
        }
    } else if has_folder(b"word/") {
        unsupported("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX")
    } else if has_folder(b"ppt/") {
        unsupported("application/vnd.openxmlformats-officedocument.presentationml.presentation", "PPTX")
    } else if has("mimetype") && has("content.xml") {
        unsupported("application/vnd.oasis.opendocument", "OpenDocument")
    } else {
        unsupported("application/zip", "ZIP")
    }
}

/// An OLE compound file: an old workbook, a workbook under a password, or an old letter.
fn compound(bytes: &[u8]) -> Sniffed {
    // The directory's names are UTF-16; which sector they stand in does not matter for telling them.
    let holds = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        find(bytes, &wide).is_some()
    };
    if holds("EncryptedPackage") {
        Sniffed { media_type: "application/x-ole-storage", kind: Err(Problem::new(ProblemCode::Encrypted)) }
    } else if holds("Workbook") || holds("Book") {
        Sniffed { media_type: "application/vnd.ms-excel", kind: Ok(Kind::Xls) }
    } else if holds("WordDocument") {
        unsupported("application/msword", "DOC")
    } else {
        unsupported("application/x-ole-storage", "OLE")
    }
}

/// Text: UTF-8 or UTF-16 by its mark, else UTF-8, else CP932, which is what spreadsheets in Japan write.
fn text(bytes: &[u8]) -> Sniffed {
    const OCTETS: &str = "application/octet-stream";
    let undecodable = || Sniffed { media_type: "text/csv", kind: Err(Problem::new(ProblemCode::Encoding)) };
    let marked = encoding_rs::Encoding::for_bom(bytes);
    if marked.is_none() {
        // Without its mark UTF-16 would be guessed, and the escapes of ISO-2022-JP are valid UTF-8: a wrong guess would
        // give wrong names.
        if looks_like_utf_16(bytes) || find(bytes, b"\x1b$").is_some() {
            return undecodable();
        }
        if bytes.iter().any(|byte| matches!(byte, 0..=8 | 0x0e..=0x1f | 0x7f)) {
            return unsupported(OCTETS, OCTETS);
        }
    }
    let (encoding, mark) = marked.unwrap_or(if std::str::from_utf8(bytes).is_ok() {
        (encoding_rs::UTF_8, 0)
    } else {
        (encoding_rs::SHIFT_JIS, 0)
    });
    let (decoded, had_errors) = encoding.decode_without_bom_handling(&bytes[mark..]);
    // Private-use characters are what CP932 has beyond its tables: user-defined ones that nobody else can read, and what
    // bytes of another encoding often turn into.
    if had_errors || decoded.contains('\0') || decoded.chars().any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)) {
        return undecodable();
    }
    let start: String = decoded.trim_start().chars().take(64).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return unsupported("text/html", "HTML");
    }
    if start.starts_with("<?xml") {
        return unsupported("text/xml", "XML");
    }
    Sniffed { media_type: "text/csv", kind: Ok(Kind::Csv(decoded.into_owned())) }
}

/// UTF-16 without its mark: line ends or separators with a NUL beside them, in one order and never the other.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    let pairs = |first: fn(u8) -> bool, second: fn(u8) -> bool| {
        bytes.chunks_exact(2).any(|pair| first(pair[0]) && second(pair[1]))
    };
    let separator = |byte: u8| matches!(byte, b'\n' | b',' | b'\t');
    let nul = |byte: u8| byte == 0;
    bytes.len().is_multiple_of(2) && (pairs(separator, nul) != pairs(nul, separator)) && !pairs(nul, nul)
}

/// Where `needle` first stands in `bytes`.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}
