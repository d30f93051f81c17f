//! CSV files, and workbooks of odd making.

use crate::*;
use std::io::{Cursor, Read as _, Write as _};

#[test]
fn separated_values_are_read_as_spreadsheets_save_them() {
    let csv = |text: &str| text.as_bytes().to_vec();
    let cp932 = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let plain = "領収書内訳書,,\r\n,,\r\n品名,数量,金額\r\nタブレット端末,1,\"45,100\"\r\nレセコン改修,1,\"143,000\"\r\n合計,,\"188,100\"\r\n";
    hold(vec![
        case("comma, UTF-8", csv(plain), two("C", 4)),
        case("comma, CP932", cp932(plain), two("C", 4)),
        case(
            "tab",
            csv(
                "領収書内訳書\n品名\t数量\t金額\nタブレット端末\t1\t45,100\nレセコン改修\t1\t143,000\n合計\t\t188,100\n",
            ),
            two("C", 3),
        ),
        case(
            "semicolon, empty columns at the end",
            csv(
                "領収書内訳書;;;;\n品名;数量;金額;;\nタブレット端末;1;45100;;\nレセコン改修;1;143000;;\n合計;;188100;;\n",
            ),
            two("C", 3),
        ),
        case(
            "names with line breaks in quotes",
            csv("領収書内訳書,\n品名,金額\n\"タブレット\n端末\",45100\nレセコン改修,143000\n合計,188100\n"),
            good(&[("タブレット 端末", 45_100, M, "B3"), ("レセコン改修", 143_000, R, "B4")], Some(188_100)),
        ),
    ]);
}

/// The workbook with one of its parts edited.
fn edited(bytes: &[u8], part: &str, edit: impl Fn(String) -> String) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut copy = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut entry = parts.by_index(index).unwrap();
        let mut xml = String::new();
        entry.read_to_string(&mut xml).unwrap();
        if entry.name().unwrap() == part {
            let new = edit(xml.clone());
            assert_ne!(new, xml);
            xml = new;
        }
        copy.start_file(entry.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        copy.write_all(xml.as_bytes()).unwrap();
    }
    copy.finish().unwrap().into_inner()
}

#[test]
fn workbooks_are_read_whatever_wrote_them() {
    let table = || -> Rows {
        vec![
            row!["領収書内訳書"],
            row!["品名", "数量", "金額"],
            row!["タブレット端末", 1, 45_100],
            row!["レセコン改修", 1, 143_000],
            row!["合計", "", 188_100],
        ]
    };
    let sheet = "xl/worksheets/sheet1.xml";
    hold(vec![
        case(
            "texts within the cells, as some libraries write them",
            edited(&one(table()), sheet, |xml| {
                let texts = ["領収書内訳書", "品名", "数量", "金額", "タブレット端末", "レセコン改修", "合計"];
                texts.iter().enumerate().fold(xml, |xml, (at, text)| {
                    xml.replace(&format!("t=\"s\"><v>{at}</v>"), &format!("t=\"inlineStr\"><is><t>{text}</t></is>"))
                })
            }),
            two("C", 3),
        ),
        case(
            "rows and cells without their names",
            edited(&one(table()), sheet, |xml| {
                let mut out = String::new();
                let mut rest = xml.as_str();
                // r="…" of rows and cells may be left out; their order says where they are. The last row has a gap.
                let last = xml.find("<row r=\"5\"").unwrap();
                while let Some(at) = rest.find(" r=\"") {
                    let end = at + 4 + rest[at + 4..].find('"').unwrap() + 1;
                    let keep = xml.len() - rest.len() + at >= last;
                    out.push_str(&rest[..if keep { end } else { at }]);
                    rest = &rest[end..];
                }
                out + rest
            }),
            two("C", 3),
        ),
        case(
            "a hidden row under another prefix of the namespace",
            edited(
                &one_with(
                    vec![
                        row!["領収書内訳書"],
                        row!["品名", "数量", "金額"],
                        row!["タブレット端末", 1, 45_100],
                        row!["レセコン改修", 1, 143_000],
                        row!["年間保守料", 1, 5_500],
                        row!["合計", "", 188_100],
                    ],
                    |sheet| {
                        sheet.set_row_hidden(4).unwrap();
                    },
                ),
                sheet,
                |xml| xml.replace("hidden=\"1\"", "hidden=\"true\""),
            ),
            with(two("C", 3), &[(ProblemCode::HiddenAmounts, "内訳!C5")]),
        ),
    ]);
}
