//! What a command works with: the store, the rules, the configuration, the clock and the log's key.

use crate::cli::{Global, Need};
use crate::clock::Clock;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use claim::Lang;
use decision_log::SigningKey;
use office::{Office, Settings, Told};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Store, StoreConfig};

/// An open installation.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) office: Office,
    pub(crate) config: Config,
    pub(crate) lang: Lang,
    pub(crate) data: PathBuf,
}

impl App {
    /// Opens the store that `global` names. Where there is none, it is made only for a command that may.
    pub(crate) async fn open(global: &Global, clock: Clock, need: Need) -> Result<App> {
        let config = Config::read(global.config.as_deref())?;
        let data = &global.data;
        if need == Need::Makes {
            std::fs::create_dir_all(data).map_err(|error| {
                Told::new(
                    format!("データフォルダー {} を作成できません。", data.display()),
                    format!("the data folder {} cannot be made", data.display()),
                )
                .because(error)
            })?;
        }
        let mut at = StoreConfig::in_folder(data)?;
        at.max_attempts = config.work.attempts_max;
        if let Some(url) = &global.database_url {
            at.database_url.clone_from(url);
        }
        if let Some(url) = &global.object_url {
            at.object_url.clone_from(url);
        }
        let store = if need == Need::Makes { Store::open(&at).await? } else { Store::open_existing(&at).await? };
        let settings = Settings {
            payer: config.payer.clone(),
            bank_file: config.bank_file,
            fonts: config.fonts.folders.clone(),
            contact: config.fund.contact(),
            mail: config.mail.is_some(),
            incoming: data.join("incoming"),
            site: config.site.url.clone().map(|url| url.0),
            result_file: config.result_file.clone(),
            releases: config.release.clone(),
            when_budget_short: config.budget.when_short,
        };
        // The reader process is this same program.
        let program = std::env::current_exe()?;
        let reader = ingest::Reader::new(program, vec!["reader-process".to_owned()], config.reader.clone())
            .with_fonts_in(&config.fonts.folders);
        Ok(App {
            office: Office::new(store, settings, Arc::new(move || clock.now()), Arc::new(reader)),
            config,
            lang: global.lang(),
            data: data.clone(),
        })
    }

    /// The text in the language of this run.
    pub(crate) fn text<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    fn key_path(&self) -> PathBuf {
        self.config.log.key_file.clone().unwrap_or_else(|| self.data.join("decision-log.key"))
    }

    /// The key that signs checkpoints, as it is kept. A key that is gone is not replaced: what it signed could then no
    /// longer be verified here.
    pub(crate) fn kept_key(&self) -> Result<SigningKey> {
        let path = self.key_path();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(Told::new(
                format!(
                    "決定記録の署名鍵 {} がありません。バックアップから戻すか、設定の log.key_file を確かめてください。",
                    path.display()
                ),
                format!(
                    "the key {} that signed the decision log is missing; restore it from a backup, or check log.key_file \
                     in the configuration",
                    path.display()
                ),
            )),
            Err(error) => {
                return Err(error).with_context(|| format!("the log's key {} cannot be read", path.display()));
            }
        };
        SigningKey::parse(&text).with_context(|| format!("the log's key {} is not valid", path.display()))
    }

    /// The key that signs checkpoints; made on first use, before anything was signed, readable by its owner only.
    pub(crate) async fn signing_key(&self) -> Result<SigningKey> {
        let path = self.key_path();
        if !path.exists() && self.office.store.latest_checkpoint().await?.is_none() {
            make_key(&path, &self.config.log.origin)
                .with_context(|| format!("the log's key {} cannot be written", path.display()))?;
        }
        self.kept_key()
    }
}

/// The key is there whole or not at all, however the machine ends: half a key would be a key that is gone.
fn make_key(path: &Path, origin: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let (mut seed, mut name) = ([0u8; 32], [0u8; 8]);
    if let Err(error) = getrandom::fill(&mut seed).and_then(|()| getrandom::fill(&mut name)) {
        bail!("no random bytes for the log's key: {error}");
    }
    let key = SigningKey::from_seed(origin, seed)?;
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", hex::encode(name)));
    let part = PathBuf::from(part);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(key.to_text().as_bytes())?;
    file.sync_all()?;
    // Two processes may start at once: whoever comes second finds the key already there.
    let linked = std::fs::hard_link(&part, path);
    std::fs::remove_file(&part)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
