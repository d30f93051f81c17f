//! The decision log for reading: its entries as CSV and as a workbook. What proves them is the export beside it.

use claim::{ClaimId, InstitutionCode, Lang, ProgrammeId, Sha256, Yen};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};
use std::io::Write;

/// An entry of the decision log, for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its number.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What happened, in words.
    pub event: &'static str,
    /// Which claim.
    pub claim_id: Option<ClaimId>,
    /// Under which programme it is.
    pub programme: Option<ProgrammeId>,
    /// By which facility it is.
    pub facility: Option<InstitutionCode>,
    /// The sum that was decided or is to be paid.
    pub amount: Option<Yen>,
    /// All that the entry says, as JSON.
    pub content: String,
    /// The entry's hash in the tree.
    pub leaf: Sha256,
}

/// The headings with their widths.
const COLUMNS: [(&str, &str, f64); 10] = [
    ("記録番号", "entry", 10.0),
    ("日時", "at", 26.0),
    ("行為者", "by", 24.0),
    ("内容", "event", 20.0),
    ("受付番号", "claim", 20.0),
    ("補助事業", "programme", 22.0),
    ("医療機関等コード", "facility", 18.0),
    ("金額（円）", "yen", 14.0),
    ("記録の全文（JSON）", "content (JSON)", 80.0),
    ("ハッシュ値", "leaf hash", 68.0),
];
/// Rows that a sheet holds, but for the heading.
const ROWS_A_SHEET: u32 = 1_048_575;
/// Characters that a cell holds.
const CELL_CHARACTERS: usize = 32_767;

