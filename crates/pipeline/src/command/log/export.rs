//! The log written out for auditors: whole with its tree, or a selection with a proof for each entry.

use super::seal::{Signed, fetch, sign};
use super::{PAGE, earlier_checkpoint, entries_missing};
use crate::app::App;
use crate::cli::ExportArgs;
use anyhow::{Context, Result};
use claim::{ClaimId, InstitutionCode, PersonalValue, ProgrammeId};
use decision_log::{CSV_FILE, Checkpoint, Entry, Event, FolderExport, Selection, Tree, XLSX_FILE, leaf_hash};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use office::{Personal, Told, put_back};
use reporting::{LogCsv, LogRow, LogWorkbook};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use store::KeptPersonal;

/// How many claims' programmes and facilities are remembered.
const MOST_SUBJECTS: usize = 10_000;

/// Writes the whole log and no further files.
pub(crate) async fn whole(app: &App, out: &Path) -> Result<Vec<PathBuf>> {
    run(app, &ExportArgs { out: out.to_owned(), ..ExportArgs::default() }).await
}

/// Writes what `args` ask for; gives the paths.
pub(crate) async fn run(app: &App, args: &ExportArgs) -> Result<Vec<PathBuf>> {
    let key = app.signing_key().await?;
    // Nothing is written that does not begin with what was signed before.
    let Signed { checkpoint, text } = sign(app).await?;
    let filter = Filter::of(args);
    let mut export = match &filter {
        None => FolderExport::whole(&args.out)?,
        Some(filter) => FolderExport::selected(&args.out, filter.selection())?,
    };
    let mut tree = Tree::new(checkpoint.size());
    if let Some(path) = &args.earlier {
        let earlier = Checkpoint::open(&earlier_checkpoint(path)?, &key.verifying_key())
            .with_context(|| format!("{} is not a checkpoint of this log", path.display()))?;
        let lacking = tree.lacking_for_consistency(earlier.size())?;
        fetch(app, &mut tree, lacking).await?;
        export.prove_earlier(&tree.consistency_proof(earlier.size())?)?;
    }
    let mut lists = Lists::create(app, &export, args)?;
    let mut subjects = Subjects::default();
    let mut next = 0;
    while next < checkpoint.size() {
        let page = app.office.store.log_entries(next, PAGE).await?;
        let end = next + page.len() as u64;
        if page.is_empty() {
            return Err(super::seal::too_short(next, checkpoint.size()).into());
        }
        let personal = if args.personal_data { app.office.personal_of(next..end).await? } else { Personal::new() };
        for (position, payload) in page {
            if position != next {
                return Err(entries_missing(position, next).into());
            }
            next += 1;
            // What was added since belongs to the next checkpoint.
            if position >= checkpoint.size() {
                break;
            }
            let entry = Entry::from_bytes(&payload).with_context(|| format!("entry {position} cannot be read"))?;
            match &filter {
                None => {
                    export.push(&payload)?;
                }
                Some(filter) => {
                    if !filter.takes(app, &mut subjects, &entry).await? {
                        continue;
                    }
                    let lacking = tree.lacking_for_inclusion(position)?;
                    if !lacking.is_empty() {
                        tree.release_before(position);
                        fetch(app, &mut tree, lacking).await?;
                    }
                    if tree.leaf(position)? != leaf_hash(&payload) {
                        return Err(changed(position).into());
                    }
                    export.push_selected(&payload, &tree.inclusion_proof(position)?)?;
                }
            }
            if args.personal_data {
                for kept in entry.commitments().iter().filter_map(|commitment| personal.get(commitment)) {
                    if let Some(value) = value_of(kept) {
                        export.push_personal(position, &value)?;
                    }
                }
            }
            if lists.wanted() {
                lists.push(app, &mut subjects, position, &payload, entry, &personal).await?;
            }
        }
    }
    lists.finish()?;
    match export.finish(&text, &checkpoint, &key) {
        Ok(written) => Ok(written),
        // The tree names the entry; what it finds nothing wrong with, the export has told.
        Err(error @ decision_log::ExportError::Root { .. }) => {
            super::stored::verify(app, None).await?;
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn changed(position: u64) -> Told {
    Told::new(
        format!(
            "記録 {position} の内容が、記録されたときのハッシュ値と一致しません。記録が変更されています。以前に書き出したものと比べてください。"
        ),
        format!(
            "entry {position} is not what it was when it was logged: an entry was changed; compare with an earlier export"
        ),
    )
}

fn value_of(kept: &KeptPersonal) -> Option<PersonalValue> {
    let (salt, text) = kept.content.clone()?;
    Some(PersonalValue { commitment: kept.commitment, salt, text })
}

/// Which entries are exported.
struct Filter {
    programme: Option<ProgrammeId>,
    facility: Option<InstitutionCode>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// The first instant of a day in Japan.
fn begins(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::fixed(Offset::constant(9))).ok().map(|at| at.timestamp())
}

impl Filter {
    /// `None` where everything is asked for.
    fn of(args: &ExportArgs) -> Option<Filter> {
        let all = args.programme.is_none() && args.facility.is_none() && args.from.is_none() && args.until.is_none();
        if all {
            return None;
        }
        Some(Filter {
            programme: args.programme.as_deref().map(ProgrammeId::from),
            facility: args.facility.clone(),
            from: args.from.and_then(begins),
            until: args.until.and_then(|day| day.checked_add(1.day()).ok()).and_then(begins),
        })
    }

    fn selection(&self) -> Selection {
        Selection {
            programme: self.programme.as_ref().map(ToString::to_string),
            facility: self.facility.as_ref().map(ToString::to_string),
            from: self.from,
            until: self.until,
            entries: 0,
        }
    }

    async fn takes(&self, app: &App, subjects: &mut Subjects, entry: &Entry) -> Result<bool> {
        let in_time = self.from.is_none_or(|from| entry.at >= from) && self.until.is_none_or(|until| entry.at < until);
        if !in_time || (self.programme.is_none() && self.facility.is_none()) {
            return Ok(in_time);
        }
        let of_facility = self.facility.as_ref().is_some_and(|wanted| entry.event.facilities().contains(wanted));
        if of_facility && self.programme.is_none() {
            return Ok(true);
        }
        for claim in claims_of(app, &entry.event).await? {
            if let Some((programme, facility)) = subjects.of(app, &claim).await?
                && self.programme.as_ref().is_none_or(|wanted| wanted == programme)
                && self.facility.as_ref().is_none_or(|wanted| wanted == facility)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The claims that an event is about; a batch is about those that it pays.
async fn claims_of(app: &App, event: &Event) -> Result<BTreeSet<ClaimId>> {
    let mut claims: BTreeSet<ClaimId> = event.claim_id().cloned().into_iter().collect();
    match event {
        Event::DuplicateJudged { other_claim, .. } => {
            claims.insert(other_claim.clone());
        }
        Event::BatchPrepared(batch) => claims.extend(batch.payments.iter().map(|payment| payment.claim_id.clone())),
        Event::BatchReleased { id, .. } | Event::BatchCancelled { id, .. } => {
            claims.extend(app.office.store.claims_of_batch(id).await?);
        }
        _ => {}
    }
    Ok(claims)
}

/// Programme and facility of the claims that were asked for lately.
#[derive(Default)]
struct Subjects(BTreeMap<ClaimId, Option<(ProgrammeId, InstitutionCode)>>);

impl Subjects {
    async fn of(&mut self, app: &App, claim: &ClaimId) -> Result<Option<&(ProgrammeId, InstitutionCode)>> {
        if !self.0.contains_key(claim) {
            if self.0.len() == MOST_SUBJECTS {
                self.0.clear();
            }
            self.0.insert(claim.clone(), app.office.store.subject(claim).await?);
        }
        Ok(self.0.get(claim).and_then(Option::as_ref))
    }
}

/// The lists for reading that were asked for.
struct Lists {
    csv: Option<(PathBuf, LogCsv<BufWriter<File>>)>,
    workbook: Option<(PathBuf, LogWorkbook)>,
}

impl Lists {
    fn create(app: &App, export: &FolderExport, args: &ExportArgs) -> Result<Lists> {
        let csv = match args.csv.then(|| export.path(CSV_FILE)) {
            Some(path) => {
                let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
                Some((path, LogCsv::new(BufWriter::new(file), app.lang)?))
            }
            None => None,
        };
        let workbook = match args.xlsx.then(|| export.path(XLSX_FILE)) {
            Some(path) => Some((path, LogWorkbook::new(app.lang)?)),
            None => None,
        };
        Ok(Lists { csv, workbook })
    }

    fn wanted(&self) -> bool {
        self.csv.is_some() || self.workbook.is_some()
    }

    async fn push(
        &mut self,
        app: &App,
        subjects: &mut Subjects,
        index: u64,
        payload: &[u8],
        mut entry: Entry,
        personal: &BTreeMap<claim::Sha256, KeptPersonal>,
    ) -> Result<()> {
        put_back(&mut entry, personal);
        let claim_id = entry.event.claim_id().cloned();
        let subject = match &claim_id {
            Some(claim) => subjects.of(app, claim).await?.cloned(),
            None => None,
        };
        let (programme, facility) = subject.unzip();
        let row = LogRow {
            index,
            at: entry.at,
            by: entry.by.to_string(),
            event: entry.event.name(app.lang),
            claim_id,
            programme,
            facility,
            amount: entry.event.amount(),
            content: serde_json::to_string(&entry.event)?,
            leaf: leaf_hash(payload),
        };
        if let Some((_, csv)) = &mut self.csv {
            csv.push(&row)?;
        }
        if let Some((_, workbook)) = &mut self.workbook {
            workbook.push(&row)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let synced =
            |path: &Path, file: File| file.sync_all().with_context(|| format!("{} cannot be written", path.display()));
        if let Some((path, csv)) = self.csv {
            let file = csv.finish()?.into_inner().map_err(|error| error.into_error())?;
            synced(&path, file)?;
        }
        if let Some((path, workbook)) = self.workbook {
            let mut file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
            workbook.finish(&mut file)?;
            synced(&path, file)?;
        }
        Ok(())
    }
}
