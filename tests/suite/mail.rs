//! Mail to facilities against a real SMTP server: written with what it tells of, handed over once, refused, put off, and
//! nothing of it in the decision log.

use crate::office::Office;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tests::Printed;

/// A mail server that keeps what it is sent.
struct Sink {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Sink {
    /// In `folder`; with certificate and key it asks for TLS and an account.
    fn start(folder: &Path, secure: &[&Path]) -> Sink {
        std::fs::create_dir_all(folder).unwrap();
        // Debian's own Python has Debian's packages.
        let mut process = Command::new("/usr/bin/python3")
            .arg(tests::root().join("tests/data/smtp_sink.py"))
            .arg(folder)
            .args(secure)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the server says its port; `cargo xtask setup` installs it");
        Sink { process, port, folder: folder.to_owned() }
    }

    /// What it has, by the address; the text as people read it.
    fn mails(&self) -> Vec<String> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        paths.sort();
        paths.iter().map(|path| decoded(path)).collect()
    }
}

/// Headers and text of a mail, by a reader that is not ours.
fn decoded(path: &Path) -> String {
    let script = "import email, email.policy, sys\n\
                  mail = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\n\
                  for name in ('From', 'To', 'Reply-To', 'Subject', 'Message-ID', 'Auto-Submitted', 'Content-Type'):\n\
                  \x20   print(f'{name}: {mail[name]}')\n\
                  print()\nprint(mail.get_content())";
    let output = Command::new("/usr/bin/python3").args(["-c", script]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn configured(office: &Office, name: &str, mail: &str) -> PathBuf {
    let path = office.path(name);
    std::fs::write(&path, format!("[site]\nurl = \"https://kofu.example.jp\"\n[mail]\n{mail}")).unwrap();
    path
}

fn with(office: &Office, config: &Path, args: &[&str]) -> Printed {
    office.kofu(&[args, &["--config", config.to_str().unwrap()]].concat())
}

fn facility_account(office: &Office, id: &str, code: &str, email: &str) {
    office
        .kofu(&[
            "accounts",
            "add",
            id,
            "--role",
            "facility",
            "--facility",
            code,
            "--name",
            "受付担当",
            "--email",
            email,
        ])
        .expect_code(0);
}

const CLINIC_SAMPLE: &str = "clinic-over-ceilings";

fn states(office: &Office) -> Vec<(String, String)> {
    let listed = office.kofu(&["messages", "list", "--json"]).expect_code(0).json_lines();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut states: Vec<(String, String)> = listed
        .iter()
        .map(|one| (format!("{} {}", text(&one["account"]), text(&one["kind"])), text(&one["state"])))
        .collect();
    states.sort();
    states
}

#[test]
fn a_facility_is_told_by_mail_once_and_what_is_not_taken_is_seen_and_sent_again() {
    let office = Office::with_register();
    let code = sample_facility(CLINIC_SAMPLE);
    facility_account(&office, "uketsuke", &code, "uketsuke@example.jp");
    facility_account(&office, "gone", &code, "gone@example.jp");
    facility_account(&office, "busy", &code, "busy@example.jp");
    office.kofu(&["accounts", "add", "silent", "--role", "facility", "--facility", &code]).expect_code(0);

    // Nobody is there: messages wait, and the work goes on.
    office.import(&[CLINIC_SAMPLE]);
    let nobody = configured(
        &office,
        "nobody.toml",
        "server = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\nfrom = \"kofu@example.jp\"\n",
    );
    with(&office, &nobody, &["work", "--drain"]).expect_code(0);
    let claim = office.claims("approved").remove(0);
    let waiting = states(&office);
    assert_eq!(waiting.len(), 6, "three addresses, received and approved: {waiting:?}");
    assert!(waiting.iter().all(|(_, state)| state == "waiting"), "{waiting:?}");

    let sink = Sink::start(&office.path("mail"), &[]);
    let there = format!(
        "server = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"交付基金 <noreply@example.jp>\"\nreply_to = \"kofu@example.jp\"\n",
        sink.port
    );
    let config = configured(&office, "kofu.toml", &there);
    with(&office, &config, &["work", "--drain"]).expect_code(0);
    let mails = sink.mails();
    // The first to busy@ was put off, the second taken; those to gone@ never.
    assert_eq!(mails.len(), 3, "{mails:#?}");
    let received = mails.iter().find(|mail| mail.contains("To: uketsuke@") && mail.contains("受け付けました")).unwrap();
    for part in [
        "From: 交付基金 <noreply@example.jp>",
        "Reply-To: kofu@example.jp",
        &format!("受付番号 {claim}"),
        "Auto-Submitted: auto-generated",
        "受付担当 様",
        &format!("https://kofu.example.jp/claims/{claim}"),
        "@example.jp>\n",
    ] {
        assert!(received.contains(part), "{part}\n{received}");
    }
    for mail in &mails {
        assert!(
            !mail.contains('円') && !mail.contains(&code),
            "no sum and no code of an institution in a mail\n{mail}"
        );
    }

    let shown = states(&office);
    let state = |what: &str| shown.iter().find(|(one, _)| one == what).map(|(_, state)| state.as_str());
    assert_eq!(state("uketsuke received"), Some("sent"));
    assert_eq!(state("uketsuke approval"), Some("sent"));
    assert_eq!(state("gone received"), Some("failed"));
    assert_eq!(state("busy received"), Some("waiting"), "put off, not given up");
    assert_eq!(state("busy approval"), Some("sent"));
    let failed = office.kofu(&["messages", "list", "--failed"]).expect_code(0).out;
    assert!(
        failed.contains("550") && !failed.contains("gone@example.jp"),
        "the answer's code without the address\n{failed}"
    );

    // Nothing is sent twice; what was given up is sent again when somebody asks for it.
    with(&office, &config, &["work", "--drain"]).expect_code(0);
    assert_eq!(sink.mails().len(), 3);
    assert!(with(&office, &config, &["messages", "retry", "all"]).expect_code(0).out.contains("2 messages"));
    with(&office, &config, &["work", "--drain"]).expect_code(0);
    assert_eq!(states(&office).iter().filter(|(_, state)| state == "failed").count(), 2);
    assert!(office.kofu(&["messages", "retry", "999"]).expect_code(1).err.contains("not among those"));

    // Addresses stand in no entry of the log.
    let log = office.path("export");
    office.kofu(&["log", "export", "--out", log.to_str().unwrap()]).expect_code(0);
    for entry in walk(&log) {
        let bytes = std::fs::read(&entry).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("uketsuke@example.jp"), "{}", entry.display());
    }
}

#[test]
fn mail_goes_over_tls_with_an_account_and_never_without() {
    let office = Office::with_register();
    let (certificate, key) = (office.path("cert.pem"), office.path("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let sink = Sink::start(&office.path("mail"), &[&certificate, &key]);
    let password = office.path("password");
    std::fs::write(&password, "himitsu\n").unwrap();
    let from = "from = \"kofu@example.jp\"\n";
    let server = format!("server = \"localhost\"\nport = {}\n", sink.port);
    let account = format!("user = \"kofu\"\npassword_file = \"{}\"\n", password.display());
    let authority = format!("authority_file = \"{}\"\n", certificate.display());

    let whole = configured(&office, "whole.toml", &format!("{server}{account}{authority}{from}"));
    with(&office, &whole, &["messages", "try", "someone@example.jp"]).expect_code(0);
    assert_eq!(sink.mails().len(), 1);
    assert!(with(&office, &whole, &["messages", "try", "gone@example.jp"]).expect_code(1).err.contains("550"));
    assert!(with(&office, &whole, &["messages", "try", "no address"]).expect_code(1).err.contains("no mail address"));

    // Whom the system does not trust gets nothing, and neither does who wants it in the clear.
    let strange = configured(&office, "strange.toml", &format!("{server}{account}{from}"));
    let refused = with(&office, &strange, &["messages", "try", "someone@example.jp"]).expect_code(1);
    assert!(refused.err.contains("it was not sent"), "{}", refused.err);
    for (name, text, words) in [
        (
            "clear.toml",
            format!("server = \"mail.example.jp\"\nsecurity = \"none\"\n{from}"),
            "only a server on this machine",
        ),
        ("half.toml", format!("{server}user = \"kofu\"\n{from}"), "both or neither"),
        ("open.toml", format!("server = \"localhost\"\nsecurity = \"none\"\n{account}{from}"), "without TLS"),
        ("from.toml", format!("{server}from = \"nobody\"\n"), "expected an address"),
    ] {
        let config = configured(&office, name, &text);
        let said = with(&office, &config, &["messages", "try", "someone@example.jp"]).expect_code(1).err;
        assert!(said.contains(words), "{name}: {said}");
    }
    let unset = office.kofu(&["messages", "try", "someone@example.jp"]).expect_code(1).err;
    assert!(unset.contains("no mail server is configured"), "{unset}");
    assert_eq!(sink.mails().len(), 1);
}

/// The facility of a sample.
fn sample_facility(sample: &str) -> String {
    let text = std::fs::read_to_string(tests::root().join("samples").join(sample).join("claim.toml")).unwrap();
    let bundle: toml::Table = text.parse().unwrap();
    bundle["facility"].as_str().unwrap().to_owned()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
