//! The files beside a programme's values: the list of its changes, and cases worked out by hand.

use super::{Folder, ProgrammeMistake, Reader, Value, nothing, one_of, one_or_more, unknown_key};
use crate::programme::Change;
use crate::ruleset::Ruleset;
use crate::words::Words;
use claim::{Lang, Outcome, ProgrammeId, Yen};
use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

/// A claim whose outcome was worked out by hand from the sources. A ruleset that comes to another is refused.
#[derive(Debug)]
pub(crate) struct Case {
    number: usize,
    what: String,
    /// One line as `kofu assess` takes it.
    facts: String,
    outcome: Outcome,
    grant_yen: Yen,
    /// What is granted in kind: product and units.
    grant_units: Option<(String, u32)>,
    /// Codes, sorted.
    findings: Vec<String>,
}

impl Reader<'_> {
    /// `changes.toml`: `[[change]]`, in order of time.
    pub(super) fn changes(&mut self, table: &DeTable<'_>) -> Option<Vec<Change>> {
        let mut changes: Vec<Change> = Vec::new();
        for (key, table) in self.tables(table, "change") {
            let allowed = ["what_ja", "what_en", "source", "checked_on", "from"];
            let values = self.values_of(&key, table, &allowed, 4)?;
            let place = |name: &str| format!("{key}.{name}");
            let what_ja = self.words(
                values[0]?,
                &place("what_ja"),
                ("改正の内容（日本語、引用符で囲む）", "what changed, in Japanese, in quotes"),
            );
            let what_en = self.words(
                values[1]?,
                &place("what_en"),
                ("改正の内容（英語、引用符で囲む）", "what changed, in English, in quotes"),
            );
            let source = self.source(values[2]?, &place("source"));
            let checked_on = self.day(values[3]?, &place("checked_on"));
            let from: Option<Date> = match values[4] {
                None => None,
                Some(value) => Some(self.day(value, &place("from"))?),
            };
            if let Some(before) = changes.last()
                && from <= before.from
            {
                let found =
                    from.map_or_else(|| ("from がない改正", "no from").into(), |day| Words::same(day.to_string()));
                let expected = match before.from {
                    None => Words::new("最初の改正より後の日", "a day after the first change"),
                    Some(day) => Words::new(format!("{day} より後の日"), format!("a day after {day}")),
                };
                self.overall::<()>(&place("from"), found, expected);
            }
            if changes.is_empty()
                && let Some(day) = from
            {
                let expected = (
                    "from を書かない（最初の改正は、当初からの内容）",
                    "no from: the first change is what held from the beginning",
                );
                self.overall::<()>(&place("from"), Words::same(day.to_string()), expected);
            }
            changes.push(Change {
                from,
                what_ja: what_ja?,
                what_en: what_en?,
                source: source?,
                checked_on: checked_on?,
            });
        }
        Some(changes)
    }

    /// `cases.toml`: `[[case]]`.
    pub(super) fn cases(&mut self, table: &DeTable<'_>) -> Option<Vec<Case>> {
        let mut cases = Vec::new();
        for (number, (key, table)) in self.tables(table, "case").into_iter().enumerate() {
            let allowed = ["what", "facts", "outcome", "grant_yen", "findings", "grant_units"];
            let values = self.values_of(&key, table, &allowed, 5)?;
            let place = |name: &str| format!("{key}.{name}");
            let what =
                self.words(values[0]?, &place("what"), ("例の説明（引用符で囲む）", "what the case shows, in quotes"));
            let facts = self.words(
                values[1]?,
                &place("facts"),
                ("`kofu assess` が受け取る形の1行", "one line of facts as `kofu assess` takes it"),
            );
            let outcome = match values[2]?.get_ref() {
                DeValue::String(text) => Outcome::from_code(text),
                _ => None,
            };
            let outcome = match outcome {
                Some(outcome) => Some(outcome),
                None => self.wrong_value(
                    values[2]?,
                    &place("outcome"),
                    ("approve, review, return, reject のいずれか", "one of approve, review, return, reject"),
                ),
            };
            let grant_yen = self.yen(values[3]?, &place("grant_yen"));
            let findings = self.list(
                values[4]?,
                &place("findings"),
                ("所見のコードの一覧", "a list of codes of findings"),
                |one| match one {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                },
            );
            let mut findings = findings?;
            findings.sort();
            let grant_units = match values[5] {
                None => None,
                Some(value) => {
                    let place = place("grant_units");
                    let inner = self.values_of(&place, value, &["product", "units"], 2)?;
                    let product = self.product_id(inner[0]?, &format!("{place}.product"));
                    let units = self.units(inner[1]?, &format!("{place}.units"));
                    Some((product?.to_string(), units?))
                }
            };
            cases.push(Case {
                number,
                what: what?,
                facts: facts?,
                outcome: outcome?,
                grant_yen: grant_yen?,
                grant_units,
                findings,
            });
        }
        Some(cases)
    }

    /// The tables of `[[name]]`, the only thing in a file, each with its key.
    fn tables<'t, 'i>(&mut self, table: &'t DeTable<'i>, name: &str) -> Vec<(String, &'t Value<'i>)> {
        let expected = one_or_more(name);
        let mut found = Vec::new();
        for (key, value) in table.iter() {
            if key.get_ref() != name {
                self.wrong::<()>(&key.span(), key.get_ref(), unknown_key(), expected.clone());
                continue;
            }
            let DeValue::Array(array) = value.get_ref() else {
                self.wrong_value::<()>(value, name, expected.clone());
                continue;
            };
            for (i, one) in array.iter().enumerate() {
                found.push((format!("{name}[{i}]"), one));
            }
        }
        if found.is_empty() && self.mistakes.is_empty() {
            self.missing::<()>(name, expected);
        }
        found
    }

    /// The values of `allowed` in a table, in that order; the first `needed` must be there.
    fn values_of<'t, 'i>(
        &mut self,
        key: &str,
        table: &'t Value<'i>,
        allowed: &[&str],
        needed: usize,
    ) -> Option<Vec<Option<&'t Value<'i>>>> {
        let DeValue::Table(entries) = table.get_ref() else {
            return self.wrong_value(table, key, ("キーと値の組", "a table"));
        };
        let before = self.mistakes.len();
        for (name, _) in entries.iter().filter(|(name, _)| !allowed.contains(&name.get_ref().as_ref())) {
            self.wrong::<()>(&name.span(), &format!("{key}.{}", name.get_ref()), unknown_key(), one_of(allowed));
        }
        let found: Vec<Option<&Value<'_>>> =
            allowed.iter().map(|name| entries.iter().find(|(key, _)| key.get_ref() == name).map(|(_, v)| v)).collect();
        for (name, _) in allowed.iter().zip(&found).take(needed).filter(|(_, value)| value.is_none()) {
            let expected = Words::new(format!("どの項目にも {name} を書く"), format!("{name} in every table"));
            self.wrong::<()>(&table.span(), &format!("{key}.{name}"), nothing(), expected);
        }
        (self.mistakes.len() == before).then_some(found)
    }
}

