//! Bank files read back: by our own reader, by an independent one, and every byte that is wrong found where it stands.

use crate::sample::{batch, code, payment, yen};
use claim::{AccountKind, BankAccount, Lang, PaymentBatch};
use proptest::prelude::*;
use reporting::{
    BankProfile, FileForm, LineEnd, PaymentResult, ResultColumns, ResultForm, ResultProfile, TransferFile, bank_file,
    payment_file, read_payment_file, read_results,
};

fn default_file(batch: &PaymentBatch) -> Vec<u8> {
    payment_file(batch, &BankProfile::default()).unwrap()
}

/// What both readers say of a file is the same, and it is the batch. Gives how many payments were compared.
fn agree(batch: &PaymentBatch, bytes: &[u8]) -> usize {
    let ours = read_payment_file(bytes);
    assert_eq!(ours.faults, [], "{batch:?}");
    let theirs = zengin_fmt::parse_general_transfer(bytes).unwrap();
    let header = ours.header.unwrap();
    assert_eq!(header.consignor_code, theirs.header.remitter_code);
    assert_eq!(header.consignor_name, theirs.header.remitter_name);
    assert_eq!(format!("{:02}{:02}", header.pay_on.0, header.pay_on.1), theirs.header.transfer_date);
    assert_eq!(header.account.number, theirs.header.account_number);
    assert_eq!(ours.payments.len(), theirs.details.len());
    assert_eq!(ours.payments.len(), batch.payments.len());
    assert_eq!(theirs.trailer.total_count as usize, batch.payments.len());
    assert_eq!(theirs.trailer.total_amount, u64::try_from(batch.total_yen().unwrap().get()).unwrap());
    for ((one, other), wanted) in ours.payments.iter().zip(&theirs.details).zip(&batch.payments) {
        assert_eq!(one.holder, other.recipient_name);
        assert_eq!((&one.account.bank_code, &one.account.bank_name), (&other.bank_code, &other.bank_name));
        assert_eq!((&one.account.branch_code, &one.account.branch_name), (&other.branch_code, &other.branch_name));
        assert_eq!((&one.account.number, &one.customer_code_1), (&other.account_number, &other.customer_code1));
        assert_eq!(one.amount, Some(wanted.amount_yen));
        assert_eq!(other.amount, u64::try_from(wanted.amount_yen.get()).unwrap());
        assert_eq!(one.account.kind, Some(wanted.account.kind));
        assert_eq!(one.account.number.trim_start_matches('0'), wanted.account.number.trim_start_matches('0'));
        assert_eq!(one.customer_code_1, wanted.facility_code.as_str());
    }
    ours.payments.len()
}

/// Names as they come: kana of either kind and width, small ones, marks as characters of their own, legal forms, dashes,
/// Latin letters.
fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ァ-ヮヲ-ヶー]{1,12}",
        "[ぁ-ゎを-ゖ]{1,12}",
        "[ｱ-ﾝ]{1,8}",
        "[A-Za-z0-9]{1,6}",
        "[Ａ-Ｚ０-９]{1,4}",
        "(ｶﾞ|ﾊﾟ|ウ゛|カ゛|ハ゜|ヴ|ッ|ョ|ヲ){1,9}",
        Just("医療法人社団".to_owned()),
        Just("医療法人 財団".to_owned()),
        Just("（株）".to_owned()),
        Just("㈱".to_owned()),
        Just("イリョウホウジン".to_owned()),
        Just(" ".to_owned()),
        Just("　".to_owned()),
        Just("－".to_owned()),
        Just("―".to_owned()),
        Just("．".to_owned()),
        Just("（ホ）".to_owned()),
    ];
    // One letter at least that is more than a space.
    ("[アｶガぱZ9]", prop::collection::vec(part, 0..6)).prop_map(|(first, parts)| first + &parts.concat())
}

fn kind() -> impl Strategy<Value = AccountKind> {
    prop::sample::select(vec![AccountKind::Ordinary, AccountKind::Current, AccountKind::Savings, AccountKind::Other])
}

fn account() -> impl Strategy<Value = BankAccount> {
    ("[0-9]{4}", "[ァ-ヮヲ-ヶー]{0,20}", "[0-9]{3}", "[ァ-ヮヲ-ヶーA-Z0-9]{0,20}", kind(), "[0-9]{1,7}", name())
        .prop_map(|(bank_code, bank_name, branch_code, branch_name, kind, number, holder)| BankAccount {
            bank_code,
            bank_name,
            branch_code,
            branch_name,
            kind,
            number,
            holder,
        })
}

