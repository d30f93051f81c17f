//! Itemizations as workbooks and CSV.

use super::story::{Itemization, total};
use anyhow::Context;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet};

/// The columns' letters, for formulas.
const LETTERS: [char; 8] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];

struct Styles {
    title: Format,
    plain: Format,
    head: Format,
    cell: Format,
    money: Format,
    digit: Format,
}

impl Styles {
    fn new() -> Styles {
        let base = Format::new().set_font_name("游ゴシック").set_font_size(11.0);
        let cell = base.clone().set_border(FormatBorder::Thin);
        Styles {
            title: base.clone().set_font_size(16.0).set_bold().set_align(FormatAlign::Center),
            plain: base.clone(),
            head: cell.clone().set_background_color("#DDE6EF").set_align(FormatAlign::Center).set_text_wrap(),
            cell: cell.clone().set_text_wrap(),
            money: cell.clone().set_num_format("#,##0"),
            digit: cell.set_align(FormatAlign::Center),
        }
    }
}

/// The bytes of a workbook of one sheet.
fn workbook(name: &str, fill: impl FnOnce(&mut Worksheet, &Styles) -> anyhow::Result<()>) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    // Without a fixed day the file would change with every drawing.
    let day = ExcelDateTime::from_ymd(2025, 4, 1)?;
    book.set_properties(&DocProperties::new().set_author("kofu samples").set_creation_datetime(&day));
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    fill(sheet, &Styles::new())?;
    book.save_to_buffer().context("the workbook cannot be written")
}

/// A formula with the result that a spreadsheet program would have saved with it.
fn sum(column: usize, first: u32, last: u32, result: i64) -> Formula {
    let letter = LETTERS[column];
    Formula::new(format!("=SUM({letter}{}:{letter}{})", first + 1, last + 1)).set_result(result.to_string())
}

/// Yen as a cell's number; exact, for they are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "sample amounts are below ten million")]
fn number(yen: i64) -> f64 {
    yen as f64
}

/// One plain table.
pub(super) fn plain(itemization: &Itemization) -> anyhow::Result<Vec<u8>> {
    workbook("内訳書", |sheet, style| {
        for (column, width) in (0..).zip([22.0, 46.0, 8.0, 14.0, 16.0]) {
            sheet.set_column_width(column, width)?;
        }
        sheet.merge_range(0, 0, 0, 4, "領収書内訳書", &style.title)?;
        sheet.write_with_format(2, 0, format!("{}　御中", itemization.payee), &style.plain)?;
        sheet.write_with_format(2, 4, itemization.issued, &style.plain)?;
        sheet.write_with_format(3, 3, itemization.issuer.name, &style.plain)?;
        sheet.write_with_format(4, 3, format!("登録番号 {}", itemization.issuer.registration), &style.plain)?;
        for (column, head) in (0..).zip(["項目", "内訳", "数量", "単価（税込）", "金額（税込）"]) {
            sheet.write_with_format(6, column, head, &style.head)?;
        }
        let mut row = 7;
        for item in &itemization.items {
            sheet.write_with_format(row, 0, item.subject, &style.cell)?;
            sheet.write_with_format(row, 1, item.detail, &style.cell)?;
            sheet.write_with_format(row, 2, number(item.quantity), &style.cell)?;
            sheet.write_with_format(row, 3, number(item.each), &style.money)?;
            sheet.write_with_format(row, 4, number(item.amount()), &style.money)?;
            row += 1;
        }
        sheet.merge_range(row, 0, row, 3, "合計", &style.head)?;
        match itemization.stated_total {
            Some(stated) => sheet.write_with_format(row, 4, number(stated), &style.money)?,
            None => sheet.write_formula_with_format(row, 4, sum(4, 7, row - 1, itemization.total()), &style.money)?,
        };
        Ok(())
    })
}

