//! What a notice says, as the templates take it: every sentence already worded by the claim's room, every day and sum
//! already written out. The templates only set it.

use super::fonts::Fonts;
use claim::{Finding, Lang, Notice, NoticeKind, Severity, Step, TraceStep, Value, wareki};
use serde::Serialize;
use std::fmt;

/// A notice that cannot be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the notice of claim {claim} cannot be made:{}", .problems.iter().map(|problem| format!("\n- {problem}")).collect::<String>())]
pub struct UnfinishedNotice {
    /// The claim.
    pub claim: String,
    /// Everything that has to be mended; at least one.
    pub problems: Vec<NoticeProblem>,
}

impl UnfinishedNotice {
    /// As people of `lang` read it, one problem a line.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::Ja => {
                let lines: String =
                    self.problems.iter().map(|problem| format!("\n- {}", problem.message(lang))).collect();
                format!("申請 {} の通知書を作成できません。{lines}", self.claim)
            }
            Lang::En => self.to_string(),
        }
    }
}

/// One thing that has to be mended before a notice can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeProblem {
    /// A character that no font has.
    Glyph(MissingGlyph),
    /// A rejection or a return without a finding or note that says why.
    Reason {
        /// Which kind of notice.
        kind: NoticeKind,
    },
}

/// A character of a notice that no font has (or that has no agreed form: 外字 of the private use area).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingGlyph {
    /// The key of the notice's data, such as `facility.name` or `findings[2].message`.
    pub field: String,
    /// The character.
    pub character: char,
}

impl NoticeProblem {
    /// As people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (NoticeProblem::Glyph(MissingGlyph { field, character }), Lang::Ja) => format!(
                "{field} の文字「{}」（U+{:04X}）は、印刷できる書体がありません。別の文字で登録するか、書体を追加してください（稀な漢字はfonts-noto-cjkにあります）。",
                character.escape_debug(),
                u32::from(*character)
            ),
            (NoticeProblem::Glyph(MissingGlyph { field, character }), Lang::En) => format!(
                "{field}: found {character:?} (U+{:04X}), expected a character that a font has; write it another way or \
                 install a font (fonts-noto-cjk has rare kanji)",
                u32::from(*character)
            ),
            (NoticeProblem::Reason { kind }, Lang::Ja) => {
                format!("{}に理由がありません。決定の理由を入力してください。", kind.name(lang))
            }
            (NoticeProblem::Reason { kind }, Lang::En) => {
                format!("found no reason, expected one in a {}; enter the reason of the decision", kind.name(lang))
            }
        }
    }
}

impl fmt::Display for NoticeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

