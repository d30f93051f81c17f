//! What is stored of the log, verified: every payload against the tree's hashes, and the tree against every checkpoint.

use super::seal::{agree, too_short};
use super::{PAGE, entries_missing};
use crate::app::App;
use anyhow::Result;
use claim::Lang;
use decision_log::{Checkpoint, Frontier, TileId, leaf_hash};
use office::Told;

/// What is stored, compared with what was signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// How many entries there are.
    pub(crate) size: u64,
    /// How many of them the last checkpoint covers; `None` where there is none.
    signed: Option<u64>,
}

impl Stored {
    /// What no signature covers, in words; `None` where all is covered.
    pub(crate) fn unsigned(self, lang: Lang) -> Option<String> {
        let size = self.size;
        match (self.signed, lang) {
            (Some(signed), _) if signed >= size => None,
            (None, _) if size == 0 => None,
            (Some(signed), Lang::Ja) => Some(format!(
                "最後の署名の後の {} 件は、署名の対象になっていません。kofu log export で署名できます。",
                size - signed
            )),
            (Some(signed), Lang::En) => Some(format!(
                "{} entries after the last signed checkpoint are not covered by a signature; kofu log export signs them.",
                size - signed
            )),
            (None, Lang::Ja) => Some(format!(
                "署名が一つもないため、{size} 件が変更されていないことは確かめられません。kofu log export で署名できます。"
            )),
            (None, Lang::En) => Some(format!(
                "There is no signed checkpoint, so that the {size} entries were not changed cannot be verified; kofu log \
                 export signs them."
            )),
        }
    }

    pub(super) fn message(self, lang: Lang) -> String {
        let size = self.size;
        match (self.unsigned(lang), lang) {
            (None, Lang::Ja) => format!("決定記録 {size} 件を検証しました。すべて一致しています。"),
            (None, Lang::En) => format!("{size} entries verified; all agree."),
            (Some(unsigned), Lang::Ja) => {
                format!(
                    "決定記録 {size} 件のうち、署名された {} 件は一致しています。{unsigned}",
                    self.signed.unwrap_or(0)
                )
            }
            (Some(unsigned), Lang::En) => {
                format!("{} of {size} entries are signed and agree. {unsigned}", self.signed.unwrap_or(0))
            }
        }
    }
}

/// Verifies what is stored: each payload hashed again and compared with the tree, each root with its checkpoint. The
/// entry that was changed is named. It makes no key.
pub(crate) async fn verify(app: &App, earlier: Option<&str>) -> Result<Stored> {
    let store = &app.office.store;
    let kept = store.checkpoints().await?;
    let signed = kept.last().map(|(size, _)| *size);
    let mut checkpoints = Vec::new();
    if !kept.is_empty() || earlier.is_some() {
        let key = app.kept_key()?.verifying_key();
        for text in kept.iter().map(|(_, text)| text.as_str()).chain(earlier) {
            checkpoints.push(Checkpoint::open(text, &key)?);
        }
    }
    checkpoints.sort_by_key(Checkpoint::size);
    let mut checkpoints = checkpoints.into_iter().peekable();
    let in_tree = store.log_tree_size().await?;
    let mut frontier = Frontier::new();
    loop {
        let page = store.log_entries(frontier.size(), PAGE).await?;
        let mut full = Vec::new();
        let mut forged = None;
        for (position, payload) in &page {
            if *position != frontier.size() {
                return Err(entries_missing(*position, frontier.size()).into());
            }
            forged = forged.or(disagreement(&mut checkpoints, &frontier));
            frontier.append_leaf(leaf_hash(payload), |tile, hashes| full.push((tile, hashes.to_vec())));
        }
        if page.is_empty() {
            forged = disagreement(&mut checkpoints, &frontier);
        }
        // The tree before the checkpoints: it names the entry.
        if page.is_empty() || forged.is_some() {
            full.extend(frontier.partial().map(|(tile, hashes)| (tile, hashes.to_vec())));
        }
        for (tile, hashes) in full {
            compare(app, tile, &hashes, in_tree).await?;
        }
        if let Some(error) = forged {
            return Err(error.into());
        }
        if page.is_empty() {
            break;
        }
    }
    let size = frontier.size();
    if let Some(longer) = checkpoints.next() {
        return Err(too_short(size, longer.size()).into());
    }
    Ok(Stored { size, signed })
}

/// Why the entries so far are not those of the checkpoints of this size, if they are not.
fn disagreement(
    checkpoints: &mut std::iter::Peekable<std::vec::IntoIter<Checkpoint>>,
    frontier: &Frontier,
) -> Option<Told> {
    let mut root = None;
    while let Some(signed) = checkpoints.next_if(|signed| signed.size() == frontier.size()) {
        let root = *root.get_or_insert_with(|| frontier.root());
        if let Err(told) = agree(&signed, root) {
            return Some(told);
        }
    }
    None
}

/// Compares the hashes of a tile with those that are kept of the first `in_tree` entries.
async fn compare(app: &App, tile: TileId, hashes: &[u8], in_tree: u64) -> Result<(), anyhow::Error> {
    let expected = tile.width(in_tree);
    let kept = app.office.store.log_tile(tile.level, tile.number).await?.unwrap_or_default();
    let both = kept.chunks(32).zip(hashes.chunks(32)).take(expected);
    let differs = both.enumerate().find(|(_, (kept, hash))| kept != hash).map(|(at, _)| at);
    let at = match differs {
        Some(at) => at,
        None if kept.len() / 32 < expected => kept.len() / 32,
        None => return Ok(()),
    };
    let (first, end) = tile.entries();
    let entry = first + at as u64 * ((end - first) >> 8);
    Err(if tile.level == 0 && kept.len() / 32 > at {
        Told::new(
            format!("記録 {entry} の内容が、記録されたときのハッシュ値と一致しません。記録が変更されています。以前に書き出したものと比べてください。"),
            format!("entry {entry} is not what it was when it was logged: an entry was changed; compare with an earlier export"),
        )
    } else {
        Told::new(
            format!("記録 {entry} からのハッシュ値（{}）が、記録から計算した値と異なります。バックアップから戻してください。", tile),
            format!("the kept hash over entry {entry} and on ({tile}) is not that of the entries; restore the store from a backup"),
        )
    }
    .into())
}
