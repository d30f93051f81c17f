//! Reads receipts and itemizations: bytes in, reading out.
