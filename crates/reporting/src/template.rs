//! The itemization template (領収書内訳書の様式): a workbook made for one facility and one programme, to be filled in and
//! sent back with the receipts.
//!
//! What the facility is and what the programme supports is printed on it; what is to be typed is unlocked and checked as it
//! is typed; sums are formulas with their results saved. Nothing on it needs a macro, and the protection has no password:
//! it keeps people from typing over a formula, not from changing what they must.

mod guide;

use claim::{Category, DocumentKind, Facility, Lang, ProgrammeId, wareki};
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, FormatUnderline, Formula, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

/// Counts up when the layout changes, so that a filled template says which one it is.
pub const TEMPLATE_VERSION: u32 = 1;

/// What stands in a template.
#[derive(Clone, Debug)]
pub struct ItemizationTemplate<'a> {
    /// For whom.
    pub facility: &'a Facility,
    /// The programme's id.
    pub programme: &'a ProgrammeId,
    /// Its name.
    pub programme_name: &'a str,
    /// Its first day, if it names one.
    pub opens_on: Option<Date>,
    /// Its last day.
    pub deadline: Date,
    /// What must be sent with a claim.
    pub documents: &'a [DocumentKind],
    /// What the programme supports for this kind of facility, in the order of the drop-down list.
    pub categories: &'a [Category],
    /// Rate and ceilings as people read them: label and value.
    pub terms: &'a [(String, String)],
    /// The day on which all this held.
    pub as_of: Date,
    /// The hash of the rules that it was taken from.
    pub ruleset: &'a str,
}

/// Why a template cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the template for {facility} cannot be written; check the register's name for it")]
pub struct TemplateError {
    facility: String,
    source: XlsxError,
}

/// The sheet to be filled in.
const FORM: &str = "領収書内訳書";
const GUIDE: &str = "記入要領";
const EXAMPLE: &str = "記入例";

/// The first line (from 0), and how many there are.
const FIRST: u32 = 10;
const LINES: u32 = 20;
const LAST: u32 = FIRST + LINES - 1;
const NOT_ELIGIBLE: &str = "補助対象外";
const RATES: [&str; 3] = ["10%", "8%", "対象外"];
const A4: u8 = 9;

/// Heading, what to do there, and width (in characters) of each column.
const COLUMNS: [(&str, &str, f64); 9] = [
    ("No.", "", 5.0),
    ("区分", "（選択）", 27.0),
    ("品名・作業の内容", "（記入）", 46.0),
    ("税率", "（選択）", 9.0),
    ("数量", "（記入）", 8.0),
    ("単価（税込・円）", "（記入）", 15.0),
    ("金額（税込・円）", "（自動計算）", 15.0),
    ("備考", "（任意）", 22.0),
    ("確認", "（自動表示）", 24.0),
];
const LAST_COLUMN: u16 = 8;
const AMOUNT: u16 = 6;

struct Styles {
    title: Format,
    label: Format,
    fixed: Format,
    head: Format,
    hint: Format,
    number: Format,
    text_input: Format,
    choice_input: Format,
    number_input: Format,
    money_input: Format,
    money: Format,
    sum_label: Format,
    sum: Format,
    warning: Format,
    note: Format,
    banner: Format,
}

impl Styles {
    /// Of the form, or of the example, in which nothing is to be typed.
    fn new(is_example: bool) -> Styles {
        let base = Format::new().set_font_name("游ゴシック").set_font_size(10.5).set_align(FormatAlign::VerticalCenter);
        let cell = base.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x8C_8C8C));
        let yellow = cell.clone().set_background_color(Color::RGB(0xFF_FBE5));
        let input = if is_example { yellow } else { yellow.set_unlocked() };
        let made = cell.clone().set_background_color(Color::RGB(0xF2_F2F2));
        Styles {
            title: base.clone().set_font_size(18.0).set_bold().set_align(FormatAlign::Center),
            label: cell
                .clone()
                .set_background_color(Color::RGB(0xE8_EEF7))
                .set_bold()
                .set_align(FormatAlign::Left)
                .set_indent(1),
            fixed: cell.clone().set_text_wrap().set_align(FormatAlign::Left).set_indent(1),
            head: cell
                .clone()
                .set_background_color(Color::RGB(0x1F_3864))
                .set_font_color(Color::White)
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_text_wrap(),
            hint: cell
                .clone()
                .set_background_color(Color::RGB(0xE8_EEF7))
                .set_font_size(9.0)
                .set_align(FormatAlign::Center),
            number: made.clone().set_align(FormatAlign::Center),
            text_input: input.clone().set_text_wrap().set_align(FormatAlign::Left).set_indent(1),
            choice_input: input.clone().set_align(FormatAlign::Left).set_indent(1).set_shrink(),
            number_input: input.clone().set_num_format("#,##0"),
            money_input: input.set_num_format("#,##0"),
            // A line that nobody filled in shows nothing.
            money: made.clone().set_num_format("#,##0;-#,##0;"),
            sum_label: made.clone().set_bold().set_align(FormatAlign::Right).set_indent(1),
            sum: made.clone().set_bold().set_num_format("#,##0"),
            // Shows texts alone: programs that do not work formulas out on opening take no text for 0.
            warning: base
                .clone()
                .set_font_color(Color::RGB(0xB9_1C1C))
                .set_bold()
                .set_font_size(9.0)
                .set_text_wrap()
                .set_num_format(";;;@"),
            note: base.clone().set_font_size(9.0).set_font_color(Color::RGB(0x59_5959)),
            banner: base
                .set_bold()
                .set_font_size(11.0)
                .set_font_color(Color::RGB(0xB9_1C1C))
                .set_underline(FormatUnderline::None)
                .set_align(FormatAlign::Center)
                .set_border(FormatBorder::Medium)
                .set_border_color(Color::RGB(0xB9_1C1C)),
        }
    }
}

