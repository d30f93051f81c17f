//! A document as people see it: what was read of it, each field with its place and how sure it is, beside the page on
//! which that place is marked. For drafts and for claims, for facilities and for staff.

use crate::WebState;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::in_query;
use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claim::{Confidence, Document, DocumentKind, Field, Lang, ReadField, Reading, Sha256, Spot};
use office::{Table, TableCellKind, View};

/// A value that was read, as a row beside the page.
#[derive(Clone, Debug)]
pub(crate) struct FieldRow {
    pub(crate) name: String,
    /// `None` where nothing was read that should be there.
    pub(crate) value: Option<String>,
    /// `None` where it is not said: what was worked out from others.
    pub(crate) sure: Option<bool>,
    /// `1ページ`, `シート「内訳」 B7`.
    pub(crate) place: String,
    /// As it stood there, where that is something else than the value.
    pub(crate) text: Option<String>,
    /// What belongs to its place on the page.
    pub(crate) mark: Mark,
}

/// A line of an itemization, as a row.
#[derive(Clone, Debug)]
pub(crate) struct LineRow {
    pub(crate) description: String,
    /// `None` where the words do not tell it.
    pub(crate) category: Option<&'static str>,
    pub(crate) quantity: String,
    pub(crate) unit_price: String,
    pub(crate) amount: String,
    pub(crate) sure: bool,
    pub(crate) place: String,
    pub(crate) mark: Mark,
}

/// A place on a page: its number ties the row to the box.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) id: usize,
    /// Whether there is a place at all.
    pub(crate) there: bool,
    spot: Spot,
    label: String,
}

impl Mark {
    fn page(&self) -> u32 {
        self.spot.page.unwrap_or(1)
    }

    /// What the address of the page needs to lead to the place. A sheet's number is known when its workbook is drawn.
    pub(crate) fn query(&self) -> String {
        match &self.spot.sheet {
            Some(sheet) => format!("sheet={}#m{}", in_query(sheet), self.id),
            None => format!("page={}#m{}", self.page(), self.id),
        }
    }
}

/// What was read of one document.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) kind: &'static str,
    /// It is read as another kind than it was declared to be.
    pub(crate) another_kind: bool,
    pub(crate) fields: Vec<FieldRow>,
    pub(crate) lines: Vec<LineRow>,
    pub(crate) problems: Vec<(String, String)>,
}

/// A field that can be corrected.
pub(crate) struct Correctable {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) category: bool,
}

/// What can be corrected of a reading, with what is there now.
pub(crate) fn correctable(reading: &Reading, lang: Lang) -> Vec<Correctable> {
    let mut all = Vec::new();
    if reading.receipt.is_some() || reading.kind == DocumentKind::Receipt {
        all.extend([
            ReadField::ReceiptTotal,
            ReadField::ReceiptDay,
            ReadField::ReceiptPayee,
            ReadField::ReceiptIssuer,
            ReadField::ReceiptRegistration,
        ]);
    }
    if let Some(itemization) = &reading.itemization {
        all.extend([ReadField::ItemizationTotal, ReadField::ItemizationFacility]);
        let lines = u32::try_from(itemization.lines.len()).unwrap_or(0);
        all.extend((0..lines).flat_map(|line| [ReadField::LineAmount(line), ReadField::LineCategory(line)]));
    }
    all.into_iter()
        .map(|field| Correctable {
            code: field.to_string(),
            name: field.name(lang),
            value: field.value(reading).unwrap_or_default(),
            category: matches!(field, ReadField::LineCategory(_)),
        })
        .collect()
}

fn place_of(spot: &Spot, lang: Lang) -> String {
    claim::Place { spot: spot.clone(), ..claim::Place::default() }.show(lang)
}

struct Rows<'a> {
    frame: &'a Frame,
    fields: Vec<FieldRow>,
    marks: usize,
}

