//! The configuration file: who the fund is, from which account it pays, and what may pass without a person.
//!
//! Every key has a default that the demo and the tests use; an installation replaces them (`deploy/kofu.example.toml`).

use anyhow::{Context, Result, bail};
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
    /// How this bank tells what became of payments.
    pub(crate) result_file: reporting::ResultProfile,
    /// How many persons release a batch, by its sum.
    pub(crate) release: Vec<office::ReleaseBand>,
    /// What happens when a budget runs out.
    pub(crate) budget: Budget,
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
    /// The API for programs.
    pub(crate) api: Api,
    /// How notices look.
    pub(crate) notices: Notices,
    /// Where people reach the pages.
    pub(crate) site: Site,
    /// The mail server; without it messages wait.
    pub(crate) mail: Option<Mail>,
    /// The provider of OpenID Connect by which staff may sign in.
    pub(crate) openid: Option<OpenId>,
}

/// The provider of OpenID Connect by which staff may sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenId {
    /// Its address, exactly as it stands in its tokens.
    pub(crate) issuer: String,
    /// Who we are to it.
    pub(crate) client_id: String,
    /// A file that holds what we prove that with; without one we are a public client.
    #[serde(default)]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// What the button says.
    pub(crate) name: String,
    /// Values of `acr` or `amr` with which it says that it asked for a second step.
    #[serde(default)]
    pub(crate) second_step: Vec<String>,
}

/// How notices look.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Notices {
    /// A folder with templates of the fund's own.
    pub(crate) templates: Option<PathBuf>,
}

/// Where people reach the pages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Site {
    /// `https://kofu.example.jp`, for links in messages and for sign-in by OpenID Connect.
    pub(crate) url: Option<SiteUrl>,
}

/// An address without a path, query or slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SiteUrl(pub(crate) String);

impl TryFrom<String> for SiteUrl {
    type Error = String;

    fn try_from(text: String) -> Result<SiteUrl, String> {
        let wrong = || format!("found {text:?}, expected https://HOST (http only for this machine) without a path");
        let url = url::Url::parse(&text).map_err(|_| wrong())?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(url.host_str()));
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if secure && bare { Ok(SiteUrl(text.trim_end_matches('/').to_owned())) } else { Err(wrong()) }
    }
}

/// Whether a host is the machine itself, where nobody listens between.
pub(crate) fn is_this_machine(host: Option<&str>) -> bool {
    host.is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// The mail server that takes messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    /// Its name.
    pub(crate) server: String,
    /// Its port; by default that of the security.
    #[serde(default)]
    pub(crate) port: Option<u16>,
    /// How the connection is kept secret.
    #[serde(default)]
    pub(crate) security: MailSecurity,
    /// A file with the certificate (PEM) of the authority that the server's is signed by, beside those that the system trusts.
    #[serde(default)]
    pub(crate) authority_file: Option<PathBuf>,
    /// The account at the server; without one nothing is said.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// A file that holds its password.
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// Who sends: `名前 <address>`, or an address.
    pub(crate) from: String,
    /// Where answers go, if not to `from`.
    #[serde(default)]
    pub(crate) reply_to: Option<String>,
}

/// How a connection to a mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailSecurity {
    /// TLS from the first byte (port 465).
    Tls,
    /// TLS before anything is said (port 587); without it nothing is.
    #[default]
    Starttls,
    /// None (port 25): only to this machine itself.
    None,
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

/// What happens when a budget runs out.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Budget {
    /// What becomes of an approval that does not fit.
    pub(crate) when_short: office::WhenShort,
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

/// The API for programs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Api {
    /// How many requests a minute a token has, in each process that serves.
    pub(crate) requests_a_minute: u32,
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
            result_file: reporting::ResultProfile::default(),
            release: Vec::new(),
            budget: Budget::default(),
            policy: Policy::default(),
            work: Work::default(),
            reader: ingest::Limits::default(),
            log: Log::default(),
            fonts: Fonts::default(),
            notices: Notices::default(),
            site: Site::default(),
            mail: None,
            openid: None,
            api: Api::default(),
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

impl Default for Api {
    fn default() -> Api {
        Api { requests_a_minute: web::REQUESTS_A_MINUTE }
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

    /// The provider of OpenID Connect, if there is one.
    pub(crate) fn openid_settings(&self) -> Result<Option<web::OpenIdSettings>> {
        let Some(openid) = &self.openid else { return Ok(None) };
        let site = self.site.url.as_ref().context(
            "the configuration's [openid] needs url in [site]: the provider sends people back to the pages' own address",
        )?;
        let issuer = url::Url::parse(&openid.issuer).ok();
        let secure = issuer
            .as_ref()
            .is_some_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(url.host_str())));
        if !secure {
            bail!(
                "the configuration's [openid] issuer: found {:?}, expected https://… (http only for this machine)",
                openid.issuer
            );
        }
        let secret = match &openid.client_secret_file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| {
                    format!("the configuration's [openid] client_secret_file {} cannot be read", path.display())
                })?;
                Some(text.trim_end().to_owned())
            }
        };
        Ok(Some(web::OpenIdSettings {
            issuer: openid.issuer.clone(),
            client_id: openid.client_id.clone(),
            client_secret: secret,
            site: site.0.clone(),
            name: openid.name.clone(),
            second_step: openid.second_step.clone(),
        }))
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
    fn the_address_of_the_pages_is_a_secure_one_without_a_path() {
        for right in [
            "https://kofu.example.jp",
            "https://kofu.example.jp/",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:8080",
        ] {
            let url = SiteUrl::try_from(right.to_owned()).unwrap();
            assert!(!url.0.ends_with('/'), "{right}");
        }
        for wrong in [
            "kofu.example.jp",
            "http://kofu.example.jp",
            "https://kofu.example.jp/kofu",
            "https://a@kofu.example.jp",
            "https://kofu.example.jp/?a",
            "ftp://127.0.0.1",
        ] {
            assert!(SiteUrl::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
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