/// A line of the example.
struct ExampleLine {
    category: &'static str,
    name: &'static str,
    quantity: u32,
    unit_price: u32,
    note: &'static str,
}

/// The template as XLSX. The same values give the same bytes: its date is `as_of`.
///
/// # Errors
/// [`TemplateError`]: the workbook's writer refuses a text, such as a name of more than 32,767 characters.
pub fn itemization_template(template: &ItemizationTemplate<'_>) -> Result<Vec<u8>, TemplateError> {
    write(template).map_err(|source| TemplateError { facility: template.facility.code.to_string(), source })
}

fn write(template: &ItemizationTemplate<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(template)?);
    let sheet = workbook.add_worksheet();
    sheet.set_name(FORM)?;
    form(sheet, template, &[])?;
    validations(sheet, template)?;
    guide::write(workbook.add_worksheet(), template)?;
    let sheet = workbook.add_worksheet();
    sheet.set_name(EXAMPLE)?;
    form(sheet, template, &example(template.categories))?;
    workbook.worksheet_from_name(FORM)?.set_active(true);
    workbook.save_to_buffer()
}

/// Says of the file which template it is and on which rules, where programs and people can look it up.
fn properties(template: &ItemizationTemplate<'_>) -> Result<DocProperties, XlsxError> {
    let day = template.as_of;
    // A civil date's month and day are positive, and years before 0 have no programmes.
    let created =
        ExcelDateTime::from_ymd(day.year().unsigned_abs(), day.month().unsigned_abs(), day.day().unsigned_abs())?;
    Ok(DocProperties::new()
        .set_title(format!("{FORM} {}", template.facility.code))
        .set_subject(template.programme_name)
        .set_author("kofu")
        .set_comment(format!("様式 第{TEMPLATE_VERSION}版、規則 {}", template.ruleset))
        .set_creation_datetime(&created)
        .set_custom_property("kofu-template", i32::try_from(TEMPLATE_VERSION).unwrap_or(i32::MAX))
        .set_custom_property("kofu-programme", template.programme.as_str())
        .set_custom_property("kofu-facility", template.facility.code.as_str())
        .set_custom_property("kofu-ruleset", template.ruleset))
}

