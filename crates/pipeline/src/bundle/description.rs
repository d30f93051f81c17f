//! `claim.toml`: what a facility asks for, read key by key so that every wrong key is told.

use super::{BundleError, FILES_MAX};
use crate::told::expected_code;
use claim::{Choice, DocumentKind, InstitutionCode, Lang, ProductId, ProgrammeId, Yen, day_in_japan};
use jiff::{SignedDuration, Timestamp};

/// The years in which a claim can have been submitted: beyond them somebody mistyped.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;
/// How far a facility's clock may be ahead of ours.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// More choices than any form has lines.
const CHOICES_MAX: usize = 20;

/// What stands in a description, as far as it could be read.
#[derive(Default)]
pub(super) struct Described {
    pub(super) programme: Option<ProgrammeId>,
    pub(super) facility: Option<InstitutionCode>,
    pub(super) submitted_at: Option<Timestamp>,
    pub(super) claimed_yen: Option<Yen>,
    pub(super) choices: Vec<Choice>,
    pub(super) revises: Option<String>,
    /// What each document is said to be, and its file.
    pub(super) documents: Vec<(DocumentKind, String)>,
}

/// Reads the bytes of the description at `place`; all that is wrong with it comes beside.
pub(super) fn read(
    bytes: &[u8],
    place: &str,
    programmes: &[ProgrammeId],
    now: Timestamp,
    lang: Lang,
) -> (Described, Vec<BundleError>) {
    let mut errors = Vec::new();
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string());
    let table = text.and_then(|text| {
        text.trim_start_matches('\u{feff}').parse::<toml::Table>().map_err(|e| e.to_string().trim().replace('\n', " "))
    });
    let table = match table {
        Ok(table) => table,
        Err(reason) => {
            let ja = format!("TOML として読めません。{reason}");
            errors.push(BundleError::new("invalid-toml", place, lang, ja, format!("is not valid TOML: {reason}")));
            return (Described::default(), errors);
        }
    };
    let mut read = Description { place, now, lang, errors: &mut errors };
    let described = read.all(&table, programmes);
    (described, errors)
}

/// The reading of `claim.toml`, key by key, so that every wrong key is told.
struct Description<'a> {
    place: &'a str,
    now: Timestamp,
    lang: Lang,
    errors: &'a mut Vec<BundleError>,
}

