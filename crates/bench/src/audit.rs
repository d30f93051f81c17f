//! How fast an export of the decision log is verified beside bare SHA-256 over the same bytes, in how much memory, and
//! whether one changed byte anywhere in an export is found and placed.

use anyhow::{Context, Result, ensure};
use claim::{PersonalValue, Sha256};
use decision_log::{
    Checkpoint, Difference, FolderExport, Frontier, PERSONAL_FILE, SELECTED_FILE, Selection, SigningKey, Tree,
    VerifyError, commitment, verify_folder,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::Digest;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many entries the log has whose verification is measured; a tenth as many are measured beside it, for the memory.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// How often a byte of an export is changed.
    #[arg(long, default_value_t = 100_000)]
    trials: u64,
    /// Of the changes.
    #[arg(long, default_value_t = 20_260_121)]
    seed: u64,
    /// The program kofu-audit, whose memory is looked at.
    #[arg(long, value_name = "FILE")]
    kofu_audit: PathBuf,
}

/// How often the memory of the program is looked at; the kernel keeps the peak.
const LOOKS_EVERY: Duration = Duration::from_millis(2);
/// Each measurement is taken this often, and the best counts: what is slower was disturbed.
const ROUNDS: u32 = 5;

/// Whether every change was found and placed.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let key = SigningKey::from_seed("bench.example/decision-log", [7; 32])?;
    for entries in [options.entries / 10, options.entries] {
        speed(&key, entries, &options.kofu_audit)?;
    }
    trials(&key, options)
}

/// An entry of some 600 bytes, of the length that entries have.
fn payload(index: u64) -> Vec<u8> {
    let finding = r#"{"code":"category-ceiling-applied","source":"001 事業額上限は、モバイル端末：4.1万円","values":{"category":"mobile-terminal","ceiling_yen":41000,"found_yen":45100}}"#;
    format!(
        r#"{{"v":1,"at":"2026-01-05T00:00:00.{:03}Z","by":"system:kofu","event":{{"type":"claim-assessed","claim_id":"C-{index:010}","revision":1,"observed":[],"assessment":{{"claim_id":"C-{index:010}","programme":"home-consent","outcome":"approve","grant_yen":128000,"computed_yen":128000,"findings":[{finding},{finding}]}}}}}}"#,
        index % 1000
    )
    .into_bytes()
}

