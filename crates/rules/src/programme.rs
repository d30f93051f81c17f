//! A programme (補助事業) as it stands in memory: every value dated, each with its source.

use claim::{
    Category, DocumentKind, FacilityKind, Lang, ProductId, ProductUnits, ProgrammeId, Rate, RoundingMode, Yen,
};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// A value with the days on which it holds and the source that it rests on.
#[derive(Clone, Debug)]
pub(crate) struct Dated<T> {
    pub(crate) value: T,
    /// Document and phrase, or `決定: …` where the documents are silent. Never empty.
    pub(crate) source: String,
    /// The day on which somebody compared the value with its source.
    pub(crate) checked_on: Date,
    /// First day; `None` for always before.
    pub(crate) from: Option<Date>,
    /// Last day; `None` for ever after.
    pub(crate) until: Option<Date>,
}

impl<T> Dated<T> {
    pub(crate) fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// Values of one item that between them cover every day exactly once, so that a look-up cannot fail.
#[derive(Clone, Debug)]
pub(crate) struct Timeline<T> {
    first: Dated<T>,
    /// In order of time; each has a `from`.
    later: Vec<Dated<T>>,
}

/// Why values do not cover every day exactly once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TimelineError {
    /// There is none at all.
    Empty,
    /// No value holds on this day.
    Gap(Date),
    /// Two values hold on this day.
    Overlap(Date),
    /// No value holds before this day.
    LateStart(Date),
    /// No value holds after this day.
    EarlyEnd(Date),
}

impl<T> Timeline<T> {
    pub(crate) fn new(mut values: Vec<Dated<T>>) -> Result<Timeline<T>, TimelineError> {
        values.sort_by_key(|dated| dated.from);
        for pair in values.windows(2) {
            let [before, after] = pair else { continue };
            // Sorted, so only the first may lack a `from`; a second without one overlaps it on every early day.
            let from = after.from.unwrap_or(Date::MIN);
            match before.until {
                None => return Err(TimelineError::Overlap(from)),
                Some(until) if until >= from => return Err(TimelineError::Overlap(from)),
                Some(until) => match until.tomorrow() {
                    Ok(next) if next == from => {}
                    Ok(next) => return Err(TimelineError::Gap(next)),
                    Err(_) => return Err(TimelineError::Gap(until)),
                },
            }
        }
        if let Some(Dated { until: Some(until), .. }) = values.last() {
            return Err(TimelineError::EarlyEnd(*until));
        }
        let mut values = values.into_iter();
        match values.next() {
            None => Err(TimelineError::Empty),
            Some(Dated { from: Some(from), .. }) => Err(TimelineError::LateStart(from)),
            Some(first) => Ok(Timeline { first, later: values.collect() }),
        }
    }

    /// The value that holds on `day`.
    pub(crate) fn on(&self, day: Date) -> &Dated<T> {
        self.later.iter().rev().find(|dated| dated.from.is_some_and(|from| from <= day)).unwrap_or(&self.first)
    }

    /// All of them, in order of time.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Dated<T>> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

/// What a programme grants.
#[derive(Clone, Debug)]
pub(crate) enum Grant {
    /// Yen for what was bought.
    Money(MoneyTerms),
    /// Units of a product (現物給付).
    Products(ProductTerms),
}

/// A programme that pays.
#[derive(Clone, Debug)]
pub(crate) struct MoneyTerms {
    pub(crate) rounding_mode: Timeline<RoundingMode>,
    pub(crate) rounding_unit: Timeline<Yen>,
    /// A kind that is not here is one of [`Programme::undecided`], at least on some days.
    pub(crate) kinds: BTreeMap<FacilityKind, KindTerms>,
}

/// A programme that gives products.
#[derive(Clone, Debug)]
pub(crate) struct ProductTerms {
    /// In the order of the file, which is that of the form; a product may be offered on some days only.
    pub(crate) products: Vec<Dated<Product>>,
    /// The day until which applications should come, if there is one before the deadline.
    pub(crate) first_deadline: Timeline<Option<Date>>,
    /// Set where what has been filed cannot be changed or taken back, as people read it.
    pub(crate) no_change_after_filing: Timeline<Option<String>>,
    /// How many units a kind of facility can ask for. As with [`MoneyTerms::kinds`], a kind may be missing.
    pub(crate) units_ceiling: BTreeMap<FacilityKind, Timeline<u32>>,
}

/// A product that a programme offers.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) maker: String,
    pub(crate) name: String,
}

impl Product {
    /// So many of it.
    pub(crate) fn units(&self, units: u32) -> ProductUnits {
        ProductUnits { product: self.id.clone(), maker: self.maker.clone(), name: self.name.clone(), units }
    }
}

impl ProductTerms {
    /// The products offered on `day`.
    pub(crate) fn on(&self, day: Date) -> impl Iterator<Item = &Dated<Product>> {
        self.products.iter().filter(move |dated| dated.holds_on(day))
    }
}

