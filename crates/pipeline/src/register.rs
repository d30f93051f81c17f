//! The facility register as the fund keeps it: a CSV (UTF-8 or CP932) or XLSX, one facility a row, columns by name.
//!
//! A row that is wrong is told with its place and left out; the good rows beside it are taken.

use crate::file::{self, Links};
use crate::output::visible;
use crate::told::{expected_code, expected_day};
use calamine::Reader as _;
use claim::{
    AccountKind, BankAccount, Facility, FacilityKind, InstitutionCode, Lang, ProgrammeId, TransitionalMeasure,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The most bytes of a register: all of Japan's facilities, 230,000 rows, are some 50 megabytes.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The columns, in the order in which `samples/facilities.csv` has them. Any order will do; all must be there.
const COLUMNS: [&str; 16] = [
    "code",
    "kind",
    "name",
    "founder",
    "postal_code",
    "address",
    "transitional_measure",
    "transitional_measure_ended_on",
    "earlier_grants",
    "bank_code",
    "bank_name",
    "branch_code",
    "branch_name",
    "account_kind",
    "account_number",
    "account_holder",
];

/// What a register file holds.
#[derive(Debug, Default)]
pub(crate) struct Register {
    pub(crate) facilities: Vec<Facility>,
    pub(crate) errors: Vec<RegisterError>,
}

/// One thing that is wrong with a register file.
#[derive(Debug, Serialize)]
pub(crate) struct RegisterError {
    /// `unreadable`, `empty`, `column-missing`, `invalid-value`, `duplicate`.
    pub(crate) code: &'static str,
    /// File, row and column.
    pub(crate) place: String,
    /// What was found, what was expected, what to do.
    pub(crate) message: String,
}

impl Register {
    /// Reads `path`; earlier grants are of `programmes`.
    pub(crate) fn read(path: &Path, programmes: &[ProgrammeId], lang: Lang) -> Register {
        let name = visible(&path.display().to_string()).into_owned();
        let rows = file::read_plain(path, BYTES_MAX, Links::Followed)
            .map_err(|fault| fault.message(lang))
            .and_then(|bytes| if bytes.starts_with(b"PK") { workbook_rows(bytes) } else { csv_rows(&bytes) });
        match rows {
            Ok(rows) => Rows { name: &name, programmes, lang, register: Register::default() }.read(rows),
            Err(reason) => Register {
                facilities: Vec::new(),
                errors: vec![RegisterError {
                    code: "unreadable",
                    place: name,
                    message: match lang {
                        Lang::Ja => format!(
                            "名簿を読めません（{reason}）。CSV（UTF-8 または Shift_JIS）か XLSX を指定してください。"
                        ),
                        Lang::En => format!("cannot be read ({reason}); give a CSV (UTF-8 or Shift_JIS) or an XLSX"),
                    },
                }],
            },
        }
    }
}

fn csv_rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => {
            let (text, _, had_errors) = encoding_rs::SHIFT_JIS.decode(bytes);
            if had_errors {
                return Err("neither UTF-8 nor Shift_JIS".to_owned());
            }
            text.into_owned()
        }
    };
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .records()
        .map(|record| record.map(|r| r.iter().map(|cell| cell.trim().to_owned()).collect()).map_err(|e| e.to_string()))
        .collect()
}

/// The first sheet, read as a stream: a cell far out in the sheet must not make room for all before it.
fn workbook_rows(bytes: Vec<u8>) -> Result<Vec<Vec<String>>, String> {
    let mut workbook: calamine::Xlsx<_> =
        calamine::Xlsx::new(std::io::Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let sheet = workbook.sheet_names().first().cloned().ok_or("no sheet")?;
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|error| error.to_string())?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        let (row, column) = (row as usize, column as usize);
        if row > 1_000_000 || column >= 100 {
            continue;
        }
        let text = match cell.get_value() {
            calamine::DataRef::Empty => continue,
            calamine::DataRef::DateTime(at) if at.is_datetime() => {
                at.as_datetime().map(|at| at.date().to_string()).unwrap_or_default()
            }
            other => calamine::Data::from(other.clone()).to_string(),
        };
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        if rows[row].len() <= column {
            rows[row].resize_with(column + 1, String::new);
        }
        text.trim().clone_into(&mut rows[row][column]);
    }
    Ok(rows)
}

