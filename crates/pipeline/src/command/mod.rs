//! The commands, one file each. Every one returns whether all that was asked could be done.

pub(crate) mod accounts;
pub(crate) mod assess;
pub(crate) mod banks;
pub(crate) mod batch;
pub(crate) mod budget;
pub(crate) mod check;
pub(crate) mod claims;
pub(crate) mod demo;
pub(crate) mod demo_serve;
pub(crate) mod duplicates;
pub(crate) mod facilities;
pub(crate) mod log;
pub(crate) mod messages;
pub(crate) mod notices;
pub(crate) mod products;
pub(crate) mod programmes;
pub(crate) mod read;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod template;
pub(crate) mod work;

/// Whether everything was done, or some of it could not be while the rest went on (exit code 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// All of it.
    All,
    /// Not all; what was wrong has been said.
    NotAll,
}

impl Done {
    /// All, if `good`.
    pub(crate) fn all_if(good: bool) -> Done {
        if good { Done::All } else { Done::NotAll }
    }
}
