//! The payment file: read back by an independent reader, and every reason not to write one.

use crate::sample::{account, batch, code, payment, yen};
use claim::{AccountKind, Lang, PaymentBatch};
use proptest::prelude::*;
use reporting::{BankProfile, LineEnd, NewCode, PaymentFault, PaymentField, TransferKind, Wo, payment_file};

fn written(batch: &PaymentBatch) -> Vec<u8> {
    payment_file(batch, &BankProfile::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn holder_of(name: &str) -> String {
    let file = written(&batch(vec![payment("C-1", name, 128_000)]));
    zengin_fmt::parse_general_transfer(&file).unwrap().details[0].recipient_name.clone()
}

#[test]
fn the_records_are_those_of_the_standard() {
    let mut second = payment("C-2", "イリョウホウジンシャダン カスミカイ", 411_000);
    second.facility_code = code("3410712362");
    second.account.kind = AccountKind::Savings;
    second.account.number = "42".into();
    let file = written(&batch(vec![payment("C-1", "ヤマダ　タロウ", 128_000), second]));
    // JIS X 0201 as people read it: the kana bytes stand 0xFEC0 below half-width katakana.
    let shown: String = file
        .iter()
        .map(|byte| match byte {
            0xA1..=0xDF => char::from_u32(u32::from(*byte) + 0xFEC0).unwrap(),
            byte => char::from(*byte),
        })
        .collect();
    insta::assert_snapshot!(shown.replace("\r\n", "|\n"));
    assert!(file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).all(|line| line.len() == 121));
}

#[test]
fn an_independent_reader_reads_every_field_back() {
    let batch = batch(vec![payment("C-1", "ヤマダ タロウ", 128_000)]);
    let file = zengin_fmt::parse_general_transfer(&written(&batch)).unwrap();
    assert_eq!(file.header.kind_code, 21);
    assert_eq!(file.header.remitter_code, "0012345678");
    assert_eq!(file.header.remitter_name, "ｼﾔﾎ");
    assert_eq!(file.header.transfer_date, "0130");
    assert_eq!((file.header.bank_code.as_str(), file.header.bank_name.as_str()), ("0009", "ﾐﾂｲｽﾐﾄﾓ"));
    assert_eq!((file.header.branch_code.as_str(), file.header.branch_name.as_str()), ("096", "ｼﾝﾊﾞｼ"));
    assert_eq!((file.header.account_type, file.header.account_number.as_str()), (2, "0765432"));
    let paid = &file.details[0];
    assert_eq!((paid.bank_code.as_str(), paid.bank_name.as_str()), ("0001", "ﾐｽﾞﾎ"));
    assert_eq!((paid.branch_code.as_str(), paid.branch_name.as_str()), ("110", "ﾄｳｷﾖｳﾁﾕｳｵｳ"));
    assert_eq!((paid.account_type, paid.account_number.as_str()), (1, "1234567"));
    assert_eq!((paid.recipient_name.as_str(), paid.amount), ("ﾔﾏﾀﾞ ﾀﾛｳ", 128_000));
    assert_eq!((paid.customer_code1.as_str(), paid.customer_code2.as_str()), ("1310110049", "0000000000"));
    assert_eq!((paid.new_code.as_str(), paid.transfer_designated_type.as_str()), ("0", "7"));
    assert_eq!((file.trailer.total_count, file.trailer.total_amount), (1, 128_000));
}

#[test]
fn names_are_folded_as_banks_write_them() {
    for (name, folded) in [
        ("やまだ たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("ヤマタ゛　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("キャッツ アイ", "ｷﾔﾂﾂ ｱｲ"),
        ("ヨーコ", "ﾖ-ｺ"),
        ("ヨ―コ", "ﾖ-ｺ"),
        ("ヴァイオリン", "ｳﾞｱｲｵﾘﾝ"),
        ("ヵヶヮ", "ｶｹﾜ"),
        ("ａｂｃ Ｃｌｉｎｉｃ １２３", "ABC CLINIC 123"),
        ("ヲガワ", "ｵｶﾞﾜ"),
        ("ポポロ", "ﾎﾟﾎﾟﾛ"),
        ("  カスミ  ", "ｶｽﾐ"),
    ] {
        assert_eq!(holder_of(name), folded, "{name}");
    }
}

#[test]
fn legal_forms_are_abbreviated_by_their_place() {
    for (name, folded) in [
        ("株式会社ケイヨウギンコウ", "ｶ)ｹｲﾖｳｷﾞﾝｺｳ"),
        ("ケイヨウギンコウ株式会社", "ｹｲﾖｳｷﾞﾝｺｳ(ｶ"),
        ("ケイヨウギンコウ株式会社チバシテン", "ｹｲﾖｳｷﾞﾝｺｳ(ｶ)ﾁﾊﾞｼﾃﾝ"),
        ("㈱カスミ", "ｶ)ｶｽﾐ"),
        ("カスミ（株）", "ｶｽﾐ(ｶ"),
        ("㍿カスミ", "ｶ)ｶｽﾐ"),
        ("カブシキガイシャ カスミヤッキョク", "ｶ)ｶｽﾐﾔﾂｷﾖｸ"),
        ("医療法人カスミカイ", "ｲ)ｶｽﾐｶｲ"),
        ("医療法人社団 カスミカイ", "ｲ)ｶｽﾐｶｲ"),
        ("医療法人 財団カスミカイ", "ｲ)ｶｽﾐｶｲ"),
        ("社会医療法人カスミカイ カスミビヨウイン", "ｲ)ｶｽﾐｶｲ ｶｽﾐﾋﾞﾖｳｲﾝ"),
        ("イリョウホウジンシャダンカスミカイ リジチョウ ヤマダタロウ", "ｲ)ｶｽﾐｶｲ ﾘｼﾞﾁﾖｳ ﾔﾏﾀﾞﾀﾛｳ"),
        ("トクテイ医療法人カスミ", "ﾄｸﾃｲ(ｲ)ｶｽﾐ"),
        ("カスミビヨウイン 医療法人社団カスミカイ", "ｶｽﾐﾋﾞﾖｳｲﾝ(ｲ)ｶｽﾐｶｲ"),
        ("社会福祉法人オンシザイダン", "ﾌｸ)ｵﾝｼｻﾞｲﾀﾞﾝ"),
        ("一般社団法人カスミイシカイ", "ｼﾔ)ｶｽﾐｲｼｶｲ"),
        ("地方独立行政法人カスミ", "ﾁﾄﾞｸ)ｶｽﾐ"),
        ("トウキヨウト国民健康保険団体連合会", "ﾄｳｷﾖｳﾄｺｸﾎﾚﾝ"),
        ("ｲ)ｶｽﾐｶｲ", "ｲ)ｶｽﾐｶｲ"),
    ] {
        assert_eq!(holder_of(name), folded, "{name}");
    }
}

#[test]
fn a_long_name_is_never_cut_between_a_kana_and_its_mark() {
    // 29 kana, then one of two bytes for which one byte is left.
    let name = format!("{}ガク", "ア".repeat(29));
    assert_eq!(holder_of(&name), "ｱ".repeat(29));
    let name = format!("{}ガク", "ア".repeat(28));
    assert_eq!(holder_of(&name), format!("{}ｶﾞ", "ｱ".repeat(28)));
}

#[test]
fn what_cannot_be_written_is_named_and_all_of_it_at_once() {
    let mut kanji = payment("C-2", "山田　タロウ", 1_000);
    kanji.account.bank_name = "みずほ銀行".into();
    let mut digits = payment("C-3", "ジョン・ラッセル", 10_000_000_000);
    digits.account.bank_code = "1".into();
    digits.account.branch_code = "12a".into();
    digits.account.number = "12345678".into();
    let mut odd = payment("C-4", "ヰヱヷ゛🏥", 0);
    odd.account.number = String::new();
    let blank = payment("C-5", " 　", 1);
    let mut batch = batch(vec![payment("C-1", "ヨシ", 1), kanji, digits, odd, blank, payment("C-1", "ヨシ", 1)]);
    batch.payer.consignor_code = "123".into();
    batch.payer.account.kind = AccountKind::Savings;
    let error = payment_file(&batch, &BankProfile::default()).unwrap_err();
    insta::assert_snapshot!(format!("{}\n\n{error}", error.message(Lang::Ja)));
}

#[test]
fn sums_and_counts_beyond_their_fields_are_errors() {
    let fault = |batch: &PaymentBatch| payment_file(batch, &BankProfile::default()).unwrap_err().problems;

    let empty = fault(&batch(vec![]));
    assert_eq!((empty[0].field, &empty[0].fault), (PaymentField::Count, &PaymentFault::Nothing));

    // 101 payments of ten nines are more than twelve nines.
    let most = (1..=101).map(|i| payment(&format!("C-{i}"), "カスミ", 9_999_999_999)).collect();
    let total = fault(&batch(most));
    assert_eq!(total.len(), 1);
    assert_eq!(total[0].field, PaymentField::Total);
    assert_eq!(
        total[0].fault,
        PaymentFault::TooMuch { found: Some(yen(1_009_999_999_899)), most: yen(999_999_999_999) }
    );

    let one = fault(&batch(vec![payment("C-1", "カスミ", 10_000_000_000)]));
    assert_eq!((one[0].field, one.len()), (PaymentField::Amount, 1));

    let beyond = fault(&batch(vec![
        payment("C-1", "カスミ", 999_999_999_999_999),
        payment("C-2", "カスミ", 999_999_999_999_999),
    ]));
    assert_eq!(beyond[2].fault, PaymentFault::TooMuch { found: None, most: yen(999_999_999_999) });
}

#[test]
fn a_million_payments_are_too_many_for_one_file() {
    let payments = (0..1_000_000).map(|i| payment(&format!("{i}"), "ア", 1)).collect();
    let problems = payment_file(&batch(payments), &BankProfile::default()).unwrap_err().problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].fault, PaymentFault::TooMany { found: 1_000_000, most: 999_999 });
}