/// Net amounts, tax and gross amounts in columns, under a header of two rows.
pub(super) fn tax_columns(itemization: &Itemization) -> anyhow::Result<Vec<u8>> {
    workbook("Sheet1", |sheet, style| {
        for (column, width) in (0..).zip([5.0, 44.0, 8.0, 6.0, 14.0, 14.0, 12.0, 14.0]) {
            sheet.set_column_width(column, width)?;
        }
        sheet.write_with_format(0, 0, "領収書内訳書（オンライン資格確認 居宅同意取得型対応）", &style.plain)?;
        sheet.write_with_format(1, 0, "宛先", &style.plain)?;
        sheet.write_with_format(1, 1, format!("{} 様", itemization.payee), &style.plain)?;
        sheet.write_with_format(1, 7, itemization.issued, &style.plain)?;
        sheet.write_with_format(2, 0, "発行", &style.plain)?;
        sheet.write_with_format(2, 1, itemization.issuer.name, &style.plain)?;
        for (column, head) in (0..).zip(["No.", "品名・作業内容", "数量", "単位"]) {
            sheet.merge_range(4, column, 5, column, head, &style.head)?;
        }
        sheet.merge_range(4, 4, 4, 5, "税抜", &style.head)?;
        sheet.write_with_format(5, 4, "単価", &style.head)?;
        sheet.write_with_format(5, 5, "金額", &style.head)?;
        sheet.merge_range(4, 6, 5, 6, "消費税", &style.head)?;
        sheet.merge_range(4, 7, 5, 7, "税込金額", &style.head)?;
        let mut row = 6;
        for (count, item) in (1..).zip(&itemization.items) {
            sheet.write_with_format(row, 0, number(count), &style.cell)?;
            sheet.write_with_format(row, 1, format!("{}\n{}", item.subject, item.detail), &style.cell)?;
            sheet.write_with_format(row, 2, number(item.quantity), &style.cell)?;
            sheet.write_with_format(row, 3, item.unit, &style.cell)?;
            sheet.write_with_format(row, 4, number(item.net() / item.quantity), &style.money)?;
            sheet.write_with_format(row, 5, number(item.net()), &style.money)?;
            sheet.write_with_format(row, 6, number(item.amount() - item.net()), &style.money)?;
            sheet.write_with_format(row, 7, number(item.amount()), &style.money)?;
            row += 1;
        }
        sheet.merge_range(row, 0, row, 4, "合　計", &style.head)?;
        let net: i64 = itemization.items.iter().map(super::story::Item::net).sum();
        let gross = itemization.total();
        for (column, result) in [(5, net), (6, gross - net), (7, gross)] {
            let formula = sum(usize::from(column), 6, row - 1, result);
            sheet.write_formula_with_format(row, column, formula, &style.money)?;
        }
        Ok(())
    })
}

