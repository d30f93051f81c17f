//! The payment list: read back by an independent reader.

use crate::sample::{batch, payment};
use calamine::{Data, Reader, Xlsx};
use claim::PaymentBatch;
use reporting::payment_list;
use std::io::{Cursor, Read};

fn rows(batch: &PaymentBatch) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(payment_list(batch).unwrap())).unwrap();
    let formulas = book.worksheet_formula("支払一覧").unwrap();
    assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()), "no cell is a formula");
    book.worksheet_range("支払一覧").unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn text(text: &str) -> Data {
    Data::String(text.into())
}

#[test]
fn each_payment_is_a_row_with_codes_as_text_and_the_amount_as_a_number() {
    let mut second = payment("C-2", "イ)カスミカイ", 9_999_999_999);
    second.account.number = "0000042".into();
    let rows = rows(&batch(vec![payment("C-1", "ヤマダ タロウ", 128_000), second]));
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0][1], text("受付番号"));
    assert_eq!(
        rows[1],
        [
            Data::Float(1.0),
            text("C-1"),
            text("1310110049"),
            text("霞が関診療所"),
            text("0001"),
            text("ミズホ"),
            text("110"),
            text("トウキヨウチユウオウ"),
            text("普通"),
            text("1234567"),
            text("ヤマダ タロウ"),
            Data::Float(128_000.0),
        ]
    );
    assert_eq!(rows[2][9], text("0000042"));
    assert_eq!(rows[3][0], text("合計"));
    assert_eq!(rows[3][3], text("2件"));
    assert_eq!(rows[3][11], Data::Float(10_000_127_999.0));
}

#[test]
fn no_text_becomes_a_formula_or_a_link() {
    let texts = ["=1+1", "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "{=1}", "\t=1", "https://example.com/"];
    let payments = texts.iter().enumerate().map(|(i, name)| {
        let mut payment = payment(&format!("C-{i}"), name, 1);
        payment.facility_name = (*name).to_owned();
        payment
    });
    let rows = rows(&batch(payments.collect()));
    for (row, name) in rows[1..].iter().zip(texts) {
        assert_eq!((&row[3], &row[10]), (&text(name), &text(name)));
    }
}

#[test]
fn the_same_batch_is_the_same_bytes() {
    let batch = batch((0..500).map(|i| payment(&format!("C-{i}"), "カスミ", 1 + i)).collect());
    assert!(payment_list(&batch).unwrap() == payment_list(&batch).unwrap());
}

#[test]
fn it_prints_on_a4_across_with_its_head_on_every_page() {
    let mut batch = batch(vec![payment("C-1", "カスミ", 1)]);
    batch.id = "B&1".into();
    let mut archive = zip_of(payment_list(&batch).unwrap());
    let sheet = archive("xl/worksheets/sheet1.xml");
    for part in [
        r#"paperSize="9""#,
        r#"orientation="landscape""#,
        r#"fitToHeight="0""#,
        r#"state="frozen""#,
        "支払一覧 B&amp;&amp;1",
        "振込指定日 令和8年1月30日",
    ] {
        assert!(sheet.contains(part), "{part} is not in {sheet}");
    }
    let book = archive("xl/workbook.xml");
    assert!(book.contains("_xlnm.Print_Titles") && book.contains("_xlnm.Print_Area"), "{book}");
    assert!(archive("docProps/core.xml").contains("2026-01-30T00:00:00Z"));
    assert!(archive("xl/styles.xml").contains("#,##0") || sheet.contains(r#"numFmtId="3""#));
}

fn zip_of(bytes: Vec<u8>) -> impl FnMut(&str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    move |name| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }
}
