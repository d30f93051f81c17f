//! `cargo xtask sources DIR`: whether every phrase that a programme cites stands in the document that it names, and
//! whether the phrase says the value that it stands beside.
//!
//! The rules only see to it that every value has a source. Most documents are not kept with the program, so reading
//! them again is a task of its own, run wherever they are at hand.

mod document;
mod saying;

use anyhow::{Context, bail};
use document::{Library, listing};
use jiff::civil::Date;
use jiff::tz::Offset;
use saying::Wanted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where the programmes are: a folder each.
const PROGRAMMES: &str = "crates/rules/programmes";

/// Among them the documents that we keep ourselves: facts copied from what others wrote of a programme.
const OWN_DOCUMENTS: &str = "documents";

/// How a source begins where the documents are silent. (`rules` has the same word.)
const DECISION: &str = "決定: ";

/// How a value is looked for in its phrase.
#[derive(Clone, Copy)]
enum Unit {
    Yen,
    Fraction,
    Number,
    Day,
    Text,
    /// A code of ours, which no document says.
    Code,
}

/// Every unit that programme files may state.
const UNITS: [(&str, Unit); 11] = [
    ("yen", Unit::Yen),
    ("fraction", Unit::Fraction),
    ("number", Unit::Number),
    ("day", Unit::Day),
    ("text", Unit::Text),
    ("unit", Unit::Number),
    ("product", Unit::Code),
    ("category", Unit::Code),
    ("document", Unit::Code),
    ("programme", Unit::Code),
    ("mode", Unit::Code),
];

/// One mistake in a programme's file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    file: String,
    /// From 1.
    line: usize,
    /// Such as `rate[1].source`.
    key: String,
    /// What was looked for, what was found, what to do.
    told: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.key, self.told)
    }
}

/// What a check came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    mistakes: Vec<Mistake>,
    /// Phrases that were looked for in a document.
    phrases: usize,
    /// Those of them that stand in the reason of a decision.
    quoted: usize,
    /// Sources that are decisions.
    decisions: usize,
    documents: usize,
}

/// Checks the programmes of the workspace against the documents of a folder.
pub(crate) fn run(top: &Path, documents: &str) -> anyhow::Result<()> {
    let today = Offset::constant(9).to_datetime(jiff::Timestamp::now()).date();
    let report = check(top, &top.join(documents), today)?;
    for mistake in &report.mistakes {
        eprintln!("{mistake}");
    }
    if !report.mistakes.is_empty() {
        bail!("mistakes in the sources of the programmes: {}", report.mistakes.len());
    }
    println!("{report}");
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sources: {} phrases stand in {} documents ({} of them quoted in decisions), {} decisions skipped",
            self.phrases, self.documents, self.quoted, self.decisions
        )
    }
}

fn check(top: &Path, documents: &Path, today: Date) -> anyhow::Result<Report> {
    let mut folders = vec![documents.to_owned()];
    folders.extend([top.join(PROGRAMMES).join(OWN_DOCUMENTS)].into_iter().filter(|own| own.is_dir()));
    let mut library = Library::open(folders)?;
    let mut report = Report::default();
    let mut is_empty = true;
    for folder in listing(&top.join(PROGRAMMES))? {
        // Files beside the folders are none of a programme's.
        if !folder.is_dir() {
            continue;
        }
        let mut texts = Vec::new();
        for file in listing(&folder)?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "toml")) {
            let text =
                std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read as text", file.display()))?;
            texts.push((file.strip_prefix(top).unwrap_or(&file).display().to_string(), text));
        }
        is_empty &= texts.is_empty();
        check_programme(&texts, &mut library, today, &mut report);
    }
    if is_empty {
        bail!("found no programme in {}, expected folders with a programme.toml", top.join(PROGRAMMES).display());
    }
    report.mistakes.sort();
    report.documents = library.read_count();
    Ok(report)
}

