//! What comes as a document, whatever it is: through the door of the crate it gives a reading or a typed problem, and
//! never a panic.

#![allow(clippy::unwrap_used, reason = "tests")]

mod made;

use claim::{DocumentKind, Lang, Method, ProblemCode, Reading};
use ingest::{Limits, read};
use lopdf::{Dictionary, Object, Stream, dictionary};
use made::{Content, bytes_of, document, grey_dictionary, locked, pdf, receipt, scanned};
use proptest::prelude::*;
use std::io::Write as _;

fn plain(bytes: &[u8], file: &str) -> Reading {
    read(bytes, file, None, &Limits::default())
}

/// The one problem of a document of which nothing could be read.
fn problem(bytes: &[u8]) -> ProblemCode {
    let reading = plain(bytes, "file");
    assert!(reading.is_unreadable(), "{reading:?}");
    assert_eq!(reading.problems.len(), 1, "{:?}", reading.problems);
    let problem = &reading.problems[0];
    assert_eq!(problem.place.file.as_deref(), Some("file"));
    for lang in [Lang::Ja, Lang::En] {
        let message = problem.message(lang);
        assert!(!message.contains('—'), "a hole in the message: {message}");
    }
    problem.code
}

/// Deflates the same bytes again and again: a few kilobytes that inflate to `times` times a mebibyte.
fn zeros(times: u64) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("xl/workbook.xml", stored).unwrap();
    for _ in 0..times {
        zip.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn zip_of(name: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"<x/>").unwrap();
    zip.finish().unwrap().into_inner()
}

/// Content compressed twice over: the inner stream is compressed too.
fn content_bomb() -> Vec<u8> {
    let mut inner = Stream::new(Dictionary::new(), vec![b' '; 80 * 1024 * 1024]);
    inner.compress().unwrap();
    let mut outer = Stream::new(Dictionary::new(), inner.content);
    outer.compress().unwrap();
    outer.dict.set("Filter", vec![Object::from("FlateDecode"), Object::from("FlateDecode")]);
    let mut document = document(&[Content::new()]);
    let bomb = document.add_object(outer);
    let page = document.page_iter().next().unwrap();
    document.get_dictionary_mut(page).unwrap().set("Contents", bomb);
    let bytes = bytes_of(document);
    assert!(bytes.len() < 64 * 1024, "{} bytes are no bomb", bytes.len());
    bytes
}