struct Rows<'a> {
    name: &'a str,
    programmes: &'a [ProgrammeId],
    lang: Lang,
    register: Register,
}

impl Rows<'_> {
    fn read(mut self, rows: Vec<Vec<String>>) -> Register {
        let filled = |row: &Vec<String>| row.iter().any(|cell| !cell.is_empty());
        let Some(header) = rows.first().filter(|_| rows.iter().any(filled)) else {
            let columns = COLUMNS.join(",");
            self.error(
                "empty",
                1,
                "",
                match self.lang {
                    Lang::Ja => {
                        format!("名簿が空です。1行目に列の名前（{columns}）、2行目以降に医療機関等を記入してください。")
                    }
                    Lang::En => {
                        format!("is empty; put the names of the columns in row 1 ({columns}), and facilities below")
                    }
                },
            );
            return self.register;
        };
        let mut at = [0usize; COLUMNS.len()];
        for (slot, column) in at.iter_mut().zip(COLUMNS) {
            match header.iter().position(|name| name.trim() == column) {
                Some(found) => *slot = found,
                None => self.error(
                    "column-missing",
                    1,
                    column,
                    match self.lang {
                        Lang::Ja => format!("列「{column}」がありません。1行目に列の名前を追加してください。"),
                        Lang::En => format!("there is no column {column}; add its name to row 1"),
                    },
                ),
            }
        }
        if !self.register.errors.is_empty() {
            return self.register;
        }
        if !rows.iter().skip(1).any(filled) {
            self.error(
                "empty",
                2,
                "",
                match self.lang {
                    Lang::Ja => {
                        "見出しの行だけで、医療機関等の行がありません。2行目以降に記入してください。".to_owned()
                    }
                    Lang::En => {
                        "there is no facility, only the row of column names; put facilities below it".to_owned()
                    }
                },
            );
        }
        let mut first_rows: BTreeMap<InstitutionCode, usize> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate().skip(1).filter(|(_, row)| filled(row)) {
            let line = index + 1;
            let before = self.register.errors.len();
            let cell = |column: &str| {
                let slot = COLUMNS.iter().position(|name| *name == column).map(|i| at[i]);
                slot.and_then(|slot| row.get(slot)).map_or("", String::as_str)
            };
            let facility = self.facility(line, &cell);
            if let Some(facility) = facility
                && self.register.errors.len() == before
            {
                match first_rows.get(&facility.code) {
                    Some(first) => self.error("duplicate", line, "code", match self.lang {
                        Lang::Ja => format!(
                            "医療機関等コード {} は、{first}行目にもあります。1つの医療機関等は1行とし、どちらかを削除してください。",
                            facility.code
                        ),
                        Lang::En => {
                            format!("found {}, which stands in row {first} too; keep one of the two rows", facility.code)
                        }
                    }),
                    None => {
                        first_rows.insert(facility.code.clone(), line);
                        self.register.facilities.push(facility);
                    }
                }
            }
        }
        self.register
    }

    /// A cell with another value than it may have; `expected` is a phrase in Japanese and in English.
    fn wrong(&mut self, line: usize, column: &str, found: &str, [ja, en]: [&str; 2]) {
        let message = match self.lang {
            Lang::Ja if found.is_empty() => format!("空欄です。正しい値: {ja}。記入して、もう一度取り込んでください。"),
            Lang::Ja => format!("「{found}」は使えません。正しい値: {ja}。訂正して、もう一度取り込んでください。"),
            Lang::En => format!("found {found:?}, expected {en}; correct it and import again"),
        };
        self.error("invalid-value", line, column, message);
    }

    fn error(&mut self, code: &'static str, line: usize, column: &str, message: String) {
        let place = match self.lang {
            Lang::Ja => format!("{} {line}行目 {column}", self.name),
            Lang::En => format!("{} row {line} {column}", self.name),
        };
        let message = visible(&message).into_owned();
        self.register.errors.push(RegisterError { code, place: place.trim_end().to_owned(), message });
    }

    fn facility<'r>(&mut self, line: usize, cell: &dyn Fn(&str) -> &'r str) -> Option<Facility> {
        let code = match InstitutionCode::parse(cell("code")) {
            Ok(code) => Some(code),
            Err(error) => {
                let [ja, en] = expected_code(&error);
                self.wrong(line, "code", cell("code"), [&ja, &en]);
                None
            }
        };
        let kind = FacilityKind::from_code(cell("kind"));
        if kind.is_none() {
            let kinds = FacilityKind::ALL.map(FacilityKind::code).join(", ");
            self.wrong(line, "kind", cell("kind"), [&kinds, &kinds]);
        }
        for column in ["name", "founder"] {
            if cell(column).is_empty() {
                self.wrong(line, column, "", ["名称", "a name"]);
            }
        }
        let earlier_grants = self.earlier_grants(line, cell("earlier_grants"));
        let measure = self.measure(line, cell);
        let account = self.account(line, cell);
        Some(Facility {
            code: code?,
            kind: kind?,
            name: cell("name").to_owned(),
            founder: cell("founder").to_owned(),
            postal_code: cell("postal_code").to_owned(),
            address: cell("address").to_owned(),
            transitional_measure: measure,
            earlier_grants,
            account,
        })
    }

    /// The programmes that have paid a facility. One that no rules know would forbid nothing, so it is an error.
    fn earlier_grants(&mut self, line: usize, cell: &str) -> Vec<ProgrammeId> {
        let grants: Vec<ProgrammeId> =
            cell.split(';').map(str::trim).filter(|id| !id.is_empty()).map(ProgrammeId::from).collect();
        for unknown in grants.iter().filter(|id| !self.programmes.contains(id)) {
            let known = self.programmes.iter().map(ProgrammeId::as_str).collect::<Vec<_>>().join("; ");
            self.wrong(line, "earlier_grants", unknown.as_str(), [&known, &known]);
        }
        grants
    }

    fn measure<'r>(&mut self, line: usize, cell: &dyn Fn(&str) -> &'r str) -> Option<TransitionalMeasure> {
        let number = cell("transitional_measure");
        let ended = cell("transitional_measure_ended_on");
        if number.is_empty() {
            return None;
        }
        let parsed = number.trim_matches(['(', ')', '（', '）']).parse::<u8>().ok().filter(|n| (1..=6).contains(n));
        if parsed.is_none() {
            self.wrong(line, "transitional_measure", number, ["1から6まで", "1 to 6"]);
        }
        let ended_on = if ended.is_empty() {
            None
        } else {
            match claim::parse_day(ended) {
                Ok(day) => Some(day),
                Err(error) => {
                    let [ja, en] = expected_day(&error);
                    self.wrong(line, "transitional_measure_ended_on", ended, [&ja, &en]);
                    None
                }
            }
        };
        Some(TransitionalMeasure { number: parsed?, ended_on })
    }

    fn account<'r>(&mut self, line: usize, cell: &dyn Fn(&str) -> &'r str) -> Option<BankAccount> {
        if cell("bank_code").is_empty() {
            return None;
        }
        let kind = match cell("account_kind") {
            "ordinary" | "普通" => Some(AccountKind::Ordinary),
            "current" | "当座" => Some(AccountKind::Current),
            "savings" | "貯蓄" => Some(AccountKind::Savings),
            "other" | "その他" => Some(AccountKind::Other),
            other => {
                let kinds = ["普通、当座、貯蓄、その他", "ordinary, current, savings, other"];
                self.wrong(line, "account_kind", other, kinds);
                None
            }
        };
        let account = BankAccount {
            bank_code: cell("bank_code").to_owned(),
            bank_name: cell("bank_name").to_owned(),
            branch_code: cell("branch_code").to_owned(),
            branch_name: cell("branch_name").to_owned(),
            // Of a wrong kind the other columns are checked all the same.
            kind: kind.unwrap_or(AccountKind::Ordinary),
            number: cell("account_number").to_owned(),
            holder: cell("account_holder").to_owned(),
        };
        for (field, fault) in reporting::account_faults(&account) {
            self.error("invalid-value", line, account_column(field), fault.message(field, self.lang));
        }
        kind.map(|_| account)
    }
}