/// The form, empty or with the lines of an example.
fn form(sheet: &mut Worksheet, template: &ItemizationTemplate<'_>, example: &[ExampleLine]) -> Result<(), XlsxError> {
    let is_example = !example.is_empty();
    let styles = &Styles::new(is_example);
    for (column, (_, _, width)) in (0u16..).zip(COLUMNS) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_row_height(0, 30)?;
    let title = if is_example { format!("{FORM}（{EXAMPLE}）") } else { FORM.to_owned() };
    sheet.merge_range(0, 0, 0, LAST_COLUMN, &title, &styles.title)?;
    if is_example {
        sheet.set_row_height(1, 22)?;
        sheet.merge_range(
            1,
            0,
            1,
            LAST_COLUMN,
            "これは記入例です。このシートの内容は集計されません。",
            &styles.banner,
        )?;
    }
    let facility = template.facility;
    let deadline = format!("{}まで", wareki(template.deadline));
    let rows: [(&str, &str); 4] = [
        ("補助事業", template.programme_name),
        ("医療機関等コード", facility.code.as_str()),
        ("医療機関等名称", &facility.name),
        ("申請期限", &deadline),
    ];
    for (row, (label, value)) in (2u32..).zip(rows) {
        sheet.set_row_height(row, 20)?;
        sheet.merge_range(row, 0, row, 1, label, &styles.label)?;
        sheet.merge_range(row, 2, row, 5, value, &styles.fixed)?;
    }
    sheet.set_row_height(6, 20)?;
    sheet.merge_range(6, 0, 6, 1, "発行者（販売店等）", &styles.label)?;
    sheet.merge_range(6, 2, 6, 5, if is_example { "〇〇システム株式会社" } else { "" }, &styles.text_input)?;
    sheet.write_with_format(
        7,
        0,
        "黄色の欄に記入してください。領収書に含まれる費用は、補助の対象外のものも含めて、すべて税込で記入します。詳しくは「記入要領」をご覧ください。",
        &styles.note,
    )?;
    for (column, (name, hint, _)) in (0u16..).zip(COLUMNS) {
        sheet.write_with_format(FIRST - 2, column, name, &styles.head)?;
        sheet.write_with_format(FIRST - 1, column, hint, &styles.hint)?;
    }
    sheet.set_row_height(FIRST - 2, 22)?;
    for (no, row) in (1u32..).zip(FIRST..=LAST) {
        line(sheet, styles, row, no, example.get((row - FIRST) as usize))?;
    }
    sums(sheet, styles, example)?;
    let note = format!(
        "様式 第{TEMPLATE_VERSION}版　{}現在の規則 {}",
        wareki(template.as_of),
        template.ruleset.get(..19).unwrap_or(template.ruleset)
    );
    sheet.write_with_format(LAST + 5, 0, note, &styles.note)?;
    page(sheet, template, LAST + 5)?;
    sheet.set_freeze_panes(FIRST, 0)?;
    protect(sheet);
    Ok(())
}

fn line(
    sheet: &mut Worksheet,
    styles: &Styles,
    row: u32,
    no: u32,
    example: Option<&ExampleLine>,
) -> Result<(), XlsxError> {
    let at = row + 1;
    sheet.set_row_height(row, 21)?;
    sheet.write_with_format(row, 0, no, &styles.number)?;
    match example {
        Some(example) => {
            sheet.write_with_format(row, 1, example.category, &styles.choice_input)?;
            sheet.write_with_format(row, 2, example.name, &styles.text_input)?;
            sheet.write_with_format(row, 3, RATES[0], &styles.choice_input)?;
            sheet.write_with_format(row, 4, example.quantity, &styles.number_input)?;
            sheet.write_with_format(row, 5, example.unit_price, &styles.money_input)?;
            sheet.write_with_format(row, 7, example.note, &styles.text_input)?;
        }
        None => {
            let inputs = [
                (1, &styles.choice_input),
                (2, &styles.text_input),
                (3, &styles.choice_input),
                (4, &styles.number_input),
                (5, &styles.money_input),
                (7, &styles.text_input),
            ];
            for (column, style) in inputs {
                sheet.write_blank(row, column, style)?;
            }
        }
    }
    let amount = example.map_or(0, ExampleLine::amount);
    let product = Formula::new(format!("=E{at}*F{at}")).set_result(amount.to_string());
    sheet.write_formula_with_format(row, AMOUNT, product, &styles.money)?;
    let check = format!(
        "=IF(AND(B{at}=\"\",C{at}=\"\",E{at}=\"\",F{at}=\"\"),\"\",IF(B{at}=\"\",\"区分を選択してください\",\
         IF(C{at}=\"\",\"品名を記入してください\",IF(E{at}=\"\",\"数量を記入してください\",\
         IF(F{at}=\"\",\"単価を記入してください\",\"\")))))"
    );
    sheet.write_formula_with_format(row, LAST_COLUMN, Formula::new(check).set_result(""), &styles.warning)?;
    Ok(())
}

/// Subtotals by whether the facility takes a line for eligible, and the total.
fn sums(sheet: &mut Worksheet, styles: &Styles, example: &[ExampleLine]) -> Result<(), XlsxError> {
    let (first, last) = (FIRST + 1, LAST + 1);
    let whole: u32 = example.iter().map(ExampleLine::amount).sum();
    let other: u32 = example.iter().filter(|line| line.category == NOT_ELIGIBLE).map(ExampleLine::amount).sum();
    let total = last + 3;
    let not_eligible = format!("SUMIF(B{first}:B{last},\"{NOT_ELIGIBLE}\",G{first}:G{last})");
    for (row, label, formula, result) in [
        (LAST + 1, "小計（補助対象の区分）", format!("=G{total}-G{}", total - 1), whole - other),
        (LAST + 2, "小計（補助対象外）", format!("={not_eligible}"), other),
        (LAST + 3, "合計（領収書の金額と一致させてください）", format!("=SUM(G{first}:G{last})"), whole),
    ] {
        sheet.set_row_height(row, 21)?;
        sheet.merge_range(row, 0, row, AMOUNT - 1, label, &styles.sum_label)?;
        sheet.write_formula_with_format(
            row,
            AMOUNT,
            Formula::new(formula).set_result(result.to_string()),
            &styles.sum,
        )?;
    }
    Ok(())
}

