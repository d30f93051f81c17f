//! `kofu assess`: what the rules say of given facts. JSON Lines in, JSON Lines out, in the same order, as a stream.

use super::Done;
use crate::rulebook;
use anyhow::{Context, Result};
use claim::Lang;
use rules::Ruleset;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// The longest line that is read: facts of a claim have a few hundred bytes, and one line must not fill the memory.
const LINE_BYTES_MAX: usize = 1024 * 1024;

pub(crate) fn run(file: &Path, own: Option<&Path>, lang: Lang) -> Result<Done> {
    let with_own = own.map(rulebook::with_own).transpose()?;
    let ruleset = with_own.as_ref().unwrap_or_else(|| Ruleset::embedded());
    let input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file =
            std::fs::File::open(file).with_context(|| format!("the facts in {} cannot be read", file.display()))?;
        Box::new(BufReader::new(file))
    };
    assess(input, BufWriter::new(std::io::stdout().lock()), ruleset, lang)
}

fn assess(mut input: impl BufRead, mut out: impl Write, ruleset: &Ruleset, lang: Lang) -> Result<Done> {
    let mut good = true;
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // What is no text at all is no JSON either, and is refused as such.
        match ruleset.parse_facts(std::str::from_utf8(&line).unwrap_or("\u{fffd}")) {
            Ok(facts) => serde_json::to_writer(&mut out, &ruleset.assess(&facts, &[])?.view(lang))?,
            Err(error) => {
                good = false;
                serde_json::to_writer(&mut out, &error.view(lang))?;
            }
        }
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Done::all_if(good))
}

/// Reads one line without its end; false at the end of the input. What goes beyond [`LINE_BYTES_MAX`] is passed over,
/// and the cut line is no JSON, so that it becomes an error in its place.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let available = input.fill_buf().context("the facts cannot be read on")?;
        if available.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(available.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}