impl Description<'_> {
    fn all(&mut self, table: &toml::Table, programmes: &[ProgrammeId]) -> Described {
        self.unknown_keys(
            table,
            "",
            &["programme", "facility", "submitted_at", "claimed_yen", "choices", "revises", "documents"],
        );
        let programme = self.text(table, "", "programme").and_then(|id| {
            let id = ProgrammeId::from(id);
            if programmes.contains(&id) {
                return Some(id);
            }
            let known = programmes.iter().map(ProgrammeId::as_str).collect::<Vec<_>>().join(", ");
            self.wrong("unknown-programme", "programme", id.as_str(), [&known, &known]);
            None
        });
        let facility = self.text(table, "", "facility").and_then(|code| match InstitutionCode::parse(&code) {
            Ok(code) => Some(code),
            Err(error) => {
                let [ja, en] = expected_code(&error);
                self.wrong("invalid-value", "facility", &code, [&ja, &en]);
                None
            }
        });
        let submitted_at = match table.get("submitted_at") {
            Some(toml::Value::Datetime(at)) => self.instant(&at.to_string()),
            _ => self.text(table, "", "submitted_at").and_then(|at| self.instant(&at)),
        };
        let claimed_yen = match table.get("claimed_yen") {
            None => None,
            Some(toml::Value::Integer(yen)) if Yen::new(*yen).is_ok() => Yen::new(*yen).ok(),
            Some(other) => {
                self.wrong(
                    "invalid-value",
                    "claimed_yen",
                    &other.to_string(),
                    ["0以上の整数（円）", "whole yen, 0 or more"],
                );
                None
            }
        };
        let revises = table.contains_key("revises").then(|| self.text(table, "", "revises")).flatten();
        Described {
            programme,
            facility,
            submitted_at,
            claimed_yen,
            choices: self.choices(table),
            revises,
            documents: self.documents(table),
        }
    }

    /// `[[choices]]`: rank, product and units. Whether a product is offered is not asked here but by the rules.
    fn choices(&mut self, table: &toml::Table) -> Vec<Choice> {
        let entries = match table.get("choices") {
            None => return Vec::new(),
            Some(toml::Value::Array(entries)) => entries,
            Some(other) => {
                self.wrong("invalid-value", "choices", other.type_str(), ["[[choices]]"; 2]);
                return Vec::new();
            }
        };
        if entries.len() > CHOICES_MAX {
            let (ja, en) = (format!("{CHOICES_MAX} 件まで"), format!("at most {CHOICES_MAX}"));
            self.wrong("too-large", "choices", &entries.len().to_string(), [&ja, &en]);
        }
        let mut choices = Vec::new();
        for (i, entry) in entries.iter().enumerate().take(CHOICES_MAX) {
            let under = format!("choices[{i}].");
            let Some(entry) = entry.as_table() else {
                self.wrong("invalid-value", &under, entry.type_str(), ["rank, product, units"; 2]);
                continue;
            };
            self.unknown_keys(entry, &under, &["rank", "product", "units"]);
            let ranks = (u32::from(*Choice::RANKS.start()), u32::from(*Choice::RANKS.end()));
            let rank = self.whole(entry, &under, "rank", ranks).and_then(|rank| u8::try_from(rank).ok());
            let product = self.text(entry, &under, "product").and_then(|product| {
                if !product.trim().is_empty() && !product.chars().any(char::is_control) {
                    return Some(ProductId::from(product));
                }
                let expected = ["製品の id（例 fujitsu-caora）", "the id of a product such as fujitsu-caora"];
                self.wrong("invalid-value", &format!("{under}product"), &product, expected);
                None
            });
            let units = self.whole(entry, &under, "units", (1, Choice::MOST_UNITS));
            if let (Some(rank), Some(product), Some(units)) = (rank, product, units) {
                choices.push(Choice { rank, product, units });
            }
        }
        choices
    }

    /// A whole number from `least` to `most`.
    fn whole(&mut self, table: &toml::Table, under: &str, key: &str, (least, most): (u32, u32)) -> Option<u32> {
        let Some(value) = table.get(key) else {
            self.missing(under, key);
            return None;
        };
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let expected = [format!("{least}から{most}までの整数"), format!("a whole number from {least} to {most}")];
            let [ja, en] = &expected;
            self.wrong("invalid-value", &format!("{under}{key}"), &value.to_string(), [ja, en]);
        }
        number
    }

    fn missing(&mut self, under: &str, key: &str) {
        self.errors.push(BundleError::new(
            "missing-key",
            format!("{} {under}{key}", self.place),
            self.lang,
            format!("「{key}」がありません。追加してください。"),
            format!("{key} is missing; add it"),
        ));
    }

    /// `expected` is a phrase in Japanese and in English.
    fn wrong(&mut self, code: &'static str, key: &str, found: &str, [ja, en]: [&str; 2]) {
        self.errors.push(BundleError::new(
            code,
            format!("{} {key}", self.place),
            self.lang,
            format!("「{found}」は使えません。正しい値: {ja}。訂正してください。"),
            format!("found {found:?}, expected {en}; correct it"),
        ));
    }

    fn unknown_keys(&mut self, table: &toml::Table, under: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            let known = known.join(", ");
            self.errors.push(BundleError::new(
                "unknown-key",
                format!("{} {under}{key}", self.place),
                self.lang,
                format!("「{key}」というキーはありません。使えるキー: {known}。つづりを確かめるか、削除してください。"),
                format!("there is no key {key:?}, expected one of: {known}; check its spelling or remove it"),
            ));
        }
    }

    fn text(&mut self, table: &toml::Table, under: &str, key: &str) -> Option<String> {
        match table.get(key) {
            Some(toml::Value::String(text)) => Some(text.clone()),
            Some(other) => {
                self.wrong(
                    "invalid-value",
                    &format!("{under}{key}"),
                    &other.to_string(),
                    ["\"…\" で囲んだ文字列", "a text in quotes"],
                );
                None
            }
            None => {
                self.missing(under, key);
                None
            }
        }
    }

    fn instant(&mut self, text: &str) -> Option<Timestamp> {
        // The store keeps whole milliseconds.
        let at = text.parse::<Timestamp>().ok().and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok());
        let expected = match at {
            None => [
                "時差の付いた日時（例 2025-12-20T10:15:00+09:00）",
                "a time with its offset, such as 2025-12-20T10:15:00+09:00",
            ],
            Some(at) if !YEARS.contains(&day_in_japan(at).year()) => {
                ["2000年から2099年までの日時", "a time in the years 2000 to 2099"]
            }
            Some(at) if at.duration_since(self.now) > AHEAD_MAX => [
                "申請した日時（まだ来ていない日時は使えません）",
                "the time of the submission, which is not still to come",
            ],
            Some(at) => return Some(at),
        };
        self.wrong("invalid-value", "submitted_at", text, expected);
        None
    }

    fn documents(&mut self, table: &toml::Table) -> Vec<(DocumentKind, String)> {
        let entries = match table.get("documents") {
            None => return Vec::new(),
            Some(toml::Value::Array(entries)) => entries,
            Some(other) => {
                self.wrong("invalid-value", "documents", other.type_str(), ["[[documents]]"; 2]);
                return Vec::new();
            }
        };
        if entries.len() > FILES_MAX {
            let (ja, en) = (format!("{FILES_MAX} 件まで"), format!("at most {FILES_MAX}"));
            self.wrong("too-large", "documents", &entries.len().to_string(), [&ja, &en]);
        }
        let mut documents = Vec::new();
        for (i, entry) in entries.iter().enumerate().take(FILES_MAX) {
            let under = format!("documents[{i}].");
            let Some(entry) = entry.as_table() else {
                self.wrong("invalid-value", &under, entry.type_str(), ["kind, file"; 2]);
                continue;
            };
            self.unknown_keys(entry, &under, &["kind", "file"]);
            let kind = self.text(entry, &under, "kind").and_then(|kind| match kind.as_str() {
                "receipt" => Some(DocumentKind::Receipt),
                "itemization" => Some(DocumentKind::Itemization),
                other => {
                    self.wrong("invalid-value", &format!("{under}kind"), other, ["receipt, itemization"; 2]);
                    None
                }
            });
            let file = self.text(entry, &under, "file");
            if let (Some(kind), Some(file)) = (kind, file) {
                documents.push((kind, file));
            }
        }
        documents
    }
}
