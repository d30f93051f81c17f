//! The figures in words: tables for people, JSON Lines for programs.

use super::documents::Condition;
use super::peers::{Cost, Costs};
use super::score::{BINS, SURE, Share, Tally, What};
use comfy_table::{CellAlignment, Table};
use serde_json::json;

/// Prints everything.
pub(crate) fn print(set: &str, seed: u64, tally: &Tally, costs: &Costs, as_json: bool) {
    if as_json {
        return print_json(set, seed, tally, costs);
    }
    println!("{} documents of the set `{set}` (seed {seed}). Right, compared exactly:", tally.documents);
    let conditions = Condition::ALL.map(Condition::name);
    println!("{}", accuracy(&conditions, |what, i| tally.by_condition.get(&(what, Condition::ALL[i])).copied()));
    for by in [&tally.by_format, &tally.by_layout] {
        let mut names: Vec<&str> = by.keys().map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        println!("{}", accuracy(&names, |what, i| by.get(&(what, names[i].to_owned())).copied()));
    }

    println!("Confidence and truth:");
    let mut table = Table::new();
    let mut header = vec!["confidence".to_owned(), "fields".to_owned(), "right".to_owned()];
    header.extend(What::ALL.iter().filter(|what| **what != What::Tax).map(|what| what.name().to_owned()));
    table.set_header(header);
    for (bin, least) in BINS.iter().enumerate() {
        let all = tally.bins.get(&(None, bin)).copied().unwrap_or_default();
        let mut row = vec![bin_name(bin, *least), all.of.to_string(), percent(all)];
        row.extend(What::ALL.iter().filter(|what| **what != What::Tax).map(|what| {
            tally
                .bins
                .get(&(Some(*what), bin))
                .map_or(String::new(), |share| format!("{} of {}", share.right, share.of))
        }));
        table.add_row(row);
    }
    println!("{}", aligned(table));
    let sure = tally.all_sure();
    println!(
        "given with {SURE} thousandths or more: {} fields, {} right, {} wrong",
        sure.of,
        percent(sure),
        sure.of - sure.right
    );
    for (what, share) in &tally.sure {
        let wrong = share.of - share.right;
        println!(
            "  {}: {} given as sure, {wrong} of them wrong ({:.2} in 1,000 documents)",
            what.name(),
            share.of,
            wrong as f64 * 1e3 / tally.documents as f64
        );
    }

    for (condition, bare) in &tally.bare {
        let ours = tally.by_condition.get(&(What::Total, *condition)).copied().unwrap_or_default();
        println!(
            "{}: bare tesseract's text holds the total somewhere in {}; kofu gives it in {}",
            condition.name(),
            percent(*bare),
            percent(ours)
        );
    }
    if !tally.bare_fields.is_empty() {
        println!("The same pictures by bare tesseract, its text through kofu's own finding of fields:");
        println!("{}", accuracy(&conditions, |what, i| tally.bare_fields.get(&(what, Condition::ALL[i])).copied()));
    }
    println!("Cost, in time on a processor (this run, in turn on the same files):");
    let mut table = Table::new();
    table.set_header(["", "pages", "ms a page", "pages/s", "kofu takes"]);
    let mut row = |name: &str, cost: &Cost, kofu: &Cost| {
        if cost.pages > 0 {
            table.add_row([
                name.to_owned(),
                cost.pages.to_string(),
                format!("{:.1}", cost.a_page()),
                format!("{:.2}", cost.pages as f64 / cost.passing.as_secs_f64().max(1e-9)),
                format!("{:.2} ×", kofu.a_page() / cost.a_page().max(1e-9)),
            ]);
        }
    };
    row("pictures: kofu, a process a document", &costs.kofu_pictures, &costs.kofu_pictures);
    row("pictures: tesseract -l Japanese --psm 4", &costs.tesseract, &costs.kofu_pictures);
    row("born digital: kofu, a process a document", &costs.kofu_digital, &costs.kofu_digital);
    row("born digital: kofu's library in one process", &costs.in_process, &costs.in_process);
    row("born digital: pdftotext -layout (kofu's process)", &costs.pdftotext, &costs.kofu_digital);
    row("born digital: pdfplumber in one process (kofu's library)", &costs.pdfplumber, &costs.in_process);
    println!("{}", aligned(table));
    if let Some(many) = costs.many_pages {
        let (alone, side_by_side) = (many.alone.as_secs_f64(), many.side_by_side.as_secs_f64());
        println!(
            "a scan of {} pages: {alone:.1} s one page after another, {side_by_side:.1} s in {} processes, {:.2} of it",
            many.pages,
            many.at_once,
            side_by_side / alone.max(1e-9)
        );
    }
}

