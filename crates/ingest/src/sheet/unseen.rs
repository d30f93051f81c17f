//! Which rows and columns of a sheet are hidden, from the sheet's own XML: the library that reads the cells does not say.

use crate::limits::Limits;
use crate::page::{Grid, Unseen};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor};

type Zip<'a> = zip::ZipArchive<Cursor<&'a [u8]>>;

/// More groups of columns than a person makes.
const MOST_GROUPS: usize = 1_000;

/// Marks what is hidden in `grids`. A workbook whose parts cannot be found or followed hides nothing: its cells were read
/// all the same, and are then all taken for shown.
pub(super) fn mark(bytes: &[u8], grids: &mut [Grid], limits: &Limits) {
    let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(bytes)) else { return };
    let Some(parts) = parts(&mut zip) else { return };
    for grid in grids {
        if let Some(part) = parts.get(&grid.sheet)
            && let Some(unseen) = unseen(&mut zip, part, limits)
        {
            grid.unseen = unseen;
        }
    }
}

/// Calls `each` for every element of a part until it says that it has seen enough.
fn elements(zip: &mut Zip<'_>, part: &str, mut each: impl FnMut(&BytesStart<'_>) -> bool) -> Option<()> {
    let mut reader = Reader::from_reader(BufReader::new(zip.by_name(part).ok()?));
    walk(&mut reader, &mut each)
}

fn walk<R: BufRead>(reader: &mut Reader<R>, each: &mut impl FnMut(&BytesStart<'_>) -> bool) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(element) | Event::Empty(element) if !each(&element) => return Some(()),
            Event::Eof => return Some(()),
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().with_checks(false).flatten().find(|one| one.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// The parts that hold the sheets, by the sheets' names.
fn parts(zip: &mut Zip<'_>) -> Option<BTreeMap<String, String>> {
    let mut targets = BTreeMap::new();
    elements(zip, "xl/_rels/workbook.xml.rels", |element| {
        if element.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(target)) = (attribute(element, "Id"), attribute(element, "Target"))
        {
            // From the top of the archive, or from the folder of the workbook.
            let part = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id, part);
        }
        true
    })?;
    let mut parts = BTreeMap::new();
    elements(zip, "xl/workbook.xml", |element| {
        if element.local_name().as_ref() == "sheet"
            && let (Some(name), Some(id)) = (attribute(element, "name"), attribute(element, "id"))
            && let Some(part) = targets.get(&id)
        {
            parts.insert(name, part.clone());
        }
        true
    })?;
    Some(parts)
}

fn unseen(zip: &mut Zip<'_>, part: &str, limits: &Limits) -> Option<Unseen> {
    let mut unseen = Unseen::default();
    let (mut row, mut groups) = (0u32, 0);
    elements(zip, part, |element| {
        let is_hidden = |size: &str| {
            attribute(element, "hidden").is_some_and(|hidden| matches!(hidden.as_str(), "1" | "true"))
                || attribute(element, size).is_some_and(|size| matches!(size.parse::<f64>(), Ok(size) if size <= 0.0))
        };
        match element.local_name().as_ref() {
            "col" if is_hidden("width") => {
                let number = |name| attribute(element, name)?.parse::<usize>().ok()?.checked_sub(1);
                groups += 1;
                if let (Some(first), Some(last)) = (number("min"), number("max"))
                    && groups <= MOST_GROUPS
                {
                    unseen.columns.extend(first..=last.min(limits.columns as usize));
                }
            }
            "row" => {
                row = attribute(element, "r").and_then(|row| row.parse().ok()).unwrap_or(row + 1);
                if row <= limits.rows && is_hidden("ht") {
                    unseen.rows.insert(row.saturating_sub(1) as usize);
                }
            }
            _ => {}
        }
        // Cells beyond the limits were refused before; rows there hold none.
        row <= limits.rows
    })?;
    Some(unseen)
}
