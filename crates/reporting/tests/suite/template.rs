//! The itemization template, opened by another library than the one that wrote it.

use calamine::{Data, Reader, Xlsx};
use claim::{Category, DocumentKind, ProgrammeId};
use jiff::civil::date;
use reporting::{ItemizationTemplate, itemization_template};
use std::io::Cursor;

fn made(change: impl FnOnce(&mut claim::Facility)) -> Vec<u8> {
    let mut facility = super::sample::facility();
    change(&mut facility);
    itemization_template(&ItemizationTemplate {
        facility: &facility,
        programme: &ProgrammeId::from("limited-type"),
        programme_name: "資格確認限定型",
        opens_on: Some(date(2024, 11, 5)),
        deadline: date(2025, 2, 1),
        documents: &[DocumentKind::Receipt, DocumentKind::Itemization],
        categories: &[Category::MobileTerminal, Category::CardReader],
        terms: &[("補助率".to_owned(), "3/4".to_owned()), ("補助限度額".to_owned(), "31,000円".to_owned())],
        as_of: date(2025, 1, 10),
        ruleset: "sha256:0123456789abcdef",
    })
    .unwrap()
}

fn texts(bytes: &[u8], sheet: &str) -> String {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let rows = range.rows().map(|row| {
        let cells = row.iter().filter(|cell| **cell != Data::Empty).map(ToString::to_string);
        cells.collect::<Vec<_>>().join(" | ")
    });
    rows.filter(|row| !row.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_instructions_name_what_is_needed_and_until_when() {
    insta::assert_snapshot!(texts(&made(|_| {}), "記入要領"));
}

#[test]
fn the_example_adds_up_and_is_marked_as_one() {
    insta::assert_snapshot!(texts(&made(|_| {}), "記入例"));
}

#[test]
fn the_same_values_give_the_same_bytes_and_no_name_is_a_formula() {
    assert_eq!(made(|_| {}), made(|_| {}));
    let name = "=HYPERLINK(\"x\") & <薬局> \"第一\"";
    let bytes = made(|facility| name.clone_into(&mut facility.name));
    let form = texts(&bytes, "領収書内訳書");
    assert!(form.contains(name), "{form}");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).unwrap();
    let formulas = book.worksheet_formula("領収書内訳書").unwrap();
    assert!(formulas.used_cells().all(|(.., formula)| !formula.contains("HYPERLINK")));
}