/// Why a list of the log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LogListError {
    /// The CSV's file.
    #[error("the CSV of the log cannot be written; check the free space")]
    Csv(#[from] csv::Error),
    /// The workbook.
    #[error("the workbook of the log cannot be written; check the free space and that for temporary files")]
    Workbook(#[from] XlsxError),
    /// A figure that a cell cannot show exactly.
    #[error("the number {0} has more digits than a spreadsheet can hold exactly")]
    Number(i64),
}

/// The log as CSV, row by row: UTF-8 with the mark by which spreadsheets know it, and no cell that one takes for a formula.
pub struct LogCsv<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> LogCsv<W> {
    /// Begins a list that goes to `out`.
    ///
    /// # Errors
    /// [`LogListError`].
    pub fn new(mut out: W, lang: Lang) -> Result<LogCsv<W>, LogListError> {
        out.write_all("\u{feff}".as_bytes()).map_err(csv::Error::from)?;
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(COLUMNS.map(|column| heading(column, lang)))?;
        Ok(LogCsv { csv })
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`LogListError`].
    pub fn push(&mut self, row: &LogRow) -> Result<(), LogListError> {
        self.csv.write_record(row.cells().map(plain))?;
        Ok(())
    }

    /// Ends it; gives the writer back.
    ///
    /// # Errors
    /// [`LogListError`].
    pub fn finish(self) -> Result<W, LogListError> {
        self.csv.into_inner().map_err(|error| csv::Error::from(error.into_error()).into())
    }
}

/// The log as a workbook, row by row in constant memory; a sheet that is full is followed by another.
pub struct LogWorkbook {
    workbook: Workbook,
    lang: Lang,
    text: Format,
    number: Format,
    sheets: usize,
    /// Rows of the last sheet, without its heading.
    rows: u32,
}

impl LogWorkbook {
    /// Begins a workbook.
    ///
    /// # Errors
    /// [`LogListError`].
    pub fn new(lang: Lang) -> Result<LogWorkbook, LogListError> {
        let mut workbook = Workbook::new();
        // A workbook tells when it was made: of the same entries it shall have the same bytes.
        let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let edge = Format::new().set_border(FormatBorder::Thin);
        let number = edge.clone().set_num_format("#,##0");
        let mut list = LogWorkbook { workbook, lang, text: edge, number, sheets: 0, rows: 0 };
        list.add_sheet()?;
        Ok(list)
    }

    fn add_sheet(&mut self) -> Result<(), LogListError> {
        self.sheets += 1;
        self.rows = 0;
        let name = match self.lang {
            Lang::Ja => format!("決定記録{}", self.sheets),
            Lang::En => format!("log {}", self.sheets),
        };
        let bold = self.text.clone().set_bold().set_align(FormatAlign::Center).set_background_color(0x00E7_E6E6);
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        for (column, wording) in (0u16..).zip(COLUMNS) {
            sheet.set_column_width(column, wording.2)?;
            sheet.write_string_with_format(0, column, heading(wording, self.lang), &bold)?;
        }
        Ok(())
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`LogListError`].
    pub fn push(&mut self, row: &LogRow) -> Result<(), LogListError> {
        if self.rows == ROWS_A_SHEET {
            self.add_sheet()?;
        }
        self.rows += 1;
        let index = i64::try_from(row.index).unwrap_or(i64::MAX);
        let numbers = [(0u16, Some(index)), (7, row.amount.map(Yen::get))];
        let too_long = match self.lang {
            Lang::Ja => format!(
                "長いため、この欄には収まりません。記録 {index} の行をご覧ください（decision-log.jsonl 又は selected.jsonl）。"
            ),
            Lang::En => format!("too long for a cell: see entry {index} in decision-log.jsonl or selected.jsonl"),
        };
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        for (column, cell) in (0u16..).zip(row.cells()) {
            match numbers.iter().find(|(at, _)| *at == column) {
                Some((_, Some(number))) => {
                    // Below 2^53 each whole number is a float of its own.
                    if number.unsigned_abs() >= 1 << 53 {
                        return Err(LogListError::Number(*number));
                    }
                    sheet.write_number_with_format(self.rows, column, *number as f64, &self.number)?
                }
                // As a text, whatever it begins with: a spreadsheet takes a formula only from a cell of formulas.
                _ if cell.encode_utf16().count() <= CELL_CHARACTERS => {
                    sheet.write_string_with_format(self.rows, column, cell, &self.text)?
                }
                _ => sheet.write_string_with_format(self.rows, column, &too_long, &self.text)?,
            };
        }
        Ok(())
    }

    /// Ends it and writes it to `out`.
    ///
    /// # Errors
    /// [`LogListError`].
    pub fn finish(mut self, out: impl Write + std::io::Seek + Send) -> Result<(), LogListError> {
        Ok(self.workbook.save_to_writer(out)?)
    }
}

impl LogRow {
    fn cells(&self) -> [String; 10] {
        let text = |text: Option<String>| text.unwrap_or_default();
        let at = self.at.to_zoned(TimeZone::fixed(Offset::constant(9)));
        [
            self.index.to_string(),
            at.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
            self.by.clone(),
            self.event.to_owned(),
            text(self.claim_id.as_ref().map(ToString::to_string)),
            text(self.programme.as_ref().map(ToString::to_string)),
            text(self.facility.as_ref().map(ToString::to_string)),
            text(self.amount.map(|yen| yen.get().to_string())),
            self.content.clone(),
            self.leaf.to_string(),
        ]
    }
}

fn heading((ja, en, _): (&'static str, &'static str, f64), lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// A cell that no spreadsheet takes for a formula: where it could, an apostrophe stands before it.
fn plain(cell: String) -> String {
    let negative = cell.strip_prefix('-').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    // A number may be negative; anything else that begins so is a formula to some program.
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !negative {
        return format!("'{cell}");
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};

    fn row(index: u64, content: &str) -> LogRow {
        LogRow {
            index,
            at: "2026-01-05T00:00:00.5Z".parse().unwrap(),
            by: "staff:officer-a".to_owned(),
            event: "申請の決定",
            claim_id: Some("C-1".into()),
            programme: Some("home-consent".into()),
            facility: Some(InstitutionCode::parse("1310110049").unwrap()),
            amount: Some(Yen::new(128_000).unwrap()),
            content: content.to_owned(),
            leaf: Sha256([0xab; 32]),
        }
    }

    const ATTACKS: [&str; 9] =
        ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=HYPERLINK(\"http://x\")"];

    #[test]
    fn csv_has_every_entry_and_no_cell_that_is_a_formula() {
        let mut list = LogCsv::new(Vec::new(), Lang::Ja).unwrap();
        for (index, attack) in (0..).zip(ATTACKS) {
            list.push(&LogRow { by: attack.to_owned(), ..row(index, attack) }).unwrap();
        }
        let bytes = list.finish().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap().strip_prefix('\u{feff}').unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(&reader.headers().unwrap()[8], "記録の全文（JSON）");
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), ATTACKS.len());
        for (row, attack) in rows.iter().zip(ATTACKS) {
            assert_eq!(&row[2], format!("'{attack}"));
            assert_eq!(&row[8], format!("'{attack}"));
        }
        assert_eq!((&rows[0][1], &rows[0][7]), ("2026-01-05T09:00:00.5+09:00", "128000"));
    }

    #[test]
    fn the_workbook_has_texts_and_numbers_and_no_formula() {
        let mut list = LogWorkbook::new(Lang::Ja).unwrap();
        for (index, attack) in (0..).zip(ATTACKS) {
            list.push(&row(index, attack)).unwrap();
        }
        list.push(&row(9, &"長".repeat(CELL_CHARACTERS + 1))).unwrap();
        let mut bytes = std::io::Cursor::new(Vec::new());
        list.finish(&mut bytes).unwrap();
        let mut workbook: Xlsx<_> = Xlsx::new(bytes).unwrap();
        let formulas = workbook.worksheet_formula("決定記録1").unwrap();
        assert_eq!(formulas.cells().filter(|(_, _, formula)| !formula.is_empty()).count(), 0);
        let sheet = workbook.worksheet_range("決定記録1").unwrap();
        assert_eq!(sheet.height(), 1 + 10);
        assert_eq!(sheet.get((1, 0)), Some(&Data::Float(0.0)));
        assert_eq!(sheet.get((1, 7)), Some(&Data::Float(128_000.0)));
        assert_eq!(sheet.get((1, 8)), Some(&Data::String("=1+1".to_owned())));
        assert!(matches!(sheet.get((10, 8)), Some(Data::String(said)) if said.contains("記録 9 の行")));
    }

    #[test]
    fn the_same_entries_are_the_same_bytes() {
        let make = || {
            let mut list = LogWorkbook::new(Lang::En).unwrap();
            list.push(&row(0, "{}")).unwrap();
            let mut bytes = std::io::Cursor::new(Vec::new());
            list.finish(&mut bytes).unwrap();
            bytes.into_inner()
        };
        assert_eq!(make(), make());
    }
}
