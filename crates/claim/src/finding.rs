//! Findings (所見): what is wrong or worth saying about a claim, with its place, what was found and expected, and what
//! to do. All of them are given, never only the first.

use crate::{Lang, Spot, Values, fill};
use serde::{Deserialize, Serialize};

/// How much a finding weighs; the worst one decides the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Said, and nothing stops.
    Info,
    /// A person has to look.
    Review,
    /// The facility has to mend something and send it again.
    Return,
    /// The claim cannot be granted.
    Reject,
}

/// Where something stood: a file with page and box or sheet and cell, or a key of the facts.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Place {
    /// The file, by the name it was uploaded under.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// Page and box, or sheet and cell.
    #[serde(flatten)]
    pub spot: Spot,
    /// A key of the facts or of a bundle, such as `facility.kind`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
}

impl Place {
    /// As [`Place::show`], for people who have the documents before them: a key of the facts is no place to them.
    pub fn in_documents(&self, lang: Lang) -> String {
        Place { key: None, ..self.clone() }.show(lang)
    }

    /// A whole file.
    pub fn file(file: &str) -> Place {
        Place { file: Some(file.to_owned()), ..Place::default() }
    }

    /// A spot in a file.
    pub fn spot(file: &str, spot: Spot) -> Place {
        Place { file: Some(file.to_owned()), spot, key: None }
    }

    /// A key of the facts.
    pub fn key(key: &str) -> Place {
        Place { key: Some(key.to_owned()), ..Place::default() }
    }

    /// In one line, for people: `領収書.pdf 1ページ`, `内訳.xlsx シート「内訳」 B7`, `facility.kind`.
    pub fn show(&self, lang: Lang) -> String {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.file.clone());
        match (self.spot.page, lang) {
            (Some(page), Lang::Ja) => parts.push(format!("{page}ページ")),
            (Some(page), Lang::En) => parts.push(format!("page {page}")),
            (None, _) => {}
        }
        match (&self.spot.sheet, lang) {
            (Some(sheet), Lang::Ja) => parts.push(format!("シート「{sheet}」")),
            (Some(sheet), Lang::En) => parts.push(format!("sheet {sheet:?}")),
            (None, _) => {}
        }
        parts.extend(self.spot.cell.clone());
        parts.extend(self.key.clone());
        parts.join(" ")
    }
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $severity:ident {
        ja: $ja:literal, ja_action: $ja_action:literal, en: $en:literal, en_action: $en_action:literal $(,)?
    })*) => {
        /// What a finding says. The codes are those of the command line's contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum FindingCode {
            $($(#[$doc])* $name,)*
        }

        impl FindingCode {
            /// All of them, gravest first within the contract's order.
            pub const ALL: &'static [FindingCode] = &[$(FindingCode::$name,)*];

            /// The code, never translated.
            pub const fn code(self) -> &'static str {
                match self { $(FindingCode::$name => $code,)* }
            }

            /// How much it weighs.
            pub const fn severity(self) -> Severity {
                match self { $(FindingCode::$name => Severity::$severity,)* }
            }

            /// What was found and expected, with places for values.
            const fn template(self, lang: Lang) -> &'static str {
                match (self, lang) { $((FindingCode::$name, Lang::Ja) => $ja, (FindingCode::$name, Lang::En) => $en,)* }
            }

            /// What to do about it; empty where nothing is to be done.
            const fn action(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((FindingCode::$name, Lang::Ja) => $ja_action, (FindingCode::$name, Lang::En) => $en_action,)*
                }
            }
        }
    };
}