prop_compose! {
    fn batches()(
        payments in prop::collection::vec((account(), 1..=9_999_999_999_i64, prop::sample::select(vec!["1310110049", "3410712362", "0110113719"])), 1..6),
        payer in name(),
        month in 1..=12_i8,
        day in 1..=28_i8,
    ) -> PaymentBatch {
        let payments = payments.into_iter().enumerate().map(|(i, (account, amount, facility))| {
            let mut one = payment(&format!("C-{i}"), "カスミ", amount);
            one.account = account;
            one.facility_code = code(facility);
            one
        });
        let mut batch = batch(payments.collect());
        batch.payer.consignor_name = payer;
        batch.pay_on = jiff::civil::date(2026, month, day);
        batch
    }
}

proptest! {
    // `cargo xtask bench zengin` runs a hundred thousand.
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("KOFU_ZENGIN_BATCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
    ))]

    #[test]
    fn every_file_is_read_back_equal_by_two_readers(batch in batches(), line_end in 0..3_u8, last in any::<bool>(), eof in any::<bool>()) {
        let line_end = [LineEnd::None, LineEnd::CrLf, LineEnd::Lf][usize::from(line_end)];
        let profile = BankProfile { line_end, line_end_after_last: last, eof, ..BankProfile::default() };
        let file = payment_file(&batch, &profile).unwrap_or_else(|error| panic!("{error}"));
        agree(&batch, &file);
        // And so do the other forms.
        let csv = bank_file(&batch, &BankProfile { form: FileForm::Csv, ..profile }, "2026-01-20T00:00:00Z".parse().unwrap()).unwrap();
        prop_assert_eq!(csv.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"2,")).count(), batch.payments.len());
    }

}

proptest! {
    /// Whatever a file holds, reading it is no panic and loses no bytes without saying so.
    #[test]
    fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        let file = read_payment_file(&bytes);
        prop_assert!(!file.faults.is_empty());
        let _ = file.faults.iter().map(|fault| fault.message(Lang::Ja)).collect::<Vec<_>>();
        for form in [ResultForm::Zengin, ResultForm::Csv] {
            read_results(&bytes, &ResultProfile { form, ..ResultProfile::default() }, Lang::Ja);
        }
    }
}

/// Each byte of a file changed to another: found, and told at that byte, unless the file still says what a bank could
/// have been told.
#[test]
fn a_changed_byte_is_found_where_it_stands() {
    let good = batch(vec![payment("C-1", "ヤマダ タロウ", 128_000), payment("C-2", "イ)カスミカイ", 411_000)]);
    let bytes = default_file(&good);
    let whole = read_payment_file(&bytes);
    assert_eq!(whole.faults, []);
    let mut told = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] = 0x07;
        let file = read_payment_file(&changed);
        assert!(!file.faults.is_empty(), "byte {at} was changed and nobody said so");
        // Inside a record the fault says which byte; a broken line end or record kind is told by its record.
        told += usize::from(file.faults.iter().any(|fault| fault.byte == at));
    }
    assert!(told > bytes.len() * 9 / 10, "{told} of {} told at their very byte", bytes.len());
}

#[test]
fn what_is_wrong_is_said_with_its_record_its_byte_and_what_is_expected() {
    let good = batch(vec![payment("C-1", "ヤマダ タロウ", 128_000), payment("C-2", "カスミ", 411_000)]);
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = default_file(&good);
        bytes[at..at + with.len()].copy_from_slice(with);
        read_payment_file(&bytes).faults.iter().map(|fault| fault.message(Lang::Ja)).collect::<Vec<_>>()
    };
    // The first data record begins at byte 122.
    assert_eq!(
        changed(122 + 50, &[0xDE]),
        [
            "2番目のレコード（ファイルの173バイト目）の受取人名: 「ﾞ」があります。正しい値: 濁点・半濁点の前に、それを付けられるカナ。"
        ]
    );
    assert_eq!(
        changed(122 + 80, b"0000000000"),
        [
            "2番目のレコード（ファイルの203バイト目）の振込金額: 「0000000000」があります。正しい値: 1円以上の金額。",
            "4番目のレコード（ファイルの374バイト目）の合計金額: 「000000539000」があります。正しい値: 411000円。"
        ]
    );
    assert_eq!(changed(54, b"0230").len(), 1, "no 30 February");
    assert!(changed(122 + 50, "ｧ".as_bytes()).len() > 1);
    // Cut short, a record twice, the order turned round, nothing at all.
    let bytes = default_file(&good);
    let fields = |file: TransferFile| file.faults.into_iter().map(|fault| fault.field.1).collect::<Vec<_>>();
    assert_eq!(fields(read_payment_file(&bytes[..300])), ["record", "record", "record"]);
    let twice = [&bytes[..244], &bytes[122..]].concat();
    assert_eq!(fields(read_payment_file(&twice)), ["count", "total"]);
    let turned = [&bytes[122..244], &bytes[..122], &bytes[244..]].concat();
    assert!(fields(read_payment_file(&turned)).contains(&"kind of record"));
    assert_eq!(fields(read_payment_file(b"")).len(), 4);
}

