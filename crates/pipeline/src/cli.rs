//! The command line: every command with its help. What each does is in `command/`.

use claim::{Actor, ClaimId, InstitutionCode, Lang, Role};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use std::net::SocketAddr;
use std::path::PathBuf;

/// 補助金の申請を、領収書の受付から振込データと通知書まで扱い、すべての判断の根拠を残します。
/// Takes subsidy claims of medical institutions from receipts to bank files and notices, and keeps the proof.
#[derive(Debug, Parser)]
#[command(name = "kofu", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// データを置くフォルダー / the folder that holds the data
    #[arg(long, global = true, env = "KOFU_DATA", default_value = "./kofu-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// 設定ファイル（TOML） / the configuration file
    #[arg(long, global = true, env = "KOFU_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// データベース（既定はデータフォルダーの SQLite） / the database instead of SQLite in the data folder
    #[arg(long, global = true, env = "KOFU_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// 書類の保管先（既定はデータフォルダー） / where documents are kept instead of the data folder
    #[arg(long, global = true, env = "KOFU_OBJECT_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) object_url: Option<String>,
    /// 表示する言語（既定は日本語。LANG が en で始まるときは英語） / language of text for people
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<LangArg>,
}

/// The languages by their codes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LangArg {
    /// 日本語
    Ja,
    /// English
    En,
}

impl Global {
    /// `--lang`, else English where `LANG` starts with `en`, else Japanese.
    pub(crate) fn lang(&self) -> Lang {
        match self.lang {
            Some(LangArg::Ja) => Lang::Ja,
            Some(LangArg::En) => Lang::En,
            None if std::env::var("LANG").is_ok_and(|lang| lang.starts_with("en")) => Lang::En,
            None => Lang::Ja,
        }
    }

    /// Whether it is plain without opening anything that there is no store.
    pub(crate) fn is_without_store(&self) -> bool {
        self.database_url.is_none() && !self.data.join("kofu.sqlite").is_file()
    }
}