impl Rows<'_> {
    fn mark(&mut self, spot: &Spot, label: &str) -> Mark {
        self.marks += 1;
        let there = spot.bounds.is_some() || spot.cell.is_some();
        Mark { id: self.marks, there, spot: spot.clone(), label: label.to_owned() }
    }

    fn add<T>(&mut self, name: &str, field: Option<&Field<T>>, needed: bool, value: impl Fn(&T) -> String) {
        let Some(field) = field else {
            if needed {
                let mark = self.mark(&Spot::default(), name);
                let name = name.to_owned();
                self.fields.push(FieldRow {
                    name,
                    value: None,
                    sure: Some(false),
                    place: String::new(),
                    text: None,
                    mark,
                });
            }
            return;
        };
        let value = value(&field.value);
        let text = Some(field.text.trim().to_owned()).filter(|text| !text.is_empty() && *text != value);
        let mark = self.mark(&field.spot, &format!("{name}: {value}"));
        self.fields.push(FieldRow {
            name: name.to_owned(),
            sure: Some(is_sure(field.confidence)),
            place: place_of(&field.spot, self.frame.lang()),
            value: Some(value),
            text,
            mark,
        });
    }
}

fn is_sure(confidence: Confidence) -> bool {
    confidence >= rules::SURE
}

impl Shown {
    /// What was read, for a page of the frame's language.
    pub(crate) fn new(reading: &Reading, declared: DocumentKind, frame: &Frame) -> Shown {
        let lang = frame.lang();
        let mut rows = Rows { frame, fields: Vec::new(), marks: 0 };
        let text = |text: &String| text.clone();
        if let Some(receipt) = &reading.receipt {
            rows.add(
                frame.t("領収金額（税込）", "Total, tax included"),
                receipt.total_yen.as_ref(),
                true,
                |yen| frame.yen(yen),
            );
            rows.add(frame.t("領収日", "Day"), receipt.issued_on.as_ref(), true, |day| frame.day(day));
            rows.add(frame.t("宛名", "Made out to"), receipt.payee.as_ref(), true, text);
            rows.add(frame.t("発行者", "Issued by"), receipt.issuer.as_ref(), true, text);
            let number = receipt.registration_number.as_ref();
            rows.add(frame.t("登録番号", "Registration number"), number, false, text);
            rows.add(frame.t("但し書き", "For"), receipt.proviso.as_ref(), false, text);
            for tax in &receipt.tax {
                let yen = |yen: Option<claim::Yen>| yen.map_or_else(|| "-".to_owned(), |yen| frame.yen(&yen));
                let (base, amount) = (yen(tax.base_yen), yen(tax.tax_yen));
                let (name, value) = match (lang, tax.base_includes_tax) {
                    (Lang::Ja, true) => {
                        (format!("消費税（{}%対象）", tax.rate), format!("税込 {base}、うち税額 {amount}"))
                    }
                    (Lang::Ja, false) => {
                        (format!("消費税（{}%対象）", tax.rate), format!("税抜 {base}、税額 {amount}"))
                    }
                    (Lang::En, true) => (format!("Tax at {}%", tax.rate), format!("{amount} in {base} with tax")),
                    (Lang::En, false) => (format!("Tax at {}%", tax.rate), format!("{amount} on {base} without tax")),
                };
                let mark = rows.mark(&Spot::default(), &name);
                let place = String::new();
                rows.fields.push(FieldRow { name, value: Some(value), sure: None, place, text: None, mark });
            }
        }
        let mut lines = Vec::new();
        if let Some(itemization) = &reading.itemization {
            for line in &itemization.lines {
                let decimal = |number: Option<String>| number.unwrap_or_default();
                lines.push(LineRow {
                    category: line.category.map(|category| category.name(lang)),
                    quantity: decimal(line.quantity.map(|number| number.normalize().to_string())),
                    unit_price: decimal(line.unit_price_yen.map(|number| number.normalize().to_string())),
                    amount: frame.yen(&line.amount_yen),
                    sure: is_sure(line.confidence),
                    place: place_of(&line.spot, lang),
                    mark: rows.mark(&line.spot, &format!("{} {}", line.description, frame.yen(&line.amount_yen))),
                    description: line.description.clone(),
                });
            }
            let total = itemization.total_yen.as_ref();
            rows.add(frame.t("内訳書の合計", "Itemization’s total"), total, false, |yen| frame.yen(yen));
            rows.add(frame.t("医療機関等の名称", "Institution"), itemization.payee.as_ref(), false, text);
            let code = itemization.facility_code.as_ref();
            rows.add(frame.t("医療機関等コード", "Institution code"), code, false, text);
        }
        Shown {
            kind: reading.kind.name(lang),
            another_kind: reading.kind != declared && !reading.is_unreadable() && declared != DocumentKind::Other,
            problems: reading
                .problems
                .iter()
                .map(|problem| (place_of(&problem.place.spot, lang), problem.message(lang)))
                .collect(),
            fields: rows.fields,
            lines,
        }
    }

