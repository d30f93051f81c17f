//! What a draft of rules would change: the list of claims as CSV and XLSX, and a chart of the difference.

use claim::{ClaimId, FacilityKind, Lang, Outcome, ProductUnits, ProgrammeId, Yen};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use std::io::Write;
use svg::Document;
use svg::node::element::{Line, Rectangle, Text, Title};

/// What rules come to for a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worth {
    /// The proposal.
    pub outcome: Outcome,
    /// The grant in yen.
    pub yen: Yen,
    /// The grant in kind.
    pub units: Option<ProductUnits>,
}

/// A claim under the rules it was assessed on, and under the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedClaim {
    /// Which.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Of what kind of facility.
    pub kind: FacilityKind,
    /// What was assessed.
    pub before: Worth,
    /// What the draft says; `None` where the draft cannot assess it.
    pub after: Option<Worth>,
    /// Codes of findings that only the draft gives.
    pub new_findings: Vec<&'static str>,
    /// Codes of findings that only the stored assessment has.
    pub gone_findings: Vec<&'static str>,
}

impl SimulatedClaim {
    /// Whether the draft comes to another outcome or grant.
    pub fn changes(&self) -> bool {
        self.after.as_ref() != Some(&self.before)
    }

    /// What the draft would grant more (or, negative, less) in yen.
    pub fn difference_yen(&self) -> i64 {
        self.after.as_ref().map_or(0, |worth| worth.yen.get()) - self.before.yen.get()
    }

    fn cells(&self) -> [String; 12] {
        let after = self.after.as_ref();
        let in_kind = |worth: &Worth| {
            worth.units.as_ref().map(|units| format!("{} {}", units.product, units.units)).unwrap_or_default()
        };
        [
            self.claim_id.to_string(),
            self.programme.to_string(),
            self.kind.code().to_owned(),
            self.before.outcome.code().to_owned(),
            after.map_or("", |worth| worth.outcome.code()).to_owned(),
            digits(self.before.yen),
            after.map(|worth| digits(worth.yen)).unwrap_or_default(),
            self.difference_yen().to_string(),
            in_kind(&self.before),
            after.map(in_kind).unwrap_or_default(),
            self.new_findings.join(" "),
            self.gone_findings.join(" "),
        ]
    }
}

fn digits(yen: Yen) -> String {
    yen.get().to_string()
}

/// The keys of the list's columns (CSV) with the headings of the workbook and their widths.
const COLUMNS: [(&str, &str, f64); 12] = [
    ("claim_id", "受付番号", 16.0),
    ("programme", "補助事業", 20.0),
    ("kind", "施設区分", 20.0),
    ("outcome_before", "現在の結果", 11.0),
    ("outcome_after", "案の結果", 11.0),
    ("grant_before_yen", "現在の交付額（円）", 17.0),
    ("grant_after_yen", "案の交付額（円）", 17.0),
    ("difference_yen", "差（円）", 13.0),
    ("grant_before_units", "現在の製品と台数", 24.0),
    ("grant_after_units", "案の製品と台数", 24.0),
    ("new_findings", "案だけの所見", 30.0),
    ("gone_findings", "現在だけの所見", 30.0),
];
/// Columns from here to the difference hold yen.
const FIRST_YEN: u16 = 5;
const LAST_YEN: u16 = 7;
/// Rows that a sheet holds, but for the heading.
const MOST_ROWS: u32 = 1_048_575;

/// Why the list of a simulation cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulationListError {
    /// More claims than a sheet has rows.
    #[error("found more than {MOST_ROWS} claims, which one sheet does not hold; take the CSV, or a later --since")]
    TooManyRows,
    /// The workbook itself.
    #[error("the list cannot be written; check the room for temporary files")]
    Workbook(#[from] XlsxError),
    /// The CSV's file.
    #[error("the list cannot be written")]
    Csv(#[from] csv::Error),
}

/// The list by claim, written row by row in two forms at once; memory does not grow with the rows.
pub struct SimulationList<W: Write> {
    csv: csv::Writer<W>,
    workbook: Workbook,
    text: Format,
    money: Format,
    rows: u32,
}

impl<W: Write> SimulationList<W> {
    /// Begins a list whose CSV goes to `out`.
    ///
    /// # Errors
    /// [`SimulationListError`].
    pub fn new(out: W) -> Result<SimulationList<W>, SimulationListError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(COLUMNS.map(|(key, _, _)| key))?;
        let mut workbook = Workbook::new();
        let edge = Format::new().set_border(FormatBorder::Thin);
        let heading = edge.clone().set_bold().set_align(FormatAlign::Center).set_background_color(0x00E7_E6E6);
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("試算")?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        for (column, (_, name, width)) in (0u16..).zip(COLUMNS) {
            sheet.set_column_width(column, width)?;
            sheet.write_string_with_format(0, column, name, &heading)?;
        }
        Ok(SimulationList { csv, workbook, money: edge.clone().set_num_format("#,##0"), text: edge, rows: 0 })
    }

    /// Adds a claim.
    ///
    /// # Errors
    /// [`SimulationListError`].
    pub fn push(&mut self, claim: &SimulatedClaim) -> Result<(), SimulationListError> {
        if self.rows == MOST_ROWS {
            return Err(SimulationListError::TooManyRows);
        }
        self.rows += 1;
        let cells = claim.cells();
        self.csv.write_record(&cells)?;
        let sheet: &mut Worksheet = self.workbook.worksheet_from_index(0)?;
        for (column, cell) in (0u16..).zip(&cells) {
            let yen = if (FIRST_YEN..=LAST_YEN).contains(&column) { cell.parse::<i64>().ok() } else { None };
            match yen {
                // Every sum of yen is below 2^53, where each whole number is a float of its own.
                Some(yen) => sheet.write_number_with_format(self.rows, column, yen as f64, &self.money)?,
                None => sheet.write_string_with_format(self.rows, column, cell, &self.text)?,
            };
        }
        Ok(())
    }

    /// Ends both; the bytes of the workbook.
    ///
    /// # Errors
    /// [`SimulationListError`].
    pub fn finish(mut self) -> Result<Vec<u8>, SimulationListError> {
        self.csv.flush().map_err(csv::Error::from)?;
        Ok(self.workbook.save_to_buffer()?)
    }
}