fn accuracy(columns: &[&str], share: impl Fn(What, usize) -> Option<Share>) -> Table {
    let mut table = Table::new();
    table.set_header(std::iter::once("").chain(columns.iter().copied()));
    for what in What::ALL {
        let cells = (0..columns.len()).map(|i| share(what, i).map_or(String::new(), percent));
        table.add_row(std::iter::once(what.name().to_owned()).chain(cells));
    }
    aligned(table)
}

fn aligned(mut table: Table) -> Table {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

pub(crate) fn bin_name(bin: usize, least: u16) -> String {
    let next = BINS.get(bin + 1).map_or(1000, |next| *next);
    format!("{:.2} – {:.2}", f64::from(least) / 1e3, f64::from(next) / 1e3)
}

fn percent(share: Share) -> String {
    if share.of == 0 { "–".to_owned() } else { format!("{:.1} %", share.share() * 100.0) }
}

fn print_json(set: &str, seed: u64, tally: &Tally, costs: &Costs) {
    for ((what, condition), share) in &tally.by_condition {
        println!(
            "{}",
            json!({"set": set, "seed": seed, "field": what.name(), "condition": condition.name(), "documents": share.of, "right": share.right})
        );
    }
    for ((what, format), share) in &tally.by_format {
        println!(
            "{}",
            json!({"set": set, "seed": seed, "field": what.name(), "format": format, "documents": share.of, "right": share.right})
        );
    }
    for ((what, bin), share) in &tally.bins {
        println!(
            "{}",
            json!({"set": set, "seed": seed, "field": what.map(What::name), "confidence_from": f64::from(BINS[*bin]) / 1e3, "fields": share.of, "right": share.right})
        );
    }
    for (condition, bare) in &tally.bare {
        println!(
            "{}",
            json!({"set": set, "seed": seed, "runner": "tesseract", "total_somewhere_in_text": condition.name(), "documents": bare.of, "right": bare.right})
        );
    }
    for ((what, condition), share) in &tally.bare_fields {
        println!(
            "{}",
            json!({"set": set, "seed": seed, "runner": "tesseract, kofu's finding", "field": what.name(), "condition": condition.name(), "documents": share.of, "right": share.right})
        );
    }
    if let Some(many) = costs.many_pages {
        println!(
            "{}",
            json!({"pages_of_one_scan": many.pages, "processes": many.at_once, "seconds": many.side_by_side.as_secs_f64(), "seconds_one_by_one": many.alone.as_secs_f64()})
        );
    }
    for (name, cost) in [
        ("kofu, pictures", &costs.kofu_pictures),
        ("tesseract", &costs.tesseract),
        ("kofu, born digital", &costs.kofu_digital),
        ("kofu in process, born digital", &costs.in_process),
        ("pdftotext", &costs.pdftotext),
        ("pdfplumber", &costs.pdfplumber),
    ] {
        println!(
            "{}",
            json!({"runner": name, "documents": cost.documents, "pages": cost.pages, "processor_ms_a_page": cost.a_page(), "seconds": cost.passing.as_secs_f64()})
        );
    }
}
