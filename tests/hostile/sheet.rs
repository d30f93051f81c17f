//! Hostile workbooks.

use super::packed::{Part, zip, zip_of_one_part_many_times};

const MIB: u64 = 1024 * 1024;
const WORKBOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const SHEET: &str = "xl/worksheets/sheet1.xml";
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
/// A table that is read.
const ROWS: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>品名</t></is></c><c r="B1" t="inlineStr"><is><t>金額</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>レセプトコンピュータ改修費</t></is></c><c r="B2"><v>143000</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>合計</t></is></c><c r="B3"><v>143000</v></c></row>"#;

fn sheet(rows: &str) -> String {
    with_head("", rows)
}

fn with_head(head: &str, rows: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>{head}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

/// The parts of a workbook around its one sheet.
fn parts(sheet: Part, strings: &str) -> Vec<Part> {
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let strings = format!(
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>"#
    );
    vec![
        Part::deflated("[Content_Types].xml", types.as_bytes()),
        Part::deflated("xl/workbook.xml", WORKBOOK.as_bytes()),
        Part::deflated("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        Part::deflated("xl/sharedStrings.xml", strings.as_bytes()),
        sheet,
        Part::deflated("_rels/.rels", ROOT.as_bytes()),
    ]
}

fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    zip(&parts(Part::deflated(SHEET, sheet.as_bytes()), strings))
}

/// A good workbook.
pub(crate) fn good() -> Vec<u8> {
    workbook(&sheet(ROWS), "")
}

/// 512 MiB from half a megabyte.
pub(crate) fn zip_bomb() -> Vec<u8> {
    zip(&parts(Part::bomb(SHEET, 512 * MIB), ""))
}

/// 512 MiB of which every header says that they are 100 bytes.
pub(crate) fn zip_bomb_that_lies() -> Vec<u8> {
    zip(&parts(Part { length: 100, ..Part::bomb(SHEET, 512 * MIB) }, ""))
}

/// One part of a mebibyte that the directory names four thousand times.
pub(crate) fn overlapping_parts() -> Vec<u8> {
    zip_of_one_part_many_times(&Part::bomb("xl/worksheets/sheet-00000", MIB), 4_000)
}

/// Far more parts than any workbook has, each with nothing in it.
pub(crate) fn parts_60_000() -> Vec<u8> {
    let parts: Vec<Part> = (0..60_000).map(|index| Part::stored(&format!("xl/{index}"), b"")).collect();
    zip(&parts)
}

/// The corners of the largest sheet there is, from little more than a kilobyte.
pub(crate) fn far_corner() -> Vec<u8> {
    let cell = |name: &str| format!(r#"<c r="{name}"><v>1</v></c>"#);
    let rows = format!(r#"<row r="1">{}</row><row r="1048576">{}</row>"#, cell("A1"), cell("XFD1048576"));
    workbook(&sheet(&rows), "")
}

/// A cell that no sheet has.
pub(crate) fn beyond_the_corner() -> Vec<u8> {
    workbook(&sheet(r#"<row r="4294967295"><c r="ZZZZZZZZ4294967296"><v>1</v></c></row>"#), "")
}

/// A sheet that says that it is as large as can be, and has a small table.
pub(crate) fn a_lie_about_size() -> Vec<u8> {
    let good = sheet(ROWS).replace("<sheetData>", r#"<dimension ref="A1:XFD1048576"/><sheetData>"#);
    workbook(&good, "")
}

/// Ten million cells with nothing in them.
pub(crate) fn empty_cells() -> Vec<u8> {
    workbook(&sheet(&format!(r#"<row r="1">{}</row>"#, "<c/>".repeat(10_000_000))), "")
}

/// Ten million cells of one character.
pub(crate) fn tiny_cells() -> Vec<u8> {
    let row = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(100));
    workbook(&sheet(&row.repeat(100_000)), "")
}

/// As many cells as fit below what parts may inflate to.
pub(crate) fn cells_below_the_weight() -> Vec<u8> {
    let row = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(100));
    workbook(&sheet(&row.repeat(40_000)), "")
}

/// Ten million empty texts.
pub(crate) fn empty_texts() -> Vec<u8> {
    workbook(&sheet(ROWS), &"<si/>".repeat(10_000_000))
}

/// One long text that all cells name.
pub(crate) fn one_text_everywhere() -> Vec<u8> {
    let row = format!("<row>{}</row>", r#"<c t="s"><v>0</v></c>"#.repeat(100));
    workbook(&sheet(&row.repeat(4_000)), &format!("<si><t>{}</t></si>", "x".repeat(32_000)))
}

/// A number of texts that nobody has, and texts that are not there.
pub(crate) fn a_lie_about_texts() -> Vec<u8> {
    let rows = format!(r#"{ROWS}<row r="4"><c r="A4" t="s"><v>4294967295</v></c></row>"#);
    let lie = workbook(&sheet(&rows), "");
    // The count stands in the part's first element.
    let strings = r#"<?xml version="1.0"?><sst count="4294967295" uniqueCount="4294967295"></sst>"#;
    let mut parts = parts(Part::deflated(SHEET, sheet(&rows).as_bytes()), "");
    parts[3] = Part::deflated("xl/sharedStrings.xml", strings.as_bytes());
    assert_ne!(zip(&parts), lie);
    zip(&parts)
}

/// A million merged areas, each the whole sheet.
pub(crate) fn merged_areas() -> Vec<u8> {
    let merged = r#"<mergeCell ref="A1:XFD1048576"/>"#.repeat(1_000_000);
    let good = sheet(ROWS).replace("</sheetData>", &format!("</sheetData><mergeCells>{merged}</mergeCells>"));
    workbook(&good, "")
}

/// A file of this machine in the place of a text.
pub(crate) fn outside_entity() -> Vec<u8> {
    let head = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>"#;
    let rows = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>品名 &e;</t></is></c><c r="B1"><v>1</v></c></row>"#;
    workbook(&with_head(head, rows), "<si><t>&e;</t></si>")
}

/// Ten entities, each ten times the one before.
pub(crate) fn billion_laughs() -> Vec<u8> {
    let entities: String =
        (1..10).map(|level| format!(r#"<!ENTITY e{level} "{}">"#, format!("&e{};", level - 1).repeat(10))).collect();
    let head = format!(r#"<!DOCTYPE x [<!ENTITY e0 "haha">{entities}]>"#);
    let rows = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>品名 &e9;</t></is></c></row>"#;
    workbook(&with_head(&head, rows), "")
}

/// A million elements within one another.
pub(crate) fn nested_elements() -> Vec<u8> {
    workbook(&sheet(&("<row>".repeat(1_000_000) + &"</row>".repeat(1_000_000))), "")
}

/// Names that lead out of any folder, beside a good workbook.
pub(crate) fn names_that_lead_out(folder: &str) -> Vec<u8> {
    let mut parts = parts(Part::deflated(SHEET, sheet(ROWS).as_bytes()), "");
    let up = "../".repeat(12);
    for name in
        [format!("{up}{}/slipped", folder.trim_start_matches('/')), format!("{folder}/slipped"), "xl/../../x".into()]
    {
        parts.push(Part::deflated(&name, b"slipped"));
    }
    // A relation that leads out, too.
    let relations = RELATIONS.replace("sharedStrings.xml", "../../../../../../../../etc/passwd");
    parts[2] = Part::deflated("xl/_rels/workbook.xml.rels", relations.as_bytes());
    zip(&parts)
}

/// A zip whose parts are locked, as archivers do it.
pub(crate) fn locked_parts() -> Vec<u8> {
    let locked = parts(Part::deflated(SHEET, sheet(ROWS).as_bytes()), "");
    zip(&locked.into_iter().map(|part| Part { locked: true, ..part }).collect::<Vec<_>>())
}

/// A workbook under a password, as Excel saves it: a compound file with the package in it.
pub(crate) fn locked() -> Vec<u8> {
    compound(&[("EncryptionInfo", vec![4, 0, 4, 0, 0x40, 0, 0, 0]), ("EncryptedPackage", vec![0x5a; 8192])])
}

const SECTOR: usize = 512;
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;

/// A compound file of these streams, each filled up to what is kept in whole sectors.
fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut table = vec![0xffff_fffd, END];
    let mut directory = entry("Root Entry", 5, 1, END, 0, FREE);
    let mut content = Vec::new();
    for (index, (name, bytes)) in (1u32..).zip(streams) {
        let length = bytes.len().max(4096).next_multiple_of(SECTOR);
        let start = u32::try_from(2 + content.len() / SECTOR).expect("a short file");
        let sectors = u32::try_from(length / SECTOR).expect("a short file");
        table.extend((start + 1..start + sectors).chain([END]));
        let next = if index as usize == streams.len() { FREE } else { index + 1 };
        directory.extend(entry(name, 2, FREE, start, u32::try_from(length).expect("a short file"), next));
        content.extend(bytes);
        content.resize(content.len().next_multiple_of(SECTOR).max((start - 2 + sectors) as usize * SECTOR), 0);
    }
    directory.resize(SECTOR, 0);
    table.resize(SECTOR / 4, FREE);
    let mut file = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    file.resize(24, 0);
    file.extend([0x3eu16, 3, 0xfffe, 9, 6].iter().flat_map(|word| word.to_le_bytes()));
    file.resize(44, 0);
    file.extend([1u32, 1, 0, 4096, END, 0, END, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
    while file.len() < SECTOR {
        file.extend(FREE.to_le_bytes());
    }
    file.extend(table.iter().flat_map(|word| word.to_le_bytes()));
    file.extend(directory);
    file.extend(content);
    file
}

fn entry(name: &str, kind: u8, child: u32, start: u32, length: u32, next: u32) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    entry.resize(64, 0);
    entry.extend(u16::try_from(2 * (name.len() + 1)).expect("a short name").to_le_bytes());
    entry.extend([kind, 1]);
    entry.extend([FREE, next, child].iter().flat_map(|word| word.to_le_bytes()));
    entry.resize(116, 0);
    entry.extend([start, length, 0].iter().flat_map(|word| word.to_le_bytes()));
    entry
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a short record");
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The records of an old workbook around those of its one sheet.
fn old(records: &[u8]) -> Vec<u8> {
    let begin = |kind| record(0x0809, &words(&[0x0600, kind, 0x0dbb, 0x07cc, 0, 0, 6, 0]));
    let name = words(&"内訳".encode_utf16().collect::<Vec<_>>());
    let bound = |start: u32| record(0x0085, &[&start.to_le_bytes()[..], &[0, 0, 2, 1], &name].concat());
    let globals = |start| [begin(5), record(0x0042, &words(&[1200])), bound(start), record(0x000a, &[])].concat();
    let start = u32::try_from(globals(0).len()).expect("a short file");
    let stream = [globals(start), begin(0x10), records.to_vec(), record(0x000a, &[])].concat();
    compound(&[("Workbook", stream)])
}

fn number_cell(row: u16, column: u16) -> Vec<u8> {
    record(0x0203, &[words(&[row, column, 0]), 143_000f64.to_le_bytes().to_vec()].concat())
}

/// A good old workbook.
pub(crate) fn old_good() -> Vec<u8> {
    let label = words(&"合計".encode_utf16().collect::<Vec<_>>());
    let label = record(0x0204, &[words(&[1, 1, 0, 2]), vec![1], label].concat());
    old(&[label, number_cell(1, 2)].concat())
}

/// The corners of the largest sheet of the old kind.
pub(crate) fn old_far_corner() -> Vec<u8> {
    old(&[number_cell(0, 0), number_cell(65_535, 255)].concat())
}

/// A column that no sheet of the old kind has.
pub(crate) fn old_beyond_the_corner() -> Vec<u8> {
    old(&[number_cell(0, 0), number_cell(65_535, 65_535)].concat())
}

/// A compound file whose table of sectors leads in a circle.
pub(crate) fn cyclic_sectors() -> Vec<u8> {
    let mut file = old_good();
    // The third sector's entry in the table, which is the first sector.
    let entry = SECTOR + 2 * 4;
    file[entry..entry + 4].copy_from_slice(&2u32.to_le_bytes());
    file
}

/// A compound file that says it has a million sectors of table.
pub(crate) fn a_lie_about_sectors() -> Vec<u8> {
    let mut file = old_good();
    file[44..48].copy_from_slice(&u32::MAX.to_le_bytes());
    file[68..76].copy_from_slice(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    file
}
