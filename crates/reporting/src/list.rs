//! The payment list (支払一覧): the batch as a workbook for people who check it before and after the bank does.

use crate::zengin::kind_name;
use claim::{PaymentBatch, wareki};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Why a payment list cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PaymentListError {
    /// The sum of the payments is above what is counted here.
    #[error("the payments of batch {batch} add up to more than {max} yen; check the amounts", max = claim::Yen::MAX)]
    Total {
        /// The batch.
        batch: String,
    },
    /// The workbook itself: more rows or longer texts than a sheet holds, or no room for temporary files.
    #[error("the payment list of batch {batch} cannot be written; check its size and the room for temporary files")]
    Workbook {
        /// The batch.
        batch: String,
        /// What the workbook's writer says.
        source: XlsxError,
    },
}

/// Heading and width (in characters) of each column.
const COLUMNS: [(&str, f64); 12] = [
    ("番号", 6.0),
    ("受付番号", 16.0),
    ("医療機関等コード", 16.0),
    ("医療機関等名称", 36.0),
    ("銀行番号", 9.0),
    ("銀行名", 16.0),
    ("支店番号", 9.0),
    ("支店名", 16.0),
    ("預金種目", 9.0),
    ("口座番号", 10.0),
    ("口座名義", 34.0),
    ("振込金額（円）", 16.0),
];
const NAME: u16 = 3;
const AMOUNT: u16 = 11;
const A4: u8 = 9;

/// The payment list of `batch` as XLSX, one row a payment in the order of the batch, then the total.
///
/// Codes and account numbers are texts, so that no zero is lost; no text is ever a formula, whatever it begins with.
/// The workbook's date is the day of payment, so the same batch gives the same bytes. Memory does not grow with the
/// rows: they go to a temporary file.
///
/// # Errors
/// [`PaymentListError`].
pub fn payment_list(batch: &PaymentBatch) -> Result<Vec<u8>, PaymentListError> {
    let total = batch.total_yen().ok_or_else(|| PaymentListError::Total { batch: batch.id.clone() })?;
    write(batch, total).map_err(|source| PaymentListError::Workbook { batch: batch.id.clone(), source })
}

fn write(batch: &PaymentBatch, total: claim::Yen) -> Result<Vec<u8>, XlsxError> {
    let day = batch.pay_on;
    // A civil date's month and day are positive, and years before 0 are no days of payment.
    let created =
        ExcelDateTime::from_ymd(day.year().unsigned_abs(), day.month().unsigned_abs(), day.day().unsigned_abs())?;
    let title = format!("支払一覧 {}", batch.id);

    let mut workbook = Workbook::new();
    workbook.set_properties(
        &DocProperties::new()
            .set_title(&title)
            .set_subject(format!("振込指定日 {}", wareki(day)))
            .set_author(&batch.payer.consignor_name)
            .set_creation_datetime(&created),
    );

    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name("支払一覧")?;
    print_settings(sheet, batch, &title)?;

    let edge = Format::new().set_border(FormatBorder::Thin);
    let heading = edge.clone().set_bold().set_align(FormatAlign::Center).set_background_color(0x00E7_E6E6);
    // The rows have the sheet's own lines: a format of every cell would take a third of the time again.
    let money = Format::new().set_num_format("#,##0");
    let bold = edge.clone().set_bold();
    let bold_money = edge.clone().set_num_format("#,##0").set_bold();

    for (column, (name, width)) in (0u16..).zip(COLUMNS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, name, &heading)?;
    }
    let mut row = 0;
    for payment in &batch.payments {
        row += 1;
        let account = &payment.account;
        let texts: [&str; 10] = [
            payment.claim_id.as_str(),
            payment.facility_code.as_str(),
            &payment.facility_name,
            &account.bank_code,
            &account.bank_name,
            &account.branch_code,
            &account.branch_name,
            kind_name(account.kind),
            &account.number,
            &account.holder,
        ];
        sheet.write_number(row, 0, row)?;
        for (column, value) in (1u16..).zip(texts) {
            sheet.write_string(row, column, value)?;
        }
        sheet.write_number_with_format(row, AMOUNT, cell(payment.amount_yen), &money)?;
    }

    row += 1;
    for column in 0..AMOUNT {
        match column {
            0 => sheet.write_string_with_format(row, column, "合計", &bold)?,
            NAME => sheet.write_string_with_format(row, column, format!("{}件", batch.payments.len()), &bold)?,
            _ => sheet.write_blank(row, column, &bold)?,
        };
    }
    sheet.write_number_with_format(row, AMOUNT, cell(total), &bold_money)?;
    sheet.set_print_area(0, 0, row, AMOUNT)?;

    workbook.save_to_buffer()
}

fn print_settings(sheet: &mut Worksheet, batch: &PaymentBatch, title: &str) -> Result<(), XlsxError> {
    // In headers `&` begins a code; doubled it prints itself.
    let title = title.replace('&', "&&");
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0).set_print_gridlines(true);
    sheet.set_header(format!("&L{title}&R振込指定日 {}", wareki(batch.pay_on)));
    sheet.set_footer("&C&P / &N");
    sheet.set_margins(0.4, 0.4, 0.75, 0.6, 0.3, 0.3);
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// A sum as a cell holds it. A sheet knows only floating numbers; every [`claim::Yen`] is below 2^53, where each whole
/// number has one of its own, so the digits in the file are exactly those of the sum.
fn cell(yen: claim::Yen) -> f64 {
    yen.get() as f64
}
