//! Reading a programme's folder: TOML in, a [`Programme`] or all of its mistakes out, each with file, line, key, what was
//! found and what was expected.

mod beside;
mod folder;
mod kinds;
mod values;

pub(crate) use beside::Case;
pub(crate) use folder::Folder;

use crate::programme::{Dated, Programme, Timeline, TimelineError};
use crate::ruleset::ProgrammeFile;
use claim::{Category, FacilityKind, ProgrammeId};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use values::is_id;

/// One mistake in a programme file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeMistake {
    /// The file, as it was named by the caller.
    pub file: String,
    /// The line, from 1; `None` where something is missing as a whole.
    pub line: Option<usize>,
    /// The key, such as `rate[1].value`.
    pub key: String,
    /// What stood there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
}

impl fmt::Display for ProgrammeMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: found {}, expected {}", self.key, self.found, self.expected)
    }
}

/// What an item's entries may carry beside value, unit, source, dates and `checked_on`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Programme,
    Kinds,
    KindsAndCategory,
    /// Also `value_en`: the same text in English.
    KindsAndEnglish,
}

/// Every item of a programme: its key, the unit that its entries must state, and its scope.
const ITEMS: [(&str, &str, Scope); 15] = [
    ("name_ja", "text", Scope::Programme),
    ("name_en", "text", Scope::Programme),
    ("opens_on", "day", Scope::Programme),
    ("deadline", "day", Scope::Programme),
    ("required_documents", "document", Scope::Programme),
    ("excluding_programmes", "programme", Scope::Programme),
    ("transitional_measures", "number", Scope::Programme),
    ("eligible_category", "category", Scope::Kinds),
    ("category_ceiling", "yen", Scope::KindsAndCategory),
    ("cost_ceiling", "yen", Scope::Kinds),
    ("rate", "fraction", Scope::Kinds),
    ("rounding_mode", "mode", Scope::Programme),
    ("rounding_unit", "yen", Scope::Programme),
    ("grant_ceiling", "yen", Scope::Kinds),
    (UNDECIDED, "text", Scope::KindsAndEnglish),
];

/// Where the sources do not say enough to decide, and why.
const UNDECIDED: &str = "undecided";

/// How a source begins where the documents are silent.
const DECISION: &str = "決定: ";

/// Reads a programme's folder, or says everything that is wrong with it.
pub(crate) fn read(folder: &Folder<'_>) -> Result<(Programme, Vec<Case>), Vec<ProgrammeMistake>> {
    let Some(file) = folder.programme else {
        return Err(vec![folder.mistake("programme.toml", "nothing", "the file with the programme's values")]);
    };
    let mut reader = Reader::new(file, BTreeMap::new());
    let programme = reader.table(Reader::programme);
    let (documents, boundaries) = (std::mem::take(&mut reader.documents), std::mem::take(&mut reader.boundaries));
    let mut mistakes = reader.done();

    let changes = folder.changes.map(|file| {
        let mut reader = Reader::new(file, documents.clone());
        let changes = reader.table(Reader::changes);
        mistakes.append(&mut reader.done());
        changes.unwrap_or_default()
    });
    let cases = folder.cases.map(|file| {
        let mut reader = Reader::new(file, documents.clone());
        let cases = reader.table(Reader::cases);
        mistakes.append(&mut reader.done());
        cases.unwrap_or_default()
    });
    for (name, found, expected) in [
        ("changes.toml", changes.is_some(), "the list of the programme's changes, the first without from"),
        ("cases.toml", cases.is_some(), "at least one worked case"),
    ] {
        if !found {
            mistakes.push(folder.mistake(name, "nothing", expected));
        }
    }
    let (Some(mut programme), Some(changes), Some(cases), true) = (programme, changes, cases, mistakes.is_empty())
    else {
        return Err(mistakes);
    };
    // A period of a value begins with a change, and a change is a day on which a value changes.
    for (day, place) in &boundaries {
        if !changes.iter().any(|change| change.from == Some(*day)) {
            mistakes.push(ProgrammeMistake {
                file: file.path.to_owned(),
                line: Some(place.line),
                key: place.key.clone(),
                found: format!("a change on {day}"),
                expected: format!("a [[change]] with from = {day} in changes.toml"),
            });
        }
    }
    for change in changes.iter().filter(|change| change.from.is_some_and(|day| !boundaries.contains_key(&day))) {
        let day = change.from.map(|day| day.to_string()).unwrap_or_default();
        mistakes.push(folder.mistake(
            "changes.toml",
            &format!("a change on {day}"),
            &format!("a value in programme.toml that begins on {day} or ends on the day before"),
        ));
    }
    if programme.id.as_str() != folder.name() {
        mistakes.push(folder.mistake("id", &format!("{:?}", programme.id.as_str()), "the name of its folder"));
    }
    for case in cases.iter().filter(|case| !case.is_of(&programme.id)) {
        mistakes.push(folder.mistake(
            &case.key(),
            "facts of another programme",
            &format!("\"programme\":\"{}\"", programme.id.as_str()),
        ));
    }
    programme.changes = changes;
    if mistakes.is_empty() { Ok((programme, cases)) } else { Err(mistakes) }
}

