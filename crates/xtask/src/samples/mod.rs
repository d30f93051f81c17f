//! Draws `samples/`: the register, and a folder for each story with its claim, its documents and what is expected.
//!
//! Everything is made here from invented data and fixed seeds, so that drawing again gives the same bytes.

mod register;
mod sheets;
mod stories;
mod story;
mod vendors;

use anyhow::{Context, bail};
use papers::{Drawer, Medium, Paper, Typesetter};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use story::{Content, Document, Form, Story};

/// Every template by its path.
const TEMPLATES: [(&str, &str); 10] = [
    ("receipt-formal.typ", include_str!("../../templates/receipt-formal.typ")),
    ("receipt-vendor.typ", include_str!("../../templates/receipt-vendor.typ")),
    ("receipt-register.typ", include_str!("../../templates/receipt-register.typ")),
    ("receipt-daiji.typ", include_str!("../../templates/receipt-daiji.typ")),
    ("receipt-qualified.typ", include_str!("../../templates/receipt-qualified.typ")),
    ("receipt-online.typ", include_str!("../../templates/receipt-online.typ")),
    ("receipt-boxes.typ", include_str!("../../templates/receipt-boxes.typ")),
    ("estimate.typ", include_str!("../../templates/estimate.typ")),
    ("itemization-form.typ", include_str!("../../templates/itemization-form.typ")),
    ("itemization-table.typ", include_str!("../../templates/itemization-table.typ")),
];

/// The part of the README that is not the table of stories.
const README: &str = include_str!("../../templates/README.md");
/// Where in it the table goes.
const TABLE: &str = "{stories}";

/// The README's picture: put together by hand from two samples and a notice of theirs, and no sample itself.
const PICTURE: &str = "picture.png";

/// Draws the samples into `folder`, or with `check` only compares them with what is there.
pub(crate) fn run(folder: &Path, check: bool) -> anyhow::Result<()> {
    let drawn = draw()?;
    let there = files_under(folder)?;
    let size: usize = drawn.values().map(Vec::len).sum();
    let mut different: Vec<String> = Vec::new();
    for (path, bytes) in &drawn {
        if !there.contains(path) {
            different.push(format!("{} is missing", path.display()));
        } else if std::fs::read(folder.join(path))? != *bytes {
            different.push(format!("{} differs", path.display()));
        } else {
            continue;
        }
        if !check {
            let target = folder.join(path);
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&target, bytes).with_context(|| format!("{} cannot be written", target.display()))?;
        }
    }
    for path in there.iter().filter(|path| !drawn.contains_key(*path) && *path != Path::new(PICTURE)) {
        different.push(format!("{} is no longer drawn", path.display()));
        if !check {
            std::fs::remove_file(folder.join(path))?;
        }
    }
    for line in &different {
        println!("{line}");
    }
    let summary = format!("{} files, {size} bytes, {} of them differed", drawn.len(), different.len());
    if check && !different.is_empty() {
        bail!("{summary}; `cargo xtask samples` draws them again");
    }
    println!("{summary}");
    Ok(())
}

