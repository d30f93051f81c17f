//! The facility register of the samples. All facilities are invented. Their codes hold by the check digit, but their
//! numbers have 90 in the middle, which the rule for assigning numbers leaves out; only the first is the example of the
//! command line's contract. Bank numbers from 0951 are not assigned.

use anyhow::Context;

/// One row, in the order of the columns.
pub(super) struct Row {
    pub(super) code: &'static str,
    kind: &'static str,
    pub(super) name: &'static str,
    pub(super) founder: &'static str,
    postal: &'static str,
    address: &'static str,
    /// Its transitional measure and the last day of it.
    measure: (&'static str, &'static str),
    earlier_grants: &'static str,
    /// Bank number and name, branch number and name, kind, account number, holder.
    account: [&'static str; 7],
}

const COLUMNS: [&str; 16] = [
    "code",
    "kind",
    "name",
    "founder",
    "postal_code",
    "address",
    "transitional_measure",
    "transitional_measure_ended_on",
    "earlier_grants",
    "bank_code",
    "bank_name",
    "branch_code",
    "branch_name",
    "account_kind",
    "account_number",
    "account_holder",
];

const NO_MEASURE: (&str, &str) = ("", "");
const NO_ACCOUNT: [&str; 7] = ["", "", "", "", "", "", ""];

const fn account(
    bank: (&'static str, &'static str),
    branch: (&'static str, &'static str),
    kind: &'static str,
    number: &'static str,
    holder: &'static str,
) -> [&'static str; 7] {
    [bank.0, bank.1, branch.0, branch.1, kind, number, holder]
}

const AKATSUKI: (&str, &str) = ("0951", "アカツキギンコウ");
const SHIOKAZE: (&str, &str) = ("0952", "シオカゼシンヨウキンコ");
const YAMANAMI: (&str, &str) = ("0953", "ヤマナミギンコウ");
const KITAHOSHI: (&str, &str) = ("0954", "キタホシノウギヨウキヨウドウクミアイ");

/// A facility without measure and earlier grants.
const fn facility(
    code: &'static str,
    kind: &'static str,
    name: &'static str,
    founder: &'static str,
    place: (&'static str, &'static str),
    account: [&'static str; 7],
) -> Row {
    Row {
        code,
        kind,
        name,
        founder,
        postal: place.0,
        address: place.1,
        measure: NO_MEASURE,
        earlier_grants: "",
        account,
    }
}

impl Row {
    const fn under(self, number: &'static str, ended_on: &'static str) -> Row {
        Row { measure: (number, ended_on), ..self }
    }

    const fn granted(self, earlier_grants: &'static str) -> Row {
        Row { earlier_grants, ..self }
    }
}

/// The register.
pub(super) static REGISTER: [Row; 37] = [
    facility(
        "1310110049",
        "clinic",
        "水面坂内科クリニック",
        "医療法人社団水面会",
        ("100-0000", "東京都千代田区見本坂一丁目2番3号"),
        account(AKATSUKI, ("101", "ミナモザカ"), "ordinary", "1234567", "イ）ミナモカイ　ミナモザカナイカクリニック"),
    ),
    facility(
        "0410119010",
        "hospital",
        "青葉丘総合病院",
        "医療法人財団青葉丘会",
        ("980-0000", "宮城県仙台市見本区青葉丘四丁目5番6号"),
        account(
            YAMANAMI,
            ("210", "センダイチュウオウ"),
            "current",
            "0045678",
            "イ）アオバオカカイ アオバオカソウゴウビョウイン",
        ),
    ),
    facility(
        "2740949017",
        "large_chain_pharmacy",
        "ほしぞら薬局　梅ヶ枝町店",
        "株式会社ほしぞらファーマシー",
        ("530-0000", "大阪府大阪市見本区梅ヶ枝町7番8号"),
        account(AKATSUKI, ("352", "ウメガエチョウ"), "current", "7700123", "カ）ホシゾラファーマシー"),
    ),
    facility(
        "1840249021",
        "pharmacy",
        "つるが浜薬局",
        "有限会社つるが浜",
        ("914-0000", "福井県敦賀市見本浜3-14"),
        account(SHIOKAZE, ("004", "ツルガハマ"), "ordinary", "0301415", "ユ）ツルガハマ"),
    ),
    facility(
        "4211119039",
        "clinic",
        "さざなみ島診療所",
        "潮見町",
        ("853-0000", "長崎県見本郡潮見町小島9番地"),
        account(KITAHOSHI, ("031", "シオミ"), "ordinary", "0009876", "シオミチョウカイケイカンリシャ"),
    )
    .under("2", ""),
    facility(
        "3940549045",
        "pharmacy",
        "㈱みどり調剤薬局",
        "株式会社みどり調剤薬局",
        ("780-0000", "高知県高知市見本町六丁目1番10号"),
        account(YAMANAMI, ("390", "コウチホンテン"), "ordinary", "2468013", "カ）ミドリチョウザイヤッキョク"),
    )
    .under("6", ""),
    facility(
        "2310719055",
        "clinic",
        "こまくさ皮フ科",
        "駒草 花子",
        ("460-0000", "愛知県名古屋市見本区駒草二丁目11番地"),
        account(AKATSUKI, ("230", "コマクサ"), "ordinary", "5550011", "コマクサヒフカ　コマクサハナコ"),
    ),
    facility(
        "2811319025",
        "clinic",
        "医療法人すずかけ会　すずかけ整形外科",
        "医療法人すずかけ会",
        ("650-0000", "兵庫県神戸市見本区鈴懸台5-2-1"),
        account(AKATSUKI, ("280", "スズカケダイ"), "ordinary", "3141592", "イ）スズカケカイ"),
    )
    .under("4", "2024-10-31"),
    facility(
        "0111219069",
        "clinic",
        "ななかまど小児科",
        "医療法人社団ななかまど",
        ("060-0000", "北海道札幌市見本区北二十条西3丁目"),
        account(KITAHOSHI, ("011", "サッポロキタ"), "ordinary", "0110220", "イ）ナナカマド"),
    ),
    facility(
        "4030839015",
        "clinic",
        "白椿歯科医院",
        "白椿 一郎",
        ("810-0000", "福岡県福岡市見本区白椿一丁目8番20号"),
        account(SHIOKAZE, ("080", "シラツバキ"), "ordinary", "8080808", "シラツバキシカイイン"),
    ),
    facility(
        "3410319077",
        "clinic",
        "もみじ谷眼科",
        "医療法人もみじ谷眼科",
        ("730-0000", "広島県広島市見本区紅葉谷4番16号"),
        account(YAMANAMI, ("034", "モミジダニ"), "ordinary", "3400416", "イ）モミジダニガンカ"),
    ),
    facility(
        "1510619081",
        "clinic",
        "越の里医院",
        "越野 里美",
        ("950-0000", "新潟県新潟市見本区越の里7丁目7"),
        account(KITAHOSHI, ("077", "コシノサト"), "ordinary", "0707077", "コシノサトイイン"),
    ),
    facility(
        "2610419042",
        "clinic",
        "みやこ野耳鼻咽喉科",
        "医療法人みやこ野会",
        ("600-0000", "京都府京都市見本区都野町22番地"),
        account(AKATSUKI, ("260", "ミヤコノ"), "ordinary", "2200260", "イ）ミヤコノカイ"),
    ),
    facility(
        "2211019092",
        "clinic",
        "茶畑クリニック",
        "医療法人社団茶畑会",
        ("420-0000", "静岡県静岡市見本区茶畑五丁目9番3号"),
        account(SHIOKAZE, ("022", "チャバタケ"), "ordinary", "5930022", "イ）チャバタケカイ"),
    ),
    facility(
        "1411719012",
        "clinic",
        "かもめ台内科",
        "医療法人社団かもめ台会",
        ("220-0000", "神奈川県横浜市見本区かもめ台3-3-12"),
        account(AKATSUKI, ("140", "カモメダイ"), "ordinary", "0331212", "イ）カモメダイカイ"),
    ),
    facility(
        "4710219033",
        "clinic",
        "がじゅまる診療所",
        "医療法人がじゅまる会",
        ("900-0000", "沖縄県那覇市見本二丁目5番5号"),
        account(SHIOKAZE, ("470", "ナハミホン"), "ordinary", "4700255", "イ）ガジュマルカイ"),
    ),
    facility(
        "1210519041",
        "clinic",
        "菜の花ファミリークリニック",
        "医療法人社団菜の花会",
        ("260-0000", "千葉県千葉市見本区菜の花一丁目6番地"),
        account(AKATSUKI, ("120", "ナノハナ"), "ordinary", "1601200", "イ）ナノハナカイ"),
    ),
    facility(
        "3310919059",
        "clinic",
        "桃源堂クリニック",
        "医療法人桃源会",
        ("700-0000", "岡山県岡山市見本区桃源8-1"),
        account(YAMANAMI, ("330", "トウゲン"), "ordinary", "0810330", "イ）トウゲンカイ"),
    ),
    facility(
        "4311419073",
        "clinic",
        "火の国ハートクリニック",
        "医療法人火の国会",
        ("860-0000", "熊本県熊本市見本区火の宮1丁目13番"),
        account(SHIOKAZE, ("430", "ヒノミヤ"), "ordinary", "0113430", "イ）ヒノクニカイ"),
    ),
    facility(
        "1112119014",
        "clinic",
        "双葉診療所　本院",
        "医療法人社団双葉会",
        ("330-0000", "埼玉県さいたま市見本区双葉一丁目1番1号"),
        account(AKATSUKI, ("110", "フタバ"), "ordinary", "1100111", "イ）フタバカイ"),
    ),
    facility(
        "1112119022",
        "clinic",
        "双葉診療所　東分院",
        "医療法人社団双葉会",
        ("330-0000", "埼玉県さいたま市見本区双葉東二丁目2番2号"),
        account(AKATSUKI, ("110", "フタバ"), "ordinary", "1100222", "イ）フタバカイ"),
    ),
    facility(
        "0310819032",
        "clinic",
        "りんどう内科医院",
        "医療法人りんどう会",
        ("020-0000", "岩手県盛岡市見本りんどう町3-2"),
        account(KITAHOSHI, ("003", "モリオカ"), "ordinary", "0320003", "イ）リンドウカイ"),
    )
    .granted("home-consent"),
    facility(
        "2010619043",
        "clinic",
        "しらかば高原クリニック",
        "医療法人しらかば会",
        ("380-0000", "長野県長野市見本白樺高原64番地"),
        account(YAMANAMI, ("200", "シラカバ"), "ordinary", "0642000", "イ）シラカバカイ"),
    ),
    facility(
        "1010319059",
        "clinic",
        "湯の花内科・胃腸科",
        "医療法人湯の花",
        ("371-0000", "群馬県前橋市見本湯の花5番9号"),
        account(YAMANAMI, ("100", "マエバシ"), "savings", "0591000", "イ）ユノハナ"),
    ),
    facility(
        "1710419068",
        "clinic",
        "兼六堂医院",
        "兼六堂 正",
        ("920-0000", "石川県金沢市見本町六ノ六"),
        account(SHIOKAZE, ("017", "カナザワ"), "ordinary", "0606017", "ケンロクドウイイン"),
    ),
    facility(
        "3540749037",
        "pharmacy",
        "ふく福薬局",
        "合同会社ふく福",
        ("750-0000", "山口県下関市見本町二丁目9番29号"),
        account(SHIOKAZE, ("035", "シモノセキ"), "ordinary", "2929035", "ド）フクフク"),
    ),
    facility(
        "4611219082",
        "clinic",
        "桜島なぎさ医院",
        "医療法人なぎさ会",
        ("890-0000", "鹿児島県鹿児島市見本なぎさ町12-8"),
        account(SHIOKAZE, ("460", "ナギサ"), "ordinary", "0128460", "イ）ナギサカイ"),
    ),
    facility(
        "2410519090",
        "clinic",
        "真珠の海クリニック",
        "医療法人真珠会",
        ("514-0000", "三重県津市見本真珠町5番19号"),
        account(SHIOKAZE, ("024", "シンジュ"), "ordinary", "0519024", "イ）シンジュカイ"),
    ),
    facility(
        "0910219013",
        "clinic",
        "日光台こころのクリニック",
        "医療法人社団日光台会",
        ("320-0000", "栃木県宇都宮市見本日光台9-1-3"),
        account(YAMANAMI, ("090", "ニッコウダイ"), "ordinary", "0913090", "イ）ニッコウダイカイ"),
    ),
    facility(
        "3010619025",
        "clinic",
        "みかん山診療所",
        "医療法人みかん山",
        ("640-0000", "和歌山県和歌山市見本蜜柑山61番地"),
        account(SHIOKAZE, ("300", "ミカンヤマ"), "ordinary", "0610300", "イ）ミカンヤマ"),
    ),
    facility(
        "0210319042",
        "clinic",
        "ねぶた通り内科",
        "医療法人ねぶた通り内科",
        ("030-0000", "青森県青森市見本通り三丁目4番2号"),
        account(KITAHOSHI, ("002", "アオモリ"), "ordinary", "0342002", "イ）ネブタドオリナイカ"),
    ),
    facility(
        "0811519065",
        "clinic",
        "筑波嶺クリニック",
        "医療法人筑波嶺会",
        ("310-0000", "茨城県水戸市見本筑波嶺1丁目5-6"),
        account(YAMANAMI, ("080", "ツクバネ"), "ordinary", "0156080", "イ）ツクバネカイ"),
    ),
    facility(
        "2910419072",
        "clinic",
        "若草山医院",
        "若草 太郎",
        ("630-0000", "奈良県奈良市見本若草町7番2号"),
        NO_ACCOUNT,
    ),
    facility(
        "3810919088",
        "clinic",
        "ゆのまち整形外科",
        "医療法人ゆのまち",
        ("790-0000", "愛媛県松山市見本湯之町9番8号"),
        account(YAMANAMI, ("380", "ユノマチ"), "ordinary", "0980380", "イ）ユノマチ"),
    ),
    facility(
        "1311919091",
        "clinic",
        "医療法人社団　暁星会　あかつき訪問診療・在宅ケアクリニック武蔵野台",
        "医療法人社団　暁星会",
        ("180-0000", "東京都見本市武蔵野台一丁目19番9号　あかつきメディカルビルディング３階"),
        account(
            AKATSUKI,
            ("119", "ムサシノダイ"),
            "ordinary",
            "1909119",
            "イ）ギョウセイカイ　アカツキホウモンシンリョウザイタクケアクリニックムサシノダイ",
        ),
    ),
    facility(
        "1610319020",
        "clinic",
        "立山ほたるいか診療所",
        "医療法人ほたるいか会",
        ("930-0000", "富山県富山市見本ほたる町3番地の2"),
        account(SHIOKAZE, ("160", "トヤマ"), "ordinary", "0302160", "イ）ホタルイカカイ"),
    )
    .under("4", "2024-11-20"),
    facility(
        "4510419031",
        "clinic",
        "日向灘おおぞら診療所",
        "医療法人おおぞら会",
        ("880-0000", "宮崎県宮崎市見本大空四丁目3番1号"),
        account(SHIOKAZE, ("450", "ヒュウガナダ"), "ordinary", "0431450", "イ）オオゾラカイ"),
    )
    .under("6", ""),
];

/// The row of `code`.
pub(super) fn row(code: &str) -> Option<&'static Row> {
    REGISTER.iter().find(|row| row.code == code)
}

/// `facilities.csv`, UTF-8.
pub(super) fn csv() -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &REGISTER {
        claim::InstitutionCode::parse(row.code).with_context(|| row.name)?;
        let head = [
            row.code,
            row.kind,
            row.name,
            row.founder,
            row.postal,
            row.address,
            row.measure.0,
            row.measure.1,
            row.earlier_grants,
        ];
        writer.write_record(head.into_iter().chain(row.account))?;
    }
    writer.into_inner().context("the register cannot be written")
}
