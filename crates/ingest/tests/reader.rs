//! The reader process as it is used: this program starts itself as the process, so it has a `main` of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

mod made;

use claim::{DocumentKind, Lang, Method, ProblemCode, Reading};
use ingest::{Enforcement, Limits, Reader, ReaderError, SandboxPolicy};
use made::{Content, doubling_forms, pdf, receipt, scanned};
use std::num::NonZeroU16;
use std::process::ExitCode;

const CHILD: &str = "reader-process";

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    match filters.first().map(String::as_str) {
        Some(CHILD) => return ingest::child_main(),
        // What a program may do that is no reader.
        Some("babble") => {
            println!("{}", "x".repeat(100_000));
            return ExitCode::SUCCESS;
        }
        // What one may do that has seen a document and serves another master from then on.
        Some(spoiled @ ("chatter" | "blames_the_machine" | "dies")) => {
            println!(r#"{{"entered":{{"recognition":null}}}}"#);
            match spoiled {
                "chatter" => println!("{}", "x".repeat(100_000)),
                "blames_the_machine" => println!(r#"{{"refused":"no_seccomp"}}"#),
                _ => return ExitCode::from(7),
            }
            return ExitCode::SUCCESS;
        }
        Some("lacks_a_model") => {
            println!(r#"{{"entered":{{"recognition":"no model"}}}}"#);
            let problem = claim::Problem::new(ProblemCode::ReaderFailed);
            let reading = Reading::unreadable("", claim::Sha256([0; 32]), "image/png", problem);
            // Nothing follows an answer, not even the end of a line.
            print!(r#"{{"reading":{}}}"#, serde_json::to_string(&reading).expect("a reading is JSON"));
            return ExitCode::SUCCESS;
        }
        Some("fail") => return ExitCode::from(7),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut run = 0;
    macro_rules! tests {
        ($($name:ident)*) => { $(
            if filters.is_empty() || filters.iter().any(|filter| stringify!($name).contains(filter.as_str())) {
                // A failed assertion ends the program with a code that is not 0.
                runtime.block_on($name());
                println!("test {} ... ok", stringify!($name));
                run += 1;
            }
        )* };
    }
    tests! {
        the_process_reads_what_the_library_reads
        recognition_works_inside_the_sandbox
        the_sandbox_denies_network_files_and_programs
        a_document_that_takes_too_long_is_ended
        a_document_that_needs_too_much_memory_brings_down_its_process_only
        what_is_no_reader_is_an_error_or_a_problem_and_never_a_reading
        a_document_refused_by_its_size_starts_no_process
        a_sandbox_that_cannot_be_entered_is_no_problem_of_the_document
        many_documents_at_once_do_not_disturb_each_other
        each_picture_has_a_copy_of_its_own_and_none_is_left_behind
        pages_read_side_by_side_come_out_as_if_read_one_by_one
        no_more_processes_recognise_than_may_whatever_is_read_at_once
        a_page_that_takes_too_long_loses_no_other_page
        a_copy_that_takes_too_long_takes_its_zygote_with_it_and_the_next_is_read
    }
    println!("\ntest result: ok. {run} passed");
    ExitCode::SUCCESS
}

fn this_program() -> std::path::PathBuf {
    std::env::current_exe().expect("the program knows where it is")
}

fn reader(limits: Limits) -> Reader {
    Reader::new(this_program(), vec![CHILD.to_owned()], limits)
}

fn only_problem(reading: &Reading) -> ProblemCode {
    assert!(reading.is_unreadable(), "{reading:?}");
    assert_eq!(reading.problems.len(), 1, "{reading:?}");
    assert_eq!(reading.problems[0].place.file.as_deref(), Some(reading.file.as_str()));
    assert!(!reading.problems[0].message(Lang::Ja).contains('—'), "{reading:?}");
    reading.problems[0].code
}

async fn the_process_reads_what_the_library_reads() {
    let limits = Limits::default();
    let bytes = pdf(&[receipt()]);
    for as_kind in [None, Some(DocumentKind::Receipt)] {
        let inside = ingest::read(&bytes, "領収書.pdf", as_kind, &limits);
        let outside = reader(limits.clone()).read("領収書.pdf", &bytes, as_kind).await.unwrap();
        assert_eq!(inside, outside);
        assert_eq!((outside.method, outside.kind), (Some(Method::Text), DocumentKind::Receipt));
    }
}

async fn recognition_works_inside_the_sandbox() {
    let bytes = pdf(&[scanned(pdf(&[receipt()]))]);
    let limits = Limits { sandbox: SandboxPolicy::Warn, ..Limits::default() };
    let reading = reader(limits).read("scan.pdf", &bytes, Some(DocumentKind::Receipt)).await.unwrap();
    assert_eq!(reading.method, Some(Method::Ocr), "{reading:?}");
    assert!(!reading.is_unreadable(), "{:?}", reading.problems);
    let number = reading.receipt.and_then(|receipt| receipt.registration_number).map(|field| field.value);
    assert_eq!(number.as_deref(), Some("T7000012050002"));
}

async fn the_sandbox_denies_network_files_and_programs() {
    let status = reader(Limits::default()).sandbox_status().await.unwrap();
    assert_eq!(status.system_calls, Enforcement::Full, "{status:?}");
    assert!(status.network_denied && status.programs_denied && status.writing_denied, "{status:?}");
    // By the filter of system calls alone, whatever Landlock does.
    assert!(status.changing_denied, "{status:?}");
    assert_eq!(status.recognition, None, "{status:?}");
    assert!(status.reading_denied, "{status:?}");
    // Where the kernel has no Landlock, one of two walls is missing; the status says so instead of hiding it.
    assert_eq!(status.is_complete(), status.files == Enforcement::Full, "{status:?}");
}

async fn a_document_that_takes_too_long_is_ended() {
    // Two billion drawings from a few kilobytes, which are not counted before: by its CPU time, and by the clock on the
    // wall.
    let bytes = doubling_forms(30);
    let uncounted = Limits { drawing_steps: u32::MAX, ..Limits::default() };
    let by_cpu = Limits { cpu_seconds: 1, ..uncounted.clone() };
    let by_wall = Limits { wall_ms: 500, ..uncounted };
    for limits in [by_cpu, by_wall] {
        let reading = reader(limits).read("forms.pdf", &bytes, None).await.unwrap();
        assert_eq!(only_problem(&reading), ProblemCode::TimedOut);
    }
}

async fn a_document_that_needs_too_much_memory_brings_down_its_process_only() {
    let limits = Limits { memory_bytes: 1024 * 1024, ..Limits::default() };
    let bytes = vec![b'a'; 4 * 1024 * 1024];
    let reading = reader(limits).read("large.csv", &bytes, None).await.unwrap();
    assert_eq!(only_problem(&reading), ProblemCode::ReaderFailed);
    assert_eq!(reading.sha256, ingest::read(&bytes, "large.csv", None, &Limits::default()).sha256);

    // Nested so deeply that a parser that calls itself runs out of stack, if it does not give up before.
    let deep = Content::new().raw(&"[".repeat(3_000_000));
    let reading = reader(Limits::default()).read("deep.pdf", &pdf(&[deep]), None).await.unwrap();
    assert!(!reading.problems.is_empty(), "{reading:?}");
}

async fn what_is_no_reader_is_an_error_or_a_problem_and_never_a_reading() {
    let limits = Limits { answer_bytes: 10_000, ..Limits::default() };
    let bytes = pdf(&[receipt()]);
    let as_reader = |argument: &str| Reader::new(this_program(), vec![argument.to_owned()], limits.clone());
    for (argument, why) in
        [("chatter", "answer too long"), ("blames_the_machine", "answer not understood"), ("dies", "exit code 7")]
    {
        let reading = as_reader(argument).read("a.pdf", &bytes, None).await.unwrap();
        assert_eq!(only_problem(&reading), ProblemCode::ReaderFailed);
        assert!(reading.problems[0].message(Lang::En).contains(why), "{reading:?}");
        assert!(matches!(as_reader(argument).sandbox_status().await, Err(ReaderError::NotAReader { .. })));
    }
    // No document was sent to these, so none is blamed.
    for argument in ["babble", "fail"] {
        let error = as_reader(argument).read("a.pdf", &bytes, None).await.unwrap_err();
        assert!(matches!(error, ReaderError::NotAReader { .. }), "{error}");
        assert!(matches!(as_reader(argument).sandbox_status().await, Err(ReaderError::NotAReader { .. })));
    }
    let error = as_reader("lacks_a_model").read("a.pdf", &bytes, None).await.unwrap_err();
    assert!(matches!(&error, ReaderError::Recognition { found } if found == "no model"), "{error}");
    let missing = Reader::new("/nowhere/kofu".into(), vec![], limits);
    let error = missing.read("a.pdf", &bytes, None).await.unwrap_err();
    assert!(matches!(error, ReaderError::Spawn { .. }), "{error}");
    assert!(error.to_string().contains("/nowhere/kofu"), "{error}");
}

async fn a_document_refused_by_its_size_starts_no_process() {
    let nowhere = Reader::new("/nowhere/kofu".into(), vec![], Limits { file_bytes: 10, ..Limits::default() });
    let empty = nowhere.read("a.pdf", b"", None).await.unwrap();
    assert_eq!(only_problem(&empty), ProblemCode::Empty);
    let large = nowhere.read("a.pdf", b"more than ten", None).await.unwrap();
    assert_eq!(only_problem(&large), ProblemCode::TooLarge);
}

async fn a_sandbox_that_cannot_be_entered_is_no_problem_of_the_document() {
    let limits = Limits { sandbox: SandboxPolicy::Refuse, ..Limits::default() };
    let complete = reader(Limits::default()).sandbox_status().await.unwrap().is_complete();
    match reader(limits).read("a.pdf", &pdf(&[receipt()]), None).await {
        Ok(reading) => assert!(complete && !reading.is_unreadable(), "{reading:?}"),
        Err(error) => {
            assert!(!complete, "{error}");
            assert!(matches!(error, ReaderError::Sandbox { .. }), "{error}");
        }
    }
}

async fn many_documents_at_once_do_not_disturb_each_other() {
    let good = pdf(&[receipt()]);
    let bad = doubling_forms(30);
    let limits = Limits { cpu_seconds: 1, drawing_steps: u32::MAX, ..Limits::default() };
    let reader = reader(limits);
    let (first, hung, second) = tokio::join!(
        reader.read("1.pdf", &good, None),
        reader.read("2.pdf", &bad, None),
        reader.read("3.pdf", &good, None),
    );
    assert_eq!(only_problem(&hung.unwrap()), ProblemCode::TimedOut);
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(Reading { file: "3.pdf".to_owned(), ..first }, second);
    assert!(!second.is_unreadable());
}

/// The processes that this one has started and that have not gone.
fn children() -> Vec<u32> {
    let own = std::process::id().to_string();
    let stat = |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Behind the name, which may hold anything: the state, then the parent.
    let parent = |id: u32| stat(id).rsplit_once(')').and_then(|(_, rest)| Some(rest.split(' ').nth(2)? == own));
    let processes = std::fs::read_dir("/proc").expect("processes are listed");
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent(*id) == Some(true)).collect()
}

/// A picture file of the grey that `shade` gives.
fn picture(width: u32, height: u32, shade: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let grey = image::GrayImage::from_fn(width, height, |x, y| image::Luma([shade(x, y)]));
    grey.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture is written");
    bytes.into_inner()
}

async fn each_picture_has_a_copy_of_its_own_and_none_is_left_behind() {
    let before = children();
    let reader = reader(Limits::default());
    let scan = pdf(&[scanned(pdf(&[receipt()]))]);
    let blank = picture(300, 200, |_, _| 255);
    let first = reader.read("scan.pdf", &scan, None).await.unwrap();
    let kept = children();
    assert_eq!(kept.len(), before.len() + 1, "one is kept with the models");
    // A document read in between changes nothing of the next, and the same process is copied for both.
    let between = reader.read("blank.png", &blank, None).await.unwrap();
    assert_eq!(only_problem_of(&between), Some(ProblemCode::NothingFound));
    assert_eq!(reader.read("scan.pdf", &scan, None).await.unwrap(), first);
    assert_eq!(children(), kept);
    // As many are kept as were wanted at once.
    let (one, other) = tokio::join!(reader.read("scan.pdf", &scan, None), reader.read("scan.pdf", &scan, None));
    assert_eq!((one.unwrap(), other.unwrap()), (first.clone(), first.clone()));
    assert_eq!(children().len(), before.len() + 2);
    reader.rest().await;
    assert_eq!(children(), before);
    assert_eq!(reader.read("scan.pdf", &scan, None).await.unwrap(), first);
    reader.rest().await;
}

async fn a_copy_that_takes_too_long_takes_its_zygote_with_it_and_the_next_is_read() {
    // Noise looks like thousands of characters.
    let noise = picture(1600, 2200, |x, y| if ((x * 2_654_435) ^ (y * 40_503) ^ (x * y)) % 7 < 3 { 0 } else { 255 });
    let blank = picture(300, 200, |_, _| 255);
    let reader = reader(Limits { cpu_seconds: 1, ..Limits::default() });
    let before = children();
    assert_eq!(only_problem(&reader.read("noise.png", &noise, None).await.unwrap()), ProblemCode::TimedOut);
    assert_eq!(children(), before);
    let next = reader.read("blank.png", &blank, None).await.unwrap();
    assert_eq!(only_problem_of(&next), Some(ProblemCode::NothingFound));
    reader.rest().await;
}

/// Processes that recognise are kept, so the ones that there are tell how many there were at once.
fn recognising(most: u16) -> Reader {
    reader(Limits { recognising: NonZeroU16::new(most), ..Limits::default() })
}

/// A scan of so many pages; only the second has the receipt, on the others is one line.
fn scan_of(pages: usize) -> Vec<u8> {
    let line = |number: usize| Content::new().text(100.0, 200.0, 30.0, &format!("別紙{number}"));
    pdf(&(1..=pages).map(|at| scanned(pdf(&[if at == 2 { receipt() } else { line(at) }]))).collect::<Vec<_>>())
}

async fn pages_read_side_by_side_come_out_as_if_read_one_by_one() {
    let before = children();
    let reader = recognising(2);
    let bytes = scan_of(4);
    let side_by_side = reader.read("scan.pdf", &bytes, Some(DocumentKind::Receipt)).await.unwrap();
    assert_eq!(children().len(), before.len() + 2);
    reader.rest().await;
    let inside = ingest::read(&bytes, "scan.pdf", Some(DocumentKind::Receipt), &Limits::default());
    assert_eq!(inside, side_by_side);
    assert_eq!((inside.pages, inside.method), (4, Some(Method::Ocr)));
    let number = inside.receipt.and_then(|receipt| receipt.registration_number).expect("the number is read");
    assert_eq!((number.value.as_str(), number.spot.page), ("T7000012050002", Some(2)));
}

async fn no_more_processes_recognise_than_may_whatever_is_read_at_once() {
    let before = children();
    let reader = recognising(1);
    let (many, blank) = (scan_of(3), picture(300, 200, |_, _| 255));
    let (one, other, blank) = tokio::join!(
        reader.read("1.pdf", &many, None),
        reader.read("2.pdf", &many, None),
        reader.read("blank.png", &blank, None)
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(Reading { file: "2.pdf".to_owned(), ..one }, other);
    assert_eq!(only_problem_of(&blank.unwrap()), Some(ProblemCode::NothingFound));
    assert_eq!(children().len(), before.len() + 1);
    reader.rest().await;
}

async fn a_page_that_takes_too_long_loses_no_other_page() {
    let noise = |x: u32, y: u32| if ((x * 2_654_435) ^ (y * 40_503) ^ (x * y)) % 7 < 3 { 0 } else { 255 };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut tiff = tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
    for (width, height, noisy) in [(300, 200, false), (1600, 2200, true), (300, 200, false)] {
        let grey: Vec<u8> =
            (0..width * height).map(|at| if noisy { noise(at % width, at / width) } else { 255 }).collect();
        tiff.write_image::<tiff::encoder::colortype::Gray8>(width, height, &grey).unwrap();
    }
    let limits = Limits { cpu_seconds: 1, recognising: NonZeroU16::new(2), ..Limits::default() };
    let reader = reader(limits);
    let reading = reader.read("pages.tif", &bytes.into_inner(), None).await.unwrap();
    assert!(!reading.is_unreadable() && reading.pages == 3, "{reading:?}");
    // The others were read: they are blank.
    let problems: Vec<_> = reading.problems.iter().map(|problem| (problem.code, problem.place.spot.page)).collect();
    assert_eq!(problems, [(ProblemCode::TimedOut, Some(2)), (ProblemCode::NothingFound, None)], "{reading:?}");
    reader.rest().await;
}

fn only_problem_of(reading: &Reading) -> Option<ProblemCode> {
    match reading.problems.as_slice() {
        [problem] => Some(problem.code),
        _ => None,
    }
}