/// What a draft changes for one kind of facility under one programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedGroup {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Of what kind of facility.
    pub kind: FacilityKind,
    /// How many claims there are.
    pub claims: u64,
    /// For how many the outcome or the grant changes.
    pub changed: u64,
    /// What is granted in all, in yen.
    pub before_yen: i64,
    /// What would be.
    pub after_yen: i64,
}

impl SimulatedGroup {
    /// What the draft would grant more (or, negative, less) in yen.
    pub fn difference_yen(&self) -> i64 {
        self.after_yen - self.before_yen
    }
}

const CHART_WIDTH: f64 = 900.0;
const ROW: f64 = 34.0;
const TOP: f64 = 76.0;
/// Where the bars' zero is, and how far they reach to each side.
const ZERO: f64 = 600.0;
const REACH: f64 = 190.0;
const FONT: &str = "IPAexGothic, 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', sans-serif";

/// The difference by programme and kind of facility as an SVG: a bar to the right for more, to the left for less, each
/// with its figures beside it, so that colour alone says nothing.
pub fn difference_chart(groups: &[SimulatedGroup], lang: Lang) -> String {
    let height = TOP + ROW * groups.len().max(1) as f64 + 24.0;
    let (title, unit, nothing) = match lang {
        Lang::Ja => ("規則の案による交付額の差", "単位: 円（変わる件数／全件数）", "申請がありません。"),
        Lang::En => {
            ("What the draft would grant more or less", "yen (claims that change / all)", "There are no claims.")
        }
    };
    let text = |x: f64, y: f64, size: u32, anchor: &str, words: &str| {
        Text::new(words)
            .set("x", x)
            .set("y", y)
            .set("font-size", size)
            .set("text-anchor", anchor)
            .set("fill", "#1a1a1a")
    };
    let mut chart = Document::new()
        .set("viewBox", (0.0, 0.0, CHART_WIDTH, height))
        .set("width", CHART_WIDTH)
        .set("height", height)
        .set("role", "img")
        .set("font-family", FONT)
        .add(Title::new(title))
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#ffffff"))
        .add(text(24.0, 34.0, 20, "start", title))
        .add(text(24.0, 58.0, 13, "start", unit));
    if groups.is_empty() {
        return chart.add(text(24.0, TOP + 20.0, 14, "start", nothing)).to_string();
    }
    let most = groups.iter().map(|group| group.difference_yen().unsigned_abs()).max().unwrap_or(0).max(1) as f64;
    for (row, group) in groups.iter().enumerate() {
        let (top, difference) = (TOP + ROW * row as f64, group.difference_yen());
        let (middle, length) = (top + ROW / 2.0 + 5.0, REACH * (difference.unsigned_abs() as f64) / most);
        let label = format!("{}  {}", group.programme, group.kind.name(lang));
        let signed = match difference {
            0 => "±0".to_owned(),
            more if more > 0 => format!("+{}", grouped(more)),
            less => format!("−{}", grouped(less)),
        };
        let counts = format!("{signed}（{}／{}）", grouped_count(group.changed), grouped_count(group.claims));
        let left = if difference < 0 { ZERO - length } else { ZERO };
        let colour = if difference < 0 { "#c74700" } else { "#0017c1" };
        chart = chart
            .add(text(24.0, middle, 14, "start", &label))
            .add(
                Rectangle::new()
                    .set("x", left)
                    .set("y", top + 7.0)
                    .set("width", length)
                    .set("height", ROW - 14.0)
                    .set("fill", colour),
            )
            .add(if difference < 0 {
                text(ZERO + 8.0, middle, 13, "start", &counts)
            } else {
                text(ZERO - 8.0, middle, 13, "end", &counts)
            });
    }
    let bottom = TOP + ROW * groups.len() as f64;
    chart
        .add(Line::new().set("x1", ZERO).set("x2", ZERO).set("y1", TOP).set("y2", bottom).set("stroke", "#1a1a1a"))
        .to_string()
}

/// Without its sign, in groups of three.
fn grouped(yen: i64) -> String {
    grouped_count(yen.unsigned_abs())
}

fn grouped_count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
