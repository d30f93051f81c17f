//! `kofu-audit`: verifies an export of the decision log, with no database, no network and no server.

use claim::Lang;
use clap::{Parser, ValueEnum};
use decision_log::audit::Audit;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// 書き出された決定記録が、署名されたとおりのものであることを検証します。異なるときは、異なる記録を示します。
/// Verifies an export of kofu's decision log offline, and names the entry that differs.
#[derive(Debug, Parser)]
#[command(
    name = "kofu-audit",
    version,
    after_help = "終了コード / exit codes: 0 すべて一致 / all agree, 1 不一致 / something differs, 2 検証できない / could not be verified"
)]
struct Cli {
    /// 書き出された決定記録のフォルダー / the folder that `kofu log export` wrote
    #[arg(value_name = "DIR")]
    export: PathBuf,
    /// 別の経路で受け取った公開鍵（指定しないときは書き出されたもの） / the log's public key from elsewhere; without it the
    /// export's own is taken, which does not prove who signed
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// 手元に保管している以前のチェックポイント / an earlier checkpoint that you have kept
    #[arg(long, value_name = "FILE")]
    earlier: Option<PathBuf>,
    /// JSON Lines で表示します / one JSON object a line
    #[arg(long)]
    json: bool,
    /// 表示する言語 / language of messages
    #[arg(long, value_enum, default_value_t = LangArg::Ja)]
    lang: LangArg,
}

/// The languages by their codes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArg {
    /// 日本語
    Ja,
    /// English
    En,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let lang = match cli.lang {
        LangArg::Ja => Lang::Ja,
        LangArg::En => Lang::En,
    };
    let audit = Audit { folder: &cli.export, key: cli.key.as_deref(), earlier: cli.earlier.as_deref() };
    let report = match audit.run() {
        Ok(report) => report,
        Err(error) => {
            eprintln!("kofu-audit: {}", error.message(lang));
            return ExitCode::from(2);
        }
    };
    let text = if cli.json { report.json_lines(lang) } else { format!("{}\n", visible(&report.text(lang))) };
    // Whoever closed the pipe has seen enough; the exit code says the rest.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    ExitCode::from(report.exit_code())
}

/// An export is from outside: what a terminal would obey is shown escaped.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}