#[test]
fn results_are_read_from_both_forms_and_nothing_of_them_is_left_out() {
    let good = batch(vec![
        payment("C-1", "ヤマダ タロウ", 128_000),
        payment("C-2", "カスミ", 411_000),
        payment("C-3", "カスミ", 99),
    ]);
    let mut bytes = default_file(&good);
    for (record, code) in [(1, b'0'), (2, b'1'), (3, b'7')] {
        bytes[record * 122 + 113] = code;
    }
    let profile = ResultProfile::default();
    let results = read_results(&bytes, &profile, Lang::Ja);
    assert_eq!(results.header, Some(((1, 30), "0012345678".to_owned())));
    assert_eq!(results.faults, [""; 0]);
    let paid = PaymentResult {
        bank_code: "0001".into(),
        branch_code: "110".into(),
        kind: AccountKind::Ordinary,
        number: "1234567".into(),
        amount: yen(128_000),
        bounced: None,
    };
    assert_eq!(results.records[0].content, Ok(paid.clone()));
    let bounced = PaymentResult { amount: yen(411_000), bounced: Some("該当口座なし".into()), ..paid.clone() };
    assert_eq!(results.records[1].content, Ok(bounced.clone()));
    assert!(results.records[2].content.as_ref().unwrap_err().contains("結果「7」は、設定"));
    assert!(!results.records[0].said.contains("1234567"), "only the end of the number: {}", results.records[0].said);

    let csv = "銀行番号,支店番号,預金種目,口座番号,振込金額,結果\n1,110,普通,1234567,\"128,000\",0\n0001,110,1,1234567,411000円,1\n\
               0001,110,1,1234567,x,0\n\n0001,110,1\n";
    let csv_profile = ResultProfile { form: ResultForm::Csv, ..ResultProfile::default() };
    let in_cp932 = encoding_rs::SHIFT_JIS.encode(csv).0.into_owned();
    for bytes in [csv.as_bytes().to_vec(), [b"\xEF\xBB\xBF", csv.as_bytes()].concat(), in_cp932] {
        let results = read_results(&bytes, &csv_profile, Lang::Ja);
        assert_eq!(results.faults, [""; 0]);
        assert_eq!(results.records[0].content, Ok(paid.clone()));
        assert_eq!(results.records[1].content, Ok(bounced.clone()));
        assert_eq!(results.records[2].content, Err("「x」は金額ではありません".to_owned()));
        assert_eq!(results.records.len(), 4, "a row that is too short is a record that cannot be read");
    }
    let columns = ResultColumns { amount: "金額".into(), ..ResultColumns::default() };
    let other = ResultProfile { columns, ..csv_profile };
    assert!(read_results(csv.as_bytes(), &other, Lang::Ja).faults[0].contains("「金額」の列がありません"));
    // A file whose sums do not add up says so, and its records are read all the same.
    let mut short = bytes.clone();
    short.drain(122..244);
    let results = read_results(&short, &profile, Lang::Ja);
    assert_eq!((results.records.len(), results.faults.len()), (2, 2));
}

/// The order of elements in the schema of pain.001.001.03, as far as we write them: child elements of each, in order.
const SCHEMA: &[(&str, &[&str])] = &[
    ("Document", &["CstmrCdtTrfInitn"]),
    ("CstmrCdtTrfInitn", &["GrpHdr", "PmtInf"]),
    ("GrpHdr", &["MsgId", "CreDtTm", "Authstn", "NbOfTxs", "CtrlSum", "InitgPty", "FwdgAgt"]),
    ("InitgPty", &["Nm", "PstlAdr", "Id", "CtryOfRes", "CtctDtls"]),
    ("Dbtr", &["Nm", "PstlAdr", "Id", "CtryOfRes", "CtctDtls"]),
    ("Cdtr", &["Nm", "PstlAdr", "Id", "CtryOfRes", "CtctDtls"]),
    ("OrgId", &["BICOrBEI", "Othr"]),
    ("Othr", &["Id", "SchmeNm", "Issr"]),
    (
        "PmtInf",
        &[
            "PmtInfId",
            "PmtMtd",
            "BtchBookg",
            "NbOfTxs",
            "CtrlSum",
            "PmtTpInf",
            "ReqdExctnDt",
            "PoolgAdjstmntDt",
            "Dbtr",
            "DbtrAcct",
            "DbtrAgt",
            "DbtrAgtAcct",
            "UltmtDbtr",
            "ChrgBr",
            "ChrgsAcct",
            "ChrgsAcctAgt",
            "CdtTrfTxInf",
        ],
    ),
    ("DbtrAcct", &["Id", "Tp", "Ccy", "Nm"]),
    ("CdtrAcct", &["Id", "Tp", "Ccy", "Nm"]),
    ("Tp", &["Cd", "Prtry"]),
    ("DbtrAgt", &["FinInstnId", "BrnchId"]),
    ("CdtrAgt", &["FinInstnId", "BrnchId"]),
    ("FinInstnId", &["BIC", "ClrSysMmbId", "Nm", "PstlAdr", "Othr"]),
    ("ClrSysMmbId", &["ClrSysId", "MmbId"]),
    ("ClrSysId", &["Cd", "Prtry"]),
    ("BrnchId", &["Id", "Nm", "PstlAdr"]),
    (
        "CdtTrfTxInf",
        &[
            "PmtId",
            "PmtTpInf",
            "Amt",
            "XchgRateInf",
            "ChrgBr",
            "ChqInstr",
            "UltmtDbtr",
            "IntrmyAgt1",
            "CdtrAgt",
            "CdtrAgtAcct",
            "Cdtr",
            "CdtrAcct",
            "UltmtCdtr",
            "InstrForCdtrAgt",
            "InstrForDbtrAgt",
            "Purp",
            "RgltryRptg",
            "Tax",
            "RltdRmtInf",
            "RmtInf",
        ],
    ),
    ("PmtId", &["InstrId", "EndToEndId"]),
    ("Amt", &["InstdAmt", "EqvtAmt"]),
    ("RmtInf", &["Ustrd", "Strd"]),
];