finding_codes! {
    /// Submitted after the programme's last day, in Japan.
    DeadlinePassed "deadline-passed" Reject {
        ja: "申請日時（{submitted_at}）が、申請期限（{deadline_on}）を過ぎています。",
        ja_action: "期限後の申請は受け付けることができません。",
        en: "Submitted at {submitted_at}, after the deadline {deadline_on}.",
        en_action: "A claim after the deadline cannot be accepted.",
    }
    /// Submitted before the programme takes claims.
    NotYetOpen "not-yet-open" Reject {
        ja: "申請日時（{submitted_at}）が、申請の受付開始日（{opens_on}）より前です。",
        ja_action: "受付開始日以後に申請してください。",
        en: "Submitted at {submitted_at}, before claims are taken ({opens_on}).",
        en_action: "Submit on or after that day.",
    }
    /// Limited-type without one of the measures it asks for, in force on the day of purchase.
    TransitionalMeasureRequired "transitional-measure-required" Reject {
        ja: "購入日（{purchased_on}）に適用されている経過措置が確認できません（登録: {found}、必要: 経過措置({numbers})のいずれか）。",
        ja_action: "経過措置の届出の状況を地方厚生（支）局にご確認ください。",
        en: "No transitional measure in force on the day of purchase {purchased_on} (registered: {found}, needed: one of {numbers}).",
        en_action: "Check the measure's registration with the regional bureau.",
    }
    /// The programme, or one that it names as excluding, has paid this facility.
    AlreadyGranted "already-granted" Reject {
        ja: "この医療機関等には、既に同じ趣旨の補助（{granted}）が交付されています。",
        ja_action: "追加での補助の対象とはなりません。",
        en: "This facility has already been granted {granted}.",
        en_action: "It cannot be granted again.",
    }
    /// The facility has filed a claim for products before, which cannot be taken back or changed.
    AlreadyFiled "already-filed" Reject {
        ja: "この医療機関等からは、既に申請書（{other_claim}）が提出されています。",
        ja_action: "申請書提出後のキャンセル・機種変更はできません。先に提出された申請書をもとに手続きを進めます。",
        en: "This facility has already filed {other_claim}.",
        en_action: "What has been filed cannot be cancelled or changed; the earlier claim goes on.",
    }
    /// Nothing eligible is left.
    NoEligibleExpense "no-eligible-expense" Reject {
        ja: "補助の対象となる経費がありません（対象: {categories}）。",
        ja_action: "対象となる経費の領収書と領収書内訳書をご確認ください。",
        en: "No eligible expense (eligible: {categories}).",
        en_action: "Check the receipt and itemization of eligible expenses.",
    }
    /// A receipt is not there.
    ReceiptMissing "receipt-missing" Return {
        ja: "領収書（写）が添付されていません。",
        ja_action: "領収書（写）を添付して、もう一度申請してください。",
        en: "No receipt is attached.",
        en_action: "Attach a copy of the receipt and submit again.",
    }
    /// An itemization is not there.
    ItemizationMissing "itemization-missing" Return {
        ja: "領収書内訳書が添付されていません。",
        ja_action: "領収書内訳書を添付して、もう一度申請してください。",
        en: "No itemization is attached.",
        en_action: "Attach the itemization and submit again.",
    }
    /// The itemization's total is not the receipts'.
    TotalsDiffer "totals-differ" Return {
        ja: "領収書の金額の合計（{receipts_yen}）と領収書内訳書の合計（{itemization_yen}）が一致しません（差額 {difference_yen}）。",
        ja_action: "領収書に含まれる金額は、補助の対象外のものも含めて、税込の金額ですべて領収書内訳書に記載してください。",
        en: "The receipts' total ({receipts_yen}) differs from the itemization's ({itemization_yen}) by {difference_yen}.",
        en_action: "Enter every amount on the receipt in the itemization, tax included, eligible or not.",
    }
    /// The itemization's own total is not the sum of its lines.
    ItemizationSumDiffers "itemization-sum-differs" Return {
        ja: "領収書内訳書の合計（{itemization_yen}）が、各行の金額の合計（{lines_yen}）と一致しません。",
        ja_action: "各行の金額と合計を確かめ、訂正してください。",
        en: "The itemization's total ({itemization_yen}) is not the sum of its lines ({lines_yen}).",
        en_action: "Check the lines and the total, and correct them.",
    }
    /// The document is an estimate, invoice or delivery note.
    EstimateNotReceipt "estimate-not-receipt" Return {
        ja: "領収書として添付された書類は{document}です。",
        ja_action: "支払が済んだことが確認できる領収書（写）を添付してください。見積書・請求書・納品書は使用できません。",
        en: "The document attached as a receipt is an {document}.",
        en_action: "Attach a receipt that shows the payment; estimates, invoices and delivery notes are not accepted.",
    }
    /// A line from which no category can be told.
    DescriptionTooVague "description-too-vague" Return {
        ja: "内訳「{description}」（{amount_yen}）からは、何の経費か判断できません。",
        ja_action: "「一式」ではなく、品名・台数・作業の内容が分かるように記載してください。",
        en: "The line “{description}” ({amount_yen}) does not say what it is for.",
        en_action: "Name the product, the number or the work instead of a lump sum.",
    }
    /// An application for products that names none.
    ChoiceMissing "choice-missing" Return {
        ja: "希望する製品が記入されていません。",
        ja_action: "第一希望の製品と台数を記入して、もう一度申請してください（製品: {products}）。",
        en: "No product is asked for.",
        en_action: "Enter the product of the first choice and the number of units, and submit again (products: {products}).",
    }
    /// Choices that do not say which comes first, or the same product twice.
    ChoiceUnclear "choice-unclear" Return {
        ja: "希望する製品の順位が分かりません（記入: {found}）。",
        ja_action: "第一希望は1つ、第二希望は1つまでとし、それぞれ別の製品を記入してください。",
        en: "The order of the products asked for is not clear (entered: {found}).",
        en_action: "Enter one first choice, at most one second choice, and a different product for each.",
    }
    /// A product that the programme does not offer; a programme that pays money offers none.
    ProductNotOffered "product-not-offered" Return {
        ja: "「{found}」は、この補助事業で申し込むことのできる製品ではありません。",
        ja_action: "申し込むことのできる製品から選んでください（製品: {products}）。",
        en: "The programme does not offer {found}.",
        en_action: "Choose one of those that it offers (products: {products}).",
    }
    /// More units than the kind of facility can ask for.
    UnitsAboveCeiling "units-above-ceiling" Return {
        ja: "{maker} {name} の台数（{asked_units}）が、申し込むことのできる台数（{kind}は{ceiling_units}まで）を超えています。",
        ja_action: "台数を訂正して、もう一度申請してください。",
        en: "{asked_units} of {maker} {name} are more than can be asked for ({kind}: at most {ceiling_units}).",
        en_action: "Correct the number of units and submit again.",
    }
    /// Another product than the one first filed.
    ChoiceChanged "choice-changed" Return {
        ja: "第{rank}希望の製品が、最初に提出された申請書の製品（{filed}）から{found}に変わっています。",
        ja_action: "申請書提出後の機種変更はできません。最初の申請書と同じ製品を記入してください。",
        en: "The product of choice {rank} was {filed} when first filed and is {found} now.",
        en_action: "The model cannot be changed after filing; enter the product first filed.",
    }
    /// A document of which nothing could be read.
    DocumentUnreadable "document-unreadable" Return {
        ja: "添付された書類を読み取れませんでした。{problem}",
        ja_action: "読み取れる書類を添付して、もう一度申請してください。",
        en: "An attached document could not be read. {problem}",
        en_action: "Attach one that can be read and submit again.",
    }
    /// The receipt is made out to somebody else.
    PayeeDiffers "payee-differs" Review {
        ja: "領収書の宛名「{found}」が、登録されている名称（{expected}）と異なります。",
        ja_action: "担当者が確認します。",
        en: "The receipt is made out to “{found}”, the register has {expected}.",
        en_action: "A person checks it.",
    }
    /// The itemization names the code of another facility.
    ItemizationFacilityDiffers "itemization-facility-differs" Review {
        ja: "領収書内訳書の医療機関等コード「{found}」が、申請の医療機関等コード（{expected}）と異なります。",
        ja_action: "担当者が確認します。",
        en: "The itemization names the institution code {found}, the claim is of {expected}.",
        en_action: "A person checks it.",
    }
    /// The T number's check digit fails.
    RegistrationNumberInvalid "registration-number-invalid" Review {
        ja: "登録番号「{found}」は、法人番号の検査用数字と合いません。",
        ja_action: "担当者が確認します。",
        en: "The registration number {found} fails its check digit.",
        en_action: "A person checks it.",
    }
    /// The same receipt stands in another claim.
    PossibleDuplicate "possible-duplicate" Review {
        ja: "同じ領収書が別の申請（{other_claim}）にも添付されている可能性があります（{why}、{other_place}）。",
        ja_action: "担当者が確認します。",
        en: "The same receipt may stand in claim {other_claim} ({why}, {other_place}).",
        en_action: "A person checks it.",
    }
    /// A person has said that the same receipt stands in another claim.
    DuplicateConfirmed "duplicate-confirmed" Review {
        ja: "同じ領収書が別の申請（{other_claim}）にも添付されていることを、担当者が確認しています（{other_place}）。",
        ja_action: "同じ領収書による交付は、一度に限ります。",
        en: "A person has confirmed that the same receipt stands in claim {other_claim} ({other_place}).",
        en_action: "One receipt is granted once.",
    }
    /// The receipt is dated after the submission.
    ReceiptAfterSubmission "receipt-after-submission" Review {
        ja: "領収書の日付（{purchased_on}）が、申請日（{submitted_on}）より後です。",
        ja_action: "担当者が確認します。",
        en: "The receipt is dated {purchased_on}, after the submission on {submitted_on}.",
        en_action: "A person checks it.",
    }
    /// Something that the decision needs was not read surely.
    ReadingUncertain "reading-uncertain" Review {
        ja: "書類の「{field}」を確実に読み取ることができませんでした（読み取った値: {found}）。",
        ja_action: "担当者が書類を見て確認します。",
        en: "The field {field} could not be read surely (read: {found}).",
        en_action: "A person looks at the document.",
    }
    /// An institution code whose check digit fails where the rule is not certain.
    InstitutionCodeDoubtful "institution-code-doubtful" Review {
        ja: "医療機関等コード「{found}」の検証番号を確認できませんでした。",
        ja_action: "担当者が確認します。",
        en: "The check digit of the institution code {found} could not be confirmed.",
        en_action: "A person checks it.",
    }
    /// The sources do not say enough to decide this claim.
    Undecidable "undecidable" Review {
        ja: "この申請は、規則だけでは判断できません（{reason}）。",
        ja_action: "担当者が確認します。",
        en: "The rules alone cannot decide this claim ({reason}).",
        en_action: "A person decides it.",
    }
    /// The institution code is not in the register.
    FacilityUnknown "facility-unknown" Review {
        ja: "医療機関等コード「{found}」は、医療機関等の名簿にありません。",
        ja_action: "担当者が確認します。",
        en: "The institution code {found} is not in the register.",
        en_action: "A person checks it.",
    }
    /// An expense that the programme does not support.
    ExpenseNotEligible "expense-not-eligible" Info {
        ja: "{category}（{amount_yen}）は補助の対象外です。",
        ja_action: "",
        en: "{category} ({amount_yen}) is not eligible.",
        en_action: "",
    }
    /// A category's ceiling cut its costs.
    CategoryCeilingApplied "category-ceiling-applied" Info {
        ja: "{category}の費用（{found_yen}）は、上限の{ceiling_yen}までを補助の対象とします。",
        ja_action: "",
        en: "The costs of {category} ({found_yen}) count up to {ceiling_yen}.",
        en_action: "",
    }
    /// The cost ceiling cut the sum of costs.
    CostCeilingApplied "cost-ceiling-applied" Info {
        ja: "対象経費の合計（{found_yen}）は、事業額上限の{ceiling_yen}までを補助の対象とします。",
        ja_action: "",
        en: "The eligible costs ({found_yen}) count up to the cost ceiling {ceiling_yen}.",
        en_action: "",
    }
    /// The grant ceiling cut the grant.
    GrantCeilingApplied "grant-ceiling-applied" Info {
        ja: "補助額（{found_yen}）は、補助限度額の{ceiling_yen}となります。",
        ja_action: "",
        en: "The grant ({found_yen}) is limited to the grant ceiling {ceiling_yen}.",
        en_action: "",
    }
    /// After the first deadline, though not after the last.
    FirstDeadlinePassed "first-deadline-passed" Info {
        ja: "申請日時（{submitted_at}）が、最初の締切（{first_deadline_on}）を過ぎています。最終の締切（{deadline_on}）までの申請として受け付けますが、通常より処理に時間がかかります。",
        ja_action: "",
        en: "Submitted at {submitted_at}, after the first deadline {first_deadline_on}; accepted until the last one, {deadline_on}, but it takes longer.",
        en_action: "",
    }
    /// The facility asked for another sum.
    ClaimedAmountDiffers "claimed-amount-differs" Info {
        ja: "申請された金額（{claimed_yen}）と、算定した金額（{computed_yen}）が異なります。",
        ja_action: "",
        en: "The amount claimed ({claimed_yen}) differs from the amount worked out ({computed_yen}).",
        en_action: "",
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it says.
    pub code: FindingCode,
    /// Where, if it has a place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<Place>,
    /// The document and phrase that it rests on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// What was found and expected, by key (see [`crate::Value`]).
    #[serde(skip_serializing_if = "Values::is_empty", default)]
    pub values: Values,
}

impl Finding {
    /// A finding without place, source or values.
    pub fn new(code: FindingCode) -> Finding {
        Finding { code, place: None, source: None, values: Values::new() }
    }

    /// At `place`.
    pub fn at(mut self, place: Place) -> Finding {
        self.place = Some(place);
        self
    }

    /// Resting on `source`.
    pub fn on(mut self, source: impl Into<String>) -> Finding {
        self.source = Some(source.into());
        self
    }

    /// With a value.
    pub fn with(mut self, key: &str, value: impl Into<crate::Value>) -> Finding {
        self.values.insert(key.to_owned(), value.into());
        self
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What was found and expected, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        fill(self.code.template(lang), &self.values, lang)
    }

    /// What to do, as people of `lang` read it; `None` when nothing is to be done.
    pub fn action(&self, lang: Lang) -> Option<String> {
        Some(fill(self.code.action(lang), &self.values, lang)).filter(|text| !text.is_empty())
    }

    /// With its words, for output.
    pub fn view(&self, lang: Lang) -> FindingView<'_> {
        FindingView {
            code: self.code,
            severity: self.severity(),
            place: self.place.as_ref(),
            source: self.source.as_deref(),
            values: &self.values,
            message: self.message(lang),
            action: self.action(lang),
        }
    }
}

