//! What must not be signed is not, and several nodes make one tree.

use super::*;
use crate::cli::{Global, Need};
use crate::clock::Clock;
use crate::told::in_language;
use claim::Actor;
use claim::Sha256;

async fn app(data: &Path) -> App {
    let global = Global { data: data.to_owned(), config: None, database_url: None, object_url: None, lang: None };
    App::open(&global, Clock::System, Need::Makes).await.unwrap()
}

/// A new signature over a history that is not the signed one would prove the forged one.
#[tokio::test]
async fn entries_that_are_not_those_that_were_signed_are_never_signed_again() {
    for forged in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let app = app(&folder.path().join("data")).await;
        let register = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/facilities.csv");
        crate::command::facilities::import(&app, &register, &Actor::system()).await.unwrap();
        let own = app.signing_key().await.unwrap();
        let other = decision_log::SigningKey::from_seed(own.name(), [7; 32]).unwrap();
        let key = if forged { own } else { other };
        app.office.store.save_checkpoint(1, &key.checkpoint(1, Sha256([7; 32]))).await.unwrap();
        let out = folder.path().join("out");
        let expected = if forged { "an entry was changed" } else { "signed by another key" };
        let refused = [seal::sign(&app).await.err().unwrap(), export(&app, &out).await.unwrap_err()];
        for error in refused {
            assert!(in_language(&error, Lang::En).contains(expected), "{error:#}");
        }
        assert!(verify_stored(&app, None).await.is_err());
        assert!(!out.exists(), "nothing leaves with a signature");
    }
}

/// Appends so many entries that tell of nothing else.
async fn record(app: &App, count: usize) {
    let event = |n| decision_log::Event::RulesetAgreed { ruleset: format!("sha256:{n}") };
    let entries: Vec<_> = (0..count).map(|n| app.office.entry(&Actor::staff("officer-a"), event(n))).collect();
    app.office.store.record(&entries).await.unwrap();
}

/// Four nodes append and sign as they like; what comes out is one tree, of which every checkpoint is a beginning.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_sign_at_the_same_time_make_one_tree() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = app(&data).await;
    // Made once: two that make it at once are another test's matter.
    first.signing_key().await.unwrap();
    let mut nodes = Vec::new();
    for node in 0..4usize {
        let data = data.clone();
        nodes.push(tokio::spawn(async move {
            let app = app(&data).await;
            for round in 0..6 {
                // Across the borders of tiles (256) and of pages (1,000).
                record(&app, 1 + 97 * node + 31 * round).await;
                seal::sign(&app).await.unwrap();
            }
        }));
    }
    for node in nodes {
        node.await.unwrap();
    }
    let size = first.office.store.log_size().await.unwrap();
    assert!(size > 2 * u64::from(PAGE), "{size}");
    assert_eq!(first.office.store.log_tree_size().await.unwrap(), size);
    let stored = verify_stored(&first, None).await.unwrap();
    assert_eq!((stored.size, stored.unsigned(Lang::En)), (size, None));
    // Each checkpoint that was kept is an earlier one of what is exported now.
    let out = folder.path().join("out");
    export(&first, &out).await.unwrap();
    let kept = first.office.store.checkpoints().await.unwrap();
    assert!(kept.len() > 4);
    for (size, text) in kept {
        let verified = decision_log::verify_folder(&out, None, Some(&text)).unwrap();
        assert_eq!(verified.earlier_size, Some(size));
    }
}

/// A tree goes on from its tiles, and what has not changed is signed once.
#[tokio::test]
async fn a_tree_goes_on_where_it_ended_and_is_signed_once() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder.path().join("data")).await;
    record(&app, 700).await;
    let first = seal::sign(&app).await.unwrap();
    record(&app, 1).await;
    let frontier = seal::grow(&app).await.unwrap();
    assert_eq!((frontier.size(), decision_log::Frontier::tiles(701).len()), (701, 2));
    let again = seal::sign(&app).await.unwrap();
    assert_eq!(
        (first.checkpoint.size(), again.checkpoint.size(), again.checkpoint.root()),
        (700, 701, frontier.root())
    );
    // Nothing new: the same checkpoint.
    assert_eq!(seal::sign(&app).await.unwrap().text, again.text);
}