/// One `[[item]]` of the file, with what every item has.
struct Entry<'t, 'i> {
    /// Such as `rate[1]`.
    key: String,
    value: &'t Spanned<DeValue<'i>>,
    kinds: Vec<FacilityKind>,
    category: Option<Category>,
    /// `value_en`, where the item has one.
    english: String,
    source: String,
    checked_on: Date,
    from: Option<Date>,
    until: Option<Date>,
}

impl Entry<'_, '_> {
    fn dated<T>(&self, value: T) -> Dated<T> {
        Dated { value, source: self.source.clone(), checked_on: self.checked_on, from: self.from, until: self.until }
    }
}

type Value<'i> = Spanned<DeValue<'i>>;

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    /// `[source_documents]`.
    documents: BTreeMap<String, String>,
    /// The days on which values begin, or have just ended, and the first key that says so.
    boundaries: BTreeMap<Date, Boundary>,
    mistakes: Vec<ProgrammeMistake>,
}

/// Where a day stands on which a value changes.
struct Boundary {
    key: String,
    line: usize,
}

impl<'a> Reader<'a> {
    fn new(file: ProgrammeFile<'a>, documents: BTreeMap<String, String>) -> Reader<'a> {
        Reader { path: file.path, text: file.text, documents, boundaries: BTreeMap::new(), mistakes: Vec::new() }
    }

    /// Parses the file and hands its table to `read`.
    fn table<T>(&mut self, read: impl FnOnce(&mut Self, &DeTable<'_>) -> Option<T>) -> Option<T> {
        match DeTable::parse(self.text) {
            Ok(table) => read(self, table.get_ref()),
            Err(error) => {
                let line = error.span().map(|span| self.line(&span));
                self.mistakes.push(ProgrammeMistake {
                    file: self.path.to_owned(),
                    line,
                    key: "the file".to_owned(),
                    found: error.message().to_owned(),
                    expected: "TOML".to_owned(),
                });
                None
            }
        }
    }

    /// What was wrong, in the order of lines.
    fn done(mut self) -> Vec<ProgrammeMistake> {
        self.mistakes.sort_by_key(|mistake| mistake.line.unwrap_or(0));
        self.mistakes
    }
}

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
    }

    fn wrong<T>(&mut self, at: &Range<usize>, key: &str, found: impl Into<String>, expected: &str) -> Option<T> {
        let line = Some(self.line(at));
        self.mistakes.push(ProgrammeMistake {
            file: self.path.to_owned(),
            line,
            key: key.to_owned(),
            found: found.into(),
            expected: expected.to_owned(),
        });
        None
    }

    /// What is wrong with the file as a whole, at no line of it.
    fn overall<T>(&mut self, key: &str, found: &str, expected: &str) -> Option<T> {
        self.mistakes.push(ProgrammeMistake {
            file: self.path.to_owned(),
            line: None,
            key: key.to_owned(),
            found: found.to_owned(),
            expected: expected.to_owned(),
        });
        None
    }