fn speed(key: &SigningKey, entries: u64, program: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let began = Instant::now();
    let (mut export, mut frontier) = (FolderExport::whole(folder.path())?, Frontier::new());
    for index in 0..entries {
        let payload = payload(index);
        frontier.append(&payload);
        export.push(&payload)?;
    }
    let text = key.checkpoint(entries, frontier.root());
    let signed = Checkpoint::open(&text, &key.verifying_key())?;
    export.finish(&text, &signed, key)?;
    println!("{entries} entries: exported in {:.2} s", began.elapsed().as_secs_f64());

    let log = folder.path().join(decision_log::LOG_FILE);
    let bytes = std::fs::metadata(&log)?.len();
    let (mut bare, mut audit, mut peak) = (f64::MAX, f64::MAX, None);
    // One after the other within each round, so that a disturbance meets both.
    for _ in 0..ROUNDS {
        let began = Instant::now();
        bare_sha256(&log)?;
        bare = bare.min(began.elapsed().as_secs_f64());
        let began = Instant::now();
        peak = audited(program, folder.path())?.max(peak);
        audit = audit.min(began.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| bytes as f64 / 1e6 / seconds;
    println!(
        "  {:.0} MB: bare SHA-256 {bare:.3} s ({:.0} MB/s), kofu-audit {audit:.3} s ({:.0} MB/s), {:.2} times as fast",
        bytes as f64 / 1e6,
        rate(bare),
        rate(audit),
        bare / audit,
    );
    println!("  kofu-audit took at most {} kB of memory", peak.map_or("?".to_owned(), |peak: u64| peak.to_string()));
    Ok(())
}

fn bare_sha256(path: &Path) -> Result<Sha256> {
    let (mut file, mut hasher, mut buffer) = (File::open(path)?, sha2::Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Sha256(hasher.finalize().into()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// The peak memory of a verification by the program, in kB.
fn audited(program: &Path, folder: &Path) -> Result<Option<u64>> {
    let mut child = Command::new(program)
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let mut peak = None;
    loop {
        if let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).or(peak);
        }
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "kofu-audit found differences in what was just exported ({status})");
            return Ok(peak);
        }
        std::thread::sleep(LOOKS_EVERY);
    }
}

/// Changes one byte of an export, again and again, and looks whether its place is named.
fn trials(key: &SigningKey, options: &Options) -> Result<bool> {
    let payloads: Vec<Vec<u8>> = (0..600).map(payload).collect();
    let tree = Tree::from_payloads(&payloads);
    let text = key.checkpoint(tree.size(), tree.root()?);
    let signed = Checkpoint::open(&text, &key.verifying_key())?;
    let (whole, selected) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut export = FolderExport::whole(whole.path())?;
    payloads.iter().try_for_each(|payload| export.push(payload).map(drop))?;
    std::fs::write(export.path(decision_log::CSV_FILE), "記録番号,日時\r\n0,2026-01-05\r\n")?;
    export.finish(&text, &signed, key)?;
    let mut export = FolderExport::selected(selected.path(), Selection::default())?;
    for index in (0..600).step_by(40) {
        export.push_selected(&payloads[index], &tree.inclusion_proof(index as u64)?)?;
        let text = format!("山田{index}");
        let value = PersonalValue { commitment: commitment(&[9; 32], &text), salt: [9; 32], text };
        export.push_personal(index as u64, &value)?;
    }
    export.prove_earlier(&tree.consistency_proof(100)?)?;
    export.finish(&text, &signed, key)?;

    let mut random = StdRng::seed_from_u64(options.seed);
    let began = Instant::now();
    let (mut missed, mut misplaced) = (0u64, 0u64);
    let places = [(whole.path(), decision_log::LOG_FILE), (selected.path(), SELECTED_FILE)];
    let files: Vec<Vec<PathBuf>> = places.iter().map(|(folder, _)| files(folder)).collect::<Result<_>>()?;
    for trial in 0..options.trials {
        let which = usize::from(trial % 2 == 1);
        let (folder, entries) = places[which];
        // Every other change meets the entries, the rest any file.
        let path = if random.random_bool(0.5) {
            folder.join(entries)
        } else {
            files[which][random.random_range(0..files[which].len())].clone()
        };
        let honest = std::fs::read(&path)?;
        let mut changed = honest.clone();
        let at = random.random_range(0..honest.len());
        changed[at] = changed[at].wrapping_add(random.random_range(1..=255));
        std::fs::write(&path, &changed)?;
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        match verify_folder(folder, None, None) {
            Err(VerifyError::Differs(found)) => {
                let line =
                    (name == entries).then(|| 1 + honest[..at].iter().filter(|byte| **byte == b'\n').count() as u64);
                if !found.named.iter().any(|one| is_at(one, &name, entries, line)) {
                    misplaced += 1;
                    println!("  misplaced: {name}, byte {at} plus {}: {found}", changed[at].wrapping_sub(honest[at]));
                }
            }
            Ok(_) => {
                missed += 1;
                println!("  missed: {name}, byte {at} plus {}", changed[at].wrapping_sub(honest[at]));
            }
            Err(error) => return Err(error.into()),
        }
        std::fs::write(&path, &honest)?;
    }
    println!(
        "{} trials of one changed byte (seed {}) in {:.0} s: {missed} missed, {misplaced} misplaced",
        options.trials,
        options.seed,
        began.elapsed().as_secs_f64()
    );
    Ok(missed == 0 && misplaced == 0)
}

/// All files below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

/// Whether a difference names this file, and this line where it is the file of the entries.
fn is_at(difference: &Difference, name: &str, entries: &str, line: Option<u64>) -> bool {
    match difference {
        Difference::Form { line: at, .. }
        | Difference::Index { line: at, .. }
        | Difference::Payload { line: at, .. }
        | Difference::Proof { line: at, .. }
        | Difference::Replaced { line: at, .. }
        | Difference::BeyondCheckpoint { line: at, .. } => name == entries && line == Some(*at),
        Difference::Personal { .. } => name == PERSONAL_FILE,
        Difference::Tile { file, .. }
        | Difference::File { file, .. }
        | Difference::Signed { file, .. }
        | Difference::Key { file, .. } => line.is_none() && file == name,
        _ => false,
    }
}
