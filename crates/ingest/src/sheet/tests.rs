//! Workbooks and CSV made for the tests, read through the door of this module.

use super::{read_csv, read_xls, read_xlsx, weigh};
use crate::Limits;
use crate::page::{Cell, Grid};
use claim::ProblemCode;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::io::{Cursor, Read as _, Write as _};

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn number(number: &str) -> Cell {
    Cell::Number(number.to_owned())
}

fn xlsx(write: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    write(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

fn sheet(write: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    xlsx(|workbook| write(workbook.add_worksheet()))
}

fn only(bytes: &[u8]) -> Grid {
    let mut grids = read_xlsx(bytes, &Limits::default()).unwrap();
    assert_eq!(grids.len(), 1);
    grids.remove(0)
}

#[test]
fn cells_keep_what_they_are_and_where_they_stand() {
    let era = Format::new().set_num_format("[$-411]ggge\"年\"m\"月\"d\"日\";@");
    let iso = Format::new().set_num_format("yyyy-mm-dd");
    let clock = Format::new().set_num_format("h:mm");
    let yen = Format::new().set_num_format("\"¥\"#,##0;[Red]\"¥\"-#,##0");
    let day = ExcelDateTime::from_ymd(2025, 6, 15).unwrap();
    let grid = only(&sheet(|sheet| {
        sheet.write(1, 1, "レセプトコンピュータ改修費").unwrap();
        sheet.write_with_format(1, 2, 97_900, &yen).unwrap();
        sheet.write(1, 3, 0.1).unwrap();
        sheet.write(2, 0, -45_100.5).unwrap();
        sheet.write_with_format(2, 1, &day, &era).unwrap();
        sheet.write_with_format(2, 2, &day, &iso).unwrap();
        sheet.write_with_format(2, 3, ExcelDateTime::from_hms(10, 30, 0).unwrap(), &clock).unwrap();
        sheet.write(3, 0, true).unwrap();
        sheet.write_blank(400, 200, &yen).unwrap();
        sheet.merge_range(4, 0, 4, 2, "合計", &Format::new()).unwrap();
    }));
    let june = Cell::Day(jiff::civil::date(2025, 6, 15));
    assert_eq!((grid.sheet.as_str(), grid.hidden), ("Sheet1", false));
    assert_eq!(
        grid.rows,
        [
            vec![],
            vec![Cell::Empty, text("レセプトコンピュータ改修費"), number("97900"), number("0.1")],
            vec![number("-45100.5"), june.clone(), june, number("0.4375")],
            vec![text("TRUE")],
            vec![text("合計")],
        ]
    );
}

#[test]
fn a_formula_counts_with_its_saved_result_and_without_one_is_not_zero() {
    let bytes = sheet(|sheet| {
        sheet.write_formula(0, 0, Formula::new("SUM(B1:C1)").set_result("143000")).unwrap();
        // A library that cannot work formulas out saves 0.
        sheet.write_formula(1, 0, Formula::new("VLOOKUP(B2,B:C,2,0)")).unwrap();
        sheet.write_formula(2, 0, Formula::new("1/0").set_result("#DIV/0!")).unwrap();
        sheet.write_formula(3, 0, Formula::new("A2*1").set_result("7")).unwrap();
        sheet.write(4, 0, 0).unwrap();
    });
    let rows = |unsaved| {
        vec![vec![number("143000")], vec![unsaved], vec![text("#DIV/0!")], vec![number("7")], vec![number("0")]]
    };
    assert_eq!(only(&bytes).rows, rows(Cell::FormulaWithoutValue));

    // Other libraries save nothing at all.
    let nothing = edited(&bytes, "xl/worksheets/sheet1.xml", "</f><v>0</v>", "</f><v></v>");
    assert_eq!(only(&nothing).rows, rows(Cell::FormulaWithoutValue));
    // A spreadsheet program worked it out, and it is 0.
    let saved = edited(&bytes, "xl/workbook.xml", " fullCalcOnLoad=\"1\"", "");
    assert_eq!(only(&saved).rows, rows(number("0")));
}

/// What a spreadsheet shows as 45,100 is saved with the noise of its arithmetic.
#[test]
fn a_number_is_what_a_spreadsheet_shows_of_it() {
    let bytes = sheet(|sheet| {
        for (row, value) in (0u32..).zip([41_000.0 * 1.1, 143_000.5, 0.1 + 0.2, 123_456_789_012_345.0, -0.0]) {
            sheet.write(row, 0, value).unwrap();
        }
    });
    let rows: Vec<Vec<Cell>> =
        ["45100", "143000.5", "0.3", "123456789012345", "0"].map(|shown| vec![number(shown)]).into();
    assert_eq!(only(&bytes).rows, rows);
}

/// The workbook with something else in one of its parts.
fn edited(bytes: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut copy = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut entry = parts.by_index(index).unwrap();
        let mut xml = String::new();
        entry.read_to_string(&mut xml).unwrap();
        if entry.name().unwrap() == part {
            assert!(xml.contains(from), "{xml}");
            xml = xml.replace(from, to);
        }
        copy.start_file(entry.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        copy.write_all(xml.as_bytes()).unwrap();
    }
    copy.finish().unwrap().into_inner()
}

#[test]
fn hidden_sheets_come_last() {
    let grids = read_xlsx(
        &xlsx(|workbook| {
            workbook.add_worksheet().set_name("控え").unwrap().write(0, 0, "古い内訳").unwrap();
            workbook.add_worksheet().set_name("内訳").unwrap().write(0, 0, "品名").unwrap();
            workbook.worksheet_from_name("内訳").unwrap().set_active(true).set_first_tab(true);
            workbook.worksheet_from_name("控え").unwrap().set_hidden(true);
        }),
        &Limits::default(),
    )
    .unwrap();
    let order: Vec<(&str, bool)> = grids.iter().map(|grid| (grid.sheet.as_str(), grid.hidden)).collect();
    assert_eq!(order, [("内訳", false), ("控え", true)]);
}

#[test]
fn a_cell_in_the_last_corner_costs_no_memory_and_is_named() {
    let bytes = sheet(|sheet| {
        sheet.write(0, 0, "品名").unwrap();
        sheet.write(1_048_575, 16_383, 1).unwrap();
    });
    let problem = read_xlsx(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(problem.code, ProblemCode::TooLarge);
    assert_eq!(problem.place.spot.cell.as_deref(), Some("XFD1048576"));
    assert_eq!(problem.place.spot.sheet.as_deref(), Some("Sheet1"));
    assert_eq!(
        problem.message(claim::Lang::En),
        "Too large (XFD1048576, at most IV20000). Split it or lower its resolution."
    );
}

#[test]
fn cells_sheets_and_inflated_bytes_have_limits() {
    let many = sheet(|sheet| {
        for row in 0..20 {
            sheet.write(row, 9, 1).unwrap();
        }
    });
    let limits = Limits { cells: 199, ..Limits::default() };
    assert_eq!(read_xlsx(&many, &limits).unwrap_err().code, ProblemCode::TooLarge);
    assert!(read_xlsx(&many, &Limits { cells: 200, ..Limits::default() }).is_ok());

    let sheets = xlsx(|workbook| {
        workbook.add_worksheet();
        workbook.add_worksheet();
    });
    let limits = Limits { pages: 1, ..Limits::default() };
    assert_eq!(read_xlsx(&sheets, &limits).unwrap_err().code, ProblemCode::TooManyPages);

    assert!(weigh(&many, &Limits::default()).is_ok());
    let limits = Limits { inflated_bytes: 1024, ..Limits::default() };
    assert_eq!(weigh(&many, &limits).unwrap_err().code, ProblemCode::TooLarge);

    let long = sheet(|sheet| {
        sheet.write(0, 0, "あ".repeat(101)).unwrap();
    });
    let limits = Limits { cell_characters: 100, ..Limits::default() };
    assert_eq!(read_xlsx(&long, &limits).unwrap_err().code, ProblemCode::TooLarge);
}

#[test]
fn rows_of_a_csv_are_those_a_spreadsheet_shows() {
    let cases: &[(&str, &[&[&str]])] = &[
        ("品名,金額\r\nモバイル端末,\"45,100\"\r\n", &[&["品名", "金額"], &["モバイル端末", "45,100"]]),
        ("品名,金額\n\n\n合計,100", &[&["品名", "金額"], &[], &[], &["合計", "100"]]),
        ("\n品名,金額\n", &[&[], &["品名", "金額"]]),
        (
            "品名,内訳,金額\n\"二行の\n品名\",,100\n次,x,200\n",
            &[&["品名", "内訳", "金額"], &["二行の\n品名", "", "100"], &["次", "x", "200"]],
        ),
        ("品名\t金額\nモバイル,端末\t45,100\n", &[&["品名", "金額"], &["モバイル,端末", "45,100"]]),
        ("品名;金額\nモバイル端末;45100\n", &[&["品名", "金額"], &["モバイル端末", "45100"]]),
        (
            "領収書内訳書\n品名,金額,備考\nモバイル端末,1\n",
            &[&["領収書内訳書"], &["品名", "金額", "備考"], &["モバイル端末", "1"]],
        ),
    ];
    for (csv, rows) in cases {
        let grids = read_csv(csv, &Limits::default()).unwrap();
        let expected: Vec<Vec<Cell>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| if cell.is_empty() { Cell::Empty } else { text(cell) }).collect())
            .collect();
        assert_eq!(grids[0].rows, expected, "{csv:?}");
    }
}

#[test]
fn an_old_workbook_is_read_like_a_new_one() {
    let grids = read_xls(&old::workbook(), &Limits::default()).unwrap();
    assert_eq!(grids[0].sheet, "内訳");
    assert_eq!(
        grids[0].rows,
        [vec![], vec![Cell::Empty, text("合計"), number("143000")], vec![Cell::Empty, Cell::Empty, number("0.5")]]
    );
}

/// The smallest workbook of the old kind: a compound file with one stream of BIFF8 records.
mod old {
    const SECTOR: usize = 512;
    const FREE: u32 = 0xffff_ffff;
    const END: u32 = 0xffff_fffe;
    const FAT: u32 = 0xffff_fffd;

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn bof(kind: u16) -> Vec<u8> {
        let words = [0x0600u16, kind, 0x0dbb, 0x07cc, 0, 0, 6, 0];
        record(0x0809, &words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
    }

    fn cell(row: u16, column: u16) -> Vec<u8> {
        [row, column, 0].iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn stream() -> Vec<u8> {
        let name = wide("内訳");
        let bound = |start: u32| record(0x0085, &[&start.to_le_bytes()[..], &[0, 0, 2, 1], &name].concat());
        let globals =
            |start| [bof(5), record(0x0042, &1200u16.to_le_bytes()), bound(start), record(0x000a, &[])].concat();
        let start = u32::try_from(globals(0).len()).unwrap();
        let label = wide("合計");
        let mut stream = globals(start);
        stream.extend(bof(0x10));
        stream.extend(record(0x0204, &[&cell(1, 1)[..], &2u16.to_le_bytes(), &[1], &label].concat()));
        stream.extend(record(0x0203, &[&cell(1, 2)[..], &143_000f64.to_le_bytes()].concat()));
        stream.extend(record(0x0203, &[&cell(2, 2)[..], &0.5f64.to_le_bytes()].concat()));
        stream.extend(record(0x000a, &[]));
        // Streams below 4096 bytes would lie in sectors of another kind.
        stream.resize(4096, 0);
        stream
    }

    fn entry(name: &str, kind: u8, child: u32, start: u32, length: u32) -> Vec<u8> {
        let mut entry = wide(name);
        entry.resize(64, 0);
        let name_length = u16::try_from(2 * (name.len() + 1)).unwrap();
        entry.extend(if name.is_empty() { 0u16 } else { name_length }.to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([FREE, FREE, child].iter().flat_map(|word| word.to_le_bytes()));
        entry.resize(116, 0);
        entry.extend([start, length, 0].iter().flat_map(|word| word.to_le_bytes()));
        entry
    }

    pub(super) fn workbook() -> Vec<u8> {
        let stream = stream();
        let sectors = u32::try_from(stream.len() / SECTOR).unwrap();
        // Header; sector 0 the table of sectors, 1 the directory, the stream from 2 on.
        let mut file = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
        file.resize(24, 0);
        file.extend([0x3eu16, 3, 0xfffe, 9, 6].iter().flat_map(|word| word.to_le_bytes()));
        file.resize(44, 0);
        file.extend([1u32, 1, 0, 4096, END, 0, END, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
        while file.len() < SECTOR {
            file.extend(FREE.to_le_bytes());
        }
        let mut table = vec![FAT, END];
        table.extend((3..2 + sectors).chain([END]));
        table.resize(SECTOR / 4, FREE);
        file.extend(table.iter().flat_map(|word| word.to_le_bytes()));
        let directory = [
            entry("Root Entry", 5, 1, END, 0),
            entry("Workbook", 2, FREE, 2, u32::try_from(stream.len()).unwrap()),
            entry("", 0, FREE, 0, 0),
            entry("", 0, FREE, 0, 0),
        ];
        file.extend(directory.concat());
        file.extend(stream);
        file
    }
}
