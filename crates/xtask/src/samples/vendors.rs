//! The vendors on the receipts. All are invented; their registration numbers hold by the check digit but begin with 9999,
//! which is no registry office, and their telephone numbers have an exchange of 0000.

use super::story::Vendor;

pub(super) const SORAMAME: Vendor = Vendor {
    name: "株式会社そらまめ医療システム",
    branch: "",
    postal: "101-0000",
    address: "東京都千代田区見本町二丁目4番1号",
    phone: "03-0000-2410",
    fax: "03-0000-2411",
    registration: "T5999901034521",
    seal: "株式会社そらまめ医療システム之印",
    seal_shape: "square",
    clerk: "森",
};

pub(super) const MIZUNARA: Vendor = Vendor {
    name: "ミズナラ情報サービス株式会社",
    branch: "",
    postal: "980-0000",
    address: "宮城県仙台市見本区北六番丁8-15",
    phone: "022-000-0815",
    fax: "022-000-0816",
    registration: "T3999902077810",
    seal: "ミズナラ情報サービス株式会社印",
    seal_shape: "square",
    clerk: "佐竹",
};

pub(super) const KAWASEMI: Vendor = Vendor {
    name: "有限会社かわせみ事務機",
    branch: "",
    postal: "910-0000",
    address: "福井県敦賀市見本三丁目11番6号",
    phone: "0770-00-1163",
    fax: "0770-00-1164",
    registration: "T1999903046312",
    seal: "有限会社かわせみ事務機之印章",
    seal_shape: "square",
    clerk: "宇野",
};

pub(super) const TOBIUO: Vendor = Vendor {
    name: "デンキのトビウオ",
    branch: "松山見本店",
    postal: "790-0000",
    address: "愛媛県松山市見本通1-7-3",
    phone: "089-000-1730",
    fax: "089-000-1731",
    registration: "T8999901098877",
    seal: "トビウオ電機株式会社印",
    seal_shape: "round",
    clerk: "越智",
};

pub(super) const YUKIWARISO: Vendor = Vendor {
    name: "㈱雪割草メディカルソフト",
    branch: "",
    postal: "060-0000",
    address: "北海道札幌市見本区北十条西7丁目2",
    phone: "011-000-1072",
    fax: "011-000-1073",
    registration: "T7999904012365",
    seal: "株式会社雪割草メディカルソフト印",
    seal_shape: "square",
    clerk: "工藤",
};

pub(super) const OUMUGAI: Vendor = Vendor {
    name: "オウムガイ通販株式会社",
    branch: "",
    postal: "530-0000",
    address: "大阪府大阪市見本区南一丁目3番9号",
    phone: "06-0000-1390",
    fax: "06-0000-1391",
    registration: "T7999905065412",
    seal: "オウムガイ通販株式会社印",
    seal_shape: "square",
    clerk: "辻",
};

pub(super) const HINATA: Vendor = Vendor {
    name: "合同会社ひなたIT工房",
    branch: "",
    postal: "430-0000",
    address: "静岡県浜松市見本区日向町506番地",
    phone: "053-000-0506",
    fax: "053-000-0507",
    registration: "T4999903088104",
    seal: "合同会社ひなた工房之印",
    seal_shape: "square",
    clerk: "鈴",
};

pub(super) const MINAMIJUJI: Vendor = Vendor {
    name: "南十字通信機器株式会社",
    branch: "",
    postal: "900-0000",
    address: "沖縄県那覇市見本一丁目22番地5",
    phone: "098-000-1225",
    fax: "098-000-1226",
    registration: "T4999906023479",
    seal: "南十字通信機器株式会社",
    seal_shape: "round",
    clerk: "比嘉",
};
