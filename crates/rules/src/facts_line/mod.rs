//! Facts from outside: one line of JSON, taken strictly. What is wrong comes back with its key, what was found, what
//! was expected and what to do, in both languages.

mod error;

pub use error::{FactsError, FactsErrorView, FactsProblem, FactsProblemView};

use crate::json::Json;
use crate::listing::document_code;
use crate::programme::Programme;
use crate::ruleset::Ruleset;
use crate::words::Words;
use claim::{
    Category, Choice, ClaimId, DocumentKind, Expense, FacilityKind, FactFacility, Facts, InstitutionCode,
    InstitutionCodeError, ProductId, ProgrammeId, TransitionalMeasure, Yen, day_in_japan,
};
use error::meaning;
use jiff::Timestamp;
use jiff::civil::Date;
use std::borrow::Cow;

/// The years that a day may lie in: a slip such as 0205 or 20255 is a mistake, not a day.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

const KEYS: [&str; 12] = [
    "claim_id",
    "programme",
    "submitted_at",
    "purchased_on",
    "facility",
    "expenses",
    "documents",
    "earlier_grants",
    "claimed_yen",
    "choices",
    "filed_choices",
    "filed_before",
];
/// How many of them every claim has to state.
const NEEDED: usize = 8;

impl Ruleset {
    /// Reads one line of facts as the contract of `kofu assess` has them. Every key must be there but `claimed_yen` and
    /// those of claims for products;
    /// unknown and repeated keys, numbers that are not whole yen, unknown names and times without an offset are
    /// refused. The error has all that is wrong with the line.
    pub fn parse_facts(&self, line: &str) -> Result<Facts, FactsError> {
        let mut reader = Reader { ruleset: self, problems: Vec::new() };
        let mut claim_id = None;
        let facts = match serde_json::from_str::<Json>(line) {
            Ok(json) => {
                claim_id = claim_id_of(&json);
                reader.facts(&json)
            }
            Err(_) if line.trim().is_empty() => {
                reader.say(
                    "invalid-json",
                    "",
                    "この行は空です。1行に1件の申請を JSON で記入してください。".to_owned(),
                    "the line is empty; write one claim a line, as JSON".to_owned(),
                );
                None
            }
            Err(error) => {
                let column = error.column();
                reader.say(
                    "invalid-json",
                    "",
                    format!(
                        "JSON として読み取れません（{column}バイト目）。1行に1件の申請を JSON で記入してください。"
                    ),
                    format!("not JSON at byte {column}; write one claim a line, as JSON"),
                );
                None
            }
        };
        let mut problems = reader.problems.into_iter();
        match (problems.next(), facts) {
            (None, Some(facts)) => Ok(facts),
            (Some(first), _) => Err(FactsError { claim_id, first: Box::new(first), others: problems.collect() }),
            // Every `None` of the reader comes with a problem; should that ever fail, nothing is assessed.
            (None, None) => Err(FactsError {
                claim_id,
                first: Box::new(FactsProblem {
                    code: "invalid-value",
                    place: String::new(),
                    message: Words::new("この行は読み取れません。", "the line could not be read"),
                }),
                others: Vec::new(),
            }),
        }
    }
}

fn claim_id_of(json: &Json<'_>) -> Option<String> {
    let Json::Object(keys) = json else { return None };
    keys.iter().find_map(|(key, value)| match value {
        Json::Text(id) if key == "claim_id" => Some(id.to_string()),
        _ => None,
    })
}

struct Reader<'r> {
    ruleset: &'r Ruleset,
    problems: Vec<FactsProblem>,
}

/// Where something stands: `expenses[1].amount_yen`. Put into words only when something is wrong there.
#[derive(Clone, Copy)]
struct At {
    base: &'static str,
    index: Option<usize>,
    key: &'static str,
}

impl From<&'static str> for At {
    fn from(base: &'static str) -> At {
        At { base, index: None, key: "" }
    }
}

impl At {
    /// The element of a list that stands here.
    fn element(self, index: usize) -> At {
        At { index: Some(index), ..self }
    }

    /// A key of the object that stands here.
    fn key(self, key: &'static str) -> At {
        At { key, ..self }
    }

    fn show(self) -> String {
        let mut place = self.base.to_owned();
        if let Some(index) = self.index {
            place = format!("{place}[{index}]");
        }
        self.below(&place, self.key)
    }

    /// The place of a key, whatever it is called, of the object that stands here.
    fn show_key(self, key: &str) -> String {
        self.below(&self.show(), key)
    }

    fn below(self, place: &str, key: &str) -> String {
        match (place.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (false, true) => place.to_owned(),
            (false, false) => format!("{place}.{key}"),
        }
    }
}

