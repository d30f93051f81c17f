//! The itemization template through its doors: made by `kofu template`, filled in by whatever program, and read back.

use super::office::Office;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use tests::{root, run};

const CLINIC: &str = "1310110049";
const HOSPITAL: &str = "0410119010";
/// The template's first line, and how far its lines go.
const FIRST: u32 = 11;
const LAST: u32 = 30;

/// What somebody types into a line: category, name, rate, quantity, unit price.
type Typed = [&'static str; 5];

const LINES: &[Typed] = &[
    ["モバイル端末等", "タブレット端末（型番 AB-1）", "10%", "1", "45100"],
    ["レセプトコンピュータの改修", "居宅同意取得型への対応改修", "10%", "1", "143000"],
];

/// Programs that fill in a workbook.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Program {
    /// Saves no results of formulas, as openpyxl.
    Library,
    /// Saves all results, as Excel and LibreOffice.
    Spreadsheet,
    /// The same, where what was pasted is text, so that the formulas are errors.
    Pasted,
}

fn template(office: &Office, code: &str, name: &str) -> PathBuf {
    let path = office.path(name);
    let out = path.to_str().unwrap();
    office.run(&["template", "--facility", code, "--programme", "home-consent", "--out", out]).expect_code(0);
    path
}

/// The parts of a workbook by their names.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut part = zip.by_index(index).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            (part.name().unwrap().into_owned(), text)
        })
        .collect()
}

/// The whole element of a cell.
fn element<'x>(xml: &'x str, cell: &str) -> &'x str {
    let start = xml.find(&format!("<c r=\"{cell}\"")).unwrap_or_else(|| panic!("no cell {cell}"));
    let rest = &xml[start..];
    let open = rest.find('>').unwrap();
    if rest[..open].ends_with('/') { &rest[..=open] } else { &rest[..rest.find("</c>").unwrap() + 4] }
}

/// A cell with something in it, in the style it has.
fn with_content(xml: &str, cell: &str, kind: &str, content: &str) -> String {
    let old = element(xml, cell).to_owned();
    let style = old.split(" s=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    xml.replacen(&old, &format!("<c r=\"{cell}\" s=\"{style}\"{kind}>{content}</c>"), 1)
}

/// Fills in a template as a program would.
fn fill(path: &Path, lines: &[Typed], program: Program) {
    let bytes = std::fs::read(path).unwrap();
    let mut copy = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mut xml) in parts(&bytes) {
        if name == "xl/worksheets/sheet1.xml" {
            xml = filled(xml, lines, program);
        }
        if name == "xl/workbook.xml" && program != Program::Library {
            xml = xml.replace(" fullCalcOnLoad=\"1\"", "");
        }
        copy.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        copy.write_all(xml.as_bytes()).unwrap();
    }
    std::fs::write(path, copy.finish().unwrap().into_inner()).unwrap();
}

fn filled(mut xml: String, lines: &[Typed], program: Program) -> String {
    let text = |text: &str| format!("<is><t>{text}</t></is>");
    let mut sums = [0i64; 2];
    for (row, [category, name, rate, quantity, price]) in (FIRST..).zip(lines) {
        for (column, value) in [("B", category), ("C", name), ("D", rate)] {
            if !value.is_empty() {
                xml = with_content(&xml, &format!("{column}{row}"), " t=\"inlineStr\"", &text(value));
            }
        }
        for (column, value) in [("E", quantity), ("F", price)] {
            let cell = format!("{column}{row}");
            xml = match value.parse::<f64>() {
                Ok(_) if program != Program::Pasted => with_content(&xml, &cell, "", &format!("<v>{value}</v>")),
                _ if value.is_empty() => xml,
                _ => with_content(&xml, &cell, " t=\"inlineStr\"", &text(value)),
            };
        }
        if let (Ok(quantity), Ok(price)) = (quantity.parse::<i64>(), price.parse::<i64>()) {
            sums[usize::from(*category == "補助対象外")] += quantity * price;
        }
    }
    let results = |xml: String, row: u32, sum: i64| {
        let cell = format!("G{row}");
        let old = element(&xml, &cell).to_owned();
        let formula = &old[old.find("<f>").unwrap()..old.find("</f>").unwrap() + 4];
        match program {
            Program::Library => with_content(&xml, &cell, "", &format!("{formula}<v></v>")),
            Program::Spreadsheet => with_content(&xml, &cell, "", &format!("{formula}<v>{sum}</v>")),
            Program::Pasted => with_content(&xml, &cell, " t=\"e\"", &format!("{formula}<v>#VALUE!</v>")),
        }
    };
    for row in FIRST..=LAST {
        let product = lines
            .get((row - FIRST) as usize)
            .and_then(|[.., quantity, price]| Some(quantity.parse::<i64>().ok()? * price.parse::<i64>().ok()?));
        xml = results(xml, row, product.unwrap_or(0));
    }
    for (row, sum) in (LAST + 1..).zip([sums[0], sums[1], sums[0] + sums[1]]) {
        xml = results(xml, row, sum);
    }
    xml
}

