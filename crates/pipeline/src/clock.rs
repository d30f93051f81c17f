//! The one place where the time of day comes from. Everything below takes it as an argument.

use jiff::Timestamp;
use std::time::Instant;

/// A source of instants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// Goes on from an instant: the demo that is served, whose programmes take claims.
    From(Timestamp, Instant),
    /// Always the same instant: the demo, whose results are the same bytes on every machine and day.
    Fixed(Timestamp),
}

impl Clock {
    /// The present instant, in whole milliseconds (what the store keeps).
    pub(crate) fn now(self) -> Timestamp {
        match self {
            Clock::System => {
                let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                let now = Timestamp::UNIX_EPOCH + since_1970;
                // A whole millisecond of an instant is an instant.
                Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
            }
            Clock::From(start, began) => {
                let now = start + began.elapsed();
                Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
            }
            Clock::Fixed(at) => at,
        }
    }
}
