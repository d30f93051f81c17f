//! The list of products granted in kind (製品の交付一覧): what each maker delivers, and where to, by prefecture.

use claim::{InstitutionCode, Lang, ProductUnits, wareki};
use jiff::civil::Date;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use std::collections::{BTreeMap, BTreeSet};

/// One grant in kind, with where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedProduct {
    /// 受付番号.
    pub claim_id: String,
    /// To whom.
    pub facility_code: InstitutionCode,
    /// 名称; empty where the register has none.
    pub facility_name: String,
    /// 郵便番号.
    pub postal_code: String,
    /// 所在地.
    pub address: String,
    /// What and how many.
    pub units: ProductUnits,
    /// The day of the decision, in Japan.
    pub decided_on: Date,
    /// Where the decision log tells of it.
    pub log_index: u64,
}

/// Units by maker, product and prefecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductCount {
    /// メーカー名.
    pub maker: String,
    /// 製品名.
    pub name: String,
    /// 1 to 47.
    pub prefecture: u8,
    /// 都道府県名.
    pub prefecture_name: &'static str,
    /// How many facilities.
    pub facilities: u64,
    /// How many units.
    pub units: u64,
}

/// Why the list cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the list of products cannot be written; check its size and the room for temporary files")]
pub struct ProductListError(#[from] XlsxError);

/// Heading, width (in characters) and value of each column of a maker's sheet.
const COLUMNS: [(&str, f64); 11] = [
    ("番号", 6.0),
    ("都道府県", 10.0),
    ("医療機関等コード", 16.0),
    ("医療機関等名称", 36.0),
    ("郵便番号", 10.0),
    ("所在地", 44.0),
    ("製品名（型番）", 28.0),
    ("台数", 7.0),
    ("受付番号", 18.0),
    ("交付決定日", 12.0),
    ("決定記録", 10.0),
];
const UNITS: u16 = 7;
const COUNT_COLUMNS: [(&str, f64); 5] =
    [("メーカー名", 20.0), ("製品名（型番）", 30.0), ("都道府県", 12.0), ("医療機関等の数", 16.0), ("台数", 9.0)];
const A4: u8 = 9;
/// A sheet's name has at most so many UTF-16 units.
const SHEET_NAME_MAX: usize = 31;

/// The units by maker, product and prefecture, in that order.
pub fn product_counts(granted: &[GrantedProduct], lang: Lang) -> Vec<ProductCount> {
    let mut groups: BTreeMap<(&str, &str, u8), Vec<&GrantedProduct>> = BTreeMap::new();
    for one in granted {
        let key = (one.units.maker.as_str(), one.units.name.as_str(), one.facility_code.prefecture());
        groups.entry(key).or_default().push(one);
    }
    groups
        .into_iter()
        .map(|((maker, name, prefecture), all)| ProductCount {
            maker: maker.to_owned(),
            name: name.to_owned(),
            prefecture,
            // A group has at least one member, and all of a group are of one prefecture.
            prefecture_name: all.first().map_or("", |one| one.facility_code.prefecture_name(lang)),
            facilities: all.iter().map(|one| &one.facility_code).collect::<BTreeSet<_>>().len() as u64,
            units: all.iter().map(|one| u64::from(one.units.units)).sum(),
        })
        .collect()
}

/// The list as XLSX: a sheet of counts, and for each maker a sheet of its deliveries by prefecture. `as_of` is the day
/// printed on it; the same grants and day give the same bytes.
///
/// # Errors
/// [`ProductListError`].
pub fn product_list(
    programme_name: &str,
    granted: &[GrantedProduct],
    as_of: Date,
) -> Result<Vec<u8>, ProductListError> {
    // A civil date's month and day are positive, and years before 0 are no days of a list.
    let created =
        ExcelDateTime::from_ymd(as_of.year().unsigned_abs(), as_of.month().unsigned_abs(), as_of.day().unsigned_abs())?;
    let mut workbook = Workbook::new();
    workbook.set_properties(
        &DocProperties::new()
            .set_title("製品の交付一覧")
            .set_subject(format!("{programme_name} {}現在", wareki(as_of)))
            .set_creation_datetime(&created),
    );
    let style = Style::new();
    counts(workbook.add_worksheet(), programme_name, granted, as_of, &style)?;

    let mut by_maker: BTreeMap<&str, Vec<&GrantedProduct>> = BTreeMap::new();
    for one in granted {
        by_maker.entry(&one.units.maker).or_default().push(one);
    }
    let mut taken = BTreeSet::from(["集計".to_owned()]);
    for (maker, mut deliveries) in by_maker {
        deliveries.sort_by_key(|one| (one.facility_code.prefecture(), &one.facility_code, &one.claim_id));
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(maker, &mut taken))?;
        deliveries_of(sheet, programme_name, maker, &deliveries, as_of, &style)?;
    }
    Ok(workbook.save_to_buffer()?)
}

struct Style {
    heading: Format,
    text: Format,
    number: Format,
    bold: Format,
}

impl Style {
    fn new() -> Style {
        let edge = Format::new().set_border(FormatBorder::Thin);
        Style {
            heading: edge.clone().set_bold().set_align(FormatAlign::Center).set_background_color(0x00E7_E6E6),
            text: edge.clone(),
            number: edge.clone().set_num_format("#,##0"),
            bold: edge.set_bold().set_num_format("#,##0"),
        }
    }
}