fn read(path: &Path) -> serde_json::Value {
    run(&["read", "--json", "--as", "itemization", path.to_str().unwrap()]).json_lines().remove(0)
}

/// Description, yen, category and cell of each line.
fn lines(reading: &serde_json::Value) -> Vec<(String, i64, String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    reading["itemization"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                text(&line["description"]),
                line["amount_yen"].as_i64().unwrap(),
                text(&line["category"]),
                text(&line["cell"]),
            )
        })
        .collect()
}

#[test]
fn a_template_filled_in_by_any_program_gives_exactly_the_lines_typed() {
    let office = Office::with_register();
    let pasted: &[Typed] = &[
        ["モバイル端末等", "タブレット端末（型番 AB-1）", "10%", "１台", "４５，１００円"],
        ["レセプトコンピュータの改修", "居宅同意取得型への対応改修", "10%", "一式", "¥143,000"],
    ];
    let typed = [
        ("モバイル端末等".to_owned(), 45_100, "タブレット端末(型番 AB-1)", "mobile_terminal", "G11"),
        ("レセプトコンピュータの改修".to_owned(), 143_000, "居宅同意取得型への対応改修", "receipt_computer", "G12"),
    ];
    let expected: Vec<_> = typed
        .iter()
        .map(|(_, yen, name, category, cell)| ((*name).to_owned(), *yen, (*category).to_owned(), (*cell).to_owned()))
        .collect();
    for (program, typed) in [
        (Program::Library, LINES),
        (Program::Spreadsheet, LINES),
        (Program::Pasted, pasted),
        (Program::Library, pasted),
    ] {
        let path = template(&office, CLINIC, "filled.xlsx");
        fill(&path, typed, program);
        let reading = read(&path);
        assert_eq!(lines(&reading), expected, "{program:?}");
        assert_eq!(reading["problems"], serde_json::json!([]), "{program:?}");
        let itemization = &reading["itemization"];
        assert_eq!(itemization["total_yen"]["value"], 188_100, "{program:?}");
        assert_eq!(itemization["facility_code"]["value"], CLINIC, "{program:?}");
        assert_eq!(itemization["payee"]["value"], "水面坂内科クリニック", "{program:?}");
        let reason = itemization["lines"][0]["category_reason"].as_str().unwrap();
        assert!(reason.contains("区分「モバイル端末等」") && reason.contains("タブレット"), "{reason}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn an_untouched_template_says_that_nothing_was_filled_in_and_a_line_begun_what_is_missing() {
    let office = Office::with_register();
    let path = template(&office, HOSPITAL, "empty.xlsx");
    for untouched in [true, false] {
        if !untouched {
            // Opened and saved without anything typed.
            fill(&path, &[], Program::Library);
        }
        let printed = run(&["read", "--json", "--as", "itemization", path.to_str().unwrap()]).expect_code(1);
        let reading = printed.json_lines().remove(0);
        let problems = reading["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 1, "{reading:#}");
        assert_eq!(problems[0]["code"], "not-filled-in");
        assert_eq!(problems[0]["place"]["cell"], "C9");
        assert!(lines(&reading).is_empty(), "the example is no claim: {reading:#}");
    }
    fill(
        &path,
        &[
            ["モバイル端末等", "タブレット端末", "10%", "1", "45100"],
            ["補助対象外", "年間保守料", "10%", "1", "5500"],
            ["モバイル端末等", "スマートフォン", "10%", "2", ""],
        ],
        Program::Spreadsheet,
    );
    let reading = read(&path);
    let found: Vec<_> = lines(&reading).into_iter().map(|(_, yen, category, cell)| (yen, category, cell)).collect();
    let expected = [(45_100, "mobile_terminal", "G11"), (5_500, "other", "G12")]
        .map(|(y, c, at)| (y, c.to_owned(), at.to_owned()));
    assert_eq!(found, expected);
    assert_eq!(reading["itemization"]["lines"][1]["eligible"], false);
    let problems = reading["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{reading:#}");
    assert_eq!((&problems[0]["code"], &problems[0]["place"]["cell"]), (&"invalid-amount".into(), &"G13".into()));
    assert!(problems[0]["message"].as_str().unwrap().contains("単価が空欄"), "{reading:#}");
}

/// A claim as the sample sends it, with a template in place of the sample's itemization.
fn claim_with(office: &Office, name: &str, code: &str, typed: &[Typed]) -> serde_json::Value {
    let folder = office.path(name);
    std::fs::create_dir(&folder).unwrap();
    let sample = root().join("samples/clinic-over-ceilings");
    for file in ["claim.toml", "領収書.pdf"] {
        std::fs::copy(sample.join(file), folder.join(file)).unwrap();
    }
    let form = template(office, code, &format!("{name}/領収書内訳書.xlsx"));
    if !typed.is_empty() {
        fill(&form, typed, Program::Spreadsheet);
    }
    office.kofu(&["claims", "import", folder.to_str().unwrap()]).expect_code(0);
    office.kofu(&["work", "--drain"]).expect_code(0);
    let listed = office.kofu(&["claims", "list", "--json"]).expect_code(0).json_lines();
    let id = listed.last().unwrap()["claim_id"].as_str().unwrap();
    office.kofu(&["claims", "show", id, "--json"]).expect_code(0).json_lines().remove(0)
}

fn findings(claim: &serde_json::Value) -> Vec<String> {
    let findings = claim["assessment"]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_claim_with_a_template_is_granted_and_with_anothers_or_an_empty_one_it_is_said() {
    let good = claim_with(&Office::with_register(), "good", CLINIC, LINES);
    assert_eq!(good["assessment"]["grant_yen"], 128_000, "{good:#}");
    assert!(findings(&good).iter().all(|code| code.ends_with("-ceiling-applied")), "{good:#}");

    let anothers = claim_with(&Office::with_register(), "anothers", HOSPITAL, LINES);
    assert!(findings(&anothers).contains(&"itemization-facility-differs".to_owned()), "{anothers:#}");
    assert_eq!(anothers["assessment"]["outcome"], "review");
    let said = serde_json::to_string(&anothers["assessment"]["findings"]).unwrap();
    assert!(said.contains(HOSPITAL) && said.contains("\"cell\":\"C4\""), "{said}");

    let empty = claim_with(&Office::with_register(), "empty", CLINIC, &[]);
    assert_eq!(empty["assessment"]["outcome"], "return", "{empty:#}");
    let said = serde_json::to_string(&empty["assessment"]["findings"]).unwrap();
    assert!(said.contains("not filled in"), "{said}");
}

#[test]
fn the_command_names_what_it_cannot_do_and_overwrites_nothing() {
    let office = Office::with_register();
    let path = template(&office, CLINIC, "one.xlsx");
    let first = std::fs::read(&path).unwrap();
    // The same again is the same, to the byte.
    template(&office, CLINIC, "one.xlsx");
    assert_eq!(std::fs::read(&path).unwrap(), first);
    fill(&path, LINES, Program::Library);
    let args =
        |code, programme| ["template", "--facility", code, "--programme", programme, "--out", path.to_str().unwrap()];
    let refused = office.kofu(&args(CLINIC, "home-consent")).expect_code(1);
    assert!(refused.err.contains("not overwritten"), "{}", refused.err);
    let unknown = office.kofu(&args("1310110056", "home-consent")).expect_code(1);
    assert!(unknown.err.contains("in the register") || unknown.err.contains("institution code"), "{}", unknown.err);
    let programme = office.kofu(&args(CLINIC, "moon")).expect_code(1);
    assert!(programme.err.contains("home-consent"), "{}", programme.err);
    let undecided = office.kofu(&args(CLINIC, "card-reader-2022")).expect_code(1);
    assert!(undecided.err.contains("no eligible expenses"), "{}", undecided.err);
}

/// What a program shows of the file, and what people may do in it, stand in its parts.
#[test]
fn the_template_says_whose_it_is_and_on_which_rules_and_has_no_macro() {
    let office = Office::with_register();
    let path = template(&office, CLINIC, "form.xlsx");
    let parts = parts(&std::fs::read(&path).unwrap());
    let part = |name: &str| parts.iter().find(|(part, _)| part == name).map(|(_, xml)| xml.as_str()).unwrap();
    assert!(parts.iter().all(|(name, _)| !name.contains("vba") && !name.contains("external")), "{parts:?}");
    let custom = part("docProps/custom.xml");
    for said in ["kofu-template", "kofu-ruleset", "sha256:", "kofu-facility", CLINIC, "home-consent"] {
        assert!(custom.contains(said), "{said}: {custom}");
    }
    let sheet = part("xl/worksheets/sheet1.xml");
    for said in [
        "<sheetProtection sheet=\"1\"",
        "paperSize=\"9\"",
        "orientation=\"landscape\"",
        "\"モバイル端末等,レセプトコンピュータの改修,補助対象外\"",
        "type=\"whole\"",
        "<f>E11*F11</f><v>0</v>",
        "<f>SUM(G11:G30)</f><v>0</v>",
    ] {
        assert!(sheet.contains(said), "{said}: {sheet}");
    }
    assert!(!sheet.contains("password"), "{sheet}");
    // In the example nothing can be typed: its cells have other styles than those of the form.
    let example = part("xl/worksheets/sheet3.xml");
    assert_ne!(element(sheet, "C20").split(" s=").nth(1), element(example, "C20").split(" s=").nth(1));
    let workbook = part("xl/workbook.xml");
    for name in ["領収書内訳書", "記入要領", "記入例"] {
        assert!(workbook.contains(name), "{name}");
    }
    let strings = part("xl/sharedStrings.xml");
    for said in ["令和8年1月31日", "41,000円", "3/4", "171,000円", "128,000円", "水面坂内科クリニック", "領収書（写）"]
    {
        assert!(strings.contains(said), "{said}: {strings}");
    }
}
