//! What reporting writes in bulk, beside what its libraries take for the same: notices beside bare Typst (the same templates,
//! data that is ready, no check), a payment list beside bare rust_xlsxwriter (the same cells without any format). In turns, so
//! that whatever else the machine does hits both alike.

use anyhow::{Context, Result, anyhow, ensure};
use claim::{
    AccountKind, BankAccount, Contact, Facility, Facts, Notice, NoticeKind, Outcome, Payer, Payment, PaymentBatch, Yen,
};
use indicatif::ProgressBar;
use jiff::civil::date;
use reporting::{DEFAULT_FONT_DIRS, NoticeData, Typesetter, payment_list};
use rules::Ruleset;
use rust_xlsxwriter::Workbook;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tests::oracle::random_facts::RandomFacts;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many notices are set.
    #[arg(long, default_value_t = 10_000)]
    notices: usize,
    /// How many rows the payment list has.
    #[arg(long, default_value_t = 230_000)]
    rows: u32,
    /// Of the random claims.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Notices in one round.
const ROUND: usize = 500;
/// Payment lists that are written by each side.
const LISTS: usize = 5;

/// Always true: figures are told, not judged.
pub(crate) fn run(options: &Options) -> Result<bool> {
    notices(options)?;
    lists(options)?;
    Ok(true)
}

/// The ratio of each round, and its middle.
fn told(what: &str, ours: &[Duration], bare: &[Duration]) {
    let mut ratios: Vec<f64> =
        ours.iter().zip(bare).map(|(ours, bare)| ours.as_secs_f64() / bare.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let sum = |all: &[Duration]| all.iter().sum::<Duration>().as_secs_f64();
    println!(
        "{what}: {:.1} s beside {:.1} s; ratio {:.2} (median of {} rounds)",
        sum(ours),
        sum(bare),
        ratios[ratios.len() / 2],
        ratios.len()
    );
}

/// What this process has in memory, in MiB.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc tells no memory: this needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("/proc tells no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024)
}

fn notices(options: &Options) -> Result<()> {
    let typesetter = Typesetter::new(&DEFAULT_FONT_DIRS)?;
    let bare = BareTypst::new()?;
    let ruleset = Ruleset::embedded();
    let mut claims = RandomFacts::seeded(options.seed);
    let progress = ProgressBar::new(options.notices as u64);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut memory = Vec::new();
    let mut pages = 0_u64;
    for round in 0..options.notices.div_ceil(ROUND) {
        let many = ROUND.min(options.notices - round * ROUND);
        let drawn: Vec<Notice> = (0..many)
            .map(|at| notice(ruleset, &claims.next().context("claims are drawn without end")?, round * ROUND + at))
            .collect::<Result<_>>()?;
        let data: Vec<(NoticeKind, NoticeData)> =
            drawn.iter().map(|notice| Ok((notice.kind, typesetter.data(notice)?))).collect::<Result<_>>()?;
        let began = Instant::now();
        for notice in &drawn {
            pages += typesetter.notice(notice)?.len() as u64;
        }
        ours.push(began.elapsed());
        let began = Instant::now();
        for (kind, data) in data {
            bare.pdf(kind, data)?;
        }
        theirs.push(began.elapsed());
        memory.push(resident()?);
        progress.inc(many as u64);
    }
    progress.finish_and_clear();
    told(&format!("{} notices beside bare Typst", options.notices), &ours, &theirs);
    println!(
        "{} KiB of PDF a notice; in memory {} MiB after {ROUND} notices, {} MiB after all",
        pages / 1024 / options.notices.max(1) as u64,
        memory.first().copied().unwrap_or(0),
        memory.last().copied().unwrap_or(0)
    );
    Ok(())
}

