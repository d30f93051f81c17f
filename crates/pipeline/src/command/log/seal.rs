//! The tree over the log and its signature: what was added since the last time, and no more.

use crate::app::App;
use crate::told::in_language;
use anyhow::Result;
use claim::Sha256;
use decision_log::{Checkpoint, Frontier, TileId, Tree, leaf_hash};
use office::Told;
use std::collections::BTreeMap;
use store::LogTile;

use super::PAGE;

/// A checkpoint with its text, as it is published.
pub(crate) struct Signed {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) text: String,
}

/// Puts what was added to the log into its tree. Any number of nodes may try at once: whoever finds the tree moved on
/// goes on from there, so that one at a time adds to it.
pub(crate) async fn grow(app: &App) -> Result<Frontier> {
    let store = &app.office.store;
    let logged = store.log_size().await?;
    'again: loop {
        let mut frontier = edge(app, store.log_tree_size().await?).await?;
        while frontier.size() < logged {
            let from = frontier.size();
            let mut tiles = Vec::new();
            for (_, payload) in store.log_entries(from, PAGE).await? {
                frontier.append_leaf(leaf_hash(&payload), |tile, hashes| tiles.push(kept(tile, hashes)));
            }
            tiles.extend(frontier.partial().map(|(tile, hashes)| kept(tile, hashes)));
            if frontier.size() == from {
                return Err(too_short(from, logged).into());
            }
            if !store.grow_log_tree(from..frontier.size(), &tiles).await? {
                continue 'again;
            }
        }
        return Ok(frontier);
    }
}

fn kept(tile: TileId, hashes: &[u8]) -> LogTile {
    LogTile { level: tile.level, number: tile.number, hashes: hashes.to_vec() }
}

/// The right edge of the tree at `size` entries.
async fn edge(app: &App, size: u64) -> Result<Frontier> {
    let mut tiles = BTreeMap::new();
    for tile in Frontier::tiles(size) {
        if let Some(hashes) = app.office.store.log_tile(tile.level, tile.number).await? {
            tiles.insert(tile, hashes);
        }
    }
    Ok(Frontier::resume(size, &tiles)?)
}

/// Has `tree` hold the tiles that `lacking` names.
pub(crate) async fn fetch(app: &App, tree: &mut Tree, lacking: Vec<TileId>) -> Result<()> {
    for tile in lacking {
        let hashes = app.office.store.log_tile(tile.level, tile.number).await?;
        tree.hold(tile, hashes.unwrap_or_default())?;
    }
    Ok(())
}

/// Signs what the log holds now and keeps the checkpoint. Nothing is signed that does not begin with what was signed
/// before, since a new signature would hide that history was written anew.
pub(crate) async fn sign(app: &App) -> Result<Signed> {
    let key = app.signing_key().await?;
    let verifier = key.verifying_key();
    let frontier = grow(app).await?;
    let size = frontier.size();
    if let Some((_, text)) = app.office.store.latest_checkpoint().await? {
        let before = Checkpoint::open(&text, &verifier).map_err(|error| {
            Told::new(
                "最後の署名は、この署名鍵によるものではありません。元の署名鍵に戻してください。",
                "the last checkpoint was signed by another key; put that key back",
            )
            .because(error)
        })?;
        if before.size() > size {
            return Err(too_short(size, before.size()).into());
        }
        let mut tree = Tree::new(size);
        let lacking = tree.lacking_for_root(before.size())?;
        fetch(app, &mut tree, lacking).await?;
        agree(&before, tree.root_at(before.size())?)?;
    }
    let text = key.checkpoint(size, frontier.root());
    app.office.store.save_checkpoint(size, &text).await?;
    Ok(Signed { checkpoint: Checkpoint::open(&text, &verifier)?, text })
}

/// Signs what was added to the log since the last checkpoint, if anything was. What was done stays done when that cannot
/// be; it is said on standard error, and by `check` until it can.
pub(crate) async fn seal(app: &App) {
    let sealed = async {
        let signed = app.office.store.latest_checkpoint().await?.map_or(0, |(size, _)| size);
        if app.office.store.log_size().await? > signed {
            sign(app).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = sealed.await {
        let what = app.text("決定記録に署名できませんでした:", "the decision log could not be signed:");
        eprintln!("kofu: {what} {}", in_language(&error, app.lang));
    }
}

/// That the entries have the root that was signed over them.
pub(crate) fn agree(signed: &Checkpoint, root: Sha256) -> Result<(), Told> {
    if root == signed.root() {
        return Ok(());
    }
    let (size, expected) = (signed.size(), signed.root());
    Err(Told::new(
        format!(
            "最初の {size} 件のルートハッシュが {root} です（署名された値: {expected}）。記録が変更されています。以前に書き出したものと比べてください。"
        ),
        format!(
            "the first {size} entries have the root {root}, the signed checkpoint has {expected}: an entry was changed; \
             compare with an earlier export"
        ),
    ))
}

pub(crate) fn too_short(size: u64, signed: u64) -> Told {
    Told::new(
        format!("記録が {size} 件しかありません（あるべき件数: {signed} 件以上）。記録が失われています。"),
        format!("found {size} entries, expected at least {signed}: entries are missing"),
    )
}