impl Case {
    pub(super) fn key(&self) -> String {
        format!("case[{}]", self.number)
    }

    /// Whether its facts name the programme.
    pub(super) fn is_of(&self, id: &ProgrammeId) -> bool {
        serde_json::from_str::<serde_json::Value>(&self.facts)
            .is_ok_and(|facts| facts["programme"].as_str() == Some(id.as_str()))
    }

    /// What is wrong if `ruleset` comes to something else.
    pub(crate) fn differs(&self, ruleset: &Ruleset, folder: &Folder<'_>) -> Option<ProgrammeMistake> {
        let key = format!("{} ({})", self.key(), self.what);
        let facts = match ruleset.parse_facts(&self.facts) {
            Ok(facts) => facts,
            Err(error) => {
                let found = Words::new(error.message(Lang::Ja), error.message(Lang::En));
                let expected = ("`kofu assess` が受け取る形の事実", "facts as `kofu assess` takes them");
                return Some(folder.mistake(&key, found, expected));
            }
        };
        let assessment = match ruleset.assess(&facts, &[]) {
            Ok(assessment) => assessment,
            Err(error) => {
                let expected = ("計算できる事実", "facts that can be assessed");
                return Some(folder.mistake(&key, Words::same(error.to_string()), expected));
            }
        };
        let mut findings: Vec<String> =
            assessment.findings.iter().map(|finding| finding.code.code().to_owned()).collect();
        findings.sort();
        let said = |outcome: Outcome, grant: Yen, units: &Option<(String, u32)>, findings: &[String]| {
            let in_kind =
                |unit| units.as_ref().map(|(product, n)| format!(" + {product} {n}{unit}")).unwrap_or_default();
            Words::new(
                format!("{}、{grant}円{}、[{}]", outcome.name(Lang::Ja), in_kind("台"), findings.join(", ")),
                format!("{}, {grant} yen{}, [{}]", outcome.code(), in_kind(""), findings.join(", ")),
            )
        };
        let units = assessment.grant_units.as_ref().map(|grant| (grant.product.to_string(), grant.units));
        let same = assessment.outcome == self.outcome
            && assessment.grant_yen == self.grant_yen
            && units == self.grant_units
            && findings == self.findings;
        (!same).then(|| {
            folder.mistake(
                &key,
                said(assessment.outcome, assessment.grant_yen, &units, &findings),
                said(self.outcome, self.grant_yen, &self.grant_units, &self.findings),
            )
        })
    }
}