/// The notice of a random claim: findings and trace are those of the rules.
fn notice(ruleset: &Ruleset, line: &str, at: usize) -> Result<Notice> {
    let facts: Facts = serde_json::from_str(line)?;
    let assessment = ruleset.assess(&facts, &[])?;
    let kind = match assessment.outcome {
        Outcome::Approve => NoticeKind::Approval,
        Outcome::Return => NoticeKind::Return,
        Outcome::Reject | Outcome::Review => NoticeKind::Rejection,
    };
    let programme = ruleset.programme(&facts.programme).context("a random claim has a programme that is known")?;
    Ok(Notice {
        kind,
        number: format!("交付第8-{at:06}号"),
        issued_on: date(2026, 2, 10),
        facility: Facility {
            code: facts.facility.code,
            kind: facts.facility.kind,
            name: format!("見本第{at}診療所"),
            founder: "医療法人社団見本会".to_owned(),
            postal_code: "100-0001".to_owned(),
            address: format!("東京都千代田区見本町{at}番地"),
            transitional_measure: None,
            earlier_grants: Vec::new(),
            account: None,
        },
        claim_id: format!("K-{at:010}"),
        programme_name: programme.name(date(2026, 2, 10), claim::Lang::Ja).to_owned(),
        submitted_on: claim::day_in_japan(facts.submitted_at),
        claimed_yen: facts.claimed_yen,
        grant_yen: if kind == NoticeKind::Approval { assessment.grant_yen } else { Yen::ZERO },
        grant_units: None,
        pay_on: (kind == NoticeKind::Approval).then(|| date(2026, 3, 31)),
        findings: assessment.findings,
        trace: assessment.trace,
        source_documents: [("001".to_owned(), "見本の手引き".to_owned())].into(),
        ruleset: assessment.ruleset,
        log_index: at as u64,
        proof_link: Some(format!("https://kofu.example.jp/proof/{at}")),
        reason: Some("提出された書類を確認しました。".to_owned()),
        contact: Contact {
            sender: "交付基金（見本）".to_owned(),
            office: "助成課".to_owned(),
            address: "東京都千代田区見本町1-2-3".to_owned(),
            phone: "03-0000-0000".to_owned(),
            email: "kofu@example.jp".to_owned(),
            hours: "平日 9:00～17:00".to_owned(),
        },
        appeal: None,
    })
}

/// Typst with the templates, and nothing around it.
struct BareTypst {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sources: Vec<Source>,
    data: FileId,
    proof: FileId,
    standards: PdfStandards,
}

const TEMPLATES: [(&str, &str); 4] = [
    ("/frame.typ", include_str!("../../reporting/templates/frame.typ")),
    ("/approval.typ", include_str!("../../reporting/templates/approval.typ")),
    ("/rejection.typ", include_str!("../../reporting/templates/rejection.typ")),
    ("/return.typ", include_str!("../../reporting/templates/return.typ")),
];