fn counts(
    sheet: &mut Worksheet,
    programme_name: &str,
    granted: &[GrantedProduct],
    as_of: Date,
    style: &Style,
) -> Result<(), XlsxError> {
    sheet.set_name("集計")?;
    headings(sheet, &COUNT_COLUMNS, style)?;
    print_settings(sheet, &format!("{programme_name} 集計"), as_of)?;
    let counts = product_counts(granted, Lang::Ja);
    let mut row = 0;
    for count in &counts {
        row += 1;
        for (column, text) in (0u16..).zip([count.maker.as_str(), &count.name, count.prefecture_name]) {
            sheet.write_string_with_format(row, column, text, &style.text)?;
        }
        sheet.write_number_with_format(row, 3, cell(count.facilities), &style.number)?;
        sheet.write_number_with_format(row, 4, cell(count.units), &style.number)?;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, "合計", &style.bold)?;
    sheet.write_blank(row, 1, &style.bold)?;
    sheet.write_blank(row, 2, &style.bold)?;
    let facilities = granted.iter().map(|one| &one.facility_code).collect::<BTreeSet<_>>().len() as u64;
    sheet.write_number_with_format(row, 3, cell(facilities), &style.bold)?;
    sheet.write_number_with_format(row, 4, cell(counts.iter().map(|count| count.units).sum()), &style.bold)?;
    Ok(())
}

fn deliveries_of(
    sheet: &mut Worksheet,
    programme_name: &str,
    maker: &str,
    deliveries: &[&GrantedProduct],
    as_of: Date,
    style: &Style,
) -> Result<(), XlsxError> {
    headings(sheet, &COLUMNS, style)?;
    print_settings(sheet, &format!("{programme_name} {maker}"), as_of)?;
    let mut row = 0;
    for one in deliveries {
        row += 1;
        let decided_on = wareki(one.decided_on);
        let log_index = one.log_index.to_string();
        let texts: [(u16, &str); 9] = [
            (1, one.facility_code.prefecture_name(Lang::Ja)),
            (2, one.facility_code.as_str()),
            (3, &one.facility_name),
            (4, &one.postal_code),
            (5, &one.address),
            (6, &one.units.name),
            (8, &one.claim_id),
            (9, &decided_on),
            (10, &log_index),
        ];
        sheet.write_number_with_format(row, 0, row, &style.number)?;
        for (column, text) in texts {
            sheet.write_string_with_format(row, column, text, &style.text)?;
        }
        sheet.write_number_with_format(row, UNITS, one.units.units, &style.number)?;
    }
    row += 1;
    for (column, _) in (0u16..).zip(COLUMNS) {
        match column {
            0 => sheet.write_string_with_format(row, column, "合計", &style.bold)?,
            UNITS => {
                let units = deliveries.iter().map(|one| u64::from(one.units.units)).sum();
                sheet.write_number_with_format(row, column, cell(units), &style.bold)?
            }
            _ => sheet.write_blank(row, column, &style.bold)?,
        };
    }
    Ok(())
}

fn headings(sheet: &mut Worksheet, columns: &[(&str, f64)], style: &Style) -> Result<(), XlsxError> {
    for (column, (name, width)) in (0u16..).zip(columns) {
        sheet.set_column_width(column, *width)?;
        sheet.write_string_with_format(0, column, *name, &style.heading)?;
    }
    Ok(())
}

fn print_settings(sheet: &mut Worksheet, title: &str, as_of: Date) -> Result<(), XlsxError> {
    // In headers `&` begins a code; doubled it prints itself.
    let title = title.replace('&', "&&");
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_header(format!("&L{title}&R{}現在", wareki(as_of)));
    sheet.set_footer("&C&P / &N");
    sheet.set_margins(0.4, 0.4, 0.75, 0.6, 0.3, 0.3);
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// A maker's name as a sheet can bear it, and as no other sheet does: sheets of one workbook differ in more than case.
fn sheet_name(maker: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String =
        maker.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { '_' } else { c }).collect();
    let shortened = |most: usize| {
        let mut units = 0;
        plain.chars().take_while(|c| (units + c.len_utf16() <= most, units += c.len_utf16()).0).collect::<String>()
    };
    let mut name = shortened(SHEET_NAME_MAX);
    let mut number = 1;
    while name.trim().is_empty() || !taken.insert(name.to_lowercase()) {
        number += 1;
        let ending = format!(" ({number})");
        name = shortened(SHEET_NAME_MAX - ending.len()) + &ending;
    }
    name
}

/// A count as a cell holds it: a sheet knows only floating numbers, and units are far below 2^53.
fn cell(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_a_workbook_takes() {
        let mut taken = BTreeSet::from(["集計".to_owned()]);
        assert_eq!(sheet_name("富士通", &mut taken), "富士通");
        assert_eq!(sheet_name("富士通", &mut taken), "富士通 (2)");
        assert_eq!(sheet_name("集計", &mut taken), "集計 (2)");
        assert_eq!(sheet_name("A/B:C*D", &mut taken), "A_B_C_D");
        assert_eq!(sheet_name("a_b_c_d", &mut taken), "a_b_c_d (2)");
        assert_eq!(sheet_name(&"長".repeat(40), &mut taken), "長".repeat(31));
        assert_eq!(sheet_name(&"長".repeat(40), &mut taken), format!("{} (2)", "長".repeat(27)));
        assert_eq!(sheet_name("", &mut taken), " (2)");
    }
}