/// The files of one programme's folder, which share its `[source_documents]`.
fn check_programme(texts: &[(String, String)], library: &mut Library, today: Date, report: &mut Report) {
    let mut tables = Vec::new();
    for (file, text) in texts {
        match DeTable::parse(text) {
            Ok(table) => tables.push((File { name: file, text }, table.into_inner())),
            Err(error) => report.mistakes.push(Mistake {
                file: file.clone(),
                line: error.span().map_or(1, |span| line(text, span.start)),
                key: "the file".to_owned(),
                told: format!("found no TOML: {}", error.message()),
            }),
        }
    }
    let mut check = Check { library, today, declared: BTreeMap::new(), report };
    for (file, table) in &tables {
        if let Some(DeValue::Table(documents)) = get(table, "source_documents").map(Spanned::get_ref) {
            for (number, _) in documents {
                check.declare(file, number);
            }
        }
    }
    for (file, table) in &tables {
        check.table(file, table, "");
    }
}

/// A file as mistakes name it.
struct File<'t> {
    name: &'t str,
    text: &'t str,
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn get<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
}

struct Check<'l> {
    library: &'l mut Library,
    today: Date,
    /// The numbers in `[source_documents]`, and whether the document is at hand.
    declared: BTreeMap<String, bool>,
    report: &'l mut Report,
}

