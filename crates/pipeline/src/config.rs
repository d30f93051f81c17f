//! The configuration file: who the fund is, from which account it pays, and what may pass without a person.
//!
//! Every key has a default that the demo and the tests use; an installation replaces them (`deploy/kofu.example.toml`).

use anyhow::{Context, Result};
use claim::{AccountKind, BankAccount, Contact, Payer};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Who sends notices, and whom to ask.
    pub(crate) fund: Fund,
    /// Who pays, from which account.
    pub(crate) payer: Payer,
    /// How this bank wants its file.
    pub(crate) bank_file: reporting::BankProfile,
    /// What may pass without a person.
    pub(crate) policy: Policy,
    /// How workers work.
    pub(crate) work: Work,
    /// Limits on documents.
    pub(crate) reader: ingest::Limits,
    /// The decision log.
    pub(crate) log: Log,
    /// Fonts of the notices.
    pub(crate) fonts: Fonts,
}

/// The fund as notices name it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fund {
    /// The sender.
    pub(crate) sender: String,
    /// 問合せ先.
    pub(crate) office: String,
    /// Its address.
    pub(crate) address: String,
    /// Its telephone number.
    pub(crate) phone: String,
    /// Its mail address.
    pub(crate) email: String,
    /// When it answers.
    pub(crate) hours: String,
    /// 教示: printed on rejections when set. Whether a rejection here can be appealed, and to whom, is not settled by
    /// the sources (domain.md 8), so there is no default.
    #[serde(default)]
    pub(crate) appeal: Option<String>,
}

impl Fund {
    pub(crate) fn contact(&self) -> Contact {
        Contact {
            sender: self.sender.clone(),
            office: self.office.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            hours: self.hours.clone(),
        }
    }
}

/// What may pass without a person. A review never may.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Policy {
    /// An assessment with nothing above info and every reading certain is approved.
    pub(crate) approve_without_person: bool,
    /// A return is sent.
    pub(crate) return_without_person: bool,
    /// A rejection is decided.
    pub(crate) reject_without_person: bool,
}

/// How workers work.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Work {
    /// How long a lease on a job lasts without a heartbeat, in milliseconds: longer than a stall of the machine, short
    /// enough that the work of a killed worker is soon taken up.
    pub(crate) lease_ms: u32,
    /// After so many attempts a job is parked with its reason, for a person to look at.
    pub(crate) attempts_max: u32,
}

/// The decision log's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// The log's name in its checkpoints.
    pub(crate) origin: String,
    /// Where the signing key is; by default in the data folder.
    pub(crate) key_file: Option<PathBuf>,
}

/// Where fonts are looked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fonts {
    /// Folders, searched with their subfolders.
    pub(crate) folders: Vec<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            fund: Fund::default(),
            payer: Payer {
                consignor_code: "0000000001".to_owned(),
                consignor_name: "コウフキキン".to_owned(),
                account: BankAccount {
                    bank_code: "0000".to_owned(),
                    bank_name: "ミホンギンコウ".to_owned(),
                    branch_code: "001".to_owned(),
                    branch_name: "ホンテン".to_owned(),
                    kind: AccountKind::Ordinary,
                    number: "0000001".to_owned(),
                    holder: "コウフキキン".to_owned(),
                },
            },
            bank_file: reporting::BankProfile::default(),
            policy: Policy::default(),
            work: Work::default(),
            reader: ingest::Limits::default(),
            log: Log::default(),
            fonts: Fonts::default(),
        }
    }
}

impl Default for Fund {
    fn default() -> Fund {
        Fund {
            sender: "交付基金（見本） 理事長".to_owned(),
            office: "交付基金（見本） 助成課".to_owned(),
            address: "〒100-0000 東京都千代田区見本町1-2-3".to_owned(),
            phone: "03-0000-0000".to_owned(),
            email: "kofu@example.jp".to_owned(),
            hours: "平日 9時00分から17時00分まで（祝日・年末年始を除く）".to_owned(),
            appeal: None,
        }
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { approve_without_person: true, return_without_person: true, reject_without_person: false }
    }
}

impl Default for Work {
    fn default() -> Work {
        Work { lease_ms: 10_000, attempts_max: 5 }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log { origin: "kofu.example/decision-log".to_owned(), key_file: None }
    }
}

impl Default for Fonts {
    fn default() -> Fonts {
        Fonts { folders: reporting::DEFAULT_FONT_DIRS.iter().map(PathBuf::from).collect() }
    }
}

impl Config {
    /// Reads `path`; without one, the defaults.
    pub(crate) fn read(path: Option<&Path>) -> Result<Config> {
        let Some(path) = path else { return Ok(Config::default()) };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
        // toml's message names line, key, found and expected.
        toml::from_str(&text).with_context(|| format!("the configuration file {} is not valid", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_configuration_is_one_that_is_taken() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kofu.example.toml");
        let config = Config::read(Some(&example)).unwrap();
        assert_eq!(config.policy.reject_without_person, Policy::default().reject_without_person);
    }

    #[test]
    fn a_key_that_is_not_known_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kofu.toml");
        std::fs::write(&path, "[policy]\napprove_withot_person = true\n").unwrap();
        let error = format!("{:#}", Config::read(Some(&path)).unwrap_err());
        assert!(
            error.contains("kofu.toml") && error.contains("line 2") && error.contains("approve_withot_person"),
            "{error}"
        );
    }
}
