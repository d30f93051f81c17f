//! What a command works with: the store, the rules, the configuration, the clock and the log's key.

use crate::cli::Global;
use crate::clock::Clock;
use crate::config::Config;
use crate::rulebook::Rulebook;
use anyhow::{Context, Result, bail};
use claim::{Actor, Lang, day_in_japan};
use decision_log::{Entry, Event};
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use store::{Store, StoreConfig};

/// An open installation.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) rulebook: Rulebook,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) lang: Lang,
    pub(crate) data: PathBuf,
}

impl App {
    /// Opens the store that `global` names, creating it where there is none.
    pub(crate) async fn open(global: &Global, clock: Clock) -> Result<App> {
        let config = Config::read(global.config.as_deref())?;
        let data = &global.data;
        std::fs::create_dir_all(data).with_context(|| format!("the data folder {} cannot be made", data.display()))?;
        let mut at = StoreConfig::in_folder(data)?;
        at.max_attempts = config.work.attempts_max;
        if let Some(url) = &global.database_url {
            at.database_url.clone_from(url);
        }
        if let Some(url) = &global.object_url {
            at.object_url.clone_from(url);
        }
        let store =
            Store::open(&at).await.with_context(|| format!("the store of {} cannot be opened", data.display()))?;
        Ok(App {
            rulebook: Rulebook::new(store.clone()),
            store,
            config,
            clock,
            lang: global.lang(),
            data: data.clone(),
        })
    }

    /// Today, in Japan.
    pub(crate) fn today(&self) -> Date {
        day_in_japan(self.clock.now())
    }

    /// An entry of the decision log, as the bytes that are stored.
    pub(crate) fn entry(&self, by: &Actor, event: Event) -> Vec<u8> {
        Entry { at: self.clock.now(), by: by.clone(), event }.to_bytes()
    }

    /// The text in the language of this run.
    pub(crate) fn text<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    /// The key that signs checkpoints; made on first use, readable by its owner only.
    pub(crate) fn signing_key(&self) -> Result<decision_log::SigningKey> {
        let path = self.config.log.key_file.clone().unwrap_or_else(|| self.data.join("decision-log.key"));
        if !path.exists() {
            make_key(&path, &self.config.log.origin)?;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("the log's key {} cannot be read", path.display()))?;
        decision_log::SigningKey::parse(&text).with_context(|| format!("the log's key {} is not valid", path.display()))
    }
}

fn make_key(path: &Path, origin: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut seed = [0u8; 32];
    if let Err(error) = getrandom::fill(&mut seed) {
        bail!("no random bytes for the log's key: {error}");
    }
    let key = decision_log::SigningKey::from_seed(origin, seed)?;
    // Two processes may start at once: whoever comes second finds the key already there.
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(key.to_text().as_bytes())?;
            file.sync_all()?;
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("the log's key {} cannot be written", path.display())),
    }
}
