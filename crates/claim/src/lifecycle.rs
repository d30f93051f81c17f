//! The life of a claim: its states and which may follow which (crates/README.md, Life of a claim).

use crate::Lang;
use serde::{Deserialize, Serialize};

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident $code:literal $ja:literal -> [$($next:ident)*])*) => {
        /// The state of a claim.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum ClaimState { $($(#[$doc])* $name,)* }

        impl ClaimState {
            /// All of them, in the order of a claim's life.
            pub const ALL: &'static [ClaimState] = &[$(ClaimState::$name,)*];

            /// The code, as stored.
            pub const fn code(self) -> &'static str {
                match self { $(ClaimState::$name => $code,)* }
            }

            /// The states that may follow.
            pub const fn next(self) -> &'static [ClaimState] {
                match self { $(ClaimState::$name => &[$(ClaimState::$next,)*],)* }
            }

            /// As people read it.
            pub const fn name(self, lang: Lang) -> &'static str {
                match lang {
                    Lang::Ja => match self { $(ClaimState::$name => $ja,)* },
                    Lang::En => self.code(),
                }
            }
        }
    };
}

states! {
    /// Being written; nothing has been promised.
    Draft "draft" "下書き" -> [Submitted Withdrawn]
    /// Accepted: stored, synced, hashed and read back.
    Submitted "submitted" "申請済み" -> [Read Withdrawn]
    /// Its documents have been read.
    Read "read" "読取済み" -> [Assessed Withdrawn]
    /// The rules have spoken.
    Assessed "assessed" "審査済み" -> [InReview Approved Returned Rejected]
    /// A person looks at it.
    InReview "in-review" "確認中" -> [Approved Returned Rejected Withdrawn]
    /// 交付決定.
    Approved "approved" "交付決定" -> [Batched Withdrawn]
    /// 差戻し: the facility may send a new revision.
    Returned "returned" "差戻し" -> [Submitted Withdrawn]
    /// 不交付.
    Rejected "rejected" "不交付" -> []
    /// In a payment batch that is not yet released.
    Batched "batched" "支払準備中" -> [Sent Approved]
    /// In a released batch: the bank has its order.
    Sent "sent" "振込依頼済み" -> [Paid Bounced]
    /// The bank's result says so. Bounced after all where that result was corrected (組戻し).
    Paid "paid" "支払済み" -> [Bounced]
    /// The bank sent it back; paid again once the account is right.
    Bounced "bounced" "振込不能" -> [Approved Withdrawn]
    /// Taken back by the facility, which may do so until it is decided and after a return; or a grant given up before it was
    /// paid.
    Withdrawn "withdrawn" "取下げ" -> []
}

/// A step that the life of a claim does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a claim that is {} cannot become {}; it may become one of: {}", from.code(), to.code(), codes(from.next()))]
pub struct TransitionError {
    /// The state it is in.
    pub from: ClaimState,
    /// The state that was asked for.
    pub to: ClaimState,
}

fn codes(states: &[ClaimState]) -> String {
    let codes: Vec<&str> = states.iter().map(|state| state.code()).collect();
    if codes.is_empty() { "none".to_owned() } else { codes.join(", ") }
}

impl ClaimState {
    /// The state of a code.
    pub fn from_code(code: &str) -> Option<ClaimState> {
        ClaimState::ALL.iter().copied().find(|state| state.code() == code)
    }

    /// Whether its facility may take it back: what was granted is given up by the fund instead, with its money.
    pub fn may_be_taken_back(self) -> bool {
        self.next().contains(&ClaimState::Withdrawn) && !matches!(self, ClaimState::Approved | ClaimState::Bounced)
    }

    /// `to`, if it may follow.
    pub fn step(self, to: ClaimState) -> Result<ClaimState, TransitionError> {
        if self.next().contains(&to) { Ok(to) } else { Err(TransitionError { from: self, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_state_is_out_of_reach_and_money_is_sent_only_from_a_batch() {
        let mut reached = vec![ClaimState::Draft];
        while let Some(new) =
            reached.iter().flat_map(|state| state.next()).find(|next| !reached.contains(next)).copied()
        {
            reached.push(new);
        }
        assert_eq!(reached.len(), ClaimState::ALL.len());
        for state in ClaimState::ALL {
            assert_eq!(state.next().contains(&ClaimState::Sent), *state == ClaimState::Batched);
            assert_eq!(ClaimState::from_code(state.code()), Some(*state));
            let granted = ["approved", "batched", "sent", "paid", "bounced"].contains(&state.code());
            assert!(!(granted && state.may_be_taken_back()), "{}", state.code());
        }
        assert_eq!(
            ClaimState::Rejected.step(ClaimState::Approved).unwrap_err().to_string(),
            "a claim that is rejected cannot become approved; it may become one of: none"
        );
    }
}