impl Check<'_> {
    fn wrong(&mut self, file: &File<'_>, at: usize, key: &str, told: String) {
        let (line, key) = (line(file.text, at), key.to_owned());
        self.report.mistakes.push(Mistake { file: file.name.to_owned(), line, key, told });
    }

    /// A document that is not there is told here, once, and not at each source that cites it.
    fn declare(&mut self, file: &File<'_>, number: &Spanned<std::borrow::Cow<'_, str>>) {
        let failed = self.library.document(number.get_ref()).err().map(str::to_owned);
        self.declared.insert(number.get_ref().to_string(), failed.is_none());
        if let Some(told) = failed {
            self.wrong(file, number.span().start, &format!("source_documents.{}", number.get_ref()), told);
        }
    }

    /// Every table in the file may have a source, whatever it is part of.
    fn table(&mut self, file: &File<'_>, table: &DeTable<'_>, place: &str) {
        for (name, value) in table {
            let key = if place.is_empty() { name.get_ref().to_string() } else { format!("{place}.{}", name.get_ref()) };
            match name.get_ref().as_ref() {
                "source" => self.source(file, table, value, &key, place),
                "checked_on" => self.checked_on(file, value, &key),
                _ => self.value(file, value, &key),
            }
        }
    }

    fn value(&mut self, file: &File<'_>, value: &Spanned<DeValue<'_>>, key: &str) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(file, table, key),
            DeValue::Array(list) => {
                for (i, one) in list.iter().enumerate() {
                    self.value(file, one, &format!("{key}[{i}]"));
                }
            }
            _ => {}
        }
    }

    fn checked_on(&mut self, file: &File<'_>, value: &Spanned<DeValue<'_>>, key: &str) {
        let told = match as_day(value.get_ref()) {
            Some(day) if day <= self.today => return,
            Some(day) => format!(
                "found {day}, which is after today in Japan ({}), expected the day on which the document was read",
                self.today
            ),
            None => format!("found {}, expected a day such as 2026-01-31, without quotes", shown(value.get_ref())),
        };
        self.wrong(file, value.span().start, key, told);
    }

    // ---- sources

    fn source(&mut self, file: &File<'_>, table: &DeTable<'_>, source: &Spanned<DeValue<'_>>, key: &str, place: &str) {
        let at = source.span().start;
        let text = source.get_ref().as_str().unwrap_or_default();
        if let Some(reason) = text.strip_prefix(DECISION) {
            self.report.decisions += 1;
            for (number, phrase) in quotations(reason, &self.declared.keys().cloned().collect()) {
                self.report.quoted += 1;
                self.phrase(file, at, key, &number, &document::parts(phrase));
            }
            return;
        }
        let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let Some((number, phrase)) = text.split_once(' ').filter(|(number, _)| is_number(number)) else {
            let told = format!(
                "found {}, expected the number of a document, a space and the phrase, or \"{DECISION}\" and the reason",
                shown(source.get_ref())
            );
            self.wrong(file, at, key, told);
            return;
        };
        let parts = document::parts(phrase);
        self.phrase(file, at, key, number, &parts);
        let place = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        match (get(table, "value"), get(table, "value_en")) {
            // What is told in both languages is told in our words, of which only the numbers are the document's.
            (Some(value), Some(value_en)) => {
                self.says_numbers(file, value, &place("value"), &parts);
                self.says_numbers(file, value_en, &place("value_en"), &parts);
            }
            (Some(value), None) => self.says(file, table, value, &place("value"), &parts),
            // A change has no value but the day from which it holds.
            (None, _) => {
                if let Some(from) = get(table, "from") {
                    self.says_one(file, from, &place("from"), Unit::Day, from.get_ref(), &parts);
                }
            }
        }
    }

    /// Whether the phrase stands in its document.
    fn phrase(&mut self, file: &File<'_>, at: usize, key: &str, number: &str, parts: &[String]) {
        let absences = match self.declared.get(number) {
            Some(true) => {
                self.report.phrases += 1;
                self.library.document(number).map(|document| document.absences(parts)).unwrap_or_default()
            }
            Some(false) => Vec::new(),
            None => {
                let numbers: Vec<&str> = self.declared.keys().map(String::as_str).collect();
                let numbers = if numbers.is_empty() { "nothing".to_owned() } else { numbers.join(", ") };
                vec![format!(
                    "found document {number}, but [source_documents] of this programme has {numbers}; add it there \
                     with its title, or correct the number"
                )]
            }
        };
        for told in absences {
            self.wrong(file, at, key, told);
        }
    }

    /// Whether the phrase says the value.
    fn says(
        &mut self,
        file: &File<'_>,
        table: &DeTable<'_>,
        value: &Spanned<DeValue<'_>>,
        key: &str,
        parts: &[String],
    ) {
        let at = value.span().start;
        let unit = get(table, "unit").and_then(|unit| unit.get_ref().as_str()).unwrap_or_default();
        let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let told = format!(
                "found unit {unit:?}, expected one of {}; say in UNITS of crates/xtask/src/sources/mod.rs how values \
                 of a new unit are looked for",
                UNITS.map(|(name, _)| name).join(", ")
            );
            self.wrong(file, at, key, told);
            return;
        };
        // What is not set has no words of its own; its phrase shows why.
        if value.get_ref().as_str() == Some("none") {
            return;
        }
        let values: Vec<&DeValue<'_>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().map(Spanned::get_ref).collect(),
            one => vec![one],
        };
        for one in values {
            self.says_one(file, value, key, *unit, one, parts);
        }
        // A product has an id of ours; the document says its maker and its name.
        for name in ["maker", "name"] {
            if let Some(said) = get(table, name) {
                let key = key.replace(".value", &format!(".{name}"));
                self.says_one(file, said, &key, Unit::Text, said.get_ref(), parts);
            }
        }
    }

    fn says_one(
        &mut self,
        file: &File<'_>,
        value: &Spanned<DeValue<'_>>,
        key: &str,
        unit: Unit,
        one: &DeValue<'_>,
        parts: &[String],
    ) {
        let at = value.span().start;
        match wanted(one, unit) {
            Ok(Some(wanted)) if !wanted.is_said_by(parts) => self.unsaid(file, at, key, &wanted, parts),
            Ok(_) => {}
            Err(expected) => self.wrong(file, at, key, format!("found {}, expected {expected}", shown(one))),
        }
    }

    /// Whether the phrase says every number of a text of ours.
    fn says_numbers(&mut self, file: &File<'_>, text: &Spanned<DeValue<'_>>, key: &str, parts: &[String]) {
        for wanted in text.get_ref().as_str().map(Wanted::figures_of).unwrap_or_default() {
            if !wanted.is_said_by(parts) {
                self.unsaid(file, text.span().start, key, &wanted, parts);
            }
        }
    }

    fn unsaid(&mut self, file: &File<'_>, at: usize, key: &str, wanted: &Wanted, parts: &[String]) {
        let said = wanted.said_instead(parts);
        let said = if said.is_empty() { "nothing like it".to_owned() } else { said.join(", ") };
        let told = format!(
            "looked for {wanted} in its phrase {:?}, found {said}; correct the value, or cite the words that say it",
            parts.join("（中略）")
        );
        self.wrong(file, at, key, told);
    }
}