/// JSON Lines instead of a table.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// JSON Lines を標準出力に書きます / one JSON object a line instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 見本の申請を受付から通知書まで処理します / the whole pipeline on the samples
    Demo {
        /// 見本のフォルダー / the folder of the samples
        #[arg(long, default_value = "samples", value_name = "DIR")]
        samples: PathBuf,
        /// 処理の途中で止め、見本の利用者で画面を操作できるようにします / stop in the middle and serve the pages, with demo accounts
        #[arg(long, conflicts_with = "json")]
        serve: bool,
        /// --serve の待受けアドレス / where --serve listens
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR", requires = "serve")]
        listen: SocketAddr,
        #[command(flatten)]
        json: Json,
    },
    /// 書類から読み取れる内容を表示します / what is read from documents; nothing is stored
    Read {
        /// 書類のファイル / the documents
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// 書類の種類（指定しないときは内容から判断） / what the documents are; else told from their contents
        #[arg(long = "as", value_enum)]
        kind: Option<KindArg>,
        #[command(flatten)]
        json: Json,
    },
    /// 事実から、交付額とその根拠を求めます / what the rules say of given facts: JSON Lines in and out
    Assess {
        /// 事実の JSON Lines（- は標準入力） / the facts; - is standard input
        #[arg(default_value = "-", value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        own: OwnProgrammes,
    },
    /// 補助事業の補助率・上限・期限と、その根拠を表示します / the rules in force, each with its source
    Programmes(ProgrammesArgs),
    /// 規則の案で、保存されている申請をすべて計算し直して比べます / re-assess all stored claims under a draft of rules
    Simulate {
        /// 案の補助事業のフォルダー / the folder with the draft's programmes
        #[arg(long, value_name = "DIR")]
        programmes: PathBuf,
        /// この日以後に申請されたものだけ / only claims submitted on or after this day
        #[arg(long, value_name = "DATE", value_parser = day)]
        since: Option<Date>,
        /// 申請ごとの一覧（CSV・XLSX）と図（SVG）を書き出すフォルダー / where the list by claim and the chart are written
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        json: Json,
    },
    /// 医療機関等の名簿を扱います / the facility register
    #[command(subcommand)]
    Facilities(FacilitiesCommand),
    /// 領収書内訳書の様式（XLSX）を、医療機関等ごとに作成します / make the itemization template for a facility
    Template {
        /// 医療機関等コード / the institution code
        #[arg(long, value_name = "CODE")]
        facility: String,
        /// 補助事業（受付中のものが一つのときは省略可） / the programme; may be left out when one takes claims today
        #[arg(long, value_name = "ID")]
        programme: Option<String>,
        /// 書き出すファイル（既定は 領収書内訳書_コード_補助事業.xlsx） / the file to write
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// 画面とAPIの利用者を扱います / the accounts of pages and API
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// 申請を扱います / claims
    #[command(subcommand)]
    Claims(ClaimsCommand),
    /// 同じ領収書が複数の申請に添付されていないか調べ、判断を記録します / the same receipt in two claims, and what people say of it
    #[command(subcommand)]
    Duplicates(DuplicatesCommand),
    /// 待っている処理を進めます / run the stages on what is queued
    Work(WorkArgs),
    /// 補助事業の予算と、その確保・支払の帳簿を扱います / budgets of programmes and their ledger
    #[command(subcommand)]
    Budget(BudgetCommand),
    /// 銀行・支店の一覧を扱います / the list of banks and branches
    #[command(subcommand)]
    Banks(BanksCommand),
    /// 支払バッチを扱います / payment batches
    #[command(subcommand)]
    Batch(BatchCommand),
    /// 通知書を PDF で書き出します / notices as PDF
    Notices {
        /// この申請のものだけ / of one claim only
        #[arg(long, value_name = "ID", value_parser = claim_id)]
        claim: Option<ClaimId>,
        /// 書き出すフォルダー / the folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// 医療機関等へのメールの送信状況を調べ、もう一度送信します / mail to facilities: what became of it, and sending it again
    #[command(subcommand)]
    Messages(MessagesCommand),
    /// 交付を決定した製品を、メーカーと都道府県ごとに一覧にします / products granted in kind, by maker and prefecture
    Products(ProductsArgs),
    /// 決定記録を扱います / the decision log
    #[command(subcommand)]
    Log(LogCommand),
    /// 画面と API を提供します / web pages and API
    Serve {
        /// 待ち受けるアドレス / the address to listen on
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
        listen: std::net::SocketAddr,
        /// 待っている処理を進めません / do not run the stages
        #[arg(long)]
        no_work: bool,
    },
    /// 保存されているものをすべて計算し直して比べます / recompute and compare everything stored
    Check {
        #[command(flatten)]
        json: Json,
    },
    /// The throw-away process that reads one document. Not for people: it takes a request on standard input.
    #[command(hide = true)]
    ReaderProcess,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct WorkArgs {
    /// 待っている処理がなくなったら終わります / stop when nothing is left
    #[arg(long)]
    pub(crate) drain: bool,
    /// 止まっている処理とその理由を一覧にします / list the jobs that are parked, with the reason
    #[arg(long, conflicts_with = "drain")]
    pub(crate) parked: bool,
    /// この申請の止まっている処理を、もう一度待ち行列に入れます / put the parked jobs of this claim back into the queue
    #[arg(long, value_name = "ID", value_parser = claim_id, conflicts_with = "parked")]
    pub(crate) retry: Option<ClaimId>,
    /// --parked の一覧を JSON Lines で書きます / with --parked, one JSON object a line
    #[arg(long, requires = "parked")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProductsArgs {
    /// 補助事業 / of one programme only
    #[arg(long, value_name = "ID")]
    pub(crate) programme: Option<String>,
    /// この日以後に決定されたもの / decided on or after this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// この日までに決定されたもの / decided on or before this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) until: Option<Date>,
    /// 補助事業ごとの一覧（XLSX）を書き出すフォルダー / where the lists (XLSX, one a programme) are written
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// A fund's own programmes beside those that the program carries.
#[derive(Debug, Clone, Args)]
pub(crate) struct OwnProgrammes {
    /// 独自の補助事業のフォルダー / a folder with programmes of one's own, a folder a programme
    #[arg(long, value_name = "DIR")]
    pub(crate) programmes: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ProgrammesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ProgrammesCommand>,
    /// 補助事業 / one programme only
    pub(crate) id: Option<String>,
    /// この日に有効なもの（既定は今日） / in force on this day instead of today
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) on: Option<Date>,
    #[command(flatten)]
    pub(crate) own: OwnProgrammes,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProgrammesCommand {
    /// 補助事業のデータに誤りや不自然な点がないか確かめます / look for mistakes and oddities in programmes
    Check {
        #[command(flatten)]
        own: OwnProgrammes,
        #[command(flatten)]
        json: Json,
    },
    /// 改正の記録を表示します / what changed in the programmes, and when
    Changes {
        /// 補助事業 / one programme only
        id: Option<String>,
        #[command(flatten)]
        own: OwnProgrammes,
        #[command(flatten)]
        json: Json,
    },
    /// 規則の案を登録します（二人が同意すると、その日から適用） / propose rules; they hold once two people agree
    Propose {
        /// 案の補助事業のフォルダー / the folder with the draft's programmes
        #[arg(long, value_name = "DIR")]
        programmes: PathBuf,
        /// 適用を始める日 / the first day on which they decide
        #[arg(long, value_name = "DATE", value_parser = day)]
        from: Date,
        /// 登録する職員のアカウント / the account of who proposes
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 規則の案に同意します / agree to proposed rules
    Agree {
        /// 案のハッシュ（last は最後に登録したもの） / the draft's hash; last is the one proposed last
        hash: String,
        /// 同意する職員のアカウント / the account of who agrees
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 規則の案の一覧 / list proposed rules
    Drafts {
        #[command(flatten)]
        json: Json,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KindArg {
    /// 領収書
    Receipt,
    /// 領収書内訳書
    Itemization,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FacilitiesCommand {
    /// 名簿（CSV か XLSX）を取り込みます / take a register file
    Import {
        /// 名簿のファイル / the register
        file: PathBuf,
        /// 取り込む職員のアカウント（決定記録に記載） / the account of who imports, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
    /// 一覧 / list them
    List {
        #[command(flatten)]
        json: Json,
    },
    /// 一つの医療機関等 / one of them
    Show {
        /// 医療機関等コード / the institution code
        code: String,
        #[command(flatten)]
        json: Json,
    },
    /// 別の職員の確認を待つ振込先口座 / bank accounts that wait for a second person
    Unconfirmed {
        #[command(flatten)]
        json: Json,
    },
    /// 振込先口座を確認します（登録した者とは別の職員） / confirm a bank account, by another person than who brought it
    Confirm {
        /// 医療機関等コード / the institution codes
        #[arg(required_unless_present = "all", value_name = "CODE", value_parser = institution)]
        codes: Vec<InstitutionCode>,
        /// 確認を待つすべての口座（名簿の全件を照らし合わせた後など） / every account that waits, such as after the whole register
        /// was compared
        #[arg(long, conflicts_with = "codes")]
        all: bool,
        /// 確認する職員のアカウント / the account of who confirms
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 振込先口座を登録します（振込不能の後に、同じ口座を登録し直すときも） / give a facility another bank account
    SetAccount(SetAccountArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SetAccountArgs {
    /// 医療機関等コード / the institution code
    #[arg(value_parser = institution)]
    pub(crate) code: InstitutionCode,
    /// 銀行番号（4桁） / the bank's code
    #[arg(long, value_name = "CODE")]
    pub(crate) bank: String,
    /// 銀行名（カナ。一覧にあるときは省略可） / its name in kana
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) bank_name: String,
    /// 支店番号（3桁） / the branch's code
    #[arg(long, value_name = "CODE")]
    pub(crate) branch: String,
    /// 支店名（カナ。一覧にあるときは省略可） / its name in kana
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) branch_name: String,
    /// 預金種目 / the kind of account
    #[arg(long, value_enum, default_value = "ordinary")]
    pub(crate) kind: AccountKindArg,
    /// 口座番号（7桁以内） / the account's number
    #[arg(long)]
    pub(crate) number: String,
    /// 口座名義（カナ） / the holder in kana
    #[arg(long)]
    pub(crate) holder: String,
    /// 登録する職員のアカウント / the account of who does it
    #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
    pub(crate) by: Actor,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AccountKindArg {
    /// 普通
    Ordinary,
    /// 当座
    Current,
    /// 貯蓄
    Savings,
    /// その他
    Other,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// 利用者を追加し、初回のパスワードを表示します / make an account and show its first password, once
    Add {
        /// 利用者ID / the account's id
        id: String,
        /// 役割 / what it is for
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        /// 画面での呼び名（既定は利用者ID） / how pages address it
        #[arg(long)]
        name: Option<String>,
        /// メールアドレス / for messages
        #[arg(long)]
        email: Option<String>,
        /// 医療機関等コード（医療機関等の利用者では1つ以上） / the institutions that a facility's account acts for
        #[arg(long = "facility", value_name = "CODE", value_parser = institution)]
        facilities: Vec<InstitutionCode>,
        /// 操作する職員のアカウント（決定記録に記載） / the account of who does it, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
    /// 一覧 / list them
    List {
        #[command(flatten)]
        json: Json,
    },
    /// パスワードを再発行し、2段階認証を設定し直せるようにします / a fresh password, and the second step is set up anew
    Reset {
        /// 利用者ID / the account's id
        id: String,
        /// 操作する職員のアカウント（決定記録に記載） / the account of who does it, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
    /// 使用できないようにします / close one
    Close {
        /// 利用者ID / the account's id
        id: String,
        /// 操作する職員のアカウント（決定記録に記載） / the account of who does it, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
    /// 外部の認証（OpenID Connect）でサインインできるようにします / let one of staff sign in by the configured provider
    Link {
        /// 利用者ID / the account's id
        id: String,
        /// 認証基盤での識別子（sub） / who it is to the provider
        #[arg(long, value_name = "SUB")]
        subject: String,
        /// 操作する職員のアカウント（決定記録に記載） / the account of who does it, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
    /// 外部の認証によるサインインをできないようにします / take that away again
    Unlink {
        /// 利用者ID / the account's id
        id: String,
        /// 操作する職員のアカウント（決定記録に記載） / the account of who does it, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
    /// 医療機関等が自分で利用者登録をするための招待コードを作ります / an invitation with which a facility makes its own account
    Invite {
        /// 医療機関等コード / the institution code
        #[arg(value_parser = institution)]
        facility: InstitutionCode,
        /// 操作する職員のアカウント（決定記録に記載） / the account of who does it, for the decision log
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Option<Actor>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClaimsCommand {
    /// 申請のフォルダーか .zip を取り込みます / take claim bundles
    Import {
        /// claim.toml のあるフォルダーか、その .zip / folders with claim.toml, or .zip of them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// 一覧 / list them
    List {
        /// この状態のものだけ / of this state only
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        json: Json,
    },
    /// 一つの申請の状態・所見・計算 / one claim with its state, findings and trace
    Show {
        /// 申請の受付番号 / the claim's id
        #[arg(value_parser = claim_id)]
        id: ClaimId,
        #[command(flatten)]
        json: Json,
    },
    /// 医療機関等の申出により、決定前の申請を取り下げます / withdraw a claim for its facility, before it is decided
    Withdraw {
        /// 申請の受付番号 / the claim's id
        #[arg(value_parser = claim_id)]
        id: ClaimId,
        /// 申出を受けた職員のアカウント / the account of who was asked to
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 確認中の申請を決定します / decide a claim that waits for a person
    Decide {
        /// 申請の受付番号 / the claim's id
        #[arg(value_parser = claim_id)]
        id: ClaimId,
        /// 決定の内容 / what is decided
        #[arg(value_enum)]
        decision: DecisionArg,
        /// 決定する職員のアカウント / the account of who decides
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
        /// 理由（通知書に記載）。提案と異なる決定には必要 / a reason, printed on the notice; needed where the decision is
        /// not the one that is proposed
        #[arg(long)]
        reason: Option<String>,
        /// 製品を交付する申請で、第一希望以外を交付するとき、その希望順位 / which choice of a claim for products is granted,
        /// where it is not the first
        #[arg(long, value_name = "RANK", value_parser = clap::value_parser!(u8).range(1..=2))]
        choice: Option<u8>,
        /// 不交付に当たる所見を承知のうえで交付決定とするとき、その所見の符号 / the findings that forbid a grant, each by its
        /// code, when it is granted all the same
        #[arg(long = "override", value_name = "CODE", value_delimiter = ',')]
        overridden: Vec<String>,
    },
    /// 支払前の交付決定を取り消し、予算の確保を解除します / give up a grant before it is paid; its money is available again
    WithdrawGrant {
        /// 申請の受付番号 / the claim's id
        #[arg(value_parser = claim_id)]
        id: ClaimId,
        /// 理由（決定記録に記載） / why, for the decision log
        #[arg(long)]
        reason: String,
        /// 取り消す職員のアカウント / the account of who does it
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MessagesCommand {
    /// メールの一覧 / list them
    List {
        /// 送信できなかったものだけ / only those that were given up
        #[arg(long, conflicts_with = "claim")]
        failed: bool,
        /// この申請のものだけ / of one claim only
        #[arg(long, value_name = "ID", value_parser = claim_id)]
        claim: Option<ClaimId>,
        #[command(flatten)]
        json: Json,
    },
    /// 送信できなかったメールを、もう一度送信します / have mail sent again that was given up
    Retry {
        /// 番号（all は送信できなかったものすべて） / its number; all is all that were given up
        #[arg(value_name = "NUMBER|all")]
        which: String,
    },
    /// 試しに1通送信して、設定を確かめます / send one mail to see whether the configuration is right
    Try {
        /// 宛先 / where to
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DuplicatesCommand {
    /// この申請の領収書が添付されている可能性のある別の申請を、双方の箇所とともに表示します / other claims that seem to have the
    /// same receipt, with both places
    Show {
        /// 申請の受付番号 / the claim's id
        #[arg(value_parser = claim_id)]
        id: ClaimId,
        #[command(flatten)]
        json: Json,
    },
    /// 二つの申請の領収書が同じか別かの判断を記録します / say whether the receipts of two claims are one
    Judge {
        /// 申請の受付番号 / one claim
        #[arg(value_parser = claim_id)]
        id: ClaimId,
        /// もう一方の申請の受付番号 / the other claim
        #[arg(value_parser = claim_id)]
        other: ClaimId,
        /// 判断 / the verdict
        #[arg(value_enum)]
        verdict: VerdictArg,
        /// 判断する職員のアカウント / the account of who says so
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
        /// 理由 / why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum VerdictArg {
    /// 同じ領収書 / one receipt
    Same,
    /// 別の領収書 / two receipts
    Different,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DecisionArg {
    /// 交付決定
    Approve,
    /// 差戻し
    Return,
    /// 不交付
    Reject,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BudgetCommand {
    /// 予算額（確保済み・支払済みを含む全額）を設定します / set the whole budget of a programme
    Set {
        /// 補助事業 / the programme
        programme: String,
        /// 予算額（円） / the budget in yen
        yen: i64,
        /// 理由（決定記録に記載） / why, for the decision log
        #[arg(long)]
        reason: String,
        /// 設定する職員のアカウント / the account of who sets it
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 予算額・残額・確保額・支払済額 / budgets and what their accounts hold
    Show {
        #[command(flatten)]
        json: Json,
    },
    /// 補助事業の帳簿 / the ledger of a programme
    Ledger {
        /// 補助事業 / the programme
        programme: String,
        #[command(flatten)]
        json: Json,
    },
    /// 予算を待つ申請（確保する順） / approvals that wait for money, in the order in which they are taken up
    Waiting {
        #[command(flatten)]
        json: Json,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BanksCommand {
    /// 銀行・支店の一覧（CSV）を取り込みます。口座の登録と確認に使います / take a list of banks and branches
    Import {
        /// 一覧のファイル（見出し 銀行番号、銀行名、支店番号、支店名。名称はカナ） / the list, with kana names
        file: PathBuf,
        /// 一覧がいつ現在のものか / the day of which the list says what is
        #[arg(long, value_name = "DATE", value_parser = day)]
        as_of: Date,
        /// 取り込む職員のアカウント / the account of who imports
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 取り込まれている一覧 / which list is kept
    Show {
        #[command(flatten)]
        json: Json,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// 交付決定済みの申請をまとめます / gather approved claims
    Prepare {
        /// 準備する職員のアカウント / the account of who prepares
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
        /// 振込指定日（既定は翌月の最終営業日） / the day of payment instead of the next month's last business day
        #[arg(long, value_name = "DATE", value_parser = day)]
        pay_on: Option<Date>,
    },
    /// 支払バッチを承認します（準備・決定した職員とは別の職員） / release one, by another person
    Release {
        /// 支払バッチ（last は最後に準備したもの） / the batch; last is the one prepared last
        id: String,
        /// 承認する職員のアカウント / the account of who releases
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 承認前の支払バッチを取り消します / give up a batch that has not been released
    Cancel {
        /// 支払バッチ（last は最後に準備したもの） / the batch; last is the one prepared last
        id: String,
        /// 取り消す職員のアカウント / the account of who cancels
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 銀行の振込結果のファイルを取り込み、支払と照合します / take a bank's file of results and match it with the payments
    Reconcile {
        /// 振込結果のファイル / the bank's file
        file: PathBuf,
        /// 支払バッチ（ファイルから決められるときは省略可） / the batch, where the file does not tell it
        #[arg(long, value_name = "ID")]
        batch: Option<String>,
        /// 取り込む職員のアカウント / the account of who takes it
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
        #[command(flatten)]
        json: Json,
    },
    /// 支払バッチの振込結果 / what the bank said of a batch
    Results {
        /// 支払バッチ（last は最後に準備したもの） / the batch; last is the one prepared last
        id: String,
        #[command(flatten)]
        json: Json,
    },
    /// 支払済みと記録されたものを、振込不能に訂正します（組戻し） / what was recorded as paid was sent back after all
    Correct {
        /// 支払バッチ / the batch
        id: String,
        /// 申請の受付番号 / the claim's id
        #[arg(value_parser = claim_id)]
        claim: ClaimId,
        /// 理由（決定記録に記載） / why, for the decision log
        #[arg(long)]
        reason: String,
        /// 訂正する職員のアカウント / the account of who corrects it
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
    /// 全銀形式（総合振込）のファイルを検査します / check a 総合振込 file, byte by byte
    Validate {
        /// ファイル / the file
        file: PathBuf,
        #[command(flatten)]
        json: Json,
    },
    /// 振込データと一覧を書き出します / write the bank file and the list
    Export {
        /// 支払バッチ（last は最後に準備したもの） / the batch; last is the one prepared last
        id: String,
        /// 書き出すフォルダー / the folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// 一覧 / list them
    List {
        #[command(flatten)]
        json: Json,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// 決定記録を、検証できる形で書き出します / write the log in a form that can be verified
    Export(ExportArgs),
    /// 書き出した決定記録（指定しないときは保存されているもの）を検証します / verify an export, or what is stored
    Verify {
        /// 書き出したフォルダー / a folder written by export
        #[arg(value_name = "DIR")]
        export: Option<PathBuf>,
        /// 別の経路で受け取った公開鍵（指定しないときは書き出したフォルダーのもの） / the log's public key from elsewhere;
        /// without it the export's own key is taken, which proves that it is whole, not who signed it
        #[arg(long, value_name = "FILE", requires = "export")]
        key: Option<PathBuf>,
        /// 以前の検証済みチェックポイント / an earlier checkpoint that must still hold
        #[arg(long, value_name = "FILE")]
        earlier: Option<PathBuf>,
        #[command(flatten)]
        json: Json,
    },
    /// 記録された判断を計算し直し、一致を確かめます / work out every stored assessment again and compare
    Replay,
    /// 申請に関する決定記録の個人情報を消去します（記録と証明はそのまま残ります） / erase the personal data that entries of a
    /// claim commit to; entries and proofs stay
    Erase {
        /// 申請の受付番号 / the claim
        #[arg(long, value_name = "ID", value_parser = claim_id)]
        claim: ClaimId,
        /// 消去する職員のアカウント / the account of who erases
        #[arg(long = "by", value_name = "ACCOUNT", value_parser = staff)]
        by: Actor,
    },
}

/// What is exported of the decision log. With a filter, each entry carries the proof that it is in the log.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ExportArgs {
    /// 書き出すフォルダー / the folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// この補助事業の申請に関するものだけ / of claims under one programme only
    #[arg(long, value_name = "ID")]
    pub(crate) programme: Option<String>,
    /// この医療機関等の申請に関するものだけ / of claims of one facility only
    #[arg(long, value_name = "CODE", value_parser = facility)]
    pub(crate) facility: Option<InstitutionCode>,
    /// この日以後に記録されたもの / logged on or after this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// この日までに記録されたもの / logged on or before this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) until: Option<Date>,
    /// 閲覧用の CSV も書き出します / a CSV for reading too
    #[arg(long)]
    pub(crate) csv: bool,
    /// 閲覧用の XLSX も書き出します / a workbook for reading too
    #[arg(long)]
    pub(crate) xlsx: bool,
    /// 個人情報（氏名、書類の文言、理由）も書き出します。見ることができる者だけに渡してください / personal data (names, words
    /// of documents, reasons) too: only for those who may see it
    #[arg(long)]
    pub(crate) personal_data: bool,
    /// このチェックポイントからの証明を添えます / add the proof from this earlier checkpoint
    #[arg(long, value_name = "FILE")]
    pub(crate) earlier: Option<PathBuf>,
}

/// What a command needs of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// One that is there; nothing is added to the decision log.
    Reads,
    /// One that is there.
    Changes,
    /// One that is made where there is none.
    Makes,
}

impl Command {
    /// What it needs of the store: a mistyped data folder must not look like an empty one where all is well.
    pub(crate) fn need(&self) -> Need {
        match self {
            Command::Demo { .. } | Command::Serve { .. } => Need::Makes,
            Command::Work(WorkArgs { parked: true, .. }) => Need::Reads,
            Command::Work(WorkArgs { retry: Some(_), .. }) => Need::Changes,
            Command::Work(_) => Need::Makes,
            Command::Facilities(FacilitiesCommand::Import { .. })
            | Command::Claims(ClaimsCommand::Import { .. })
            | Command::Accounts(AccountsCommand::Add { .. })
            | Command::Programmes(ProgrammesArgs { command: Some(ProgrammesCommand::Propose { .. }), .. }) => {
                Need::Makes
            }
            Command::Claims(
                ClaimsCommand::Decide { .. } | ClaimsCommand::Withdraw { .. } | ClaimsCommand::WithdrawGrant { .. },
            )
            | Command::Budget(BudgetCommand::Set { .. })
            | Command::Banks(BanksCommand::Import { .. })
            | Command::Facilities(FacilitiesCommand::Confirm { .. } | FacilitiesCommand::SetAccount(_))
            | Command::Batch(BatchCommand::Reconcile { .. } | BatchCommand::Correct { .. })
            | Command::Accounts(
                AccountsCommand::Reset { .. }
                | AccountsCommand::Close { .. }
                | AccountsCommand::Link { .. }
                | AccountsCommand::Unlink { .. }
                | AccountsCommand::Invite { .. },
            )
            | Command::Duplicates(DuplicatesCommand::Judge { .. })
            | Command::Messages(MessagesCommand::Retry { .. })
            | Command::Log(LogCommand::Erase { .. })
            | Command::Batch(
                BatchCommand::Prepare { .. } | BatchCommand::Release { .. } | BatchCommand::Cancel { .. },
            )
            | Command::Programmes(ProgrammesArgs { command: Some(ProgrammesCommand::Agree { .. }), .. }) => {
                Need::Changes
            }
            _ => Need::Reads,
        }
    }
}

/// An account of the fund's staff: an id, not a name, of characters that look the same everywhere. Spaces, control
/// characters or another width would make one person look like two.
fn staff(account: &str) -> Result<Actor, String> {
    let plain = account.chars().all(|c| c.is_ascii_alphanumeric() || "._@-".contains(c));
    if plain && (1..=ACCOUNT_CHARACTERS_MAX).contains(&account.len()) {
        return Ok(Actor::staff(account));
    }
    Err(format!("expected 1 to {ACCOUNT_CHARACTERS_MAX} of the characters A-Z a-z 0-9 . _ @ -"))
}

/// A role by its code.
fn role(code: &str) -> Result<Role, String> {
    Role::from_code(code).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        format!("expected one of: {}", known.join(", "))
    })
}

/// An institution code.
fn institution(code: &str) -> Result<InstitutionCode, String> {
    InstitutionCode::parse(code).map_err(|error| error.to_string())
}

/// The longest id of an account.
const ACCOUNT_CHARACTERS_MAX: usize = 64;

/// A claim's id, in any case: it may have been read out over the telephone.
fn claim_id(text: &str) -> Result<ClaimId, String> {
    Ok(ClaimId::from(text.trim().to_uppercase()))
}

/// An institution code.
fn facility(text: &str) -> Result<InstitutionCode, String> {
    InstitutionCode::parse(text).map_err(|error| error.to_string())
}

/// A day in any written form.
fn day(text: &str) -> Result<Date, String> {
    claim::parse_day(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_blank_or_could_pass_for_another_is_refused() {
        for good in ["officer-a", "a", "taro.yamada@fund.example", &"x".repeat(64)] {
            assert_eq!(staff(good).unwrap(), Actor::staff(good));
        }
        for bad in ["", " ", "officer a", "officer-a\u{7}", "officer-a ", "ｏｆｆｉｃｅｒ", "a:b", &"x".repeat(65)]
        {
            assert!(staff(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
