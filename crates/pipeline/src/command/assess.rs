//! `kofu assess`: what the rules say of given facts. JSON Lines in, JSON Lines out, in the same order, as a stream.

use super::Done;
use crate::output::output_error;
use crate::own_programmes;
use anyhow::Result;
use claim::Lang;
use office::Told;
use rules::Ruleset;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// The longest line that is read: facts of a claim have a few hundred bytes, and one line must not fill the memory.
const LINE_BYTES_MAX: usize = 1024 * 1024;

pub(crate) fn run(file: &Path, own: Option<&Path>, lang: Lang) -> Result<Done> {
    let with_own = own.map(own_programmes::with_own).transpose()?;
    let ruleset = with_own.as_ref().unwrap_or_else(|| Ruleset::embedded());
    let unreadable = |error: std::io::Error| {
        let name = file.display();
        Told::new(
            format!("事実のファイル {name} を読めません。ファイルの場所と種類を確かめてください。"),
            format!("the facts in {name} cannot be read; check where the file is and what it is"),
        )
        .because(error)
    };
    let input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(std::fs::File::open(file).map_err(unreadable)?))
    };
    let out = BufWriter::new(std::io::stdout().lock());
    assess(input, out, ruleset, lang).map_err(|error| match error {
        Broken::Input(error) => unreadable(error).into(),
        Broken::Output(error) => output_error(error),
        Broken::Rules(error) => error,
    })
}

/// What ended the stream before its end.
enum Broken {
    Input(std::io::Error),
    Output(std::io::Error),
    Rules(anyhow::Error),
}

fn assess(mut input: impl BufRead, mut out: impl Write, ruleset: &Ruleset, lang: Lang) -> Result<Done, Broken> {
    let mut good = true;
    let mut line = Vec::new();
    let mut number = 0u64;
    while read_line(&mut input, &mut line).map_err(Broken::Input)? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // What is no text at all is no JSON either, and is refused as such.
        match ruleset.parse_facts(std::str::from_utf8(&line).unwrap_or("\u{fffd}")) {
            Ok(facts) => {
                let assessment = ruleset.assess(&facts, &[]).map_err(|error| Broken::Rules(error.into()))?;
                serde_json::to_writer(&mut out, &assessment.view(lang))
            }
            Err(error) => {
                good = false;
                serde_json::to_value(error.view(lang)).and_then(|mut answer| {
                    answer["error"]["line"] = number.into();
                    serde_json::to_writer(&mut out, &answer)
                })
            }
        }
        .and_then(|()| out.write_all(b"\n").map_err(serde_json::Error::io))
        .map_err(|error| Broken::Output(error.into()))?;
    }
    out.flush().map_err(Broken::Output)?;
    Ok(Done::all_if(good))
}

/// Reads one line without its end; false at the end of the input. What goes beyond [`LINE_BYTES_MAX`] is passed over,
/// and the cut line is no JSON, so that it becomes an error in its place.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let available = input.fill_buf()?;
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
