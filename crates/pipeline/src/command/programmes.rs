//! `kofu programmes`: the rules in force, each value with its source.

use super::Done;
use crate::output;
use anyhow::{Result, bail};
use claim::{Lang, ProgrammeId};
use jiff::civil::Date;
use rules::Ruleset;

pub(crate) fn run(id: Option<&str>, on: Date, json: bool, lang: Lang) -> Result<Done> {
    let ruleset = Ruleset::embedded();
    let programmes: Vec<_> = match id {
        None => ruleset.programmes().collect(),
        Some(id) => match ruleset.programme(&ProgrammeId::from(id)) {
            Some(programme) => vec![programme],
            None => {
                let known: Vec<&str> = ruleset.programmes().map(|p| p.id().as_str()).collect();
                bail!("found programme {id:?}, expected one of: {}", known.join(", "));
            }
        },
    };
    for programme in programmes {
        let values = programme.listing(Some(on), lang);
        if json {
            for value in &values {
                output::json_line(value)?;
            }
        } else {
            output::say(&format!("{}  {}", programme.id(), programme.name(on, lang)));
            let header = match lang {
                Lang::Ja => ["項目", "区分", "値", "根拠"],
                Lang::En => ["item", "for", "value", "source"],
            };
            output::table(
                &header,
                &[2],
                values.iter().map(|value| {
                    let of: Vec<&str> =
                        [value.kind.map(|kind| kind.name(lang)), value.category.map(|category| category.name(lang))]
                            .into_iter()
                            .flatten()
                            .collect();
                    vec![value.label.to_owned(), of.join(" "), value.text.clone(), value.source.clone()]
                }),
            );
        }
    }
    if !json {
        output::say(&format!("ruleset {}", ruleset.hash()));
    }
    Ok(Done::All)
}
