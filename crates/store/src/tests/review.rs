//! Review, overview and finding again in the log, on both databases.
