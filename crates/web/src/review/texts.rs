//! Standard texts for reasons: what a reviewer would write to a facility about a finding, to be edited before it is sent.
//! Notices are Japanese, and so are these.

use claim::{Finding, FindingCode, Lang, Severity};

/// What a finding that a person looked into comes to, told to a facility. Findings that return a claim tell it themselves,
/// with what to do.
const fn about(code: FindingCode) -> Option<&'static str> {
    Some(match code {
        FindingCode::PayeeDiffers => {
            "領収書の宛名が、申請した医療機関等の名称又は開設者の名称と異なります。申請した医療機関等あての領収書（写）を添付して、もう一度申請してください。"
        }
        FindingCode::ItemizationFacilityDiffers => {
            "領収書内訳書に記載された医療機関等コードが、申請した医療機関等のものと異なります。訂正した領収書内訳書を添付して、もう一度申請してください。"
        }
        FindingCode::RegistrationNumberInvalid => {
            "領収書の登録番号（T番号）を確認できません。発行者に登録番号を確かめ、正しい番号が記載された領収書（写）を添付してください。"
        }
        FindingCode::PossibleDuplicate | FindingCode::DuplicateConfirmed => {
            "同じ領収書が、別の申請にも添付されています。同じ領収書による交付は一度に限ります。別の購入によるときは、その領収書（写）を添付してください。"
        }
        FindingCode::ReceiptAfterSubmission => {
            "領収書の日付が申請日より後になっています。日付を確かめ、正しい領収書（写）を添付して、もう一度申請してください。"
        }
        FindingCode::ReadingUncertain => {
            "添付された書類に、判読できない箇所があります。明るい場所で、書類全体がはっきり写るように撮り直すか、PDFで添付してください。"
        }
        FindingCode::InstitutionCodeDoubtful | FindingCode::FacilityUnknown => {
            "医療機関等コードを確認できません。コードを確かめ、正しいコードで、もう一度申請してください。"
        }
        FindingCode::TransitionalMeasureRequired => {
            "購入日に、必要な経過措置の適用が確認できません。地方厚生（支）局に届け出た書類の写しを添付してください。"
        }
        _ => return None,
    })
}

/// The texts for the findings of an assessment, each once, in their order.
pub(super) fn standard(findings: &[Finding]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for finding in findings {
        let text = match (about(finding.code), finding.severity()) {
            (Some(text), _) => text.to_owned(),
            (None, Severity::Return | Severity::Reject) => {
                let action = finding.action(Lang::Ja).unwrap_or_default();
                let place = finding.place.as_ref().and_then(|place| place.file.as_ref());
                let place = place.map(|file| format!("「{file}」: ")).unwrap_or_default();
                format!("{place}{}{action}", finding.message(Lang::Ja))
            }
            (None, Severity::Info | Severity::Review) => continue,
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}
