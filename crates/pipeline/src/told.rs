//! What ended a run, put into words in the language of the run ([`in_language`]).

use claim::{BusinessDayError, DayError, InstitutionCodeError, Lang, wareki};
use office::{OfficeError, Told};
use store::StoreError;

/// An error with its causes, in one line, as far as possible in `lang`.
pub(crate) fn in_language(error: &anyhow::Error, lang: Lang) -> String {
    let mut words = Vec::new();
    for cause in error.chain() {
        if let Some(told) = cause.downcast_ref::<Told>() {
            words.push(told.text(lang).to_owned());
        } else if let Some(error) = cause.downcast_ref::<OfficeError>() {
            words.push(error.text(lang));
            if lang == Lang::Ja && matches!(error, OfficeError::Store(StoreError::Step { .. })) {
                break;
            }
        } else if let Some(error) = cause.downcast_ref::<StoreError>() {
            words.push(error.text(lang));
            // Its Japanese words say from where to where; the source would say it again in English.
            if lang == Lang::Ja && matches!(error, StoreError::Step { .. }) {
                break;
            }
        } else if let Some(BusinessDayError { day }) = cause.downcast_ref().filter(|_| lang == Lang::Ja) {
            words.push(format!(
                "{} の休日が分からないため、振込指定日を決められません。新しい祝日の一覧が必要です。",
                wareki(*day)
            ));
        } else {
            words.push(cause.to_string());
        }
    }
    match (lang, words.split_first()) {
        // A Japanese sentence ends with its own full stop.
        (Lang::Ja, Some((first, causes))) if first.ends_with('。') && !causes.is_empty() => {
            format!("{first}（{}）", causes.join(": "))
        }
        _ => words.join(": "),
    }
}

/// What an institution code has to be, where one is not: in Japanese and in English.
pub(crate) fn expected_code(error: &InstitutionCodeError) -> [String; 2] {
    let fixed = |ja: &str, en: &str| [ja.to_owned(), en.to_owned()];
    match error {
        InstitutionCodeError::Form { .. } => fixed(
            "10桁の数字（都道府県2桁、点数表1桁、郡市区2桁、医療機関等4桁、検証番号1桁）",
            "10 digits: prefecture 2, fee table 1, district 2, institution 4, check digit 1",
        ),
        InstitutionCodeError::Prefecture { .. } => fixed(
            "最初の2桁が都道府県の番号（01から47まで。使い切った都道府県は51から97まで）",
            "a prefecture in the first two digits: 01 to 47, or 51 to 97 where a prefecture has used up its range",
        ),
        InstitutionCodeError::FeeTable { .. } => fixed(
            "3桁目が点数表の番号（1 医科、3 歯科、4 調剤、5、6、2 又は 0）",
            "a fee table in the third digit: 1 (medical), 3 (dental), 4 (pharmacy), 5, 6, 2 or 0",
        ),
        InstitutionCodeError::CheckDigit { expected, .. } => [
            format!("末尾の検証番号が {expected}（地方厚生局の一覧と照らし合わせてください）"),
            format!("the check digit {expected} at the end; compare the code with the bureau's list"),
        ],
    }
}

/// What a day has to be, where a text is none: in Japanese and in English.
pub(crate) fn expected_day(error: &DayError) -> [String; 2] {
    match error {
        DayError::Form { .. } => [
            "令和8年1月31日、R8.1.31、2026年1月31日、2026-01-31 などの日付".to_owned(),
            "a day such as 令和8年1月31日, R8.1.31, 2026年1月31日 or 2026-01-31".to_owned(),
        ],
        DayError::NoSuchDay { .. } => ["暦にある日付".to_owned(), "a day of the calendar".to_owned()],
        DayError::OutsideEra { era, first, last, .. } => [
            format!("{era}の期間（{first} から {last} まで）の日付"),
            format!("a day of {era}, from {first} to {last}"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claim::ClaimState;

    #[test]
    fn what_ended_a_run_is_told_in_the_language_of_the_run_however_deep_it_lies() {
        let step = ClaimState::Rejected.step(ClaimState::Approved).unwrap_err();
        let store = StoreError::Step { claim: "K-1".to_owned(), source: step };
        let error = anyhow::Error::new(Told::new("できません。", "not done").because(store));
        assert_eq!(
            in_language(&error, Lang::Ja),
            "できません。（申請 K-1 は「不交付」の状態にあり、「交付決定」に進めることはできません。）"
        );
        assert_eq!(
            in_language(&error, Lang::En),
            "not done: claim K-1 was left as it is: a claim that is rejected cannot become approved; it may become one of: none"
        );
        let missing = StoreError::Missing { what: "SQLite database x".to_owned() };
        let error = anyhow::Error::new(missing).context("the store of x");
        assert!(in_language(&error, Lang::Ja).contains("保存先がありません"));
    }
}
