//! How often a token may ask: so many requests a minute, all at once or one after another. Each process counts for itself.

use crate::fault::{Asked, Fault};
use axum::http::StatusCode;
use claim::Sha256;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Requests a minute of one token.
pub const REQUESTS_A_MINUTE: u32 = 600;
/// Beyond so many tokens those are forgotten that have been quiet for a minute.
const TOKENS_MOST: usize = 10_000;

/// The requests of the last minute by token: the instant (in milliseconds) at which all that was asked is paid for.
#[derive(Clone)]
pub(crate) struct Limits {
    a_minute: u32,
    paid: Arc<Mutex<HashMap<Sha256, i64>>>,
}

impl Limits {
    pub(crate) fn new(a_minute: u32) -> Limits {
        Limits { a_minute: a_minute.max(1), paid: Arc::default() }
    }

    /// Takes a request of a token, or says when the next is taken.
    pub(crate) fn take(&self, token: &Sha256, now: Timestamp) -> Result<(), Fault> {
        let (now, cost) = (now.as_millisecond(), (60_000 / i64::from(self.a_minute)).max(1));
        // A map of whole values: a panic elsewhere leaves it as it was.
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() > TOKENS_MOST {
            paid.retain(|_, at| *at > now);
        }
        let at = paid.entry(*token).or_insert(now);
        let next = (*at).max(now) + cost;
        if next - now > 60_000 {
            let wait = u64::try_from((next - now - 60_000 + 999) / 1000).unwrap_or(1);
            return Err(Asked::later(
                wait,
                format!("要求が多すぎます。{wait}秒待ってから、もう一度お試しください。"),
                format!("too many requests of this token; wait {wait} s"),
            ));
        }
        *at = next;
        Ok(())
    }
}

impl Asked {
    fn later(seconds: u64, ja: String, en: String) -> Fault {
        let mut asked = Asked::new(StatusCode::TOO_MANY_REQUESTS, "too-often", ja, en);
        asked.retry_after = Some(seconds);
        asked.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_requests_may_come_at_once_and_then_one_at_a_time() {
        let limits = Limits::new(60);
        let (one, other) = (Sha256([1; 32]), Sha256([2; 32]));
        let at = |ms: i64| Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap();
        assert_eq!((0..61).filter(|_| limits.take(&one, at(0)).is_ok()).count(), 60);
        assert!(limits.take(&other, at(0)).is_ok(), "each token has its own");
        assert!(limits.take(&one, at(999)).is_err());
        assert!(limits.take(&one, at(1000)).is_ok());
        assert!(limits.take(&one, at(1000)).is_err());
        assert_eq!((0..100).filter(|_| limits.take(&one, at(61_000)).is_ok()).count(), 60);
    }
}
