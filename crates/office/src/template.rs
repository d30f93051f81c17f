//! The itemization template for a facility, to be filled in and sent back with the receipts.

use crate::{Office, OfficeError, Told};
use claim::{Category, DocumentKind, Facility, Lang, ProgrammeId, Value};
use jiff::civil::Date;
use reporting::{ItemizationTemplate, itemization_template};
use rules::{ListedValue, Programme, Ruleset};

/// A workbook for one facility and one programme.
#[derive(Clone, Debug)]
pub struct Template {
    /// The name that it has as a file.
    pub file: String,
    /// The workbook.
    pub bytes: Vec<u8>,
    /// The last day of its programme.
    pub deadline: Date,
}

impl Office {
    /// The template for `facility` and `programme`, or for the only one that takes claims of such a facility today.
    pub async fn template(
        &self,
        facility: &Facility,
        programme: Option<&ProgrammeId>,
    ) -> Result<Template, OfficeError> {
        let today = self.today();
        let ruleset = self.rulebook.on(today).await?;
        let programme = chosen(&ruleset, facility, programme, today)?;
        let values = Values::of(programme, facility, today)?;
        let bytes = itemization_template(&ItemizationTemplate {
            facility,
            programme: programme.id(),
            programme_name: programme.name(today, Lang::Ja),
            opens_on: programme.opens_on(today),
            deadline: programme.deadline(today),
            documents: &values.documents,
            categories: &values.categories,
            terms: &values.terms,
            as_of: today,
            ruleset: ruleset.hash(),
        })?;
        let file = format!("領収書内訳書_{}_{}.xlsx", facility.code, programme.id());
        Ok(Template { file, bytes, deadline: programme.deadline(today) })
    }
}

/// The programme that was asked for, or the only one that takes claims of such a facility today.
fn chosen<'r>(
    ruleset: &'r Ruleset,
    facility: &Facility,
    id: Option<&ProgrammeId>,
    today: Date,
) -> Result<&'r Programme, OfficeError> {
    let ids = |programmes: &[&Programme]| {
        programmes.iter().map(|programme| programme.id().as_str()).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<&Programme> = ruleset.programmes().collect();
    if let Some(id) = id {
        return ruleset.programme(id).ok_or_else(|| {
            Told::new(
                format!("補助事業「{id}」はありません。次のいずれかを指定してください: {}", ids(&all)),
                format!("found programme {:?}, expected one of: {}", id.as_str(), ids(&all)),
            )
            .into()
        });
    }
    let open: Vec<&Programme> = all
        .iter()
        .copied()
        .filter(|programme| {
            programme.opens_on(today).is_none_or(|day| day <= today)
                && today <= programme.deadline(today)
                && Values::of(programme, facility, today).is_ok()
        })
        .collect();
    match open.as_slice() {
        [one] => Ok(one),
        [] => Err(Told::new(
            format!("受付中の補助事業がありません。--programme で指定してください: {}", ids(&all)),
            format!("no programme takes claims today; name one with --programme: {}", ids(&all)),
        )
        .into()),
        several => Err(Told::new(
            format!("受付中の補助事業が複数あります。--programme で指定してください: {}", ids(several)),
            format!("several programmes take claims today; name one with --programme: {}", ids(several)),
        )
        .into()),
    }
}

/// What a template says of a programme.
struct Values {
    documents: Vec<DocumentKind>,
    categories: Vec<Category>,
    terms: Vec<(String, String)>,
}

impl Values {
    /// The values that hold for such a facility on `day`.
    fn of(programme: &Programme, facility: &Facility, day: Date) -> Result<Values, OfficeError> {
        let listed: Vec<ListedValue> = programme
            .listing(Some(day), Lang::Ja)
            .into_iter()
            .filter(|value| value.kind.is_none_or(|kind| kind == facility.kind))
            .collect();
        let of = |item: &'static str| listed.iter().filter(move |value| value.item == item);
        let categories: Vec<Category> = of("eligible_category").filter_map(|value| value.category).collect();
        if categories.is_empty() {
            return Err(without_expenses(programme, facility, &listed).into());
        }
        let is_needed = |code: &str| {
            of("required_documents").any(|value| match &value.value {
                Some(Value::List(codes)) => codes.iter().any(|one| *one == Value::from(code)),
                _ => false,
            })
        };
        let documents = [("receipt", DocumentKind::Receipt), ("itemization", DocumentKind::Itemization)]
            .into_iter()
            .filter(|(code, _)| is_needed(code))
            .map(|(_, kind)| kind)
            .collect();
        let ceilings = of("category_ceiling").map(|value| {
            let name = value.category.map_or("", |category| category.name(Lang::Ja));
            (format!("{name}の上限（税込）"), value.text.clone())
        });
        let others = ["cost_ceiling", "rate", "grant_ceiling"]
            .into_iter()
            .flat_map(&of)
            .map(|value| (value.label.to_owned(), value.text.clone()));
        let terms = ceilings.chain(others).collect();
        Ok(Values { documents, categories, terms })
    }
}

/// Why there is nothing to itemize: the programme gives no money for expenses, or is silent about such a facility.
fn without_expenses(programme: &Programme, facility: &Facility, listed: &[ListedValue]) -> Told {
    let (id, kind) = (programme.id(), facility.kind);
    let reason = listed.iter().find(|value| value.item == "undecided").map(|value| value.text.as_str());
    let reason = reason.map_or_else(String::new, |reason| format!("（{reason}）"));
    Told::new(
        format!(
            "補助事業「{id}」には、{}の対象経費の定めがないため、様式を作成できません{reason}。補助事業と施設区分を確かめてください。",
            kind.name(Lang::Ja)
        ),
        format!(
            "programme {id} names no eligible expenses of a {}, so there is no template; check the programme and the kind",
            kind.name(Lang::En)
        ),
    )
}