/// What may be typed, said before it is typed and after it was refused.
fn validations(sheet: &mut Worksheet, template: &ItemizationTemplate<'_>) -> Result<(), XlsxError> {
    let names: Vec<&str> =
        template.categories.iter().map(|category| category.name(Lang::Ja)).chain([NOT_ELIGIBLE]).collect();
    let said = |rule: DataValidation, title: &str, before: &str, after: &str| {
        rule.set_input_title(title)?
            .set_input_message(before)?
            .set_error_style(DataValidationErrorStyle::Stop)
            .set_error_title(format!("{title}を確認してください"))?
            .set_error_message(after)
    };
    let over = |sheet: &mut Worksheet, column: u16, rule: &DataValidation| {
        sheet.add_data_validation(FIRST, column, LAST, column, rule).map(|_| ())
    };
    let rule = said(
        DataValidation::new().allow_list_strings(&names)?,
        "区分",
        "一覧から選択してください。補助の対象とならない費用は「補助対象外」を選択します。",
        "一覧にない区分は使用できません。一覧から選択してください。",
    )?;
    over(sheet, 1, &rule)?;
    let rule = said(
        DataValidation::new().allow_text_length(DataValidationRule::LessThanOrEqualTo(200)),
        "品名・作業の内容",
        "品名と型番、又は作業の内容を記入してください。「一式」だけでは何の費用か判断できません。",
        "200文字以内で記入してください。",
    )?;
    over(sheet, 2, &rule)?;
    let rule = said(
        DataValidation::new().allow_list_strings(&RATES)?,
        "税率",
        "消費税の税率を一覧から選択してください。金額は税込で記入します。",
        "一覧にない税率は使用できません。一覧から選択してください。",
    )?;
    over(sheet, 3, &rule)?;
    let rule = said(
        DataValidation::new().allow_whole_number(DataValidationRule::Between(1, 99_999)),
        "数量",
        "1以上の整数を記入してください。作業など、数えられないものは1とします。",
        "数量は、1から99,999までの整数で記入してください。「台」などの単位は不要です。",
    )?;
    over(sheet, 4, &rule)?;
    let rule = said(
        DataValidation::new().allow_whole_number(DataValidationRule::Between(0, 999_999_999)),
        "単価（税込・円）",
        "値引き後の税込の単価を、円単位の整数で記入してください。「円」や「,」は不要です。",
        "単価は、0から999,999,999までの整数で記入してください。値引きは、値引き後の単価で記入してください。",
    )?;
    over(sheet, 5, &rule)
}

/// A4 across, one page wide; its foot says whose it is.
fn page(sheet: &mut Worksheet, template: &ItemizationTemplate<'_>, last: u32) -> Result<(), XlsxError> {
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 1);
    sheet.set_margins(0.5, 0.5, 0.5, 0.6, 0.3, 0.3);
    sheet.set_print_center_horizontally(true);
    sheet.set_print_area(0, 0, last, LAST_COLUMN)?;
    // In footers `&` begins a code; doubled it prints itself.
    let name = template.facility.name.replace('&', "&&");
    sheet.set_footer(format!("&L{} {name}&R&P / &N", template.facility.code));
    Ok(())
}

/// Locks what is not to be typed; columns may be made wider and rows taller.
fn protect(sheet: &mut Worksheet) {
    sheet.protect_with_options(&ProtectionOptions {
        format_cells: false,
        format_columns: true,
        format_rows: true,
        ..ProtectionOptions::default()
    });
}

impl ExampleLine {
    const fn amount(&self) -> u32 {
        self.quantity * self.unit_price
    }
}

/// One line of each category that the programme supports, and one that it does not.
fn example(categories: &[Category]) -> Vec<ExampleLine> {
    let line = |category, name, quantity, unit_price, note| ExampleLine { category, name, quantity, unit_price, note };
    let mut lines: Vec<ExampleLine> = categories
        .iter()
        .map(|category| {
            let name = category.name(Lang::Ja);
            match category {
                Category::MobileTerminal => line(name, "タブレット端末（型番 AB-1234）", 1, 45_100, "資格確認用"),
                Category::ReceiptComputer => {
                    line(name, "レセプトコンピュータの改修（居宅同意取得型への対応）", 1, 143_000, "")
                }
                Category::CardReader => line(name, "汎用カードリーダー（型番 CD-567）", 2, 5_500, ""),
                Category::Other => line(name, "その他の費用の品名", 1, 3_300, ""),
            }
        })
        .collect();
    lines.push(line(NOT_ELIGIBLE, "年間保守料（令和7年度分）", 1, 5_500, "補助の対象外"));
    lines
}
