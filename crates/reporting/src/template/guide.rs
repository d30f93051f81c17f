//! The sheet of instructions (記入要領).

use super::{A4, FORM, GUIDE, ItemizationTemplate, LINES, protect};
use claim::{DocumentKind, Lang, wareki};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

/// How many half-width characters of the text column stand on one line.
const CHARACTERS_A_LINE: usize = 92;
const LINE_HEIGHT: u32 = 18;

pub(super) fn write(sheet: &mut Worksheet, template: &ItemizationTemplate<'_>) -> Result<(), XlsxError> {
    let base = Format::new().set_font_name("游ゴシック").set_font_size(10.5).set_align(FormatAlign::Top);
    let title = base.clone().set_font_size(18.0).set_bold();
    let heading = base
        .clone()
        .set_font_size(12.0)
        .set_bold()
        .set_border_bottom(FormatBorder::Medium)
        .set_border_color(Color::RGB(0x1F_3864));
    let text = base.clone().set_text_wrap();
    let number = base.clone().set_align(FormatAlign::Right);
    let label = base.set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x8C_8C8C)).set_text_wrap();
    let label_head = label.clone().set_background_color(Color::RGB(0xE8_EEF7)).set_bold();

    sheet.set_name(GUIDE)?;
    for (column, width) in (0u16..).zip([5.0, 40.0, 52.0]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_row_height(0, 30)?;
    sheet.write_with_format(0, 0, "領収書内訳書の記入要領", &title)?;
    let mut row = 2;
    for (name, items) in parts(template) {
        sheet.write_with_format(row, 0, name, &heading)?;
        sheet.write_blank(row, 1, &heading)?;
        sheet.write_blank(row, 2, &heading)?;
        sheet.set_row_height(row, 20)?;
        row += 1;
        for (no, item) in (1u32..).zip(&items) {
            sheet.write_with_format(row, 0, format!("({no})"), &number)?;
            sheet.merge_range(row, 1, row, 2, item, &text)?;
            sheet.set_row_height(row, LINE_HEIGHT * lines(item, CHARACTERS_A_LINE))?;
            row += 1;
        }
        row += 1;
    }
    sheet.write_with_format(row, 0, "補助の内容", &heading)?;
    sheet.write_blank(row, 1, &heading)?;
    sheet.write_blank(row, 2, &heading)?;
    sheet.set_row_height(row, 20)?;
    for (term, value) in template.terms {
        row += 1;
        sheet.write_with_format(row, 1, term, &label_head)?;
        sheet.write_with_format(row, 2, value, &label)?;
        sheet.set_row_height(row, 20)?;
    }
    row += 1;
    let as_of = format!("{}現在の規則によります。", wareki(template.as_of));
    sheet.write_with_format(row, 1, as_of, &text)?;

    sheet.set_paper_size(A4).set_portrait().set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.6, 0.6, 0.6, 0.6, 0.3, 0.3);
    sheet.set_print_area(0, 0, row, 2)?;
    sheet.set_footer("&R&P / &N");
    protect(sheet);
    Ok(())
}

/// How many lines a text takes.
fn lines(text: &str, columns: usize) -> u32 {
    let width: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    u32::try_from(width.div_ceil(columns).max(1)).unwrap_or(1)
}

fn parts(template: &ItemizationTemplate<'_>) -> Vec<(&'static str, Vec<String>)> {
    let facility = template.facility;
    let names: Vec<&str> = template.categories.iter().map(|category| category.name(Lang::Ja)).collect();
    let documents: Vec<&str> = template
        .documents
        .iter()
        .map(|kind| match kind {
            DocumentKind::Receipt => "領収書（写）",
            kind => kind.name(Lang::Ja),
        })
        .collect();
    let mut deadline =
        vec![format!("申請期限は、{}です。期限を過ぎた申請は受け付けることができません。", wareki(template.deadline))];
    deadline.extend(template.opens_on.map(|day| format!("申請は、{}から受け付けます。", wareki(day))));
    vec![
        (
            "この様式について",
            vec![
                format!("補助事業「{}」の申請に添付する領収書内訳書です。", template.programme_name),
                format!(
                    "{}（医療機関等コード {}）用に作成しています。ほかの医療機関等の申請には使用できません。",
                    facility.name, facility.code
                ),
            ],
        ),
        (
            "必要な書類と期限",
            [
                vec![
                    format!("申請には、{}が必要です。", documents.join("と")),
                    "領収書は、支払が済んだことが確認できるものに限ります。見積書・請求書・納品書は使用できません。".to_owned(),
                ],
                deadline,
            ]
            .concat(),
        ),
        (
            "記入の方法",
            vec![
                format!("シート「{FORM}」の黄色の欄に記入してください。ほかの欄は、記入に応じて自動で計算・表示します。"),
                "領収書に含まれる費用は、補助の対象外のものも含めて、1行に1件ずつ、すべて税込の金額で記入してください。".to_owned(),
                format!(
                    "「区分」は、一覧から選択してください。補助の対象となる区分は、{}です。そのほかの費用は「補助対象外」を選択してください。",
                    names.join("、")
                ),
                "「品名・作業の内容」には、品名と型番、又は作業の内容が分かるように記入してください。「一式」だけでは、何の費用か判断できません。".to_owned(),
                "「数量」と「単価」は、整数で記入してください。「金額」は、数量と単価から計算します。作業など数えられないものは、数量を1とし、単価に金額を記入してください。".to_owned(),
                "値引きがある場合は、値引きの行を設けずに、値引き後の単価を記入してください。費用がかからなかったものは、単価を0とするか、記入を省いてください。".to_owned(),
                format!("行が足りない場合（{LINES}件を超える場合）は、同じ区分の費用をまとめて記入してください。"),
                "「確認」の欄に表示がある行は、記入が足りません。表示に従って記入してください。".to_owned(),
                "「合計」が、領収書の金額（領収書が2枚以上のときは、その合計）と一致することを確かめてください。".to_owned(),
                "このファイル（Excel 形式）のまま添付してください。行・列・シートを非表示にしたり、シートの名前を変えたりしないでください。".to_owned(),
            ],
        ),
    ]
}