/// What is looked for in the phrase of a value, nothing if it is a code, or what the value should be.
fn wanted(value: &DeValue<'_>, unit: Unit) -> Result<Option<Wanted>, &'static str> {
    let integer = || match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    let fraction = || {
        let (over, under) = value.as_str()?.split_once('/')?;
        Some(Wanted::Fraction(over.parse().ok()?, under.parse().ok()?))
    };
    match unit {
        Unit::Yen => integer().map(Wanted::Yen).ok_or("whole yen such as 171_000, or \"none\""),
        Unit::Number => integer().map(Wanted::Number).ok_or("a whole number or a list of them"),
        Unit::Fraction => fraction().ok_or("a fraction such as \"3/4\""),
        Unit::Day => as_day(value).map(Wanted::Day).ok_or("a day such as 2026-01-31, without quotes, or \"none\""),
        Unit::Text => value.as_str().map(|text| Wanted::Text(text.to_owned())).ok_or("a text or a list of them"),
        Unit::Code => return Ok(None),
    }
    .map(Some)
}

fn as_day(value: &DeValue<'_>) -> Option<Date> {
    match value {
        DeValue::Datetime(toml::value::Datetime { date: Some(date), time: None, offset: None }) => {
            Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
        }
        _ => None,
    }
}

/// A value as a mistake names it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        other => format!("a value of type {}", other.type_str()),
    }
}

