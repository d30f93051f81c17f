//! What a verification finds: each difference with its place, in both languages and for programs.

use claim::{Lang, Sha256};
use serde::Serialize;

/// How many differences are kept by name; the rest are counted.
const MAX_NAMED: usize = 100;

/// How an export differs from what was signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub struct Differences {
    /// The first hundred, in the order in which they were found.
    pub named: Vec<Difference>,
    /// How many more there are.
    pub more: u64,
}

impl Differences {
    pub(super) fn push(&mut self, difference: Difference) {
        if self.named.len() < MAX_NAMED {
            self.named.push(difference);
        } else {
            self.more += 1;
        }
    }

    /// A line for each, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        let mut lines: Vec<String> = self.named.iter().map(|difference| difference.message(lang)).collect();
        match lang {
            _ if self.more == 0 => {}
            Lang::Ja => lines.push(format!("ほかに {}件の不一致があります。", self.more)),
            Lang::En => lines.push(format!("and {} more", self.more)),
        }
        lines.join("\n")
    }
}

macro_rules! differences {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? } ja: $ja:literal en: $en:literal)*) => {
        /// One difference. `line` counts the lines of the entries' file from 1, entries count from 0.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "code", rename_all = "kebab-case")]
        pub enum Difference { $($(#[$doc])* $name { $($(#[$field_doc])* $field: $type),* },)* }

        impl Difference {
            /// What was found and expected, as people of `lang` read it.
            #[allow(unused_variables, reason = "a reason is bound in both languages and told in one")]
            pub fn message(&self, lang: Lang) -> String {
                match (self, lang) {
                    $((Difference::$name { $($field),* }, Lang::Ja) => format!($ja),
                      (Difference::$name { $($field),* }, Lang::En) => format!($en),)*
                }
            }
        }
    };
}

differences! {
    /// A line that is not in the form of an export.
    Form {
        /// Where.
        line: u64,
        /// The entry that belongs there; in a selection, the number of the line from 0.
        entry: u64,
        /// The byte of the line from which on it is not, from 1.
        byte: usize,
        /// What stands in the form there.
        expected: &'static str,
    }
    ja: "{line}行目（記録 {entry}）: {byte}バイト目からの形式が異なります（あるべきもの: {expected}）。"
    en: "line {line} (entry {entry}): not in the form of an export from byte {byte} on, expected {expected}"
    /// A line with another entry's index: exchanged, left out or repeated.
    Index {
        /// Where.
        line: u64,
        /// The index on the line.
        found: u64,
        /// The index that belongs there; in a selection, the least that can follow.
        expected: u64,
    }
    ja: "{line}行目: 記録番号が {found} です（あるべき番号: {expected}）。記録の入替え、欠落又は重複があります。"
    en: "line {line}: found entry {found}, expected entry {expected}: entries were exchanged, left out or repeated"
    /// A payload whose hash is not the leaf beside it.
    Payload {
        /// Where.
        line: u64,
        /// The entry.
        entry: u64,
        /// The payload's leaf.
        found: Sha256,
        /// The leaf on the line.
        expected: Sha256,
    }
    ja: "{line}行目: 記録 {entry} の内容が変更されています（内容のハッシュ値 {found}、記載 {expected}）。"
    en: "line {line}: entry {entry} was changed: its payload hashes to {found}, the line says {expected}"
    /// An entry of a selection that its proof does not lead to the signed root.
    Proof {
        /// Where.
        line: u64,
        /// The entry.
        entry: u64,
    }
    ja: "{line}行目: 記録 {entry} の証明が、署名されたルートハッシュに至りません。記録又は証明が変更されています。"
    en: "line {line}: the proof of entry {entry} does not lead to the signed root: the entry or its proof was changed"
    /// An entry that was replaced together with its hash: the tile has another, and so has the root.
    Replaced {
        /// Where.
        line: u64,
        /// The entry.
        entry: u64,
        /// Its leaf.
        found: Sha256,
        /// The leaf in the tile.
        expected: Sha256,
    }
    ja: "{line}行目: 記録 {entry} が、ハッシュ値とともに差し替えられています（記録のハッシュ値 {found}、木のハッシュ値 {expected}）。"
    en: "line {line}: entry {entry} was replaced together with its hash: found {found}, the tree has {expected}"
    /// A tile that is not that of the entries, which are those that were signed.
    Tile {
        /// The tile's file.
        file: String,
        /// The first entry below the hash that differs.
        entry: u64,
    }
    ja: "{file}: 記録 {entry} からのハッシュ値が、記録から計算した値と異なります。木のファイルが変更されています。"
    en: "{file}: the hash over entry {entry} and on is not that of the entries: the file of the tree was changed"
    /// Entries beyond those that were signed.
    BeyondCheckpoint {
        /// Where the first of them is.
        line: u64,
        /// The signed size.
        expected: u64,
    }
    ja: "{line}行目以降: 署名された件数（{expected}件）を超える記録があります。"
    en: "from line {line} on: entries beyond the {expected} that were signed"
    /// The end is missing.
    TailMissing {
        /// How many entries there are.
        found: u64,
        /// The signed size, or the signed number of selected entries.
        expected: u64,
    }
    ja: "記録が {found}件しかありません（署名された件数: {expected}件）。末尾が失われています。"
    en: "found {found} entries, expected the {expected} that were signed: the end is missing"
    /// The entries hold together but are not those that were signed.
    Root {
        /// The root of the entries.
        found: Sha256,
        /// The signed root.
        expected: Sha256,
        /// Entries before this one are proved by the earlier checkpoint, if one was given; else 0.
        unchanged_before: u64,
    }
    ja: "ルートハッシュが {found} です（署名された値: {expected}）。記録 {unchanged_before} 以降のいずれかが、ハッシュ値とともに差し替えられています。別に保管された写しと比べてください。"
    en: "found the root {found}, expected {expected}: an entry from {unchanged_before} on was replaced together with its hash; compare with a copy kept elsewhere"
    /// The history is not the one that the earlier checkpoint signed.
    EarlierRoot {
        /// How many entries the earlier checkpoint covers.
        size: u64,
        /// Their root as it was signed.
        expected: Sha256,
    }
    ja: "最初の {size}件が、以前に署名された記録（ルートハッシュ {expected}）と一致しません。以前に署名された記録が、後から書き換えられています。"
    en: "the first {size} entries are not those that an earlier checkpoint signed with the root {expected}: history was written anew"
    /// The log is shorter than it was.
    EarlierLarger {
        /// The signed size.
        found: u64,
        /// The size that was signed earlier.
        earlier: u64,
    }
    ja: "署名された件数（{found}件）が、以前の署名の件数（{earlier}件）より少なくなっています。記録が取り除かれています。"
    en: "{found} entries were signed, an earlier checkpoint signed {earlier}: entries were taken away"
    /// A file that belongs to the export is not there.
    Missing {
        /// The file.
        file: String,
    }
    ja: "{file} がありません。書き出されたものがすべてそろっているか確かめてください。"
    en: "{file} is missing: get the whole export"
    /// A file whose hash is not the one in the manifest.
    File {
        /// The file.
        file: String,
        /// Its hash.
        found: Sha256,
        /// The signed hash.
        expected: Sha256,
    }
    ja: "{file} が変更されています（ハッシュ値 {found}、署名された値 {expected}）。"
    en: "{file} was changed: its hash is {found}, the manifest has {expected}"
    /// A file that the manifest does not tell of.
    Unlisted {
        /// The file.
        file: String,
    }
    ja: "{file} は、署名された一覧（manifest）にありません。後から加えられています。"
    en: "{file} is not in the signed manifest: it was added later"
    /// A signed file that is not what the key signed.
    Signed {
        /// The file.
        file: String,
        /// Why, in Japanese.
        why_ja: String,
        /// Why, in English.
        why_en: String,
    }
    ja: "{file}: {why_ja}"
    en: "{file}: {why_en}"
    /// A manifest of another log or of another moment than the checkpoint.
    Manifest {
        /// The size that it tells of.
        found: u64,
        /// The size of the checkpoint.
        expected: u64,
    }
    ja: "一覧（manifest）の件数が {found} で、チェックポイントの件数（{expected}）と異なります。別々の書出しのファイルが混ざっています。"
    en: "the manifest tells of {found} entries, the checkpoint of {expected}: files of different exports were mixed"
    /// The export's key is not a key.
    Key {
        /// The file.
        file: String,
        /// Why, in Japanese.
        why_ja: String,
        /// Why, in English.
        why_en: String,
    }
    ja: "{file}: {why_ja}"
    en: "{file}: {why_en}"
    /// The export's key is not the one that was expected.
    OtherKey {
        /// The file.
        file: String,
        /// The export's key.
        found: String,
        /// The key that was given.
        expected: String,
    }
    ja: "{file}: 鍵が {found} です（指定された鍵: {expected}）。別の者が署名したか、鍵が変更されています。"
    en: "{file}: found the key {found}, expected {expected}: the export was signed by somebody else, or its key was changed"
    /// A line of the personal data that is not what was committed to.
    Personal {
        /// Where.
        line: u64,
    }
    ja: "personal.jsonl の{line}行目: 記録に結び付けられた内容ではありません（形式又はハッシュ値が異なります）。"
    en: "line {line} of personal.jsonl: not what the entry commits to (its form or its hash differs)"
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}