    fn missing<T>(&mut self, key: &str, expected: &str) -> Option<T> {
        self.overall(key, "nothing", expected)
    }

    fn wrong_value<T>(&mut self, value: &Value<'_>, key: &str, expected: &str) -> Option<T> {
        self.wrong(&value.span(), key, shown(value.get_ref()), expected)
    }

    // ---- entries

    /// A source is `<number of a document> <phrase>` or `決定: <reason>`.
    fn source(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        let numbers: Vec<&str> = self.documents.keys().map(String::as_str).collect();
        let expected = format!(
            "a number of [source_documents] ({}), a space and the phrase, or \"{DECISION}\" and the reason",
            numbers.join(", ")
        );
        let source = self.words(value, key, &expected)?;
        // Without any documents that mistake has been said; it is not said again at every source.
        let known = |number: &str| self.documents.is_empty() || self.documents.contains_key(number);
        let phrase = source
            .strip_prefix(DECISION)
            .or_else(|| source.split_once(' ').filter(|(number, _)| known(number)).map(|(_, phrase)| phrase));
        if phrase.is_some_and(|phrase| !phrase.trim().is_empty()) {
            Some(source)
        } else {
            self.wrong_value(value, key, &expected)
        }
    }

    fn entry<'t, 'i>(
        &mut self,
        key: String,
        unit: &str,
        scope: Scope,
        table: &'t DeTable<'i>,
        at: &Range<usize>,
    ) -> Option<Entry<'t, 'i>> {
        let mut found: BTreeMap<&str, &'t Value<'i>> = BTreeMap::new();
        let mut allowed = vec!["value", "unit", "source", "checked_on"];
        if scope != Scope::Programme {
            allowed.push("kinds");
        }
        match scope {
            Scope::KindsAndCategory => allowed.push("category"),
            Scope::KindsAndEnglish => allowed.push("value_en"),
            Scope::Programme | Scope::Kinds => {}
        }
        let needed = allowed.len();
        allowed.extend(["from", "until"]);
        let before = self.mistakes.len();
        for (name, value) in table.iter() {
            let name_text: &str = name.get_ref();
            if allowed.contains(&name_text) {
                found.insert(name_text, value);
            } else {
                let expected = format!("one of {}", allowed.join(", "));
                self.wrong::<()>(&name.span(), &format!("{key}.{name_text}"), "an unknown key", &expected);
            }
        }
        for name in allowed.iter().take(needed).filter(|name| !found.contains_key(**name)) {
            self.wrong::<()>(at, &format!("{key}.{name}"), "nothing", &format!("{name} beside every value"));
        }
        let place = |name: &str| format!("{key}.{name}");
        if let Some(value) = found.get("unit")
            && value.get_ref().as_str() != Some(unit)
        {
            self.wrong_value::<()>(value, &place("unit"), &format!("\"{unit}\""));
        }
        let source = found.get("source").and_then(|value| self.source(value, &place("source")));
        let checked_on = found.get("checked_on").and_then(|value| self.day(value, &place("checked_on")));
        let from = found.get("from").and_then(|value| self.day(value, &place("from")));
        let until = found.get("until").and_then(|value| self.day(value, &place("until")));
        if let (Some(from), Some(until), Some(value)) = (from, until, found.get("until"))
            && until < from
        {
            self.wrong_value::<()>(value, &place("until"), &format!("a day not before from ({from})"));
        }
        let begins = from.zip(found.get("from"));
        let has_ended = until.and_then(|day| day.tomorrow().ok()).zip(found.get("until"));
        for (day, value) in begins.into_iter().chain(has_ended) {
            let line = self.line(&value.span());
            self.boundaries.entry(day).or_insert_with(|| Boundary { key: key.clone(), line });
        }
        let english = found
            .get("value_en")
            .and_then(|value| self.words(value, &place("value_en"), "the same text in English, in quotes"));
        let kinds = match found.get("kinds") {
            None => Vec::new(),
            Some(value) => {
                let expected =
                    "a list of at least one of \"hospital\", \"clinic\", \"pharmacy\", \"large_chain_pharmacy\"";
                let kinds = self.list(value, &place("kinds"), expected, |one| match one {
                    DeValue::String(text) => FacilityKind::from_code(text),
                    _ => None,
                });
                match kinds {
                    Some(kinds) if kinds.is_empty() => self.wrong_value(value, &place("kinds"), expected)?,
                    Some(kinds) => kinds,
                    None => Vec::new(),
                }
            }
        };
        let category = found.get("category").and_then(|value| self.category(value, &place("category")));
        if self.mistakes.len() > before {
            return None;
        }
        let (value, source, checked_on) = (found.get("value")?, source?, checked_on?);
        Some(Entry {
            value,
            kinds,
            category,
            english: english.unwrap_or_default(),
            source,
            checked_on,
            from,
            until,
            key,
        })
    }