/// `/data.json`. The keys are those of [`Notice`] as far as they say the same thing.
#[derive(Serialize)]
pub(super) struct Content {
    title: &'static str,
    number: String,
    issued_on: String,
    /// Year, month, day for the file's own data.
    issued: (i16, i8, i8),
    facility: Recipient,
    claim_id: String,
    programme_name: String,
    submitted_on: String,
    claimed_yen: Option<String>,
    grant_yen: String,
    /// What is granted in kind: product and units.
    grant_units: Option<(String, String)>,
    /// Whether the programme grants products, so that the sum's place is taken by the choices.
    in_kind: bool,
    pay_on: Option<String>,
    /// What the decision rests on.
    findings: Vec<Item>,
    /// What is said beside it.
    remarks: Vec<Item>,
    trace: Vec<Row>,
    /// The documents that the sources above name: number and title.
    source_documents: Vec<(String, String)>,
    /// `sha256:` and the first digits.
    ruleset: String,
    log_index: u64,
    /// Where the proof of the decision is, in words; the QR code leads there.
    proof_link: Option<String>,
    contact: Office,
    appeal: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Recipient {
    code: String,
    name: String,
    founder: String,
    postal_code: String,
    address: String,
}

/// A finding, or the note of the person who decided.
#[derive(Serialize)]
struct Item {
    message: Vec<String>,
    place: Option<String>,
    action: Option<String>,
    source: Option<String>,
}

#[derive(Serialize)]
struct Row {
    sentence: String,
    source: Option<String>,
}

#[derive(Serialize)]
struct Office {
    sender: Vec<String>,
    office: String,
    address: String,
    phone: String,
    email: String,
    hours: String,
}

/// How many hexadecimal digits of the ruleset's hash the footer shows.
const HASH_DIGITS: usize = 12;

impl Content {
    pub(super) fn of(notice: &Notice) -> Content {
        let day = notice.issued_on;
        let yen = |yen: claim::Yen| format!("{yen}円");
        let (mut findings, remarks) = sort(notice);
        // The note of the person who decided is what they want to have read: it stands with the reasons.
        findings.extend(notice.reason.as_deref().filter(|reason| !reason.trim().is_empty()).map(|reason| Item {
            message: lines(reason),
            place: None,
            action: None,
            source: None,
        }));
        Content {
            title: notice.kind.name(Lang::Ja),
            number: line(&notice.number),
            issued_on: wareki(day),
            issued: (day.year(), day.month(), day.day()),
            facility: Recipient {
                code: notice.facility.code.as_str().to_owned(),
                name: line(&notice.facility.name),
                founder: line(&notice.facility.founder),
                postal_code: line(&notice.facility.postal_code),
                address: line(&notice.facility.address),
            },
            claim_id: line(&notice.claim_id),
            programme_name: line(&notice.programme_name),
            submitted_on: wareki(notice.submitted_on),
            claimed_yen: notice.claimed_yen.map(yen),
            grant_yen: yen(notice.grant_yen),
            grant_units: notice
                .grant_units
                .as_ref()
                .map(|grant| (line(&grant.label()), Value::from(grant.units).show("grant_units", Lang::Ja))),
            in_kind: notice.grant_units.is_some() || notice.trace.iter().any(|step| step.step == Step::ChoiceUnits),
            pay_on: notice.pay_on.map(wareki),
            findings,
            remarks,
            trace: notice.trace.iter().map(row).collect(),
            source_documents: cited(notice),
            ruleset: short_hash(&notice.ruleset),
            log_index: notice.log_index,
            proof_link: notice.proof_link.as_deref().map(line),
            contact: Office {
                sender: lines(&notice.contact.sender),
                office: line(&notice.contact.office),
                address: line(&notice.contact.address),
                phone: line(&notice.contact.phone),
                email: line(&notice.contact.email),
                hours: line(&notice.contact.hours),
            },
            appeal: notice.appeal.as_deref().filter(|text| !text.trim().is_empty()).map(lines),
        }
    }