#[test]
fn every_kind_of_bad_file_has_its_problem() {
    let good = pdf(&[receipt()]);
    let mut heic = vec![0, 0, 0, 24];
    heic.extend(b"ftypheic\0\0\0\0mif1heic");
    let cases: Vec<(&str, Vec<u8>, ProblemCode)> = vec![
        ("0 bytes", vec![], ProblemCode::Empty),
        ("over the limit", vec![b'a'; 20 * 1024 * 1024 + 1], ProblemCode::TooLarge),
        ("a PDF under a password", locked(&[receipt()], "secret"), ProblemCode::Encrypted),
        ("a PDF that is only its header", good[..20].to_vec(), ProblemCode::Damaged),
        ("a PDF without pages", pdf(&[]), ProblemCode::Damaged),
        ("31 pages", pdf(&vec![receipt(); 31]), ProblemCode::TooManyPages),
        ("content that inflates to 80 MiB", content_bomb(), ProblemCode::TooLarge),
        ("a workbook that inflates to 80 MiB", zeros(80), ProblemCode::TooLarge),
        ("a workbook without sheets", zip_of("xl/workbook.xml"), ProblemCode::Damaged),
        ("a cut workbook", zeros(1)[..600].to_vec(), ProblemCode::Damaged),
        ("another zip", zip_of("a.txt"), ProblemCode::Unsupported),
        ("a letter", zip_of("word/document.xml"), ProblemCode::Unsupported),
        ("a picture of a phone", heic, ProblemCode::Unsupported),
        (
            "noise",
            (0..4096u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect(),
            ProblemCode::Unsupported,
        ),
        ("a cut PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), ProblemCode::Damaged),
        ("a web page", b"<!DOCTYPE html><title>x</title>".to_vec(), ProblemCode::Unsupported),
        ("UTF-16 without its mark", utf_16("品名,金額\r\nモバイル端末,100\r\n"), ProblemCode::Encoding),
        ("ISO-2022-JP", b"\x1b$BIJL>\x1b(B,1\r\n".to_vec(), ProblemCode::Encoding),
        ("half a character", b"\x95i\x96\xbc,\x8b\n".to_vec(), ProblemCode::Encoding),
    ];
    for (what, bytes, code) in cases {
        assert_eq!(problem(&bytes), code, "{what}");
    }
}

/// Phones save photos so, and people cannot tell: the message says what the file is and what to send instead.
#[test]
fn a_photo_of_a_phone_that_is_not_read_is_named_with_what_to_send() {
    for brand in [b"heic", b"heix", b"mif1", b"hevc"] {
        let bytes = [&[0, 0, 0, 24], b"ftyp".as_slice(), brand, b"\0\0\0\0mif1heic"].concat();
        let reading = plain(&bytes, "IMG_0001.JPG");
        let [problem] = reading.problems.as_slice() else { panic!("{reading:?}") };
        assert_eq!((reading.media_type.as_str(), problem.code), ("image/heic", ProblemCode::Unsupported));
        for (lang, words) in [(Lang::Ja, ["HEIC", "JPEG", "お送りください"]), (Lang::En, ["HEIC", "JPEG", "Send"])]
        {
            let message = problem.message(lang);
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    }
}

/// An estimate before the receipt, as text and as a scan: both are named, and the receipt is the one that is read.
#[test]
fn an_estimate_and_a_receipt_in_one_file_are_both_seen() {
    let estimate = Content::new()
        .text(240.0, 60.0, 20.0, "御見積書")
        .text(60.0, 120.0, 12.0, "青空クリニック 御中")
        .text(60.0, 160.0, 14.0, "御見積金額 \\99,000-")
        .text(60.0, 200.0, 12.0, "株式会社みらいシステム");
    let paid = Content::new()
        .text(240.0, 60.0, 24.0, "領収書")
        .text(60.0, 120.0, 14.0, "青空クリニック 御中")
        .text(60.0, 160.0, 14.0, "領収金額 \\143,000-")
        .text(60.0, 200.0, 14.0, "株式会社みらいシステム");
    let as_text = pdf(&[estimate.clone(), paid.clone()]);
    let as_scans = pdf(&[scanned(pdf(&[estimate])), scanned(pdf(&[paid]))]);
    for (bytes, method) in [(as_text, Method::Text), (as_scans, Method::Ocr)] {
        let reading = read(&bytes, "a.pdf", Some(DocumentKind::Receipt), &Limits::default());
        let told = (reading.pages, reading.method, reading.kind);
        assert_eq!(told, (2, Some(method), DocumentKind::Receipt), "{reading:?}");
        let several = reading.problems.iter().find(|problem| problem.code == ProblemCode::SeveralDocuments);
        let message = several.map(|problem| problem.message(Lang::Ja)).unwrap_or_default();
        assert!(message.contains("見積書 1ページ") && message.contains("領収書 2ページ"), "{:?}", reading.problems);
        let total = reading.receipt.and_then(|receipt| receipt.total_yen).expect("a total");
        assert_eq!((total.value.get(), total.spot.page), (143_000, Some(2)));
    }
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_file_is_what_its_bytes_are_whatever_it_is_called() {
    let reading = plain(&pdf(&[receipt()]), "内訳書.xlsx");
    assert_eq!((reading.media_type.as_str(), reading.method), ("application/pdf", Some(Method::Text)));
    assert_eq!((reading.file.as_str(), reading.pages), ("内訳書.xlsx", 1));
    let csv = plain("品名,金額\nモバイル端末,45100\n".as_bytes(), "領収書.pdf");
    assert_eq!((csv.media_type.as_str(), csv.method), ("text/csv", Some(Method::Sheet)));
}

#[test]
fn a_csv_reads_the_same_in_every_encoding_of_japan() {
    let text = "領収書内訳書\r\n品名,金額\r\nモバイル端末①,\"45,100\"\r\n合計,\"45,100\"\r\n";
    let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
    let wide_be = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let encodings = [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-8 with its mark", marked(b"\xef\xbb\xbf", text.as_bytes().to_vec())),
        ("CP932", encoding_rs::SHIFT_JIS.encode(text).0.into_owned()),
        ("UTF-16LE", marked(b"\xff\xfe", utf_16(text))),
        ("UTF-16BE", marked(b"\xfe\xff", wide_be)),
    ];
    let first = plain(&encodings[0].1, "a.csv");
    assert!(!first.is_unreadable());
    for (what, bytes) in &encodings {
        let reading = plain(bytes, "a.csv");
        let expected = Reading { sha256: reading.sha256, ..first.clone() };
        assert_eq!(reading, expected, "{what}");
    }
}

#[test]
fn a_pdf_that_anybody_may_open_is_read_though_it_is_locked() {
    let reading = plain(&locked(&[receipt()], ""), "a.pdf");
    assert_eq!((reading.method, reading.problems), (Some(Method::Text), vec![]));
}

#[test]
fn a_pdf_cut_off_at_its_end_is_mended_or_named_damaged() {
    let good = pdf(&[receipt()]);
    for share in [5, 30, 60, 90, 99] {
        let reading = plain(&good[..good.len() * share / 100], "a.pdf");
        assert_eq!(reading.media_type, "application/pdf");
        let codes: Vec<ProblemCode> = reading.problems.iter().map(|problem| problem.code).collect();
        assert!(reading.method == Some(Method::Text) || codes == [ProblemCode::Damaged], "{share}%: {reading:?}");
    }
}

#[test]
fn a_page_that_cannot_be_read_does_not_lose_the_others() {
    let too_many_pixels = Content::new().picture(
        [made::WIDTH, 0.0, 0.0, made::HEIGHT, 0.0, 0.0],
        grey_dictionary(30_000, 30_000),
        vec![0],
    );
    let reading = plain(&pdf(&[receipt(), too_many_pixels]), "a.pdf");
    let problem = reading.problems.iter().find(|problem| problem.code == ProblemCode::TooLarge).unwrap();
    assert_eq!(problem.place.show(Lang::En), "a.pdf page 2");
    assert_eq!(problem.message(Lang::En), "Too large (900.0 Mpx, at most 60.0 Mpx). Split it or lower its resolution.");
    assert_eq!(reading.pages, 2);
}

#[test]
fn absurd_pages_are_named() {
    for side in [3_000_000_000i64, 14_400_000] {
        let mut document = document(&[Content::new().raw("0 0 1000000 1000000 re f")]);
        let page = document.page_iter().next().unwrap();
        let sides: Vec<Object> = vec![0.into(), 0.into(), side.into(), 5.into()];
        document.get_dictionary_mut(page).unwrap().set("MediaBox", sides);
        let reading = plain(&bytes_of(document), "a.pdf");
        assert_eq!(reading.problems[0].code, ProblemCode::TooLarge, "{reading:?}");
    }
}

#[test]
fn a_blank_document_and_a_letter_say_that_nothing_was_found() {
    let letter = "拝啓 時下ますますご清栄のこととお慶び申し上げます。\n敬具\n".as_bytes().to_vec();
    for bytes in [pdf(&[Content::new()]), b"\n\n , ,\n".to_vec(), letter] {
        let codes: Vec<ProblemCode> = plain(&bytes, "a").problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [ProblemCode::NothingFound]);
    }
}

#[test]
fn what_the_caller_takes_it_for_does_not_change_what_it_is() {
    let bytes = pdf(&[receipt()]);
    let kinds: Vec<DocumentKind> = [None, Some(DocumentKind::Receipt), Some(DocumentKind::Itemization)]
        .into_iter()
        .map(|as_kind| read(&bytes, "a.pdf", as_kind, &Limits::default()).kind)
        .collect();
    assert_eq!(kinds, [DocumentKind::Receipt; 3]);
}

#[test]
fn limits_travel_as_json_with_defaults_for_what_is_not_said() {
    let limits: Limits = serde_json::from_str(r#"{"pages":2,"sandbox":"refuse"}"#).unwrap();
    assert_eq!(limits, Limits { pages: 2, sandbox: ingest::SandboxPolicy::Refuse, ..Limits::default() });
    assert!(serde_json::from_str::<Limits>(r#"{"page":2}"#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Bytes flipped in the middle of good documents reach deep into the parsers.
    #[test]
    fn spoiled_documents_never_panic(
        which in 0usize..3,
        spots in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
    ) {
        let mut bytes = match which {
            0 => pdf(&[receipt()]),
            1 => locked(&[receipt()], ""),
            _ => {
                let mut workbook = rust_xlsxwriter::Workbook::new();
                workbook.add_worksheet().write(0, 0, "品名").unwrap().write(0, 1, 45_100).unwrap();
                workbook.save_to_buffer().unwrap()
            }
        };
        for (spot, byte) in spots {
            let spot = spot.index(bytes.len());
            bytes[spot] = byte;
        }
        let reading = plain(&bytes, "a");
        prop_assert_eq!(reading.file, "a");
    }

    #[test]
    fn any_bytes_give_a_reading(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert_eq!(plain(&bytes, "a").file, "a");
    }
}

#[test]
fn a_dictionary_is_no_picture() {
    // A picture that says nothing of its size is not drawn, and the page is blank.
    let nothing =
        Content::new().picture([100.0, 0.0, 0.0, 100.0, 0.0, 0.0], dictionary! { "Subtype" => "Image" }, vec![]);
    assert_eq!(plain(&pdf(&[nothing]), "a").problems[0].code, ProblemCode::NothingFound);
}
