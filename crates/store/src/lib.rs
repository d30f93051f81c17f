//! The only SQL and the only object storage: SQLite or PostgreSQL behind one Store.