    fn marks(&self) -> impl Iterator<Item = &Mark> {
        let fields = self.fields.iter().map(|row| &row.mark);
        fields.chain(self.lines.iter().map(|row| &row.mark)).filter(|mark| mark.there)
    }
}

/// A page with the places on it.
pub(crate) enum Viewer {
    /// A picture, with boxes in the unit of the page.
    Picture { src: String, width: f32, height: f32, boxes: Vec<Box>, lacks_font: bool },
    /// A sheet.
    Sheet { columns: Vec<(String, bool)>, rows: Vec<SheetRow>, more_rows: u32 },
    /// It cannot be shown, and why.
    Nothing(String),
}

/// A place on a picture.
pub(crate) struct Box {
    pub(crate) id: usize,
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) label: String,
}

pub(crate) struct SheetRow {
    pub(crate) number: u32,
    pub(crate) hidden: bool,
    pub(crate) cells: Vec<SheetCell>,
}

pub(crate) struct SheetCell {
    pub(crate) text: String,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) number: bool,
    /// The place that it is.
    pub(crate) id: Option<usize>,
}

/// Room around what was read, so that a box does not cover it.
const MARGIN: i32 = 3;

impl Viewer {
    /// Page `page` of a document (from 1). Returns it with the number of pages and, of a workbook, the names of its sheets.
    pub(crate) fn new(
        view: &View,
        page: u32,
        picture: &str,
        shown: Option<&Shown>,
        frame: &Frame,
    ) -> (Viewer, u32, Vec<String>) {
        let marks = || shown.into_iter().flat_map(Shown::marks);
        match view {
            View::Picture(drawn) => {
                let boxes = marks().filter(|mark| mark.page() == page).filter_map(|mark| {
                    let [left, top, right, bottom] = mark.spot.bounds?;
                    Some(Box {
                        id: mark.id,
                        x: left - MARGIN,
                        y: top - MARGIN,
                        width: right - left + 2 * MARGIN,
                        height: bottom - top + 2 * MARGIN,
                        label: mark.label.clone(),
                    })
                });
                let viewer = Viewer::Picture {
                    src: picture.to_owned(),
                    width: drawn.width,
                    height: drawn.height,
                    boxes: boxes.collect(),
                    lacks_font: drawn.lacks_font,
                };
                (viewer, drawn.pages, Vec::new())
            }
            View::Table(table) => {
                let names = table.sheets.iter().filter_map(|sheet| sheet.name.clone()).collect();
                (sheet(table, marks()), u32::try_from(table.sheets.len()).unwrap_or(u32::MAX), names)
            }
            View::NoSuchPage { pages } => {
                let text = frame.t("このページはありません。", "There is no such page.").to_owned();
                (Viewer::Nothing(text), *pages, Vec::new())
            }
            View::Unreadable(problem) => (Viewer::Nothing(problem.message(frame.lang())), 0, Vec::new()),
        }
    }
}

fn sheet<'a>(table: &Table, marks: impl Iterator<Item = &'a Mark>) -> Viewer {
    let here = usize::try_from(table.page).ok().and_then(|page| table.sheets.get(page.checked_sub(1)?));
    let name = here.and_then(|sheet| sheet.name.as_deref());
    let marked: Vec<(&str, usize)> = marks
        .filter(|mark| mark.spot.sheet.as_deref() == name)
        .filter_map(|mark| Some((mark.spot.cell.as_deref()?, mark.id)))
        .collect();
    let rows = table.rows.iter().map(|row| SheetRow {
        number: row.number,
        hidden: row.hidden,
        cells: row
            .cells
            .iter()
            .map(|cell| SheetCell {
                text: if cell.cut { format!("{}…", cell.text) } else { cell.text.clone() },
                columns: cell.columns,
                rows: cell.rows,
                number: cell.kind == TableCellKind::Number,
                id: marked.iter().find(|(name, _)| *name == cell.name).map(|(_, id)| *id),
            })
            .collect(),
    });
    Viewer::Sheet {
        columns: table.columns.iter().map(|column| (column.name.clone(), column.hidden)).collect(),
        rows: rows.collect(),
        more_rows: table.more_rows,
    }
}