    /// All that has to be mended before the notice can be sent.
    pub(super) fn check(&self, notice: &Notice, fonts: &Fonts) -> Result<(), UnfinishedNotice> {
        let mut problems = Vec::new();
        if notice.kind != NoticeKind::Approval && self.findings.is_empty() {
            problems.push(NoticeProblem::Reason { kind: notice.kind });
        }
        let mut look = |field: &str, text: &str| {
            let mut seen = Vec::new();
            for character in text.chars().filter(|c| !can_print(*c, fonts)) {
                if !seen.contains(&character) {
                    seen.push(character);
                    problems.push(NoticeProblem::Glyph(MissingGlyph { field: field.to_owned(), character }));
                }
            }
        };
        // The fields that carry words from outside, under the keys of the data. What is written out here (days, sums,
        // titles) has glyphs in every Japanese font.
        look("number", &self.number);
        look("facility.name", &self.facility.name);
        look("facility.founder", &self.facility.founder);
        look("facility.postal_code", &self.facility.postal_code);
        look("facility.address", &self.facility.address);
        look("claim_id", &self.claim_id);
        look("programme_name", &self.programme_name);
        look("grant_units", self.grant_units.as_ref().map_or("", |(product, _)| product));
        for (name, items) in [("findings", &self.findings), ("remarks", &self.remarks)] {
            for (i, item) in items.iter().enumerate() {
                look(&format!("{name}[{i}].message"), &item.message.concat());
                look(&format!("{name}[{i}].place"), item.place.as_deref().unwrap_or_default());
                look(&format!("{name}[{i}].action"), item.action.as_deref().unwrap_or_default());
                look(&format!("{name}[{i}].source"), item.source.as_deref().unwrap_or_default());
            }
        }
        for (i, row) in self.trace.iter().enumerate() {
            look(&format!("trace[{i}].sentence"), &row.sentence);
            look(&format!("trace[{i}].source"), row.source.as_deref().unwrap_or_default());
        }
        for (number, title) in &self.source_documents {
            look("source_documents", number);
            look("source_documents", title);
        }
        look("ruleset", &self.ruleset);
        look("contact.sender", &self.contact.sender.concat());
        look("contact.office", &self.contact.office);
        look("contact.address", &self.contact.address);
        look("contact.phone", &self.contact.phone);
        look("contact.email", &self.contact.email);
        look("contact.hours", &self.contact.hours);
        look("appeal", &self.appeal.iter().flatten().map(String::as_str).collect::<String>());
        if problems.is_empty() { Ok(()) } else { Err(UnfinishedNotice { claim: notice.claim_id.clone(), problems }) }
    }
}

/// The findings that the decision rests on, and those said beside it.
///
/// Findings of severity review are not in a notice: they ask a person of the fund to look, and may name other
/// facilities' claims. What came of the look is in the note of the person who decided.
fn sort(notice: &Notice) -> (Vec<Item>, Vec<Item>) {
    let rests_on = |severity: Severity| match notice.kind {
        NoticeKind::Approval => severity == Severity::Info,
        NoticeKind::Return => severity >= Severity::Return,
        NoticeKind::Rejection => severity == Severity::Reject,
    };
    let told = notice.findings.iter().filter(|finding| finding.severity() != Severity::Review);
    let (main, beside): (Vec<&Finding>, Vec<&Finding>) = told.partition(|finding| rests_on(finding.severity()));
    (main.into_iter().map(item).collect(), beside.into_iter().map(item).collect())
}

/// The documents that a printed source begins with the number of, in the order of the numbers.
fn cited(notice: &Notice) -> Vec<(String, String)> {
    let findings = notice.findings.iter().filter(|finding| finding.severity() != Severity::Review);
    let sources = findings.filter_map(|finding| finding.source.as_deref());
    let sources: Vec<&str> = sources.chain(notice.trace.iter().filter_map(|step| step.source.as_deref())).collect();
    notice
        .source_documents
        .iter()
        .filter(|(number, _)| sources.iter().any(|source| source.split_whitespace().next() == Some(number.as_str())))
        .map(|(number, title)| (line(number), line(title)))
        .collect()
}

fn item(finding: &Finding) -> Item {
    // Where it stands in a document; a key of our own data would say nothing to who gets the notice.
    let place = finding.place.as_ref().filter(|place| place.file.is_some());
    Item {
        message: lines(&finding.message(Lang::Ja)),
        place: place.map(|place| line(&place.show(Lang::Ja))).filter(|place| !place.is_empty()),
        action: finding.action(Lang::Ja).map(|action| line(&action)),
        source: finding.source.as_deref().map(line),
    }
}

fn row(step: &TraceStep) -> Row {
    Row { sentence: line(&step.sentence(Lang::Ja)), source: step.source.as_deref().map(line) }
}

/// Text of one line: what breaks or moves lines (line ends, tabs, wide runs of spaces) becomes one space.
fn line(text: &str) -> String {
    let flat: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    flat.trim().to_owned()
}

/// Text of several lines, each as [`line()`] has it.
fn lines(text: &str) -> Vec<String> {
    text.trim().lines().map(line).collect()
}

fn short_hash(ruleset: &str) -> String {
    match ruleset.split_once(':') {
        Some((kind, digits)) => format!("{kind}:{}", digits.chars().take(HASH_DIGITS).collect::<String>()),
        None => ruleset.chars().take(HASH_DIGITS).collect(),
    }
}

/// Whether `c` prints as what it is. Variation selectors choose a form of the kanji before them and have no glyph of
/// their own; a private-use character (外字) may be one thing in one font and another in the next.
pub(super) fn can_print(c: char, fonts: &Fonts) -> bool {
    let selector = matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}');
    selector || (!private && fonts.can_show(c))
}
