//! Programmes as dated data, and the one function that assesses a claim on them.
