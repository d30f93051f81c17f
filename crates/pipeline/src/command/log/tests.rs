//! What must not be signed is not, and several nodes make one tree.

use super::*;
use crate::cli::{Global, Need};
use crate::clock::Clock;
use crate::told::in_language;
use claim::Actor;

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
