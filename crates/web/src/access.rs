//! Who may ask for what: one table of all routes. The router is built from it, so that no route is without its line, and
//! a test tries every cell of role, route and owner.

use axum::http::Method;
use claim::Role;

/// Who may ask for a route. Whether somebody may see the very thing that it names is [`Owner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody.
    Anyone,
    /// Whoever has given a password, also before the second step.
    Beginning,
    /// These roles, after the second step where theirs needs one.
    Roles(&'static [Role]),
}

/// Which of the things that a route can name somebody may reach with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It names nothing that is anybody's.
    Nobody,
    /// What it shows is of whoever asks.
    Self_,
    /// A claim: a facility reaches those of its institutions, others all.
    Claim,
    /// A draft: only accounts of its institution.
    Draft,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Gate {
    /// How.
    pub method: Method,
    /// Where, with `{…}` for what differs.
    pub path: &'static str,
    /// Who.
    pub who: Who,
    /// Whose.
    pub owner: Owner,
}

/// All roles.
pub(crate) const EVERYONE: Who = Who::Roles(&Role::ALL);
/// All but facilities.
pub(crate) const STAFF: Who =
    Who::Roles(&[Role::Reviewer, Role::PaymentOfficer, Role::Approver, Role::Auditor, Role::Administrator]);
/// Who looks at claims.
pub(crate) const READERS: Who =
    Who::Roles(&[Role::Facility, Role::Reviewer, Role::PaymentOfficer, Role::Approver, Role::Auditor]);
/// Who looks at all claims.
pub(crate) const OFFICE: Who = Who::Roles(&[Role::Reviewer, Role::PaymentOfficer, Role::Approver, Role::Auditor]);
/// Who applies.
pub(crate) const FACILITY: Who = Who::Roles(&[Role::Facility]);
/// Who decides.
pub(crate) const REVIEWER: Who = Who::Roles(&[Role::Reviewer]);
/// Who sees payment batches.
pub(crate) const PAYMENTS: Who = Who::Roles(&[Role::PaymentOfficer, Role::Approver, Role::Auditor]);
/// Who prepares them.
pub(crate) const PREPARER: Who = Who::Roles(&[Role::PaymentOfficer]);
/// Who releases them.
pub(crate) const RELEASER: Who = Who::Roles(&[Role::Approver]);
/// Who may carry bank files away.
pub(crate) const BANK: Who = Who::Roles(&[Role::PaymentOfficer, Role::Approver]);
/// Who reads the decision log.
pub(crate) const AUDIT: Who = Who::Roles(&[Role::Auditor]);
/// Who keeps accounts.
pub(crate) const ADMINISTRATOR: Who = Who::Roles(&[Role::Administrator]);

impl Who {
    /// Whether an account of this role may ask, once it is wholly signed in.
    pub fn lets(self, role: Role) -> bool {
        match self {
            Who::Anyone | Who::Beginning => true,
            Who::Roles(roles) => roles.contains(&role),
        }
    }
}
