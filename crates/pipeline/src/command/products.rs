//! `kofu products`: what was granted in kind, counted by maker and prefecture, and as lists by which makers deliver.

use super::Done;
use crate::app::App;
use crate::cli::ProductsArgs;
use crate::output;
use anyhow::{Context, Result};
use claim::{Lang, ProgrammeId, day_in_japan};
use office::Told;
use reporting::{GrantedProduct, product_counts, product_list};
use serde::Serialize;
use std::collections::BTreeMap;

/// Grants that are fetched together.
const PAGE: u32 = 500;

/// A count as it is printed.
#[derive(Serialize)]
struct CountLine<'a> {
    programme: &'a ProgrammeId,
    maker: &'a str,
    name: &'a str,
    prefecture: u8,
    prefecture_name: &'a str,
    facilities: u64,
    units: u64,
}

pub(crate) async fn run(app: &App, args: &ProductsArgs) -> Result<Done> {
    let ruleset = app.office.rulebook.on(app.office.today()).await?;
    let programme = args.programme.as_deref().map(ProgrammeId::from);
    if let Some(id) = &programme
        && !ruleset.programme(id).is_some_and(rules::Programme::grants_in_kind)
    {
        let known: Vec<&str> =
            ruleset.programmes().filter(|one| one.grants_in_kind()).map(|one| one.id().as_str()).collect();
        let known = known.join(", ");
        anyhow::bail!(Told::new(
            format!("「{id}」は、製品を交付する補助事業ではありません。次のいずれかを指定してください: {known}"),
            format!("found --programme {:?}, expected one that grants products: {known}", id.as_str()),
        ));
    }
    let granted = granted(app, args, programme.as_ref()).await?;
    let mut rows = Vec::new();
    for (id, granted) in &granted {
        for count in product_counts(granted, app.lang) {
            if args.json.json {
                output::json_line(&CountLine {
                    programme: id,
                    maker: &count.maker,
                    name: &count.name,
                    prefecture: count.prefecture,
                    prefecture_name: count.prefecture_name,
                    facilities: count.facilities,
                    units: count.units,
                })?;
            } else {
                rows.push(vec![
                    id.to_string(),
                    count.maker,
                    count.name,
                    count.prefecture_name.to_owned(),
                    count.facilities.to_string(),
                    count.units.to_string(),
                ]);
            }
        }
        if let Some(out) = &args.out {
            std::fs::create_dir_all(out).with_context(|| format!("the folder {} cannot be made", out.display()))?;
            let day = args.until.unwrap_or_else(|| app.office.today());
            let name = ruleset.programme(id).map_or(id.as_str(), |programme| programme.name(day, Lang::Ja));
            let path = out.join(format!("products-{id}.xlsx"));
            std::fs::write(&path, product_list(name, granted, day)?)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            // Not among the lines of JSON that a script reads.
            eprintln!("{}", path.display());
        }
    }
    if !args.json.json {
        let header = match app.lang {
            Lang::Ja => ["補助事業", "メーカー", "製品", "都道府県", "医療機関等", "台数"],
            Lang::En => ["programme", "maker", "product", "prefecture", "facilities", "units"],
        };
        output::table(&header, &[4, 5], rows);
    }
    Ok(Done::All)
}

/// The grants that are asked for, by programme, with where each goes.
async fn granted(
    app: &App,
    args: &ProductsArgs,
    programme: Option<&ProgrammeId>,
) -> Result<BTreeMap<ProgrammeId, Vec<GrantedProduct>>> {
    let mut granted: BTreeMap<ProgrammeId, Vec<GrantedProduct>> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = app.office.store.units_granted(programme, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(granted) };
        after = Some(last.claim_id.clone());
        for one in page {
            let decided_on = day_in_japan(one.decided_at);
            if args.from.is_some_and(|from| decided_on < from) || args.until.is_some_and(|until| decided_on > until) {
                continue;
            }
            let facility = app.office.store.facility(&one.facility_code).await?;
            let (facility_name, postal_code, address) =
                facility.map(|row| (row.name, row.postal_code, row.address)).unwrap_or_default();
            granted.entry(one.programme).or_default().push(GrantedProduct {
                claim_id: one.claim_id.to_string(),
                facility_code: one.facility_code,
                facility_name,
                postal_code,
                address,
                units: one.units,
                decided_on,
                log_index: one.log_position,
            });
        }
    }
}
