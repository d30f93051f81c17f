//! The hostile set: what each document is, and what has to come of it.

use super::{packed, pdf, picture, sheet};
use claim::ProblemCode::{
    self, Damaged, Empty, Encoding, Encrypted, NothingFound, ReaderFailed, TooLarge, TooManyPages, Unsupported,
};
use image::ImageFormat::{Bmp, Jpeg, Png, Tiff, WebP};
use std::borrow::Cow;
use std::path::Path;

/// What has to come of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// Nothing is read, and one of these is the only problem.
    Refused(&'static [ProblemCode]),
    /// Pages are read, and one of them has this problem.
    OnAPage(ProblemCode),
    /// It only looks bad: it is opened, and at most nothing is found in it.
    Opened,
    /// Either: what is left of a spoiled file may be mended, and then nothing or something is found in it.
    OpenedOr(&'static [ProblemCode]),
}

use Expected::{OnAPage, Opened, OpenedOr, Refused};

/// One document.
pub(crate) struct Case {
    /// What it is.
    pub(crate) name: Cow<'static, str>,
    /// What it is called.
    pub(crate) file: &'static str,
    pub(crate) bytes: Box<dyn Fn() -> Vec<u8>>,
    pub(crate) expected: Expected,
}

fn case(name: &'static str, file: &'static str, bytes: impl Fn() -> Vec<u8> + 'static, expected: Expected) -> Case {
    Case { name: name.into(), file, bytes: Box::new(bytes), expected }
}

const DAMAGED: Expected = Refused(&[Damaged]);
const LARGE: Expected = Refused(&[TooLarge]);
const LOCKED: Expected = Refused(&[Encrypted]);
const UNKNOWN: Expected = Refused(&[Unsupported]);
const PAGES: Expected = Refused(&[TooManyPages]);

/// Documents for which a machine works for seconds: recognition, or parsers that go through all that they were sent.
pub(crate) fn slow_documents() -> Vec<Case> {
    vec![
        case("a page of noise", "a.png", picture::noise, Opened),
        case(
            "a PNG with bombs beside its pixels",
            "a.png",
            picture::png_with_bombs_beside,
            OpenedOr(&[Damaged, TooLarge]),
        ),
        case("10^5 tables of objects", "a.pdf", pdf::tables_100_000, OpenedOr(&[Damaged, TooLarge])),
        case("a tree of pages 90,000 deep", "a.pdf", pdf::deep_pages, OpenedOr(&[Damaged, TooLarge])),
        case("a page of 10^16 pixels", "a.pdf", pdf::page_of_10_to_the_10, OpenedOr(&[TooLarge])),
        case("a million merged areas", "a.xlsx", sheet::merged_areas, Opened),
        case("a million elements in one another", "a.xlsx", sheet::nested_elements, OpenedOr(&[Damaged, TooLarge])),
    ]
}

/// All others but the cut ones. `folder` is one into which nothing may be written.
pub(crate) fn documents(folder: &Path) -> Vec<Case> {
    let outside = folder.display().to_string();
    vec![
        // What is no document.
        case("0 bytes", "a.pdf", Vec::new, Refused(&[Empty])),
        case("1 byte", "a.pdf", || vec![0], UNKNOWN),
        case("a megabyte of zeros", "a.pdf", || vec![0; 1 << 20], UNKNOWN),
        case("a line break as often as fits", "a.csv", || vec![b'\n'; 20 << 20], Refused(&[TooLarge, NothingFound])),
        case("a quote that never ends", "a.csv", || [b"a,b\n\"".as_slice(), &vec![b'x'; 20_000_000]].concat(), LARGE),
        case("commas", "a.csv", || vec![b','; 20_000_000], Refused(&[TooLarge, NothingFound])),
        case("a figure in each of 10^7 cells", "a.csv", || b"1,".repeat(10_000_000), LARGE),
        case("half characters", "a.csv", || b"\x81".repeat(1_000_001), Refused(&[Encoding])),
        // Names that do not fit.
        case("a PDF called XLSX", "a.xlsx", pdf::good, Opened),
        case("a workbook called PDF", "a.pdf", sheet::good, Opened),
        case("an old workbook called CSV", "a.csv", sheet::old_good, Opened),
        case("a PNG called JPEG", "a.jpg", || picture::good(Png), Opened),
        case("a program called PDF", "a.pdf", || b"\x7fELF\x02\x01\x01\0\0\0".to_vec(), UNKNOWN),
        // Two things at once.
        case("a PDF with a workbook behind it", "a.pdf", || [pdf::good(), sheet::good()].concat(), Opened),
        case(
            "a workbook with a PDF in front of it",
            "a.xlsx",
            || [b"%PDF-1.7\n".as_slice(), &sheet::good()].concat(),
            DAMAGED,
        ),
        case(
            "a GIF with a workbook behind it",
            "a.xlsx",
            || [b"GIF89a\x01\0\x01\0\0\0\0;", &sheet::good()[..]].concat(),
            UNKNOWN,
        ),
        case("a PDF with the head of a JPEG", "a.pdf", || [b"\xff\xd8\xff\xe0", &pdf::good()[..]].concat(), DAMAGED),
        case("a JPEG with a PDF behind it", "a.jpg", || [picture::good(Jpeg), pdf::good()].concat(), Opened),
        case(
            "a workbook with a program in front of it",
            "a.xlsx",
            || [b"MZ\x90\0\x03\0\0\0", &sheet::good()[..]].concat(),
            UNKNOWN,
        ),
        // Workbooks.
        case("a zip bomb, 511 KB for 512 MiB", "a.xlsx", sheet::zip_bomb, LARGE),
        case("a zip bomb that lies about its size", "a.xlsx", sheet::zip_bomb_that_lies, Refused(&[TooLarge, Damaged])),
        case("4,000 names for one part of 1 MiB", "a.xlsx", sheet::overlapping_parts, Refused(&[TooLarge, Damaged])),
        case("60,000 parts", "a.xlsx", sheet::parts_60_000, LARGE),
        case("A1 and XFD1048576", "a.xlsx", sheet::far_corner, LARGE),
        case("a cell beyond all columns and rows", "a.xlsx", sheet::beyond_the_corner, Refused(&[TooLarge, Damaged])),
        case("says that it goes to XFD1048576", "a.xlsx", sheet::a_lie_about_size, Opened),
        case("10^7 empty cells", "a.xlsx", sheet::empty_cells, LARGE),
        case("10^7 tiny cells", "a.xlsx", sheet::tiny_cells, LARGE),
        case("4 million cells in 63 MiB", "a.xlsx", sheet::cells_below_the_weight, LARGE),
        case("10^7 empty texts", "a.xlsx", sheet::empty_texts, LARGE),
        case("one text of 32,000 characters in 400,000 cells", "a.xlsx", sheet::one_text_everywhere, LARGE),
        case("says that it has 2^32 texts", "a.xlsx", sheet::a_lie_about_texts, OpenedOr(&[Damaged, ReaderFailed])),
        case("a file of this machine as an entity (XXE)", "a.xlsx", sheet::outside_entity, OpenedOr(&[Damaged])),
        case("entities of entities (billion laughs)", "a.xlsx", sheet::billion_laughs, OpenedOr(&[Damaged])),
        case("names that lead out (zip-slip)", "a.xlsx", move || sheet::names_that_lead_out(&outside), Opened),
        case("a workbook under a password", "a.xlsx", sheet::locked, LOCKED),
        case("a zip under a password", "a.xlsx", sheet::locked_parts, LOCKED),
        case("A1 and IV65536", "a.xls", sheet::old_far_corner, LARGE),
        case("a column beyond all", "a.xls", sheet::old_beyond_the_corner, LARGE),
        case("sectors in a circle", "a.xls", sheet::cyclic_sectors, OpenedOr(&[Damaged])),
        case("says that it has 2^32 sectors of table", "a.xls", sheet::a_lie_about_sectors, OpenedOr(&[Damaged])),
        // Pictures.
        case("a PNG of 10^10 pixels", "a.png", || picture::png_claiming(100_000), LARGE),
        case(
            "a PNG of (2^31)^2 pixels",
            "a.png",
            || {
                let mut file = picture::good(Png);
                file[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
                let sum = packed::crc32(&file[12..29]);
                file[29..33].copy_from_slice(&sum.to_be_bytes());
                file
            },
            LARGE,
        ),
        case(
            "a PNG with 2 GiB more rows than told",
            "a.png",
            picture::png_with_more_rows_than_told,
            OpenedOr(&[Damaged, TooLarge]),
        ),
        case("a PNG as large as allowed", "a.png", picture::png_as_large_as_allowed, Opened),
        case("a JPEG of 65,500 × 65,500", "a.jpg", || picture::jpeg_claiming(65_500, 65_500), LARGE),
        case(
            "a JPEG of 7,700 × 7,700 that ends at once",
            "a.jpg",
            || picture::jpeg_claiming(7_700, 7_700),
            OpenedOr(&[Damaged]),
        ),
        case("a JPEG of no height", "a.jpg", || picture::jpeg_claiming(100, 0), DAMAGED),
        case("a JPEG of 2,000 scans", "a.jpg", picture::jpeg_of_many_scans, OpenedOr(&[Damaged, TooLarge])),
        case("a WebP of 2^48 pixels", "a.webp", picture::webp_claiming, Refused(&[TooLarge, Damaged])),
        case("a BMP of 10^10 pixels", "a.bmp", picture::bmp_claiming, Refused(&[TooLarge, Damaged])),
        case(
            "a BMP of a height that has no opposite",
            "a.bmp",
            picture::bmp_upside_down,
            Refused(&[TooLarge, Damaged]),
        ),
        case("a TIFF of 10^10 pixels", "a.tif", picture::tiff_claiming, LARGE),
        case("a TIFF whose strip inflates to 2 GiB", "a.tif", picture::tiff_bomb, OpenedOr(&[Damaged, TooLarge])),
        case("a TIFF whose pages go in a circle", "a.tif", picture::cyclic_tiff, Refused(&[TooManyPages, Damaged])),
        case("a TIFF of 10^5 pages", "a.tif", picture::tiff_of_100_000_pages, PAGES),
        case("a TIFF of 2^32 strips", "a.tif", picture::tiff_of_many_strips, Refused(&[TooLarge, Damaged])),
        // PDFs.
        case("a password that nobody gives", "a.pdf", pdf::locked, LOCKED),
        case("content that inflates to 4 GiB", "a.pdf", pdf::content_bomb, LARGE),
        case("content of 200 parts of 16 MiB", "a.pdf", pdf::bomb_in_parts, LARGE),
        case("1,000 filters", "a.pdf", pdf::filters_many_times, LARGE),
        case("a table of objects that inflates to 2 GiB", "a.pdf", pdf::table_bomb, Refused(&[TooLarge, Damaged])),
        case("objects in a stream that inflates to 2 GiB", "a.pdf", pdf::object_stream_bomb, LARGE),
        case("a table of characters that inflates to 2 GiB", "a.pdf", pdf::character_table_bomb, LARGE),
        case("a small picture that inflates to 2 GiB", "a.pdf", pdf::picture_bomb, LARGE),
        case("a picture of 10^10 pixels", "a.pdf", pdf::picture_of_10_to_the_10, OnAPage(TooLarge)),
        case("a picture of 65,536 × 65,537", "a.pdf", pdf::picture_that_wraps, OnAPage(TooLarge)),
        case("a picture of -1 × 0", "a.pdf", pdf::picture_of_nothing, Opened),
        case("pictures larger within than without", "a.pdf", pdf::picture_in_disguise, LARGE),
        case("a page of no size", "a.pdf", pdf::page_of_no_size, OpenedOr(&[TooLarge, Damaged])),
        case("10^5 pages", "a.pdf", pdf::pages_100_000, Refused(&[TooManyPages, TooLarge])),
        case("10^5 times one page", "a.pdf", pdf::one_page_100_000_times, OpenedOr(&[TooManyPages])),
        case("says that it has 10^5 pages", "a.pdf", pdf::a_lie_about_pages, Opened),
        case("a tree of pages in a circle", "a.pdf", pdf::cyclic_pages, DAMAGED),
        case("a tree of 2^40 pages", "a.pdf", pdf::doubling_pages, OpenedOr(&[TooManyPages, Damaged])),
        case("a table of objects in a circle", "a.pdf", pdf::cyclic_table, OpenedOr(&[Damaged])),
        case("references in a circle", "a.pdf", pdf::cyclic_references, OpenedOr(&[Damaged])),
        case("object number 2^32 - 1", "a.pdf", pdf::object_numbers, OpenedOr(&[Damaged, TooLarge])),
        case("forms drawn 2^40 times", "a.pdf", pdf::doubling_forms, LARGE),
        case("patterns painted 2^40 times", "a.pdf", pdf::doubling_patterns, LARGE),
        case("characters written 4^30 times", "a.pdf", pdf::doubling_fonts, LARGE),
        case("a form that draws itself", "a.pdf", pdf::cyclic_form, OpenedOr(&[TooLarge])),
        case("forms 20,000 deep", "a.pdf", pdf::deep_forms, LARGE),
        case("a path of 4.5 million lines", "a.pdf", pdf::long_path, LARGE),
        case("2 million saved states", "a.pdf", pdf::saved_states, LARGE),
        case("2 million arrays in one another", "a.pdf", pdf::nested_arrays, OpenedOr(&[TooLarge])),
        case(
            "a million dictionaries in one another",
            "a.pdf",
            pdf::nested_dictionaries,
            OpenedOr(&[Damaged, TooLarge]),
        ),
        case("300,000 clips in one another", "a.pdf", pdf::nested_clips, LARGE),
        case("2 million characters on a page", "a.pdf", pdf::glyphs, LARGE),
        case("2 million rectangles", "a.pdf", pdf::rectangles, LARGE),
    ]
}

type Format = (&'static str, &'static str, fn() -> Vec<u8>);

/// The formats, what a file of each is called, and a good one.
const FORMATS: [Format; 9] = [
    ("PDF", "a.pdf", pdf::good),
    ("XLSX", "a.xlsx", sheet::good),
    ("XLS", "a.xls", sheet::old_good),
    ("PNG", "a.png", || picture::good(Png)),
    ("JPEG", "a.jpg", || picture::good(Jpeg)),
    ("TIFF", "a.tif", || picture::good(Tiff)),
    ("WebP", "a.webp", || picture::good(WebP)),
    ("BMP", "a.bmp", || picture::good(Bmp)),
    ("CSV", "a.csv", || "品名,金額\r\nレセプトコンピュータ改修費,143000\r\n合計,143000\r\n".repeat(5).into_bytes()),
];

/// A good document of each format.
pub(crate) fn good_documents() -> Vec<Case> {
    FORMATS.into_iter().map(|(format, file, bytes)| case(format, file, bytes, Opened)).collect()
}

/// Each format cut off at every fiftieth of its length, at every fifth unless `all` are wanted.
pub(crate) fn cut_documents(all: bool) -> Vec<Case> {
    let cuts = FORMATS.into_iter().flat_map(move |(format, file, good)| {
        let bytes = good();
        let step = if all { 1 } else { 10 };
        (1..50).step_by(step).map(move |part| {
            let cut = bytes[..bytes.len() * part / 50].to_vec();
            Case {
                name: format!("{format} cut at {part}/50").into(),
                file,
                bytes: Box::new(move || cut.clone()),
                // A head that is cut off tells nothing; half a character is none.
                expected: OpenedOr(&[Damaged, Unsupported, Encoding, NothingFound]),
            }
        })
    });
    cuts.collect()
}