    // ---- the whole

    fn programme(&mut self, table: &DeTable<'_>) -> Option<Programme> {
        // The documents first: every source is compared with them.
        for (name, value) in table.iter() {
            if name.get_ref() == "source_documents" {
                self.source_documents(value);
            }
        }
        if self.documents.is_empty() {
            self.missing::<()>("source_documents", "a table of numbers and titles of the documents that sources name");
        }
        let mut id = None;
        let mut entries: BTreeMap<&str, Vec<Entry<'_, '_>>> = BTreeMap::new();
        let mut present: Vec<&str> = Vec::new();
        for (name, value) in table.iter() {
            let name_text: &str = name.get_ref();
            if let Some((key, unit, scope)) = ITEMS.iter().find(|(key, _, _)| *key == name_text) {
                present.push(key);
                entries.insert(key, self.entries(key, unit, *scope, value));
            } else if name_text == "id" {
                id = match value.get_ref() {
                    DeValue::String(text) if is_id(text) => Some(ProgrammeId::from(text.as_ref())),
                    _ => self.wrong_value(value, "id", "an id of small letters, digits and hyphens, in quotes"),
                };
            } else if name_text != "source_documents" {
                let keys: Vec<&str> = ITEMS.iter().map(|(key, _, _)| *key).collect();
                let expected = format!("one of id, source_documents, {}", keys.join(", "));
                self.wrong::<()>(&name.span(), name_text, "an unknown key", &expected);
            }
        }
        // What is said for each kind of facility is looked for there, kind by kind.
        let missing = ITEMS.iter().filter(|(key, _, scope)| *scope == Scope::Programme && !present.contains(key));
        for (key, _, _) in missing {
            self.missing::<()>(key, &format!("at least one [[{key}]]; \"none\" or [] where nothing is set"));
        }
        if id.is_none() && !table.iter().any(|(name, _)| name.get_ref() == "id") {
            self.missing::<()>("id", "an id of small letters, digits and hyphens, in quotes");
        }
        if !self.mistakes.is_empty() {
            // With an entry missing, gaps and overlaps would be reported that are not there.
            return None;
        }
        let mut take = |key: &str| entries.remove(key).unwrap_or_default();
        let (names_ja, names_en) = (take("name_ja"), take("name_en"));
        let (opens_on, deadline) = (take("opens_on"), take("deadline"));
        let (documents, excluding, measures) =
            (take("required_documents"), take("excluding_programmes"), take("transitional_measures"));
        let (modes, units) = (take("rounding_mode"), take("rounding_unit"));
        let (eligible, ceilings) = (take("eligible_category"), take("category_ceiling"));
        let (costs, rates, grants) = (take("cost_ceiling"), take("rate"), take("grant_ceiling"));
        let undecided = take(UNDECIDED);

        let name_ja = self.timeline("name_ja", &names_ja, |r, v, k| r.words(v, k, "the name in Japanese, in quotes"));
        let name_en = self.timeline("name_en", &names_en, |r, v, k| r.words(v, k, "the name in English, in quotes"));
        let opens_on = self.timeline("opens_on", &opens_on, Self::day_or_none);
        let deadline = self.timeline("deadline", &deadline, Self::day);
        let required_documents = self.timeline("required_documents", &documents, Self::documents);
        let own = id.clone();
        let excluding_programmes = self.timeline("excluding_programmes", &excluding, |r, v, k| {
            let ids = r.ids(v, k)?;
            match &own {
                Some(own) if !ids.contains(own) => {
                    r.wrong_value(v, k, &format!("a list with {:?} itself, which is granted once", own.as_str()))
                }
                _ => Some(ids),
            }
        });
        let transitional_measures = self.timeline("transitional_measures", &measures, Self::measures);
        let rounding_mode = self.timeline("rounding_mode", &modes, Self::mode);
        let rounding_unit = self.timeline("rounding_unit", &units, Self::positive_yen);
        let undecided = self.undecided(&undecided);
        let kinds = self.kinds(&eligible, &ceilings, &costs, &rates, &grants, &undecided);
        Some(Programme {
            id: id?,
            source_documents: self.documents.clone(),
            name_ja: name_ja?,
            name_en: name_en?,
            opens_on: opens_on?,
            deadline: deadline?,
            required_documents: required_documents?,
            excluding_programmes: excluding_programmes?,
            transitional_measures: transitional_measures?,
            rounding_mode: rounding_mode?,
            rounding_unit: rounding_unit?,
            kinds,
            undecided,
            // They stand in a file of their own.
            changes: Vec::new(),
        })
    }

