//! Documents of drafts and claims: their bytes, their pages as pictures or cells, and what was read of them.

use super::call::{Answer, Attached, Reply, schema_of};
use crate::WebState;
use crate::fault::Fault;
use axum::http::StatusCode;
use claim::{Document, Sha256};
use office::{Table, TableCellKind, View};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{Content, ContentBuilder, KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};

/// A document as it came.
pub(super) async fn original(state: &WebState, document: &Document) -> Result<Attached, Fault> {
    let bytes = state.office.store.document(&document.sha256).await?;
    Ok(Attached { file: document.file.clone(), media_type: "application/octet-stream".to_owned(), bytes })
}

/// A page of a document: a picture, or the cells of a sheet.
pub(crate) enum Drawn {
    Picture(&'static str, Vec<u8>),
    Cells(Cells),
}

/// A sheet as cells.
#[derive(Serialize, ToSchema)]
#[schema(as = Sheet)]
pub(crate) struct Cells {
    /// From 1: which of the sheets it is.
    page: u32,
    /// The names of all sheets; null for a CSV.
    sheets: Vec<SheetName>,
    /// From A to the last that holds anything.
    columns: Vec<SheetColumn>,
    rows: Vec<SheetRow>,
    /// How many rows follow that are not shown.
    more_rows: u32,
}

#[derive(Serialize, ToSchema)]
struct SheetName {
    name: Option<String>,
    /// Nobody sees it who opens the workbook.
    hidden: bool,
}

#[derive(Serialize, ToSchema)]
struct SheetColumn {
    /// Such as `B`.
    name: String,
    hidden: bool,
}

#[derive(Serialize, ToSchema)]
struct SheetRow {
    /// From 1.
    number: u32,
    hidden: bool,
    cells: Vec<SheetCell>,
}

#[derive(Serialize, ToSchema)]
struct SheetCell {
    /// Such as `B7`.
    name: String,
    text: String,
    /// The rest of a long text was left out.
    cut: bool,
    /// `empty`, `text`, `number`, `day` or `formula_without_value`.
    kind: &'static str,
    /// Columns that it takes.
    columns: u32,
    /// Rows that it takes.
    rows: u32,
}

impl Cells {
    fn new(table: &Table) -> Cells {
        let kind = |kind: TableCellKind| match kind {
            TableCellKind::Empty => "empty",
            TableCellKind::Text => "text",
            TableCellKind::Number => "number",
            TableCellKind::Day => "day",
            TableCellKind::FormulaWithoutValue => "formula_without_value",
        };
        let rows = table.rows.iter().map(|row| SheetRow {
            number: row.number,
            hidden: row.hidden,
            cells: row
                .cells
                .iter()
                .map(|cell| SheetCell {
                    name: cell.name.clone(),
                    text: cell.text.clone(),
                    cut: cell.cut,
                    kind: kind(cell.kind),
                    columns: cell.columns,
                    rows: cell.rows,
                })
                .collect(),
        });
        Cells {
            page: table.page,
            sheets: table
                .sheets
                .iter()
                .map(|sheet| SheetName { name: sheet.name.clone(), hidden: sheet.hidden })
                .collect(),
            columns: table
                .columns
                .iter()
                .map(|column| SheetColumn { name: column.name.clone(), hidden: column.hidden })
                .collect(),
            rows: rows.collect(),
            more_rows: table.more_rows,
        }
    }
}

impl Answer for Drawn {
    const STATUS: StatusCode = StatusCode::OK;

    fn reply(self) -> Reply {
        match self {
            Drawn::Picture(media_type, bytes) => Reply::new(StatusCode::OK, media_type, bytes),
            Drawn::Cells(cells) => Reply::new(StatusCode::OK, "application/json", office::json(&cells)),
        }
    }

    fn content(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Vec<(&'static str, Content)> {
        let picture = || {
            let bytes = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
                .build();
            ContentBuilder::new().schema(Some(bytes)).build()
        };
        let cells = ContentBuilder::new().schema(Some(schema_of::<Cells>(schemas))).build();
        vec![("image/png", picture()), ("image/jpeg", picture()), ("application/json", cells)]
    }
}

/// A page of a document (from 1).
pub(super) async fn page(state: &WebState, sha256: &Sha256, page: u32) -> Result<Drawn, Fault> {
    match &*state.office.page(sha256, page).await? {
        View::Picture(picture) => Ok(Drawn::Picture(picture.format.media_type(), picture.bytes.clone())),
        View::Table(table) => Ok(Drawn::Cells(Cells::new(table))),
        View::NoSuchPage { .. } | View::Unreadable(_) => Err(Fault::status(StatusCode::NOT_FOUND)),
    }
}