#[test]
fn line_ends_and_codes_are_those_of_the_profile() {
    let batch = batch(vec![payment("C-1", "カスミ", 1)]);
    for (line_end, after_last, eof, length, end) in [
        (LineEnd::CrLf, true, false, 4 * 122, &b" \r\n"[..]),
        (LineEnd::CrLf, false, false, 4 * 122 - 2, b"  "),
        (LineEnd::Lf, true, true, 4 * 121 + 1, b" \n\x1A"),
        (LineEnd::None, true, false, 480, b"  "),
        (LineEnd::None, false, true, 481, b" \x1A"),
    ] {
        let profile = BankProfile { line_end, line_end_after_last: after_last, eof, ..BankProfile::default() };
        let file = payment_file(&batch, &profile).unwrap();
        assert_eq!(file.len(), length, "{profile:?}");
        assert!(file.ends_with(end), "{profile:?}");
        zengin_fmt::parse_general_transfer(&file).unwrap();
    }
    let profile = BankProfile { new_code: NewCode::First, transfer: TransferKind::Unused, ..BankProfile::default() };
    let file = zengin_fmt::parse_general_transfer(&payment_file(&batch, &profile).unwrap()).unwrap();
    assert_eq!(file.details[0].new_code, "1");
    assert_eq!(file.details[0].transfer_designated_type, "0");
}

