//! Reading a programme's folder: TOML in, a [`Programme`] or all of its mistakes out, each with file, line, key, what was
//! found and what was expected.

mod beside;
mod folder;
mod kinds;
mod products;
mod values;

pub(crate) use beside::Case;
pub(crate) use folder::Folder;

use crate::programme::{Dated, Grant, MoneyTerms, Programme, Timeline, TimelineError};
use crate::ruleset::ProgrammeFile;
use crate::words::Words;
use claim::{Category, FacilityKind, Lang, ProgrammeId};
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
    pub(crate) found: Words,
    /// What should stand there.
    pub(crate) expected: Words,
}

impl ProgrammeMistake {
    /// File, line, key, what was found and what was expected, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        let (found, expected) = (self.found.of(lang), self.expected.of(lang));
        match (lang, self.line) {
            (Lang::Ja, Some(line)) => {
                format!("{}:{line}: {}: 見つかったもの: {found}。期待するもの: {expected}。", self.file, self.key)
            }
            (Lang::Ja, None) => {
                format!("{}: {}: 見つかったもの: {found}。期待するもの: {expected}。", self.file, self.key)
            }
            (Lang::En, Some(line)) => {
                format!("{}:{line}: {}: found {found}, expected {expected}", self.file, self.key)
            }
            (Lang::En, None) => format!("{}: {}: found {found}, expected {expected}", self.file, self.key),
        }
    }
}

impl fmt::Display for ProgrammeMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

const ID: (&str, &str) =
    ("小文字、数字、ハイフンの id（引用符で囲む）", "an id of small letters, digits and hyphens, in quotes");

fn nothing() -> Words {
    Words::new("記載なし", "nothing")
}

fn unknown_key() -> Words {
    Words::new("知らないキー", "an unknown key")
}

fn one_of(names: &[&str]) -> Words {
    let names = names.join(", ");
    Words::new(format!("{names} のいずれか"), format!("one of {names}"))
}

fn one_or_more(name: &str) -> Words {
    Words::new(format!("[[{name}]] を1つ以上"), format!("one or more [[{name}]]"))
}

/// What an item's entries may carry beside value, unit, source, dates and `checked_on`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Programme,
    Kinds,
    KindsAndCategory,
    /// Also `value_en`: the same text in English.
    KindsAndEnglish,
    /// Also `maker` and `name` of a product.
    Product,
}

/// Which programmes have an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Every,
    /// Those that pay.
    Money,
    /// Those that grant products.
    Products,
}

/// Every item of a programme: its key, the unit that its entries must state, its scope, and which programmes have it.
const ITEMS: [(&str, &str, Scope, For); 19] = [
    ("name_ja", "text", Scope::Programme, For::Every),
    ("name_en", "text", Scope::Programme, For::Every),
    ("opens_on", "day", Scope::Programme, For::Every),
    ("deadline", "day", Scope::Programme, For::Every),
    ("required_documents", "document", Scope::Programme, For::Every),
    ("excluding_programmes", "programme", Scope::Programme, For::Every),
    ("transitional_measures", "number", Scope::Programme, For::Every),
    ("eligible_category", "category", Scope::Kinds, For::Money),
    ("category_ceiling", "yen", Scope::KindsAndCategory, For::Money),
    ("cost_ceiling", "yen", Scope::Kinds, For::Money),
    ("rate", "fraction", Scope::Kinds, For::Money),
    ("rounding_mode", "mode", Scope::Programme, For::Money),
    ("rounding_unit", "yen", Scope::Programme, For::Money),
    ("grant_ceiling", "yen", Scope::Kinds, For::Money),
    (PRODUCT, "product", Scope::Product, For::Products),
    ("units_ceiling", "unit", Scope::Kinds, For::Products),
    ("first_deadline", "day", Scope::Programme, For::Products),
    ("no_change_after_filing", "text", Scope::Programme, For::Products),
    (UNDECIDED, "text", Scope::KindsAndEnglish, For::Every),
];

/// What a programme grants in kind; one that names a product pays nothing.
const PRODUCT: &str = "product";