fn id(path: &str) -> Result<FileId> {
    let path = VirtualPath::new(path).map_err(|error| anyhow!("{path}: {error:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

impl BareTypst {
    fn new() -> Result<BareTypst> {
        let mut found = Vec::new();
        for folder in DEFAULT_FONT_DIRS.iter().map(Path::new).filter(|folder| folder.is_dir()) {
            files(folder, &mut found)?;
        }
        // The two families that notices need; rare characters are not among those drawn here.
        let mut fonts = Vec::new();
        for path in found.iter().filter(|path| path.to_string_lossy().contains("ipaex")) {
            fonts.extend(Font::iter(Bytes::new(std::fs::read(path)?)));
        }
        ensure!(fonts.len() >= 2, "the fonts of notices are not installed; `cargo xtask setup` installs them");
        let sources: Result<Vec<Source>> =
            TEMPLATES.iter().map(|(path, text)| Ok(Source::new(id(path)?, (*text).to_owned()))).collect();
        Ok(BareTypst {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            sources: sources?,
            data: id("/data.json")?,
            proof: id("/proof.svg")?,
            standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
                .map_err(|error| anyhow!("{error:?}"))?,
        })
    }

    fn pdf(&self, kind: NoticeKind, data: NoticeData) -> Result<usize> {
        let main = match kind {
            NoticeKind::Approval => 1,
            NoticeKind::Rejection => 2,
            NoticeKind::Return => 3,
        };
        let world = BareWorld {
            typst: self,
            main: self.sources[main].id(),
            data: Bytes::new(data.json),
            proof: data.proof.map(Bytes::from_string),
        };
        let document = typst::compile::<PagedDocument>(&world).output;
        let options = PdfOptions {
            ident: Smart::Auto,
            creator: Smart::Auto,
            timestamp: None,
            page_ranges: None,
            standards: self.standards.clone(),
            tagged: true,
            pretty: false,
        };
        let pdf = document.and_then(|document| typst_pdf::pdf(&document, &options));
        // Whoever sets many has to have it forget, or it grows by 1 MB a notice.
        typst::comemo::evict(5);
        Ok(pdf.map_err(|errors| anyhow!("{errors:?}"))?.len())
    }
}

struct BareWorld<'a> {
    typst: &'a BareTypst,
    main: FileId,
    data: Bytes,
    proof: Option<Bytes>,
}

impl typst::World for BareWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.typst.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.typst.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, wanted: FileId) -> FileResult<Source> {
        self.typst.sources.iter().find(|source| source.id() == wanted).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, wanted: FileId) -> FileResult<Bytes> {
        match &self.proof {
            _ if wanted == self.typst.data => Ok(self.data.clone()),
            Some(proof) if wanted == self.typst.proof => Ok(proof.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.typst.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<typst::foundations::Duration>) -> Option<Datetime> {
        None
    }
}

fn account(at: u32) -> BankAccount {
    BankAccount {
        bank_code: "0001".to_owned(),
        bank_name: "ミホンギンコウ".to_owned(),
        branch_code: format!("{:03}", at % 1000),
        branch_name: "ホンテン".to_owned(),
        kind: AccountKind::Ordinary,
        number: format!("{:07}", at % 10_000_000),
        holder: format!("イ）ミホンダイ{at}シンリヨウシヨ"),
    }
}

fn lists(options: &Options) -> Result<()> {
    let code = claim::InstitutionCode::parse("1310110049")?;
    let payments = (1..=options.rows).map(|at| {
        Ok(Payment {
            claim_id: format!("K-{at:010}").into(),
            facility_code: code.clone(),
            facility_name: format!("見本第{at}診療所"),
            amount_yen: Yen::new(128_000)?,
            account: account(at),
        })
    });
    let batch = PaymentBatch {
        id: "B-20260331-01".to_owned(),
        pay_on: date(2026, 3, 31),
        payer: Payer {
            consignor_code: "0000000001".to_owned(),
            consignor_name: "コウフキキン".to_owned(),
            account: account(0),
        },
        payments: payments.collect::<Result<_>>()?,
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let progress = ProgressBar::new(LISTS as u64);
    let before = resident()?;
    for _ in 0..LISTS {
        let began = Instant::now();
        let list = payment_list(&batch)?;
        ours.push(began.elapsed());
        drop(list);
        let began = Instant::now();
        bare_list(&batch)?;
        theirs.push(began.elapsed());
        progress.inc(1);
    }
    progress.finish_and_clear();
    told(&format!("payment list of {} rows beside bare rust_xlsxwriter", options.rows), &ours, &theirs);
    println!("in memory {before} MiB before, {} MiB after", resident()?);
    Ok(())
}

/// The same cells in constant memory, and nothing else.
fn bare_list(batch: &PaymentBatch) -> Result<usize> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    for (row, payment) in (1_u32..).zip(&batch.payments) {
        let account = &payment.account;
        sheet.write_number(row, 0, row)?;
        let texts: [&str; 10] = [
            payment.claim_id.as_str(),
            payment.facility_code.as_str(),
            &payment.facility_name,
            &account.bank_code,
            &account.bank_name,
            &account.branch_code,
            &account.branch_name,
            "普通",
            &account.number,
            &account.holder,
        ];
        for (column, text) in (1_u16..).zip(texts) {
            sheet.write_string(row, column, text)?;
        }
        sheet.write_number(row, 11, payment.amount_yen.get() as f64)?;
    }
    Ok(workbook.save_to_buffer()?.len())
}