#[test]
fn a_bank_may_keep_wo() {
    let profile = BankProfile { wo: Wo::Keep, ..BankProfile::default() };
    let file = payment_file(&batch(vec![payment("C-1", "ヲガワ", 1)]), &profile).unwrap();
    assert_eq!(zengin_fmt::parse_general_transfer(&file).unwrap().details[0].recipient_name, "ｦｶﾞﾜ");
}

#[test]
fn a_profile_is_read_from_the_configuration_and_refuses_unknown_keys() {
    let profile: BankProfile = serde_json::from_str(r#"{"line_end":"none","eof":true,"wo":"keep"}"#).unwrap();
    let expected = BankProfile { line_end: LineEnd::None, eof: true, wo: Wo::Keep, ..BankProfile::default() };
    assert_eq!(profile, expected);
    assert!(serde_json::from_str::<BankProfile>(r#"{"line_ends":"lf"}"#).is_err());
}

/// Pieces of names as people type them, each with what the bank reads; written by hand, sharing nothing with the
/// folding.
const PIECES: &[(&str, &str)] = &[
    ("ア", "ｱ"),
    ("い", "ｲ"),
    ("ｳ", "ｳ"),
    ("ガ", "ｶﾞ"),
    ("が", "ｶﾞ"),
    ("ｶﾞ", "ｶﾞ"),
    ("カ゛", "ｶﾞ"),
    ("か\u{3099}", "ｶﾞ"),
    ("パ", "ﾊﾟ"),
    ("ぽ", "ﾎﾟ"),
    ("ハ゜", "ﾊﾟ"),
    ("ヴ", "ｳﾞ"),
    ("ゔ", "ｳﾞ"),
    ("ャ", "ﾔ"),
    ("ょ", "ﾖ"),
    ("ｯ", "ﾂ"),
    ("ッ", "ﾂ"),
    ("ァ", "ｱ"),
    ("ぇ", "ｴ"),
    ("ヶ", "ｹ"),
    ("ヮ", "ﾜ"),
    ("ー", "-"),
    ("ｰ", "-"),
    ("－", "-"),
    ("−", "-"),
    ("-", "-"),
    ("ヲ", "ｵ"),
    ("を", "ｵ"),
    ("ｦ", "ｵ"),
    ("ン", "ﾝ"),
    ("ん", "ﾝ"),
    ("ｄ", "D"),
    ("Z", "Z"),
    ("q", "Q"),
    ("９", "9"),
    ("0", "0"),
    ("①", "1"),
    ("（", "("),
    (")", ")"),
    ("．", "."),
    ("　", " "),
    (" ", " "),
    ("ロ", "ﾛ"),
    ("ワ", "ﾜ"),
    ("ヨ", "ﾖ"),
    ("ど", "ﾄﾞ"),
    ("ズ", "ｽﾞ"),
];

/// A name, and what fits of it into 30 bytes.
fn name() -> impl Strategy<Value = (String, String)> {
    let piece = prop::sample::select(PIECES);
    (prop::bool::ANY, prop::collection::vec(piece, 1..45)).prop_map(|(company, pieces)| {
        // Never empty: one letter at the start.
        let (typed, read) = if company { ("医療法人社団ヨ", "ｲ)ﾖ") } else { ("よ", "ﾖ") };
        let (mut typed, mut expected) = (typed.to_owned(), read.to_owned());
        let mut whole: Vec<&str> = Vec::new();
        for (piece, bytes) in pieces {
            typed.push_str(piece);
            whole.push(bytes);
        }
        // Spaces at the end of the whole name are not part of it.
        while whole.last() == Some(&" ") {
            whole.pop();
        }
        for bytes in whole {
            if expected.chars().count() + bytes.chars().count() > 30 {
                break;
            }
            expected.push_str(bytes);
        }
        (typed, expected.trim_end().to_owned())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn random_batches_are_read_back_equal_by_the_independent_reader(
        rows in prop::collection::vec(
            (name(), 1i64..=9_999_999_999, 0u32..10_000_000, 0u16..10_000, 0u16..1_000, 0usize..4, 0usize..3),
            1..12,
        ),
        profile in 0usize..4,
    ) {
        let kinds = [AccountKind::Ordinary, AccountKind::Current, AccountKind::Savings, AccountKind::Other];
        let codes = ["1310110049", "3410712362", "0110113719"];
        let payments = rows.iter().enumerate().map(|(i, ((typed, _), amount, number, bank, branch, kind, at))| {
            let mut payment = payment(&format!("C-{i}"), typed, *amount);
            payment.facility_code = code(codes[*at]);
            payment.account = claim::BankAccount {
                bank_code: format!("{bank:04}"),
                branch_code: format!("{branch:03}"),
                kind: kinds[*kind],
                number: number.to_string(),
                ..account(typed)
            };
            payment
        });
        let batch = batch(payments.collect());
        let profile = [
            BankProfile::default(),
            BankProfile { line_end: LineEnd::None, ..BankProfile::default() },
            BankProfile { line_end: LineEnd::Lf, eof: true, ..BankProfile::default() },
            BankProfile { line_end_after_last: false, ..BankProfile::default() },
        ][profile];
        let bytes = payment_file(&batch, &profile).unwrap();
        prop_assert_eq!(&bytes, &payment_file(&batch, &profile).unwrap());

        let file = zengin_fmt::parse_general_transfer(&bytes).unwrap();
        prop_assert_eq!(file.details.len(), rows.len());
        for (paid, ((_, expected), amount, number, bank, branch, kind, at)) in file.details.iter().zip(&rows) {
            prop_assert_eq!(&paid.recipient_name, expected);
            prop_assert_eq!(paid.amount, u64::try_from(*amount).unwrap());
            prop_assert_eq!(&paid.account_number, &format!("{number:07}"));
            prop_assert_eq!(&paid.bank_code, &format!("{bank:04}"));
            prop_assert_eq!(&paid.branch_code, &format!("{branch:03}"));
            prop_assert_eq!(paid.account_type, [1, 2, 4, 9][*kind]);
            prop_assert_eq!(paid.customer_code1.as_str(), codes[*at]);
        }
        let sum: i64 = rows.iter().map(|row| row.1).sum();
        prop_assert_eq!(file.trailer.total_amount, u64::try_from(sum).unwrap());
        prop_assert_eq!(usize::try_from(file.trailer.total_count).unwrap(), rows.len());
    }

    #[test]
    fn no_text_whatever_makes_a_panic_or_a_record_of_another_length(
        name in any::<String>(), bank in any::<String>(), number in any::<String>(),
    ) {
        let mut payment = payment("C-1", &name, 1);
        payment.account.bank_name = bank;
        payment.account.number = number;
        let faults = reporting::account_faults(&payment.account);
        let made = payment_file(&batch(vec![payment]), &BankProfile::default());
        prop_assert_eq!(made.is_ok(), faults.is_empty(), "what the register takes, the file can hold: {:?}", faults);
        match made {
            Ok(file) => prop_assert_eq!(file.len(), 4 * 122),
            Err(error) => prop_assert!(!error.problems.is_empty()),
        }
    }
}
