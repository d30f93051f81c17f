//! The values of a programme as a list, each with its source: what `kofu programmes` prints.

use crate::programme::{Dated, Grant, MoneyTerms, ProductTerms, Programme, Timeline};
use claim::{Category, DocumentKind, FacilityKind, Lang, ProgrammeId, RoundingMode, Value, Yen};
use jiff::civil::Date;
use serde::Serialize;

/// One value of a programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedValue {
    /// Of which programme.
    pub programme: ProgrammeId,
    /// Which item, such as `rate`: the key of the programme file.
    pub item: &'static str,
    /// The item as people read it.
    pub label: &'static str,
    /// For which kind of facility; `None` where it holds for all.
    pub kind: Option<FacilityKind>,
    /// For which category of expenses; `None` where it is not of one.
    pub category: Option<Category>,
    /// Yen as a number, a day in ISO form, a fraction, a code, or a list of them; `None` where the programme sets
    /// nothing.
    pub value: Option<Value>,
    /// `yen`, `fraction`, `day`, `text`, `category`, `document`, `programme`, `number`, `mode`, `product` or
    /// `unit`.
    pub unit: &'static str,
    /// The value as people read it.
    pub text: String,
    /// Document and phrase, or `決定: …` where the documents are silent.
    pub source: String,
    /// The first day on which it holds; `None` for always before.
    pub from: Option<Date>,
    /// The last day on which it holds; `None` for ever after.
    pub until: Option<Date>,
    /// When it was compared with its source.
    pub checked_on: Date,
}

impl Programme {
    /// Its values with their sources, in the order of a programme's table: those in force on `on`, or all of them.
    pub fn listing(&self, on: Option<Date>, lang: Lang) -> Vec<ListedValue> {
        let mut list = List { programme: self, on, lang, values: Vec::new() };
        let text = |value: &String| Some(Value::from(value.as_str()));
        list.add("name_ja", "text", &self.name_ja, text);
        list.add("name_en", "text", &self.name_en, text);
        list.add("opens_on", "day", &self.opens_on, |day| day.map(Value::from));
        list.add("deadline", "day", &self.deadline, |day| Some(Value::from(*day)));
        list.add("required_documents", "document", &self.required_documents, |documents| {
            Some(Value::from(documents.iter().map(|kind| document_code(*kind)).collect::<Vec<_>>()))
        });
        list.add("excluding_programmes", "programme", &self.excluding_programmes, |ids| {
            Some(Value::from(ids.iter().map(ProgrammeId::as_str).collect::<Vec<_>>()))
        });
        list.add("transitional_measures", "number", &self.transitional_measures, |numbers| {
            Some(Value::from(numbers.iter().map(|number| i64::from(*number)).collect::<Vec<_>>()))
        });
        match &self.grant {
            Grant::Money(money) => list.money(money),
            Grant::Products(products) => list.products(products),
        }
        for undecided in &self.undecided {
            let reason = match lang {
                Lang::Ja => &undecided.reason.value,
                Lang::En => &undecided.reason_en,
            };
            for kind in &undecided.kinds {
                let value = Some(Value::from(reason.as_str()));
                list.push("undecided", "text", Some(*kind), None, &undecided.reason, value);
            }
        }
        list.values
    }
}

impl List<'_> {
    fn money(&mut self, money: &MoneyTerms) {
        self.add("rounding_mode", "mode", &money.rounding_mode, |mode| Some(Value::from(mode_code(*mode))));
        self.add("rounding_unit", "yen", &money.rounding_unit, |yen| Some(Value::from(*yen)));
        let ceiling = |yen: &Option<Yen>| yen.map(Value::from);
        for (kind, terms) in &money.kinds {
            for category in &terms.categories {
                for dated in &category.eligible {
                    self.push(
                        "eligible_category",
                        "category",
                        Some(*kind),
                        Some(category.category),
                        dated,
                        Some(Value::from(dated.value)),
                    );
                }
                self.add_for(
                    "category_ceiling",
                    "yen",
                    Some(*kind),
                    Some(category.category),
                    &category.ceiling,
                    ceiling,
                );
            }
            self.add_for("cost_ceiling", "yen", Some(*kind), None, &terms.cost_ceiling, ceiling);
            self.add_for("rate", "fraction", Some(*kind), None, &terms.rate, |rate| Some(Value::from(*rate)));
            self.add_for("grant_ceiling", "yen", Some(*kind), None, &terms.grant_ceiling, ceiling);
        }
    }

    fn products(&mut self, products: &ProductTerms) {
        self.add("first_deadline", "day", &products.first_deadline, |day| day.map(Value::from));
        self.add("no_change_after_filing", "text", &products.no_change_after_filing, |text| {
            text.as_deref().map(Value::from)
        });
        for dated in &products.products {
            let label = format!("{} {}", dated.value.maker, dated.value.name);
            self.push("product", "product", None, None, dated, Some(Value::from(label)));
        }
        for (kind, ceiling) in &products.units_ceiling {
            self.add_for("units_ceiling", "unit", Some(*kind), None, ceiling, |units| Some(Value::from(*units)));
        }
    }
}

/// The code of a kind of document, as in JSON.
pub(crate) const fn document_code(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Receipt => "receipt",
        DocumentKind::Itemization => "itemization",
        DocumentKind::Estimate => "estimate",
        DocumentKind::Invoice => "invoice",
        DocumentKind::DeliveryNote => "delivery_note",
        DocumentKind::Other => "other",
    }
}

/// The code of a rounding mode, as in a trace.
pub(crate) const fn mode_code(mode: RoundingMode) -> &'static str {
    match mode {
        RoundingMode::Down => "down",
        RoundingMode::Up => "up",
        RoundingMode::HalfUp => "half-up",
    }
}

