//! The list of products: counts by maker and prefecture, and a sheet for each maker, read back by an independent reader.

use calamine::{Data, Reader, Xlsx};
use claim::{InstitutionCode, Lang, ProductUnits};
use reporting::{GrantedProduct, product_counts, product_list};
use std::io::Cursor;

fn granted(claim: &str, code: &str, maker: &str, name: &str, units: u32) -> GrantedProduct {
    GrantedProduct {
        claim_id: claim.into(),
        facility_code: InstitutionCode::parse(code).unwrap(),
        facility_name: format!("=施設{claim}"),
        postal_code: "0600001".into(),
        address: "札幌市".into(),
        units: ProductUnits { product: "x".into(), maker: maker.into(), name: name.into(), units },
        decided_on: jiff::civil::date(2022, 10, 20),
        log_index: 7,
    }
}

fn sample() -> Vec<GrantedProduct> {
    vec![
        granted("K-1", "3410712362", "富士通", "Caora", 3),
        granted("K-2", "1310110049", "アルメックス", "Sma-pa マイタッチ (ホワイト)", 1),
        granted("K-3", "0110113719", "富士通", "Caora", 1),
        granted("K-4", "3410712362", "富士通", "Caora", 2),
    ]
}

#[test]
fn each_maker_has_its_deliveries_in_the_order_of_prefectures_and_the_counts_add_up() {
    let day = jiff::civil::date(2022, 10, 31);
    let bytes = product_list("顔認証付きカードリーダーの提供", &sample(), day).unwrap();
    assert_eq!(bytes, product_list("顔認証付きカードリーダーの提供", &sample(), day).unwrap());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["集計", "アルメックス", "富士通"]);
    let mut rows = |sheet: &str| -> Vec<Vec<String>> {
        let formulas = book.worksheet_formula(sheet).unwrap();
        assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()), "no cell is a formula");
        let show = |cell: &Data| cell.to_string();
        book.worksheet_range(sheet).unwrap().rows().map(|row| row.iter().map(show).collect()).collect()
    };
    assert_eq!(
        rows("集計"),
        [
            ["メーカー名", "製品名（型番）", "都道府県", "医療機関等の数", "台数"],
            ["アルメックス", "Sma-pa マイタッチ (ホワイト)", "東京都", "1", "1"],
            ["富士通", "Caora", "北海道", "1", "1"],
            ["富士通", "Caora", "広島県", "1", "5"],
            ["合計", "", "", "3", "7"],
        ]
    );
    let fujitsu = rows("富士通");
    let column = |i: usize| fujitsu.iter().map(|row| row[i].clone()).collect::<Vec<_>>();
    assert_eq!(column(1), ["都道府県", "北海道", "広島県", "広島県", ""]);
    assert_eq!(column(8), ["受付番号", "K-3", "K-1", "K-4", ""]);
    assert_eq!(column(7), ["台数", "1", "3", "2", "6"]);
    assert_eq!(fujitsu[1][2..6], ["0110113719", "=施設K-3", "0600001", "札幌市"], "codes are texts");
    assert_eq!(fujitsu[1][9..], ["令和4年10月20日", "7"]);
}

#[test]
fn a_list_without_grants_is_a_list() {
    let bytes = product_list("x", &[], jiff::civil::date(2022, 10, 31)).unwrap();
    let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["集計"]);
    assert_eq!(product_counts(&[], Lang::En), []);
}