/// A document on a page of its own: the page left, what was read right.
#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    frame: Frame,
    file: String,
    declared: &'static str,
    sha256: Sha256,
    size: String,
    /// The address of the file itself; pages and pictures are below it.
    base: String,
    /// Where it belongs to.
    back: String,
    viewer: Viewer,
    page: u32,
    pages: u32,
    /// The way to each page: its number, and its name.
    ways: Vec<(u32, String)>,
    shown: Option<Shown>,
}

/// Which page of a document is asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Wanted {
    page: Option<u32>,
    sheet: Option<String>,
}

/// The page about a document. `base` is the address of the file itself, `back` that of the draft or claim.
pub(crate) async fn page(
    state: &WebState,
    frame: Frame,
    document: &Document,
    reading: Option<&Reading>,
    wanted: &Wanted,
    base: String,
    back: String,
) -> Result<Response, Fault> {
    let mut page = wanted.page.unwrap_or(1);
    let mut view = state.office.page(&document.sha256, page).await?;
    // A sheet is asked for by its name where only that is known.
    if let (Some(name), View::Table(table)) = (&wanted.sheet, &*view)
        && let Some(at) = table.sheets.iter().position(|sheet| sheet.name.as_ref() == Some(name))
    {
        page = u32::try_from(at + 1).unwrap_or(1);
        view = state.office.page(&document.sha256, page).await?;
    }
    let shown = reading.map(|reading| Shown::new(reading, document.declared, &frame));
    let picture = format!("{base}/pages/{page}");
    let (viewer, pages, sheets) = Viewer::new(&view, page, &picture, shown.as_ref(), &frame);
    let shown = DocumentPage {
        file: document.file.clone(),
        declared: document.declared.name(frame.lang()),
        sha256: document.sha256,
        size: size(document.size_bytes),
        base,
        back,
        viewer,
        page,
        pages,
        ways: (1..=pages)
            .map(|number| {
                let sheet = usize::try_from(number - 1).ok().and_then(|at| sheets.get(at));
                (number, sheet.map_or_else(|| number.to_string(), String::clone))
            })
            .collect(),
        shown,
        frame,
    };
    Ok(html(StatusCode::OK, &shown.frame, &shown))
}

/// `1.4 MB`, `312 KB`.
pub(crate) fn size(bytes: u64) -> String {
    const KB: u64 = 1024;
    if bytes >= KB * KB {
        let tenths = (bytes * 10).div_ceil(KB * KB);
        format!("{}.{} MB", tenths / 10, tenths % 10)
    } else {
        format!("{} KB", bytes.div_ceil(KB))
    }
}

/// A page of a document as a picture.
pub(crate) async fn picture(state: &WebState, sha256: &Sha256, page: u32) -> Result<Response, Fault> {
    match &*state.office.page(sha256, page).await? {
        View::Picture(picture) => {
            let headers = [
                (header::CONTENT_TYPE, picture.format.media_type()),
                // The same page of the same file is always the same picture; only this reader may keep it.
                (header::CACHE_CONTROL, "private, max-age=3600"),
            ];
            Ok((headers, picture.bytes.clone()).into_response())
        }
        _ => Err(Fault::status(StatusCode::NOT_FOUND)),
    }
}

/// The bytes of a document as they came, to be saved and never to be opened as a page of this server.
pub(crate) async fn original(state: &WebState, document: &Document) -> Result<Response, Fault> {
    let bytes = state.office.store.document(&document.sha256).await?;
    Ok(attachment(&document.file, "application/octet-stream", bytes))
}

/// That bytes are to be saved under a name.
pub(crate) fn disposition(file: &str) -> HeaderValue {
    let disposition = format!("attachment; filename*=UTF-8''{}", in_query(file).replace('/', "%2F"));
    // In it are letters, digits and percent-codes.
    HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Bytes to be saved under a name.
pub(crate) fn attachment(file: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition(file)),
    ];
    (headers, bytes).into_response()
}