struct List<'p> {
    programme: &'p Programme,
    on: Option<Date>,
    lang: Lang,
    values: Vec<ListedValue>,
}

impl List<'_> {
    fn add<T>(
        &mut self,
        item: &'static str,
        unit: &'static str,
        timeline: &Timeline<T>,
        value: impl Fn(&T) -> Option<Value>,
    ) {
        self.add_for(item, unit, None, None, timeline, value);
    }

    fn add_for<T>(
        &mut self,
        item: &'static str,
        unit: &'static str,
        kind: Option<FacilityKind>,
        category: Option<Category>,
        timeline: &Timeline<T>,
        value: impl Fn(&T) -> Option<Value>,
    ) {
        for dated in timeline.all() {
            self.push(item, unit, kind, category, dated, value(&dated.value));
        }
    }

    fn push<T>(
        &mut self,
        item: &'static str,
        unit: &'static str,
        kind: Option<FacilityKind>,
        category: Option<Category>,
        dated: &Dated<T>,
        value: Option<Value>,
    ) {
        if self.on.is_some_and(|day| !dated.holds_on(day)) {
            return;
        }
        self.values.push(ListedValue {
            programme: self.programme.id.clone(),
            item,
            label: label(item, self.lang),
            kind,
            category,
            text: shown(unit, value.as_ref(), self.lang),
            value,
            unit,
            source: dated.source.clone(),
            from: dated.from,
            until: dated.until,
            checked_on: dated.checked_on,
        });
    }
}

const fn label(item: &str, lang: Lang) -> &'static str {
    match (item.as_bytes(), lang) {
        (b"name_ja", Lang::Ja) => "名称",
        (b"name_ja", Lang::En) => "name in Japanese",
        (b"name_en", Lang::Ja) => "名称（英語）",
        (b"name_en", Lang::En) => "name in English",
        (b"opens_on", Lang::Ja) => "受付開始日",
        (b"opens_on", Lang::En) => "first day",
        (b"deadline", Lang::Ja) => "申請期限",
        (b"deadline", Lang::En) => "deadline",
        (b"required_documents", Lang::Ja) => "添付書類",
        (b"required_documents", Lang::En) => "required documents",
        (b"excluding_programmes", Lang::Ja) => "交付済みの場合に対象外となる補助",
        (b"excluding_programmes", Lang::En) => "excluded after a grant of",
        (b"transitional_measures", Lang::Ja) => "必要な経過措置",
        (b"transitional_measures", Lang::En) => "transitional measures, one needed",
        (b"eligible_category", Lang::Ja) => "対象経費",
        (b"eligible_category", Lang::En) => "eligible category",
        (b"category_ceiling", Lang::Ja) => "区分の上限",
        (b"category_ceiling", Lang::En) => "category ceiling",
        (b"cost_ceiling", Lang::Ja) => "事業額上限",
        (b"cost_ceiling", Lang::En) => "cost ceiling",
        (b"rate", Lang::Ja) => "補助率",
        (b"rate", Lang::En) => "rate",
        (b"rounding_mode", Lang::Ja) => "端数処理",
        (b"rounding_mode", Lang::En) => "rounding",
        (b"rounding_unit", Lang::Ja) => "端数処理の単位",
        (b"rounding_unit", Lang::En) => "rounding unit",
        (b"grant_ceiling", Lang::Ja) => "補助限度額",
        (b"grant_ceiling", Lang::En) => "grant ceiling",
        (b"first_deadline", Lang::Ja) => "最初の締切",
        (b"first_deadline", Lang::En) => "first deadline",
        (b"no_change_after_filing", Lang::Ja) => "提出後の変更",
        (b"no_change_after_filing", Lang::En) => "changes after filing",
        (b"product", Lang::Ja) => "製品",
        (b"product", Lang::En) => "product",
        (b"units_ceiling", Lang::Ja) => "申し込むことのできる台数",
        (b"units_ceiling", Lang::En) => "units that can be asked for",
        (b"undecided", Lang::Ja) => "自動では判断しない理由",
        (b"undecided", Lang::En) => "why the rules cannot decide",
        _ => "",
    }
}

/// A value as people read it.
fn shown(unit: &str, value: Option<&Value>, lang: Lang) -> String {
    let nothing = match lang {
        Lang::Ja => "なし",
        Lang::En => "none",
    };
    match value {
        None => nothing.to_owned(),
        Some(Value::List(list)) if list.is_empty() => nothing.to_owned(),
        Some(Value::List(list)) => {
            list.iter().map(|one| shown(unit, Some(one), lang)).collect::<Vec<_>>().join(match lang {
                Lang::Ja => "、",
                Lang::En => ", ",
            })
        }
        Some(value) => match (unit, value, lang) {
            ("yen", value, _) => value.show("value_yen", lang),
            ("unit", value, _) => value.show("value_units", lang),
            ("day", value, _) => value.show("value_on", lang),
            ("category", value, _) => value.show("category", lang),
            // A programme file takes these two only.
            ("document", Value::Text(code), _) => match code.as_str() {
                "receipt" => DocumentKind::Receipt.name(lang).to_owned(),
                _ => DocumentKind::Itemization.name(lang).to_owned(),
            },
            ("mode", Value::Text(code), Lang::Ja) => match code.as_str() {
                "down" => "切捨て".to_owned(),
                "up" => "切上げ".to_owned(),
                _ => "四捨五入".to_owned(),
            },
            ("number", value, Lang::Ja) => format!("経過措置({})", value.show("number", lang)),
            (_, value, _) => value.show("value", lang),
        },
    }
}