/// Every file under `folder`, by its path from there.
fn files_under(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(under) = folders.pop() {
        let at = folder.join(&under);
        if !at.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&at).with_context(|| format!("{} cannot be read", at.display()))? {
            let entry = entry?;
            let path = under.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The bytes of every file of the samples.
fn draw() -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let drawer = Drawer::new(Typesetter::new(&TEMPLATES, &[])?);
    let stories = stories::all();
    let mut files = BTreeMap::new();
    files.insert(PathBuf::from("facilities.csv"), register::csv()?);
    files.insert(PathBuf::from("README.md"), README.replace(TABLE, &table(&stories)).into_bytes());
    for story in &stories {
        story.hold_together()?;
        let folder = PathBuf::from(story.name);
        files.insert(folder.join("claim.toml"), story.claim_toml().into_bytes());
        files.insert(folder.join("expect.toml"), story.expect_toml().into_bytes());
        for document in &story.documents {
            let bytes = document.draw(&drawer).with_context(|| format!("{}/{}", story.name, document.file))?;
            if files.insert(folder.join(document.file), bytes).is_some() {
                bail!("{}/{} is drawn twice", story.name, document.file);
            }
        }
    }
    Ok(files)
}

/// The table of stories for the README.
fn table(stories: &[Story]) -> String {
    let row = |story: &Story| {
        let facility = register::row(story.facility);
        let name = facility.map_or("（名簿にない）", |row| row.name);
        let codes: Vec<String> = story.expected.findings.iter().map(|code| format!("`{code}`")).collect();
        format!(
            "| [{0}]({0}/) | {1} | {2} | {3} | {4} | {5} |\n",
            story.name,
            story.ja,
            name,
            story.expected.outcome,
            claim::Yen::new(story.expected.grant_yen).map_or_else(|error| error.to_string(), |yen| yen.to_string()),
            codes.join(" "),
        )
    };
    let head = "| story | 内容 | 医療機関等 | outcome | 円 | findings |\n| --- | --- | --- | --- | ---: | --- |\n";
    std::iter::once(head.to_owned()).chain(stories.iter().map(row)).collect()
}

impl Document {
    fn draw(&self, drawer: &Drawer) -> anyhow::Result<Vec<u8>> {
        match &self.content {
            Content::Receipt(receipt) => {
                // The number of a receipt is its own, whatever claim it is sent with.
                let name = format!("receipt {}", receipt.number);
                draw_paper(drawer, receipt.layout.template(), &receipt.data()?, receipt.issuer, receipt.medium, &name)
            }
            Content::Itemization(itemization) => {
                let paper = |template, medium| {
                    let name = format!("itemization {} {}", itemization.code, itemization.issued);
                    draw_paper(drawer, template, &itemization.data(), itemization.issuer, medium, &name)
                };
                match itemization.form {
                    Form::Sheet => sheets::plain(itemization),
                    Form::TaxColumns => sheets::tax_columns(itemization),
                    Form::Form2 => sheets::form2(itemization),
                    Form::Csv => sheets::csv_utf8(itemization),
                    Form::CsvCp932 => sheets::csv_cp932(itemization),
                    Form::PaperForm2(medium) => paper("itemization-form", medium),
                    Form::PaperTable(medium) => paper("itemization-table", medium),
                }
            }
        }
    }
}

/// The file of one paper.
fn draw_paper(
    drawer: &Drawer,
    template: &str,
    data: &serde_json::Value,
    vendor: &story::Vendor,
    medium: Medium,
    name: &str,
) -> anyhow::Result<Vec<u8>> {
    Ok(drawer.draw(&Paper { template, data, seal: vendor.seal(), name }, medium)?.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_story_holds_together_and_has_a_folder_and_a_facility_of_its_own() {
        let stories = stories::all();
        let names: BTreeSet<&str> = stories.iter().map(|story| story.name).collect();
        assert_eq!(names.len(), stories.len());
        // A facility that is granted in one story would be already granted in another.
        let facilities: BTreeSet<&str> = stories.iter().map(|story| story.facility).collect();
        assert_eq!(facilities.len(), stories.len());
        for story in &stories {
            story.hold_together().unwrap();
            let known = register::row(story.facility).is_some();
            assert_eq!(known, story.name != "facility-unknown", "{}", story.name);
        }
    }

    #[test]
    fn receipts_are_made_out_to_the_facility_or_its_founder_unless_the_story_is_about_that() {
        for story in stories::all() {
            let Some(row) = register::row(story.facility) else { continue };
            for document in &story.documents {
                if let Content::Receipt(receipt) = &document.content {
                    let own = receipt.payee == row.name || receipt.payee == row.founder;
                    assert_eq!(own, story.name != "payee-differs", "{}", story.name);
                }
            }
        }
    }

    #[test]
    fn no_two_papers_share_a_number_except_the_one_that_is_sent_twice() {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for story in stories::all() {
            for document in story.documents {
                if let Content::Receipt(receipt) = document.content {
                    let other = seen.insert(receipt.number, story.name);
                    let meant = other.is_none() || (story.name == "same-receipt-b" && other == Some("same-receipt-a"));
                    assert!(meant, "{} {other:?}", story.name);
                }
            }
        }
    }

    #[test]
    fn drawing_again_gives_the_bytes_that_are_committed() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        run(&top.join("samples"), true).unwrap();
    }
}