/// What a programme gives to one kind of facility.
#[derive(Clone, Debug)]
pub(crate) struct KindTerms {
    pub(crate) categories: Vec<CategoryTerms>,
    /// `None` as a value: the programme has no such ceiling.
    pub(crate) cost_ceiling: Timeline<Option<Yen>>,
    pub(crate) rate: Timeline<Rate>,
    pub(crate) grant_ceiling: Timeline<Option<Yen>>,
}

/// A category that a programme supports, for one kind of facility.
#[derive(Clone, Debug)]
pub(crate) struct CategoryTerms {
    pub(crate) category: Category,
    /// The days on which it is eligible; there may be none between them, never two at once.
    pub(crate) eligible: Vec<Dated<Category>>,
    pub(crate) ceiling: Timeline<Option<Yen>>,
}

impl CategoryTerms {
    /// The value that makes the category eligible on `day`, if one does.
    pub(crate) fn eligible_on(&self, day: Date) -> Option<&Dated<Category>> {
        self.eligible.iter().find(|dated| dated.holds_on(day))
    }
}

impl KindTerms {
    /// The categories eligible on `day`, with the value that says so, in the order of [`Category::ALL`].
    pub(crate) fn eligible_on(&self, day: Date) -> impl Iterator<Item = (&CategoryTerms, &Dated<Category>)> {
        self.categories.iter().filter_map(move |terms| terms.eligible_on(day).map(|dated| (terms, dated)))
    }
}

/// A programme: what it supports, for whom, how much and until when.
#[derive(Clone, Debug)]
pub struct Programme {
    pub(crate) id: ProgrammeId,
    pub(crate) source_documents: BTreeMap<String, String>,
    pub(crate) name_ja: Timeline<String>,
    pub(crate) name_en: Timeline<String>,
    pub(crate) opens_on: Timeline<Option<Date>>,
    pub(crate) deadline: Timeline<Date>,
    pub(crate) required_documents: Timeline<Vec<DocumentKind>>,
    pub(crate) excluding_programmes: Timeline<Vec<ProgrammeId>>,
    pub(crate) transitional_measures: Timeline<Vec<u8>>,
    pub(crate) grant: Grant,
    pub(crate) undecided: Vec<Undecided>,
    pub(crate) changes: Vec<Change>,
}

/// Kinds of facility whose claims the rules cannot decide on some days, because the sources do not say enough.
#[derive(Clone, Debug)]
pub(crate) struct Undecided {
    pub(crate) kinds: Vec<FacilityKind>,
    pub(crate) reason: Dated<String>,
    pub(crate) reason_en: String,
}

/// A change of a programme (改正): the day from which its values are others, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The first day; `None` for what held from the beginning.
    pub from: Option<Date>,
    /// What changed, in Japanese.
    pub what_ja: String,
    /// What changed, in English.
    pub what_en: String,
    /// Document and phrase, or `決定: …`.
    pub source: String,
    /// When it was compared with its source.
    pub checked_on: Date,
}

impl Programme {
    /// Its id, such as `home-consent`.
    pub fn id(&self) -> &ProgrammeId {
        &self.id
    }

    /// Its name on `day`.
    pub fn name(&self, day: Date, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.name_ja.on(day).value,
            Lang::En => &self.name_en.on(day).value,
        }
    }

    /// The first day on which it takes claims, as the rule stands on `day`; `None` if it names none.
    pub fn opens_on(&self, day: Date) -> Option<Date> {
        self.opens_on.on(day).value
    }

    /// The last day on which it takes claims, the whole day in Japan, as the rule stands on `day`.
    pub fn deadline(&self, day: Date) -> Date {
        self.deadline.on(day).value
    }

    /// What changed in it, in order of time.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether it grants units of products (現物給付) instead of yen.
    pub fn grants_in_kind(&self) -> bool {
        matches!(self.grant, Grant::Products(_))
    }

    /// The products that can be asked for on `day`, with maker and name, in the order of the form; none where it pays money.
    pub fn products(&self, day: Date) -> Vec<(&ProductId, String)> {
        match &self.grant {
            Grant::Money(_) => Vec::new(),
            Grant::Products(terms) => {
                let label = |product: &Product| format!("{} {}", product.maker, product.name);
                terms.on(day).map(|dated| (&dated.value.id, label(&dated.value))).collect()
            }
        }
    }

    /// Why a claim of a facility of `kind` cannot be decided on `day`, if it cannot.
    pub(crate) fn undecided(&self, kind: FacilityKind, day: Date) -> Option<&Undecided> {
        self.undecided.iter().find(|one| one.kinds.contains(&kind) && one.reason.holds_on(day))
    }

    /// The documents that its sources name, by the number with which a source begins.
    pub fn source_documents(&self) -> &BTreeMap<String, String> {
        &self.source_documents
    }
}