/// Where the register has what a payment file calls `field`.
fn account_column(field: reporting::PaymentField) -> &'static str {
    use reporting::PaymentField;
    match field {
        PaymentField::BankCode => "bank_code",
        PaymentField::BankName => "bank_name",
        PaymentField::BranchCode => "branch_code",
        PaymentField::BranchName => "branch_name",
        PaymentField::AccountNumber => "account_number",
        _ => "account_holder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path, lang: Lang) -> Register {
        Register::read(path, &["home-consent".into(), "limited-type".into()], lang)
    }

    #[test]
    fn good_rows_are_taken_and_each_bad_cell_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facilities.csv");
        let header = COLUMNS.join(",");
        let text = format!(
            "{header}\n\
             1310110049,clinic,見本診療所,医療法人社団見本会,100-0001,東京都,2,令和7年3月31日,limited-type,0001,ミホン,001,ホンテン,ordinary,1234567,イリヨウホウジン\n\
             1310110048,clinic,a,b,,,,,,,,,,,,\n\
             3410712362,ward,a,b,,,9,きのう,,12,ミホン,001,ホンテン,gold,12345678,\n\
             1310110049,clinic,a,b,,,,,,,,,,,,\n\
             0110113719,hospital,北の病院,北の会,,,,,,,,,,,,\n\
             1310110049,clinic,a,b,,,,,,0001,ミホン,001,本店,ordinary,1,ミホン・クリニツク\n\
             0110113719,hospital,a,b,,,,,home-consent; moon,,,,,,,\n"
        );
        std::fs::write(&path, text).unwrap();
        let register = read(&path, Lang::En);
        let names: Vec<&str> = register.facilities.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["見本診療所", "北の病院"]);
        assert_eq!(register.facilities[0].transitional_measure.unwrap().ended_on.unwrap().to_string(), "2025-03-31");
        let places: Vec<String> =
            register.errors.iter().map(|e| e.place.split("facilities.csv ").nth(1).unwrap().to_owned()).collect();
        assert_eq!(
            places,
            [
                "row 3 code",
                "row 4 kind",
                "row 4 transitional_measure",
                "row 4 transitional_measure_ended_on",
                "row 4 account_kind",
                "row 4 bank_code",
                "row 4 account_number",
                "row 4 account_holder",
                "row 5 code",
                "row 7 branch_name",
                "row 7 account_holder",
                // A programme that nobody knows would forbid nothing.
                "row 8 earlier_grants",
            ]
        );
        assert!(register.errors[8].message.contains("row 2"), "{:?}", register.errors[8]);
        let ja = read(&path, Lang::Ja).errors;
        assert!(ja.iter().all(|error| !error.message.contains("expected")), "one language at a time: {ja:#?}");
    }

    #[test]
    fn a_register_in_cp932_is_read_and_a_missing_column_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        let text = format!("{}\n0110113719,hospital,㈱北の病院,北の会,,,,,,,,,,,,\n", COLUMNS.join(","));
        std::fs::write(&path, encoding_rs::SHIFT_JIS.encode(&text).0).unwrap();
        assert_eq!(read(&path, Lang::Ja).facilities[0].name, "㈱北の病院");
        for nothing in ["", "\n\n", &format!("{}\n", COLUMNS.join(","))] {
            std::fs::write(&path, nothing).unwrap();
            let errors = read(&path, Lang::Ja).errors;
            assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["empty"], "{nothing:?}");
        }
        std::fs::write(&path, "code,name\n").unwrap();
        let errors = read(&path, Lang::Ja).errors;
        assert_eq!(errors.len(), COLUMNS.len() - 2);
        assert!(errors.iter().all(|error| error.code == "column-missing"));
    }
}
