//! A second opinion on 顔認証付きカードリーダー提供申請 (002, 様式2): units of a product instead of yen.

use super::{Answer, Day, check_digit_holds};
use anyhow::{Context, Result};
use serde_json::Value;

/// The programme's id.
pub(super) const PROGRAMME: &str = "card-reader-provision";

/// The five rows of the form's table, by the ids that the programme gives them.
pub(super) const PRODUCTS: [&str; 5] =
    ["fujitsu-caora", "panasonic-face-reader", "almex-sma-pa-mytouch", "canon-hi-cara", "atlas-exc-9000"];

/// A row that somebody filled in.
struct Row {
    rank: i64,
    product: String,
    units: i64,
}

fn rows(list: &Value) -> Result<Vec<Row>> {
    let row = |row: &Value| -> Result<Row> {
        Ok(Row {
            rank: row["rank"].as_i64().context("rank: no number")?,
            product: row["product"].as_str().context("product: no text")?.to_owned(),
            units: row["units"].as_i64().context("units: no number")?,
        })
    };
    list.as_array().into_iter().flatten().map(row).collect()
}

/// The row of a rank, if exactly one row has it.
fn only(rows: &[Row], rank: i64) -> Option<&Row> {
    match rows.iter().filter(|row| row.rank == rank).collect::<Vec<_>>()[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// What the form says of one application.
pub(super) fn decide(facts: &Value) -> Result<Answer> {
    let facility = &facts["facility"];
    let kind = facility["kind"].as_str().context("kind: no text")?;
    let submitted = Day::in_japan(facts["submitted_at"].as_str().context("submitted_at: no text")?)?;
    let (asked, filed) = (rows(&facts["choices"])?, rows(&facts["filed_choices"])?);
    let offered = |row: &Row| PRODUCTS.contains(&row.product.as_str());
    // ※病院は最高3台、診療所・薬局は1台
    let most = if kind == "hospital" { 3 } else { 1 };
    let mut said: Vec<&'static str> = Vec::new();
    let mut say = |code: &'static str, how_often: usize| said.extend(std::iter::repeat_n(code, how_often));

    let (first, last) = (Day::of(2022, 9, 30), Day::of(2022, 10, 7));
    say("first-deadline-passed", usize::from(submitted > first && submitted <= last));
    say("deadline-passed", usize::from(submitted > last));
    let grants = facts["earlier_grants"].as_array().context("earlier_grants: no list")?;
    say("already-granted", usize::from(grants.iter().any(|grant| grant == PROGRAMME)));
    say("already-filed", usize::from(facts["filed_before"].as_array().is_some_and(|claims| !claims.is_empty())));
    say("institution-code-doubtful", usize::from(!check_digit_holds(facility["code"].as_str().context("code")?)?));

    say("choice-missing", usize::from(asked.is_empty()));
    let twice = asked.iter().enumerate().any(|(i, row)| asked[..i].iter().any(|other| other.product == row.product));
    let seconds = asked.iter().filter(|row| row.rank == 2).count();
    let unclear = only(&asked, 1).is_none() || seconds > 1 || twice;
    say("choice-unclear", usize::from(!asked.is_empty() && unclear));
    say("product-not-offered", asked.iter().filter(|row| !offered(row)).count());
    say("units-above-ceiling", asked.iter().filter(|row| offered(row) && row.units > most).count());
    // ※申請書提出後のキャンセル・機種変更はできません
    let changed = [1, 2].into_iter().filter(|rank| {
        let was = only(&filed, *rank).filter(|row| offered(row));
        was.is_some_and(|was| only(&asked, *rank).is_none_or(|now| now.product != was.product))
    });
    say("choice-changed", changed.count());

    // Nothing is paid.
    let bought = |category: &str| -> i64 {
        let of = facts["expenses"].as_array().into_iter().flatten().filter(|one| one["category"] == category);
        of.filter_map(|one| one["amount_yen"].as_i64()).sum()
    };
    let categories = ["mobile_terminal", "receipt_computer", "card_reader", "other"];
    say("expense-not-eligible", categories.into_iter().filter(|category| bought(category) > 0).count());
    say("claimed-amount-differs", usize::from(facts["claimed_yen"].as_i64().is_some_and(|yen| yen != 0)));

    said.sort_unstable();
    let any = |codes: &[&str]| said.iter().any(|code| codes.contains(code));
    let outcome = if any(&["deadline-passed", "already-granted", "already-filed"]) {
        "reject"
    } else if any(&["choice-missing", "choice-unclear", "product-not-offered", "units-above-ceiling", "choice-changed"])
    {
        "return"
    } else if any(&["institution-code-doubtful"]) {
        "review"
    } else {
        "approve"
    };
    let grant_units = only(&asked, 1).filter(|_| outcome == "approve").map(|row| (row.product.clone(), row.units));
    Ok(Answer {
        outcome: outcome.to_owned(),
        grant_yen: 0,
        computed_yen: 0,
        grant_units,
        findings: said.into_iter().map(str::to_owned).collect(),
    })
}