#[test]
fn the_message_for_zedi_has_the_elements_of_the_schema_in_its_order_and_the_same_names_and_sums() {
    let good = batch(vec![payment("C-1", "医療法人社団 カスミカイ", 128_000), payment("C-2", "Ａ＆Ｂ", 1)]);
    let profile = BankProfile { form: FileForm::Xml, ..BankProfile::default() };
    let created = "2026-01-20T00:00:00Z".parse().unwrap();
    assert!(bank_file(&good, &profile, created).is_err(), "what the 全銀 file cannot hold is refused in every form");
    let good = batch(vec![payment("C-1", "医療法人社団 カスミカイ", 128_000), payment("C-2", "ヤマダ タロウ", 1)]);
    let bytes = bank_file(&good, &profile, created).unwrap();
    assert_eq!(bytes, bank_file(&good, &profile, created).unwrap());
    let text = String::from_utf8(bytes).unwrap();

    let mut reader = quick_xml::Reader::from_str(&text);
    // Open elements, each with the place of its last child in the schema's order.
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut checked = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                if let Some((parent, last)) = open.last_mut() {
                    // `Id` of an account and of a party is a choice with one of these.
                    let children: &[&str] = match parent.as_str() {
                        "Id" => &["IBAN", "OrgId", "PrvtId", "Othr"],
                        other => {
                            SCHEMA
                                .iter()
                                .find(|(element, _)| *element == other)
                                .unwrap_or_else(|| panic!("{other} has no elements"))
                                .1
                        }
                    };
                    let place = children
                        .iter()
                        .position(|child| *child == name)
                        .unwrap_or_else(|| panic!("{name} in {parent}"));
                    assert!(place >= *last, "{name} comes too late in {parent}");
                    *last = place;
                    checked += 1;
                }
                open.push((name, 0));
            }
            quick_xml::events::Event::End(_) => drop(open.pop()),
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(checked > 50, "{checked}");
    assert_eq!(text.matches("<CtrlSum>128001</CtrlSum>").count(), 2);
    assert_eq!(text.matches("<InstdAmt Ccy=\"JPY\">").count(), 2);
    assert!(text.contains("<Nm>ｲ)ｶｽﾐｶｲ</Nm>") && text.contains("<Nm>ｼﾔﾎ</Nm>"), "the names of the 全銀 file");
    assert!(text.contains("<ReqdExctnDt>2026-01-30</ReqdExctnDt>") && text.contains("<Cd>JPZGN</Cd>"));
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
}

#[test]
fn the_comma_separated_form_has_the_same_fields() {
    let good = batch(vec![payment("C-1", "ヤマダ タロウ", 128_000)]);
    let profile = BankProfile { form: FileForm::Csv, ..BankProfile::default() };
    let bytes = bank_file(&good, &profile, "2026-01-20T00:00:00Z".parse().unwrap()).unwrap();
    let text = encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned();
    assert_eq!(
        text,
        "1,21,0,0012345678,ｼﾔﾎ,0130,0009,ﾐﾂｲｽﾐﾄﾓ,096,ｼﾝﾊﾞｼ,2,0765432\r\n\
         2,0001,ﾐｽﾞﾎ,110,ﾄｳｷﾖｳﾁﾕｳｵｳ,0000,1,1234567,ﾔﾏﾀﾞ ﾀﾛｳ,0000128000,0,1310110049,0000000000,7,\r\n\
         8,000001,000000128000\r\n9\r\n"
    );
}
