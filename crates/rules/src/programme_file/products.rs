//! What a file of a programme that grants products says: which, how many, and until when.

use super::kinds::{is_always_undecided, of_kind};
use super::{Entry, Reader};
use crate::programme::{Dated, Product, ProductTerms, Undecided};
use claim::{FacilityKind, ProductId};
use std::collections::BTreeMap;

impl Reader<'_> {
    /// The products, and for each kind of facility how many it can ask for.
    pub(super) fn products(
        &mut self,
        products: &[Entry<'_, '_>],
        units_ceilings: &[Entry<'_, '_>],
        first_deadlines: &[Entry<'_, '_>],
        no_changes: &[Entry<'_, '_>],
        undecided: &[Undecided],
    ) -> Option<ProductTerms> {
        let first_deadline = self.timeline("first_deadline", first_deadlines, Self::day_or_none);
        let no_change_after_filing = self.timeline("no_change_after_filing", no_changes, |reader, value, key| {
            reader.words_or_none(
                value,
                key,
                (
                    "提出後に変更できないことを示す文、または変更できるときの \"none\"",
                    "what says that nothing changes after filing, or \"none\" where it may",
                ),
            )
        });
        let products: Vec<Dated<Product>> = products
            .iter()
            .filter_map(|entry| {
                let id = self.product_id(entry.value, &format!("{}.value", entry.key))?;
                Some(entry.dated(Product { id, maker: entry.maker.clone(), name: entry.name.clone() }))
            })
            .collect();
        let units = self.values(units_ceilings, Self::units);
        if !self.mistakes.is_empty() {
            return None;
        }
        let mut days: BTreeMap<&ProductId, Vec<Dated<()>>> = BTreeMap::new();
        for dated in &products {
            let when = Dated {
                value: (),
                source: dated.source.clone(),
                checked_on: dated.checked_on,
                from: dated.from,
                until: dated.until,
            };
            days.entry(&dated.value.id).or_default().push(when);
        }
        for (id, days) in days {
            self.no_overlap(&format!("product ({id})"), &days);
        }
        let mut units_ceiling = BTreeMap::new();
        for kind in FacilityKind::ALL {
            let said: Vec<Dated<u32>> = of_kind(&units, kind).collect();
            let key = format!("units_ceiling ({})", kind.code());
            if !said.is_empty() {
                units_ceiling.extend(self.covering(&key, said).map(|ceiling| (kind, ceiling)));
            } else if !is_always_undecided(undecided, kind) {
                let expected = (
                    "すべての施設区分の台数、または理由を書いた [[undecided]]",
                    "a number of units for every kind of facility, or an [[undecided]] with the reason",
                );
                self.missing::<()>(&key, expected);
            }
        }
        Some(ProductTerms {
            products,
            first_deadline: first_deadline?,
            no_change_after_filing: no_change_after_filing?,
            units_ceiling,
        })
    }
}