/// 別紙様式2: boxes for the code, fifteen rows, eligible and ineligible amounts side by side.
pub(super) fn form2(itemization: &Itemization) -> anyhow::Result<Vec<u8>> {
    const FIRST: u32 = 13;
    const ROWS: u32 = 15;
    let day = claim::parse_day(itemization.issued)?;
    workbook("別紙様式2", |sheet, style| {
        for (column, width) in (0..).zip([5.0, 26.0, 40.0, 16.0, 16.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]) {
            sheet.set_column_width(column, width)?;
        }
        sheet.write_with_format(0, 0, "（別紙様式２）", &style.plain)?;
        sheet.merge_range(1, 0, 1, 4, "領収書内訳書", &style.title)?;
        sheet.write_with_format(2, 1, "発行日", &style.plain)?;
        sheet.write_with_format(2, 2, "西暦", &style.plain)?;
        for (column, (part, unit)) in
            [(3, (i64::from(day.year()), "年")), (5, (i64::from(day.month()), "月")), (7, (i64::from(day.day()), "日"))]
        {
            sheet.write_with_format(2, column, number(part), &style.digit)?;
            sheet.write_with_format(2, column + 1, unit, &style.plain)?;
        }
        let mut boxes = |row: u32, label: &str, digits: &str| -> anyhow::Result<()> {
            sheet.write_with_format(row, 1, label, &style.plain)?;
            for (column, digit) in (5..).zip(digits.chars()) {
                sheet.write_with_format(row, column, digit.to_string(), &style.digit)?;
            }
            Ok(())
        };
        boxes(3, "都道府県コード", &itemization.code[..2])?;
        boxes(4, "医療機関コード", &itemization.code[3..])?;
        sheet.write_with_format(5, 1, "医療機関名", &style.plain)?;
        sheet.merge_range(5, 2, 5, 3, itemization.payee, &style.cell)?;
        sheet.write_with_format(5, 4, "様", &style.plain)?;
        for (row, label, text) in [
            (6, "発行者", itemization.issuer.name),
            (7, "住所", itemization.issuer.address),
            (8, "電話", itemization.issuer.phone),
        ] {
            sheet.write_with_format(row, 1, label, &style.plain)?;
            sheet.write_with_format(row, 2, text, &style.plain)?;
        }
        sheet.write_with_format(10, 1, "総額（①＋②）", &style.head)?;
        let (eligible, other): (Vec<_>, Vec<_>) = itemization.items.iter().copied().partition(|item| item.eligible);
        let grand = Formula::new(format!("=D{0}+E{0}", FIRST + ROWS + 1)).set_result(itemization.total().to_string());
        sheet.write_formula_with_format(10, 2, grand, &style.money)?;
        for (column, head) in (0..).zip(["No", "項目", "内訳", "①補助対象金額\n（税込）", "②補助対象外金額\n（税込）"])
        {
            sheet.write_with_format(FIRST - 1, column, head, &style.head)?;
        }
        for index in 0..ROWS {
            let row = FIRST + index;
            sheet.write_with_format(row, 0, number(i64::from(index) + 1), &style.cell)?;
            let item = itemization.items.get(index as usize);
            for (column, text) in (1..).zip([
                item.map(|item| item.subject.to_owned()),
                item.map(|item| format!("{}　{}{}", item.detail, item.quantity, item.unit)),
            ]) {
                sheet.write_with_format(row, column, text.unwrap_or_default(), &style.cell)?;
            }
            for (column, wanted) in [(3, true), (4, false)] {
                match item.filter(|item| item.eligible == wanted) {
                    Some(item) => sheet.write_with_format(row, column, number(item.amount()), &style.money)?,
                    None => sheet.write_blank(row, column, &style.money)?,
                };
            }
        }
        let last = FIRST + ROWS - 1;
        sheet.merge_range(last + 1, 0, last + 1, 2, "小　計", &style.head)?;
        for (column, lines) in [(3, &eligible), (4, &other)] {
            let formula = sum(usize::from(column), FIRST, last, total(lines));
            sheet.write_formula_with_format(last + 1, column, formula, &style.money)?;
        }
        let note = "※ 領収書の金額と総額が一致するように、補助対象外の費用も含めて、税込の金額で記載してください。";
        sheet.write_with_format(last + 2, 0, note, &style.plain)?;
        Ok(())
    })
}

/// CSV text with a few lines before its header, CRLF; `separators` as Excel saves cells that show them.
fn csv_text(itemization: &Itemization, separators: bool) -> anyhow::Result<String> {
    let yen = |yen: i64| match claim::Yen::new(yen) {
        Ok(sum) if separators => sum.to_string(),
        _ => yen.to_string(),
    };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    writer.write_record(["領収書内訳書", "", "", "", ""])?;
    writer.write_record(["医療機関名", itemization.payee, "", "発行日", itemization.issued])?;
    writer.write_record(["発行者", itemization.issuer.name, "", "登録番号", itemization.issuer.registration])?;
    writer.write_record(["", "", "", "", ""])?;
    writer.write_record(["項目", "内訳", "数量", "単価（税込）", "金額（税込）"])?;
    for item in &itemization.items {
        writer.write_record([
            item.subject,
            item.detail,
            &item.quantity.to_string(),
            &yen(item.each),
            &yen(item.amount()),
        ])?;
    }
    writer.write_record(["合計", "", "", "", &yen(itemization.total())])?;
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// In UTF-8 with a byte order mark.
pub(super) fn csv_utf8(itemization: &Itemization) -> anyhow::Result<Vec<u8>> {
    Ok(format!("\u{feff}{}", csv_text(itemization, false)?).into_bytes())
}

/// In CP932.
pub(super) fn csv_cp932(itemization: &Itemization) -> anyhow::Result<Vec<u8>> {
    let text = csv_text(itemization, true)?;
    let (bytes, _, lost) = encoding_rs::SHIFT_JIS.encode(&text);
    anyhow::ensure!(!lost, "the CSV has characters that CP932 has not");
    Ok(bytes.into_owned())
}