/// An object whose keys have been checked.
struct Object<'j, 't> {
    at: At,
    keys: &'j [(Cow<'t, str>, Json<'t>)],
}

impl<'j, 't> Object<'j, 't> {
    fn get(&self, key: &str) -> Option<&'j Json<'t>> {
        self.keys.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

impl Reader<'_> {
    fn say(&mut self, code: &'static str, place: &str, ja: String, en: String) {
        self.problems.push(FactsProblem { code, place: place.to_owned(), message: Words { ja, en } });
    }

    fn refuse<T>(&mut self, code: &'static str, at: impl Into<At>, found: &Json<'_>, expected: &Words) -> Option<T> {
        let (found, place) = (found.shown(), at.into().show());
        let at = if place.is_empty() {
            Words::new("この行", "the line")
        } else {
            Words::new(format!("「{place}」"), place.as_str())
        };
        self.say(
            code,
            &place,
            format!("{}の値 {found} は使えません。{}を記入してください。", at.ja, expected.ja),
            format!("{}: found {found}, expected {}", at.en, expected.en),
        );
        None
    }

    /// Checks the keys of an object: none unknown, none twice, none of `needed` missing.
    fn object<'j, 't>(
        &mut self,
        json: &'j Json<'t>,
        at: At,
        needed: &[&'static str],
        optional: &[&'static str],
    ) -> Option<Object<'j, 't>> {
        let names = || needed.iter().chain(optional).copied().collect::<Vec<_>>().join(", ");
        let Json::Object(keys) = json else {
            let names = names();
            let expected = Words::new(
                format!("オブジェクト {{…}}（項目: {names}）"),
                format!("an object {{…}} with the keys {names}"),
            );
            return self.refuse("invalid-value", at, json, &expected);
        };
        let object = Object { at, keys };
        for (i, (key, _)) in keys.iter().enumerate() {
            if !needed.contains(&key.as_ref()) && !optional.contains(&key.as_ref()) {
                let (at, names) = (at.show_key(&shortened(key)), names());
                self.say(
                    "unknown-key",
                    &at,
                    format!("「{at}」という項目はありません。使える項目は {names} です。綴りを確かめるか、取り除いてください。"),
                    format!("{at}: found an unknown key, expected one of {names}; check its spelling or remove it"),
                );
            } else if keys.iter().take(i).any(|(earlier, _)| earlier == key) {
                let at = at.show_key(key);
                self.say(
                    "duplicate-key",
                    &at,
                    format!("「{at}」が2回以上書かれています。1つだけ残してください。"),
                    format!("{at}: found the key more than once, expected once; keep one"),
                );
            }
        }
        for key in needed.iter().filter(|key| object.get(key).is_none()) {
            let at = at.show_key(key);
            self.say(
                "missing-key",
                &at,
                format!("「{at}」がありません。{}を記入してください。", meaning(key).ja),
                format!("{at}: found nothing, expected {}", meaning(key).en),
            );
        }
        Some(object)
    }

    fn facts(&mut self, json: &Json<'_>) -> Option<Facts> {
        let (needed, optional) = KEYS.split_at(NEEDED);
        let object = self.object(json, At::from(""), needed, optional)?;
        let claim_id = object.get("claim_id").and_then(|value| self.claim_id(value, "claim_id"));
        let programme = object.get("programme").and_then(|value| self.programme(value, "programme"));
        let submitted_at = object.get("submitted_at").and_then(|value| self.instant(value));
        let in_kind =
            programme.as_ref().and_then(|id| self.ruleset.programme(id)).is_some_and(Programme::grants_in_kind);
        let purchased_on = object.get("purchased_on").and_then(|value| match value {
            // Where products are granted nothing is bought.
            Json::Null if in_kind => Some(None),
            value => self.day(value, "purchased_on").map(Some),
        });
        let facility = object.get("facility").and_then(|value| self.facility(value));
        let expenses = object.get("expenses").and_then(|value| self.expenses(value));
        let documents = object.get("documents").and_then(|value| self.list(value, "documents", Self::document));
        let earlier_grants =
            object.get("earlier_grants").and_then(|value| self.list(value, "earlier_grants", Self::programme));
        let claimed_yen = match object.get("claimed_yen") {
            None | Some(Json::Null) => Some(None),
            Some(value) => self.yen(value, "claimed_yen").map(Some),
        };
        let choices = self.choices(&object, "choices");
        let filed_choices = self.choices(&object, "filed_choices");
        let filed_before = match object.get("filed_before") {
            None => Some(Vec::new()),
            Some(value) => self.list(value, "filed_before", Self::claim_id),
        };
        Some(Facts {
            claim_id: claim_id?,
            programme: programme?,
            submitted_at: submitted_at?,
            purchased_on: purchased_on?,
            facility: facility?,
            expenses: expenses?,
            documents: documents?,
            earlier_grants: earlier_grants?,
            claimed_yen: claimed_yen?,
            choices: choices?,
            filed_choices: filed_choices?,
            filed_before: filed_before?,
        })
    }

    fn choices(&mut self, object: &Object<'_, '_>, key: &'static str) -> Option<Vec<Choice>> {
        let Some(value) = object.get(key) else { return Some(Vec::new()) };
        self.list(value, key, |reader, element, at| {
            let object = reader.object(element, at, &["rank", "product", "units"], &[])?;
            let rank = object.get("rank").and_then(|value| {
                match value {
                    Json::Whole(number) => u8::try_from(*number).ok().filter(|rank| Choice::RANKS.contains(rank)),
                    _ => None,
                }
                .or_else(|| reader.refuse("invalid-value", object.at.key("rank"), value, &meaning("rank")))
            });
            let product = object.get("product").and_then(|value| match value {
                // Whether it is offered is a finding: the facility chose it, and has to choose again.
                Json::Text(id) if !id.trim().is_empty() && !id.chars().any(char::is_control) => {
                    Some(ProductId::from(id.as_ref()))
                }
                _ => reader.refuse("invalid-value", object.at.key("product"), value, &meaning("product")),
            });
            let units = object.get("units").and_then(|value| {
                match value {
                    Json::Whole(number) => u32::try_from(*number).ok().filter(|n| (1..=Choice::MOST_UNITS).contains(n)),
                    _ => None,
                }
                .or_else(|| reader.refuse("invalid-value", object.at.key("units"), value, &meaning("units")))
            });
            Some(Choice { rank: rank?, product: product?, units: units? })
        })
    }

    fn claim_id(&mut self, value: &Json<'_>, at: impl Into<At>) -> Option<ClaimId> {
        match value {
            Json::Text(id) if !id.trim().is_empty() && !id.chars().any(char::is_control) => {
                Some(ClaimId::from(id.as_ref()))
            }
            _ => self.refuse("invalid-value", at, value, &meaning("claim_id")),
        }
    }

    fn programme(&mut self, value: &Json<'_>, at: impl Into<At>) -> Option<ProgrammeId> {
        let known = match value {
            Json::Text(id) => Some(ProgrammeId::from(id.as_ref())).filter(|id| self.ruleset.programme(id).is_some()),
            _ => None,
        };
        if known.is_none() {
            let ids = self.ruleset.known_ids();
            let expected = Words::new(format!("{ids} のいずれか"), format!("one of {ids}"));
            return self.refuse("unknown-programme", at, value, &expected);
        }
        known
    }

    fn instant(&mut self, value: &Json<'_>) -> Option<Timestamp> {
        let instant = match value {
            Json::Text(text) => text.parse::<Timestamp>().ok(),
            _ => None,
        };
        match instant.filter(|at| YEARS.contains(&day_in_japan(*at).year())) {
            Some(at) => Some(at),
            None => self.refuse("invalid-value", "submitted_at", value, &meaning("submitted_at")),
        }
    }

    fn day(&mut self, value: &Json<'_>, at: impl Into<At>) -> Option<Date> {
        let day = match value {
            // A day has one form here: jiff would also take a time after it, and other forms of ISO 8601.
            Json::Text(text) => text.parse::<Date>().ok().filter(|day| day.to_string() == text.as_ref()),
            _ => None,
        };
        match day.filter(|day| YEARS.contains(&day.year())) {
            Some(day) => Some(day),
            None => self.refuse("invalid-value", at, value, &meaning("purchased_on")),
        }
    }

    fn yen(&mut self, value: &Json<'_>, at: impl Into<At>) -> Option<Yen> {
        let yen = match value {
            Json::Whole(number) => Yen::new(*number).ok(),
            _ => None,
        };
        match yen {
            Some(yen) => Some(yen),
            None => self.refuse("invalid-value", at, value, &meaning("amount_yen")),
        }
    }

    fn list<T>(
        &mut self,
        value: &Json<'_>,
        place: &'static str,
        one: impl Fn(&mut Self, &Json<'_>, At) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Json::List(list) = value else {
            return self.refuse("invalid-value", place, value, &meaning(place));
        };
        let read: Vec<T> =
            list.iter().enumerate().filter_map(|(i, element)| one(self, element, At::from(place).element(i))).collect();
        (read.len() == list.len()).then_some(read)
    }

    fn document(&mut self, value: &Json<'_>, at: impl Into<At>) -> Option<DocumentKind> {
        const ALL: [DocumentKind; 6] = [
            DocumentKind::Receipt,
            DocumentKind::Itemization,
            DocumentKind::Estimate,
            DocumentKind::Invoice,
            DocumentKind::DeliveryNote,
            DocumentKind::Other,
        ];
        self.name(value, at, &ALL, document_code)
    }

    fn name<T: Copy>(
        &mut self,
        value: &Json<'_>,
        at: impl Into<At>,
        all: &[T],
        code: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let known = match value {
            Json::Text(text) => all.iter().copied().find(|one| code(*one) == text),
            _ => None,
        };
        if known.is_none() {
            let codes = all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ");
            let expected = Words::new(format!("{codes} のいずれか"), format!("one of {codes}"));
            return self.refuse("unknown-name", at, value, &expected);
        }
        known
    }

    fn expenses(&mut self, value: &Json<'_>) -> Option<Vec<Expense>> {
        let expenses = self.list(value, "expenses", |reader, element, at| {
            let object = reader.object(element, at, &["category", "amount_yen"], &[])?;
            let category = object
                .get("category")
                .and_then(|value| reader.name(value, object.at.key("category"), &Category::ALL, Category::code));
            let amount_yen = object.get("amount_yen").and_then(|value| reader.yen(value, object.at.key("amount_yen")));
            Some(Expense { category: category?, amount_yen: amount_yen? })
        })?;
        if Yen::checked_sum(expenses.iter().map(|expense| expense.amount_yen)).is_none() {
            let max = Yen::MAX;
            self.say(
                "sum-too-large",
                "expenses",
                format!("「expenses」の金額の合計が {max} 円を超えています。金額を確かめてください。"),
                format!("expenses: found a sum above {max} yen, expected at most that; check the amounts"),
            );
            return None;
        }
        Some(expenses)
    }

    fn facility(&mut self, value: &Json<'_>) -> Option<FactFacility> {
        let object = self.object(value, At::from("facility"), &["code", "kind", "transitional_measure"], &[])?;
        let code = object.get("code").and_then(|value| self.institution_code(value));
        let kind = object
            .get("kind")
            .and_then(|value| self.name(value, "facility.kind", &FacilityKind::ALL, FacilityKind::code));
        let measure = match object.get("transitional_measure") {
            Some(Json::Null) => Some(None),
            Some(value) => self.measure(value).map(Some),
            None => None,
        };
        Some(FactFacility { code: code?, kind: kind?, transitional_measure: measure? })
    }

    fn institution_code(&mut self, value: &Json<'_>) -> Option<InstitutionCode> {
        let place = "facility.code";
        let Json::Text(text) = value else {
            return self.refuse("invalid-institution-code", place, value, &meaning("code"));
        };
        match InstitutionCode::parse(text) {
            Ok(code) => Some(code),
            Err(error) => {
                let expected = match &error {
                    InstitutionCodeError::Form { .. } => meaning("code"),
                    InstitutionCodeError::Prefecture { found, .. } => Words::new(
                        format!("都道府県番号（先頭2桁）が 01〜47 または 51〜97 のコード（今の番号は {found}）"),
                        format!("a code whose first two digits are a prefecture, 01 to 47 or 51 to 97, not {found}"),
                    ),
                    InstitutionCodeError::FeeTable { found, .. } => Words::new(
                        format!(
                            "点数表番号（3桁目）が 1（医科）、3（歯科）、4（薬局）などのコード（今の番号は {found}）"
                        ),
                        format!(
                            "a code whose third digit is a fee table (1 medical, 3 dental, 4 pharmacy), not {found}"
                        ),
                    ),
                    InstitutionCodeError::CheckDigit { found, expected, .. } => Words::new(
                        format!(
                            "地方厚生（支）局の一覧と照らし合わせ、末尾の検証番号が合うコード（末尾は {found}、計算では {expected}）"
                        ),
                        format!(
                            "a code whose check digit holds (last digit {found}, worked out {expected}); compare it with the bureau's list"
                        ),
                    ),
                };
                self.refuse("invalid-institution-code", place, value, &expected)
            }
        }
    }

    fn measure(&mut self, value: &Json<'_>) -> Option<TransitionalMeasure> {
        let at = At::from("facility.transitional_measure");
        let object = self.object(value, at, &["number", "ended_on"], &[])?;
        let number = object.get("number").and_then(|value| match value {
            Json::Whole(number @ 1..=6) => u8::try_from(*number).ok(),
            _ => self.refuse("invalid-value", at.key("number"), value, &meaning("number")),
        });
        let ended_on = match object.get("ended_on") {
            Some(Json::Null) => Some(None),
            Some(value) => self.day(value, at.key("ended_on")).map(Some),
            None => None,
        };
        Some(TransitionalMeasure { number: number?, ended_on: ended_on? })
    }
}

/// An unknown key may be anything; in a message it stays short and on one line.
fn shortened(key: &str) -> String {
    key.chars().map(|c| if c.is_control() { '?' } else { c }).take(40).collect()
}