/// What the reason of a decision quotes: `（001 文言）` with the number of a known document. Anything else in brackets is
/// the reason's own words. A bracket that is never closed does not tell where a quotation ends, so it is none.
fn quotations<'r>(reason: &'r str, numbers: &BTreeSet<String>) -> Vec<(String, &'r str)> {
    let mut found = Vec::new();
    let mut rest = reason;
    while let Some((_, inside)) = rest.split_once('（') {
        rest = inside;
        let mut open = 1_usize;
        let end = inside.char_indices().find_map(|(at, c)| {
            match c {
                '（' => open += 1,
                '）' => open -= 1,
                _ => {}
            }
            (open == 0).then_some(at)
        });
        let quoted = end.and_then(|end| Some((end, inside[..end].split_once(' ')?)));
        if let Some((end, (number, phrase))) = quoted
            && numbers.contains(number)
        {
            found.push((number.to_owned(), phrase));
            rest = &inside[end..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::fs;

    const LEAFLET: &str = "補助内容\n\t補助率\t補助限度額\n病院\t1 / 2\t41.1万円 事業額上限82.2万円\n申請期限\n- 令和8年1月31日まで\n\
                           領収書（写） 領収書内訳書\n経過措置(2)・(4)・(6)が適用\n機種 Hi-CARA、EXC-9000\n";
    const DOCUMENTS: &str = "[source_documents]\n001 = \"手引き\"\n";

    /// Names and contents.
    type Files<'f> = &'f [(&'f str, &'f [u8])];

    /// A workspace with one programme of these files, and a folder of these documents.
    struct Folders {
        place: tempfile::TempDir,
    }

    impl Folders {
        fn new(files: &[(&str, &str)], documents: Files<'_>) -> Folders {
            let place = tempfile::tempdir().unwrap();
            let programme = place.path().join(PROGRAMMES).join("trial");
            fs::create_dir_all(&programme).unwrap();
            for (name, text) in files {
                fs::write(programme.join(name), text).unwrap();
            }
            fs::create_dir(place.path().join("documents")).unwrap();
            for (name, bytes) in documents {
                fs::write(place.path().join("documents").join(name), bytes).unwrap();
            }
            Folders { place }
        }

        fn check(&self) -> anyhow::Result<Report> {
            check(self.place.path(), &self.place.path().join("documents"), date(2026, 11, 20))
        }

        /// The mistakes, one a line, without what is not the same on every machine.
        fn mistakes(&self) -> String {
            let mistakes: Vec<String> = self.check().unwrap().mistakes.iter().map(Mistake::to_string).collect();
            let place = self.place.path().display().to_string();
            mistakes.join("\n").replace(&format!("{place}/"), "").replace(&format!("{PROGRAMMES}/trial/"), "")
        }
    }

    /// What is said of one item after the three lines of `DOCUMENTS`.
    fn mistakes(item: &str) -> String {
        let file = format!("{DOCUMENTS}\n{item}\n");
        Folders::new(&[("programme.toml", &file)], &[("001_x.txt", LEAFLET.as_bytes())]).mistakes()
    }

    #[test]
    fn what_stands_in_the_documents_is_counted() {
        let programme = r#"
id = "trial"

[source_documents]
001 = "手引き"
003 = "案内"
004 = "通知"

[[rate]]
value = "1/2"
unit = "fraction"
source = "001 補助率（中略）病院 1 / 2"
checked_on = 2026-11-20

[[ceiling]]
value = "none"
unit = "yen"
source = "決定: 003 に上限の記載がないため、設けない"

[[documents]]
value = ["receipt"]
unit = "document"
source = "決定: 003 にないため、手引き（001 領収書（写） 領収書内訳書）と同じ（004 ページまで）とする"
"#;
        let cases = r#"
[[case]]
source = "003 国庫補助"
[case.facts]
x = 1
[[case.steps]]
source = "001 事業額上限82.2万円"
"#;
        let folders = Folders::new(
            &[("programme.toml", programme), ("cases.toml", cases), ("notes.txt", "source = 1")],
            &[
                ("001_x.txt", LEAFLET.as_bytes()),
                ("001_x.pdf", b"%PDF"),
                ("0011_x.txt", b"another"),
                ("003.md", "国庫 補助".as_bytes()),
                ("004.old.txt", "ページまで".as_bytes()),
            ],
        );
        let report = folders.check().unwrap();
        assert_eq!(report, Report { mistakes: vec![], phrases: 5, quoted: 2, decisions: 2, documents: 3 });
        assert_eq!(
            report.to_string(),
            "sources: 5 phrases stand in 3 documents (2 of them quoted in decisions), 2 decisions skipped"
        );
    }

    #[test]
    fn values_that_their_phrases_say_are_right() {
        for item in [
            "value = 411_000\nunit = \"yen\"\nsource = \"001 病院 1 / 2 41.1万円\"",
            "value = 2026-01-31\nunit = \"day\"\nsource = \"001 申請期限（中略）令和8年1月31日まで\"",
            "value = [2, 4, 6]\nunit = \"number\"\nsource = \"001 経過措置(2)・(4)・(6)\"",
            "value = \"Hi-CARA\"\nunit = \"product\"\nsource = \"001 機種 Hi-CARA\"",
            "value = [\"Hi-CARA\", \"EXC-9000\"]\nunit = \"text\"\nsource = \"001 機種 Hi-CARA、EXC-9000\"",
            "value = \"mobile_terminal\"\nunit = \"category\"\nsource = \"001 機種\"",
            "value = \"none\"\nunit = \"day\"\nsource = \"001 申請期限\"",
            "value = []\nunit = \"number\"\nsource = \"001 経過措置\"",
            "value = 0\nunit = \"furlong\"\nsource = \"決定: 見本\"",
            "value = \"上限（41.1万円）だけ\"\nvalue_en = \"only 411,000 yen\"\nunit = \"text\"\nsource = \"001 41.1万円\"",
            "from = 2026-01-31\nsource = \"001 令和8年1月31日\"",
            "from = 2026-02-01\nvalue = 411_000\nunit = \"yen\"\nsource = \"001 41.1万円\"",
            "from = 2026-02-01\nsource = \"決定: 見本\"",
        ] {
            assert_eq!(mistakes(&format!("[[item]]\n{item}")), "", "{item}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_place_and_what_to_do() {
        for (item, told) in [
            (
                "[[rate]]\nvalue = \"1/2\"\nunit = \"fraction\"\nsource = \"001 病院 補助率 1 / 2\"",
                "programme.toml:7: rate[0].source: looked for \"病院補助率1/2\" in 001_x.txt, found neither its beginning \
                 nor its end; cite the words as they stand there, or another document",
            ),
            (
                "[[rate]]\nvalue = \"3/4\"\nunit = \"fraction\"\nsource = \"001 病院 1 / 2（中略）82.2万円\"",
                "programme.toml:5: rate[0].value: looked for 3/4 or 4分の3 in its phrase \"病院 1 / 2（中略）82.2万円\", found \
                 1/2; correct the value, or cite the words that say it",
            ),
            (
                "[grant.ceiling]\nvalue = 411_500\nunit = \"yen\"\nsource = \"001 41.1万円\"",
                "programme.toml:5: grant.ceiling.value: looked for 411,500 yen in its phrase \"41.1万円\", found \
                 411,000 yen; correct the value, or cite the words that say it",
            ),
            (
                "[[measures]]\nvalue = [2, 3, 5]\nunit = \"number\"\nsource = \"001 (2)・(4)\"",
                "programme.toml:5: measures[0].value: looked for 3 in its phrase \"(2)・(4)\", found 2, 4; correct the \
                 value, or cite the words that say it\n\
                 programme.toml:5: measures[0].value: looked for 5 in its phrase \"(2)・(4)\", found 2, 4; correct the \
                 value, or cite the words that say it",
            ),
            (
                "[[product]]\nvalue = \"caora\"\nname = \"Caora\"\nunit = \"product\"\nsource = \"001 機種\"",
                "programme.toml:6: product[0].name: looked for \"Caora\" in its phrase \"機種\", found nothing like it; \
                 correct the value, or cite the words that say it",
            ),
            (
                "[[ceiling]]\nvalue = \"41.1万円\"\nunit = \"yen\"\nsource = \"001 41.1万円\"",
                "programme.toml:5: ceiling[0].value: found \"41.1万円\", expected whole yen such as 171_000, or \"none\"",
            ),
            (
                "[[count]]\nvalue = [2, 4.0]\nunit = \"number\"\nsource = \"001 (2)・(4)\"",
                "programme.toml:5: count[0].value: found a value of type float, expected a whole number or a list of \
                 them",
            ),
            (
                "[[rate]]\nvalue = \"half\"\nunit = \"fraction\"\nsource = \"001 1 / 2\"",
                "programme.toml:5: rate[0].value: found \"half\", expected a fraction such as \"3/4\"",
            ),
            (
                "[[day]]\nvalue = \"2026-01-31\"\nunit = \"day\"\nsource = \"001 令和8年1月31日\"",
                "programme.toml:5: day[0].value: found \"2026-01-31\", expected a day such as 2026-01-31, without \
                 quotes, or \"none\"",
            ),
            (
                "[[name]]\nvalue = 1\nunit = \"text\"\nsource = \"001 機種\"",
                "programme.toml:5: name[0].value: found 1, expected a text or a list of them",
            ),
            (
                "[[x]]\nvalue = \"41.2万円\"\nvalue_en = \"only 411,500 yen\"\nunit = \"text\"\nsource = \"001 41.1万円\"",
                "programme.toml:5: x[0].value: looked for 41.2 in its phrase \"41.1万円\", found 41.1, 411,000; correct \
                 the value, or cite the words that say it\n\
                 programme.toml:6: x[0].value_en: looked for 411,500 in its phrase \"41.1万円\", found 41.1, 411,000; \
                 correct the value, or cite the words that say it",
            ),
            (
                "[[change]]\nfrom = 2026-02-01\nsource = \"001 令和8年1月31日\"",
                "programme.toml:5: change[0].from: looked for 2026年2月1日 or 令和8年2月1日 or 令和8年(2026年)2月1日 or \
                 2026年(令和8年)2月1日 or R8.2.1 or 2026-02-01 or 2026/2/1 or 2026.2.1 in its phrase \"令和8年1月31日\", found \
                 nothing like it; correct the value, or cite the words that say it",
            ),
            (
                "[[x]]\nvalue = 1\nunit = \"furlong\"\nsource = \"001 機種\"",
                "programme.toml:5: x[0].value: found unit \"furlong\", expected one of yen, fraction, number, day, \
                 text, unit, product, category, document, programme, mode; say in UNITS of crates/xtask/src/sources/mod.rs \
                 how values of a new unit are looked for",
            ),
            (
                "[[x]]\nsource = \"手引きから\"",
                "programme.toml:5: x[0].source: found \"手引きから\", expected the number of a document, a space and the \
                 phrase, or \"決定: \" and the reason",
            ),
            (
                "[[x]]\nsource = 2026-01-31",
                "programme.toml:5: x[0].source: found 2026-01-31, expected the number of a document, a space and the \
                 phrase, or \"決定: \" and the reason",
            ),
            (
                "[[x]]\nsource = \"002 機種\"",
                "programme.toml:5: x[0].source: found document 002, but [source_documents] of this programme has 001; \
                 add it there with its title, or correct the number",
            ),
            (
                "[[x]]\nsource = \"001 \"",
                "programme.toml:5: x[0].source: found nothing before, after or between （中略）, expected words there; \
                 write the words, or take the （中略） out",
            ),
            (
                "[[x]]\nsource = \"決定: 手引き（（001 領収書（正））のとおり）とする\"",
                "programme.toml:5: x[0].source: looked for \"領収書(正)\" in 001_x.txt, found \"領収書(\" (line 6), where the \
                 document goes on \"写)領収書内訳書経過措置(2)・\" and not \"正)\"; cite the words as they stand there, with （中略） \
                 for what is left out",
            ),
            (
                "[[x]]\nchecked_on = 2026-11-21",
                "programme.toml:5: x[0].checked_on: found 2026-11-21, which is after today in Japan (2026-11-20), \
                 expected the day on which the document was read",
            ),
            (
                "[[x]]\nchecked_on = \"2026-11-20\"",
                "programme.toml:5: x[0].checked_on: found \"2026-11-20\", expected a day such as 2026-01-31, without \
                 quotes",
            ),
            (
                "[[x]]\nsource = ",
                "programme.toml:5: the file: found no TOML: string values must be quoted, expected literal string",
            ),
        ] {
            assert_eq!(mistakes(item), told, "{item}");
        }
    }

    #[test]
    fn mistakes_of_all_files_are_told_by_file_and_line() {
        let changes = "[[change]]\nsource = \"001 要綱\"\n\n[[change]]\nwhy = { source = \"001 要領\" }\n";
        let programme = format!("{DOCUMENTS}\n[[x]]\nsource = \"001 通知\"\n");
        let broken = "x = [";
        let files = [("programme.toml", programme.as_str()), ("changes.toml", changes), ("cases.toml", broken)];
        let told = Folders::new(&files, &[("001_x.txt", LEAFLET.as_bytes())]).mistakes();
        let places: Vec<&str> = told.lines().filter_map(|told| told.split(": ").next()).collect();
        assert_eq!(places, ["cases.toml:1", "changes.toml:2", "changes.toml:5", "programme.toml:5"]);
        assert!(told.contains("changes.toml:5: change[1].why.source: "), "{told}");
    }

    #[test]
    fn a_document_that_is_not_at_hand_is_told_once() {
        let programme = format!("{DOCUMENTS}\n[[x]]\nsource = \"001 通知\"\n[[x]]\nsource = \"001 要領\"\n");
        let cases: [(Files<'_>, &str); 3] = [
            (
                &[("002_x.txt", b""), ("001_x.pdf", b""), ("0010.txt", b"")],
                "found no file 001_….txt, 001.txt or the same with .md in documents; put the document's text there",
            ),
            (
                &[("001_x.txt", b""), ("001.md", b"")],
                "found documents/001.md and documents/001_x.txt, expected one file; take the others away",
            ),
            (
                &[("001.txt", b"\x93\xfa\x96\x7b")],
                "documents/001.txt cannot be read (stream did not contain valid UTF-8); it has to be text in UTF-8",
            ),
        ];
        for (documents, told) in cases {
            let folders = Folders::new(&[("programme.toml", &programme)], documents);
            assert_eq!(folders.mistakes(), format!("programme.toml:2: source_documents.001: {told}"));
        }
    }

    #[test]
    fn documents_that_we_keep_ourselves_stand_beside_the_others() {
        let programme = "[source_documents]\n001 = \"手引き\"\n101 = \"記事\"\n[[x]]\nsource = \"101 限度額\"\n";
        let folders = Folders::new(&[("programme.toml", programme)], &[("001_x.txt", LEAFLET.as_bytes())]);
        let own = folders.place.path().join(PROGRAMMES).join(OWN_DOCUMENTS);
        fs::create_dir(&own).unwrap();
        let told = "found no file 101_….txt, 101.txt or the same with .md in documents or \
                    crates/rules/programmes/documents; put the document's text there";
        assert_eq!(folders.mistakes(), format!("programme.toml:3: source_documents.101: {told}"));
        fs::write(own.join("101.txt"), "補助の限度額").unwrap();
        let expected = Report { phrases: 1, documents: 2, ..Report::default() };
        assert_eq!(folders.check().unwrap(), expected);
    }

    #[test]
    fn without_documents_numbers_or_programmes_there_is_nothing_to_check() {
        let folders = Folders::new(&[("programme.toml", "[[x]]\nsource = \"001 機種\"\n")], &[]);
        let told = "programme.toml:2: x[0].source: found document 001, but [source_documents] of this programme has \
                    nothing; add it there with its title, or correct the number";
        assert_eq!(folders.mistakes(), told);

        let error = check(folders.place.path(), Path::new("/no/such/folder"), date(2026, 11, 20)).unwrap_err();
        let told = "no source documents in /no/such/folder; give the folder of 001_….txt: the folder /no/such/folder \
                    cannot be read: No such";
        assert!(format!("{error:#}").starts_with(told), "{error:#}");

        let folders = Folders::new(&[], &[]);
        let error = folders.check().unwrap_err().to_string();
        assert!(error.starts_with("found no programme in ") && error.ends_with("with a programme.toml"), "{error}");

        fs::remove_dir_all(folders.place.path().join(PROGRAMMES)).unwrap();
        let error = format!("{:#}", folders.check().unwrap_err());
        assert!(error.contains("programmes cannot be read: No such"), "{error}");
    }

    #[test]
    fn a_decision_quotes_only_what_names_a_known_document_and_ends() {
        let numbers = BTreeSet::from(["001".to_owned()]);
        for (reason, found) in [
            ("手引き（001 領収書（写））と（001 内訳書）", vec!["領収書（写）", "内訳書"]),
            ("上限（（001 改修）から）", vec!["改修"]),
            ("（4.1万円＋13万円＝事業額上限17.1万円）", vec![]),
            ("（171 円）（001）（002 文言）", vec![]),
            ("（001 終わらない", vec![]),
            ("（（001 文言）", vec!["文言"]),
        ] {
            let phrases: Vec<&str> = quotations(reason, &numbers).into_iter().map(|(_, phrase)| phrase).collect();
            assert_eq!(phrases, found, "{reason}");
        }
    }
}