/// Where the sources do not say enough to decide, and why.
const UNDECIDED: &str = "undecided";

/// How a source begins where the documents are silent.
const DECISION: &str = "決定: ";

/// Reads a programme's folder, or says everything that is wrong with it.
pub(crate) fn read(folder: &Folder<'_>) -> Result<(Programme, Vec<Case>), Vec<ProgrammeMistake>> {
    let Some(file) = folder.programme else {
        return Err(vec![folder.mistake(
            "programme.toml",
            nothing(),
            ("補助事業の値を書いたファイル", "the file with the programme's values"),
        )]);
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
        (
            "changes.toml",
            changes.is_some(),
            (
                "改正の記録（最初の改正には from を書かない）",
                "the list of the programme's changes, the first without from",
            ),
        ),
        ("cases.toml", cases.is_some(), ("手で計算した例を1つ以上", "at least one worked case")),
    ] {
        if !found {
            mistakes.push(folder.mistake(name, nothing(), expected));
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
                found: Words::new(format!("{day} に始まる値"), format!("a change on {day}")),
                expected: Words::new(
                    format!("changes.toml に from = {day} の [[change]]"),
                    format!("a [[change]] with from = {day} in changes.toml"),
                ),
            });
        }
    }
    for change in changes.iter().filter(|change| change.from.is_some_and(|day| !boundaries.contains_key(&day))) {
        let day = change.from.map(|day| day.to_string()).unwrap_or_default();
        mistakes.push(folder.mistake(
            "changes.toml",
            Words::new(format!("{day} の改正"), format!("a change on {day}")),
            Words::new(
                format!("programme.toml に、{day} に始まる値か、その前日に終わる値"),
                format!("a value in programme.toml that begins on {day} or ends on the day before"),
            ),
        ));
    }
    if programme.id.as_str() != folder.name() {
        let found = Words::same(format!("{:?}", programme.id.as_str()));
        mistakes.push(folder.mistake("id", found, ("フォルダーの名前と同じ id", "the name of its folder")));
    }
    for case in cases.iter().filter(|case| !case.is_of(&programme.id)) {
        mistakes.push(folder.mistake(
            &case.key(),
            ("別の補助事業の事実", "facts of another programme"),
            Words::same(format!("\"programme\":\"{}\"", programme.id.as_str())),
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
    /// `maker` and `name`, where the item has them.
    maker: String,
    name: String,
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
                    found: Words::same(error.message()),
                    expected: Words::same("TOML"),
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

    fn wrong<T>(&mut self, at: &Range<usize>, key: &str, found: Words, expected: impl Into<Words>) -> Option<T> {
        let line = Some(self.line(at));
        self.mistakes.push(ProgrammeMistake {
            file: self.path.to_owned(),
            line,
            key: key.to_owned(),
            found,
            expected: expected.into(),
        });
        None
    }

    /// What is wrong with the file as a whole, at no line of it.
    fn overall<T>(&mut self, key: &str, found: Words, expected: impl Into<Words>) -> Option<T> {
        self.mistakes.push(ProgrammeMistake {
            file: self.path.to_owned(),
            line: None,
            key: key.to_owned(),
            found,
            expected: expected.into(),
        });
        None
    }

    fn missing<T>(&mut self, key: &str, expected: impl Into<Words>) -> Option<T> {
        self.overall(key, nothing(), expected)
    }

    fn wrong_value<T>(&mut self, value: &Value<'_>, key: &str, expected: impl Into<Words>) -> Option<T> {
        self.wrong(&value.span(), key, shown(value.get_ref()), expected)
    }

    // ---- entries

    /// A source is `<number of a document> <phrase>` or `決定: <reason>`.
    fn source(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        let numbers: Vec<&str> = self.documents.keys().map(String::as_str).collect();
        let numbers = numbers.join(", ");
        let expected = Words::new(
            format!("[source_documents] の番号（{numbers}）、空白、文言の順、または「{DECISION}」と理由"),
            format!(
                "a number of [source_documents] ({numbers}), a space and the phrase, or \"{DECISION}\" and the reason"
            ),
        );
        let source = self.words(value, key, expected.clone())?;
        // Without any documents that mistake has been said; it is not said again at every source.
        let known = |number: &str| self.documents.is_empty() || self.documents.contains_key(number);
        let phrase = source
            .strip_prefix(DECISION)
            .or_else(|| source.split_once(' ').filter(|(number, _)| known(number)).map(|(_, phrase)| phrase));
        if phrase.is_some_and(|phrase| !phrase.trim().is_empty()) {
            Some(source)
        } else {
            self.wrong_value(value, key, expected)
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
        if !matches!(scope, Scope::Programme | Scope::Product) {
            allowed.push("kinds");
        }
        match scope {
            Scope::KindsAndCategory => allowed.push("category"),
            Scope::KindsAndEnglish => allowed.push("value_en"),
            Scope::Product => allowed.extend(["maker", "name"]),
            Scope::Programme | Scope::Kinds => {}
        }
        let needed = allowed.len();
        allowed.extend(["from", "until"]);
        for (name, value) in table.iter() {
            let name_text: &str = name.get_ref();
            if allowed.contains(&name_text) {
                found.insert(name_text, value);
            } else {
                self.wrong::<()>(&name.span(), &format!("{key}.{name_text}"), unknown_key(), one_of(&allowed));
            }
        }
        for name in allowed.iter().take(needed).filter(|name| !found.contains_key(**name)) {
            let expected = Words::new(format!("どの値にも {name} を添える"), format!("{name} beside every value"));
            self.wrong::<()>(at, &format!("{key}.{name}"), nothing(), expected);
        }
        let place = |name: &str| format!("{key}.{name}");
        if let Some(value) = found.get("unit")
            && value.get_ref().as_str() != Some(unit)
        {
            self.wrong_value::<()>(value, &place("unit"), Words::same(format!("\"{unit}\"")));
        }
        let source = found.get("source").and_then(|value| self.source(value, &place("source")));
        let checked_on = found.get("checked_on").and_then(|value| self.day(value, &place("checked_on")));
        let from = found.get("from").and_then(|value| self.day(value, &place("from")));
        let until = found.get("until").and_then(|value| self.day(value, &place("until")));
        if let (Some(from), Some(until), Some(value)) = (from, until, found.get("until"))
            && until < from
        {
            let expected = Words::new(format!("from（{from}）以後の日"), format!("a day not before from ({from})"));
            self.wrong_value::<()>(value, &place("until"), expected);
        }
        let begins = from.zip(found.get("from"));
        let has_ended = until.and_then(|day| day.tomorrow().ok()).zip(found.get("until"));
        for (day, value) in begins.into_iter().chain(has_ended) {
            let line = self.line(&value.span());
            self.boundaries.entry(day).or_insert_with(|| Boundary { key: key.clone(), line });
        }
        let english = found.get("value_en").and_then(|value| {
            self.words(
                value,
                &place("value_en"),
                ("同じ内容の英語（引用符で囲む）", "the same text in English, in quotes"),
            )
        });
        let maker = found.get("maker").and_then(|value| {
            self.words(value, &place("maker"), ("メーカー名（引用符で囲む）", "the maker, in quotes"))
        });
        let name = found.get("name").and_then(|value| {
            self.words(value, &place("name"), ("製品名（引用符で囲む）", "the product's name, in quotes"))
        });
        let kinds = match found.get("kinds") {
            None => Vec::new(),
            Some(value) => {
                let expected = (
                    "\"hospital\", \"clinic\", \"pharmacy\", \"large_chain_pharmacy\" のうち1つ以上の一覧",
                    "a list of at least one of \"hospital\", \"clinic\", \"pharmacy\", \"large_chain_pharmacy\"",
                );
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
        let (value, source, checked_on) = (found.get("value")?, source?, checked_on?);
        Some(Entry {
            value,
            kinds,
            category,
            english: english.unwrap_or_default(),
            maker: maker.unwrap_or_default(),
            name: name.unwrap_or_default(),
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
            let expected =
                ("根拠の文書の番号と題名の表", "a table of numbers and titles of the documents that sources name");
            self.missing::<()>("source_documents", expected);
        }
        let mut id = None;
        let mut entries: BTreeMap<&str, Vec<Entry<'_, '_>>> = BTreeMap::new();
        let mut present: Vec<&str> = Vec::new();
        let in_kind = table.contains_key(PRODUCT);
        let has = |of: For| match of {
            For::Every => true,
            For::Money => !in_kind,
            For::Products => in_kind,
        };
        for (name, value) in table.iter() {
            let name_text: &str = name.get_ref();
            if let Some((key, unit, scope, of)) = ITEMS.iter().find(|(key, ..)| *key == name_text) {
                present.push(key);
                if has(*of) {
                    entries.insert(key, self.entries(key, unit, *scope, value));
                } else {
                    let expected = if in_kind {
                        Words::new(
                            "[[product]] のある補助事業では書かない（製品を交付し、金額は交付しない）",
                            "no such item beside [[product]]: the programme grants products, not yen",
                        )
                    } else {
                        Words::new(
                            "[[product]] のある補助事業でだけ書く",
                            "such an item only beside [[product]], in a programme that grants products",
                        )
                    };
                    self.wrong::<()>(&name.span(), name_text, Words::same(format!("[[{name_text}]]")), expected);
                }
            } else if name_text == "id" {
                id = match value.get_ref() {
                    DeValue::String(text) if is_id(text) => Some(ProgrammeId::from(text.as_ref())),
                    _ => self.wrong_value(value, "id", ID),
                };
            } else if name_text != "source_documents" {
                let keys: Vec<&str> = ITEMS.iter().map(|(key, ..)| *key).collect();
                let keys: Vec<&str> = ["id", "source_documents"].into_iter().chain(keys).collect();
                self.wrong::<()>(&name.span(), name_text, unknown_key(), one_of(&keys));
            }
        }
        // What is said for each kind of facility is looked for there, kind by kind.
        let missing =
            ITEMS.iter().filter(|(key, _, scope, of)| *scope == Scope::Programme && has(*of) && !present.contains(key));
        for (key, ..) in missing {
            let expected = Words::new(
                format!("[[{key}]] を1つ以上（定めがなければ \"none\" または []）"),
                format!("at least one [[{key}]]; \"none\" or [] where nothing is set"),
            );
            self.missing::<()>(key, expected);
        }
        if id.is_none() && !table.iter().any(|(name, _)| name.get_ref() == "id") {
            self.missing::<()>("id", ID);
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
        let (products, units_ceilings) = (take(PRODUCT), take("units_ceiling"));
        let (first_deadlines, no_changes) = (take("first_deadline"), take("no_change_after_filing"));

        let in_japanese = ("日本語の名称（引用符で囲む）", "the name in Japanese, in quotes");
        let in_english = ("英語の名称（引用符で囲む）", "the name in English, in quotes");
        let name_ja = self.timeline("name_ja", &names_ja, |r, v, k| r.words(v, k, in_japanese));
        let name_en = self.timeline("name_en", &names_en, |r, v, k| r.words(v, k, in_english));
        let opens_on = self.timeline("opens_on", &opens_on, Self::day_or_none);
        let deadline = self.timeline("deadline", &deadline, Self::day);
        let required_documents = self.timeline("required_documents", &documents, Self::documents);
        let own = id.clone();
        let excluding_programmes = self.timeline("excluding_programmes", &excluding, |r, v, k| {
            let ids = r.ids(v, k)?;
            match &own {
                Some(own) if !ids.contains(own) => {
                    let expected = Words::new(
                        format!("{:?} 自身を含む一覧（交付は一度）", own.as_str()),
                        format!("a list with {:?} itself, which is granted once", own.as_str()),
                    );
                    r.wrong_value(v, k, expected)
                }
                _ => Some(ids),
            }
        });
        let transitional_measures = self.timeline("transitional_measures", &measures, Self::measures);
        let undecided = self.undecided(&undecided);
        let grant = if in_kind {
            self.products(&products, &units_ceilings, &first_deadlines, &no_changes, &undecided).map(Grant::Products)
        } else {
            let rounding_mode = self.timeline("rounding_mode", &modes, Self::mode);
            let rounding_unit = self.timeline("rounding_unit", &units, Self::positive_yen);
            let kinds = self.kinds(&eligible, &ceilings, &costs, &rates, &grants, &undecided);
            rounding_mode
                .zip(rounding_unit)
                .map(|(rounding_mode, rounding_unit)| Grant::Money(MoneyTerms { rounding_mode, rounding_unit, kinds }))
        };
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
            grant: grant?,
            undecided,
            // They stand in a file of their own.
            changes: Vec::new(),
        })
    }

    fn source_documents(&mut self, value: &Value<'_>) {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_value::<()>(value, "source_documents", ("番号と題名の表", "a table of numbers and titles"));
            return;
        };
        for (number, title) in table.iter() {
            let key = format!("source_documents.{}", number.get_ref());
            if let Some(title) =
                self.words(title, &key, ("文書の題名（引用符で囲む）", "the document's title, in quotes"))
            {
                self.documents.insert(number.get_ref().to_string(), title);
            }
        }
    }

    fn entries<'t, 'i>(&mut self, key: &str, unit: &str, scope: Scope, value: &'t Value<'i>) -> Vec<Entry<'t, 'i>> {
        let expected = one_or_more(key);
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_value::<()>(value, key, expected);
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (i, one) in array.iter().enumerate() {
            let place = format!("{key}[{i}]");
            match one.get_ref() {
                DeValue::Table(table) => entries.extend(self.entry(place, unit, scope, table, &one.span())),
                _ => self.wrong_value::<()>(one, &place, expected.clone()).unwrap_or_default(),
            }
        }
        if array.is_empty() {
            self.wrong_value::<()>(value, key, expected);
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
        let every_day = ("どの日にも値が1つ", "one value on every day");
        let (found, expected) = match Timeline::new(dated) {
            Ok(timeline) => return Some(timeline),
            Err(TimelineError::Empty) => (
                Words::new("値なし", "no value"),
                ("値、または定めがないときの \"none\"", "a value, or \"none\" where nothing is set"),
            ),
            Err(TimelineError::Gap(day)) => {
                (Words::new(format!("{day} に値なし"), format!("no value on {day}")), every_day)
            }
            Err(TimelineError::Overlap(Date::MIN)) => (
                Words::new("from のない値が2つ", "two values without from"),
                ("from のない値は最初の1つだけ", "one value on every day: only the first without from"),
            ),
            Err(TimelineError::Overlap(day)) => {
                (Words::new(format!("{day} に値が2つ"), format!("two values on {day}")), every_day)
            }
            Err(TimelineError::LateStart(day)) => (
                Words::new(format!("{day} より前に値なし"), format!("no value before {day}")),
                ("最初の値には from を書かない", "a value on every day: the first one without from"),
            ),
            Err(TimelineError::EarlyEnd(day)) => (
                Words::new(format!("{day} より後に値なし"), format!("no value after {day}")),
                ("最後の値には until を書かない", "a value on every day: the last one without until"),
            ),
        };
        self.overall(key, found, expected)
    }
}

/// A value as it is named in a mistake: short, and a text in quotes.
fn shown(value: &DeValue<'_>) -> Words {
    match value {
        DeValue::String(text) => {
            let short: String = text.chars().take(60).collect();
            Words::same(format!("{short:?}"))
        }
        DeValue::Integer(number) => Words::same(number.to_string()),
        DeValue::Float(number) => Words::same(number.to_string()),
        DeValue::Boolean(truth) => Words::same(truth.to_string()),
        DeValue::Datetime(time) => Words::same(time.to_string()),
        DeValue::Array(list) if list.is_empty() => Words::new("空の一覧", "an empty list"),
        DeValue::Array(_) => Words::new("一覧", "a list"),
        DeValue::Table(_) => Words::new("キーと値の組", "a table"),
    }
}