/// A finding as it is printed.
#[derive(Debug, Serialize)]
pub struct FindingView<'a> {
    code: FindingCode,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Values::is_empty")]
    values: &'a Values,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_and_weights_are_those_of_the_contract() {
        for code in FindingCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.code());
        }
        let of = |severity| {
            FindingCode::ALL
                .iter()
                .filter(|code| code.severity() == severity)
                .map(|code| code.code())
                .collect::<Vec<_>>()
        };
        for code in ["deadline-passed", "transitional-measure-required", "already-granted", "no-eligible-expense"] {
            assert!(of(Severity::Reject).contains(&code), "{code}");
        }
        for code in
            ["receipt-missing", "itemization-missing", "totals-differ", "estimate-not-receipt", "description-too-vague"]
        {
            assert!(of(Severity::Return).contains(&code), "{code}");
        }
        for code in [
            "payee-differs",
            "registration-number-invalid",
            "possible-duplicate",
            "receipt-after-submission",
            "reading-uncertain",
        ] {
            assert!(of(Severity::Review).contains(&code), "{code}");
        }
        for code in [
            "expense-not-eligible",
            "category-ceiling-applied",
            "cost-ceiling-applied",
            "grant-ceiling-applied",
            "claimed-amount-differs",
        ] {
            assert!(of(Severity::Info).contains(&code), "{code}");
        }
    }

    #[test]
    fn the_code_is_the_same_in_json_and_in_text() {
        for code in FindingCode::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.code()));
        }
    }

    #[test]
    fn every_finding_above_info_says_what_to_do_in_both_languages() {
        for code in FindingCode::ALL {
            for lang in [Lang::Ja, Lang::En] {
                let finding = Finding::new(*code);
                assert!(!finding.message(lang).is_empty());
                assert_eq!(finding.action(lang).is_some(), code.severity() > Severity::Info, "{code:?}");
            }
        }
    }
}