    fn source_documents(&mut self, value: &Value<'_>) {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_value::<()>(value, "source_documents", "a table of numbers and titles");
            return;
        };
        for (number, title) in table.iter() {
            let key = format!("source_documents.{}", number.get_ref());
            if let Some(title) = self.words(title, &key, "the document's title, in quotes") {
                self.documents.insert(number.get_ref().to_string(), title);
            }
        }
    }

    fn entries<'t, 'i>(&mut self, key: &str, unit: &str, scope: Scope, value: &'t Value<'i>) -> Vec<Entry<'t, 'i>> {
        let expected = format!("one or more [[{key}]]");
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_value::<()>(value, key, &expected);
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (i, one) in array.iter().enumerate() {
            let place = format!("{key}[{i}]");
            match one.get_ref() {
                DeValue::Table(table) => entries.extend(self.entry(place, unit, scope, table, &one.span())),
                _ => self.wrong_value::<()>(one, &place, &expected).unwrap_or_default(),
            }
        }
        if array.is_empty() {
            self.wrong_value::<()>(value, key, &expected);
        }
        entries
    }

    /// The entries' values as one timeline that covers every day.
    fn timeline<T>(
        &mut self,
        key: &str,
        entries: &[Entry<'_, '_>],
        value: impl Fn(&mut Self, &Value<'_>, &str) -> Option<T>,
    ) -> Option<Timeline<T>> {
        let dated: Vec<Dated<T>> = entries
            .iter()
            .filter_map(|entry| value(self, entry.value, &format!("{}.value", entry.key)).map(|v| entry.dated(v)))
            .collect();
        // Fewer values than entries: that mistake has been said, and gaps would follow from it.
        if dated.len() < entries.len() { None } else { self.covering(key, dated) }
    }

    fn covering<T>(&mut self, key: &str, dated: Vec<Dated<T>>) -> Option<Timeline<T>> {
        let (found, expected) = match Timeline::new(dated) {
            Ok(timeline) => return Some(timeline),
            Err(TimelineError::Empty) => ("no value".to_owned(), "a value, or \"none\" where nothing is set"),
            Err(TimelineError::Gap(day)) => (format!("no value on {day}"), "a value on every day"),
            Err(TimelineError::Overlap(Date::MIN)) => {
                ("two values without from".to_owned(), "one value on every day: only the first without from")
            }
            Err(TimelineError::Overlap(day)) => (format!("two values on {day}"), "one value on every day"),
            Err(TimelineError::LateStart(day)) => {
                (format!("no value before {day}"), "a value on every day: the first one without from")
            }
            Err(TimelineError::EarlyEnd(day)) => {
                (format!("no value after {day}"), "a value on every day: the last one without until")
            }
        };
        self.overall(key, &found, expected)
    }
}

/// A value as it is named in a mistake: short, and a text in quotes.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let short: String = text.chars().take(60).collect();
            format!("{short:?}")
        }
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(list) if list.is_empty() => "an empty list".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
