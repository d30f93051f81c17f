//! Payment files, payment lists and notices: values in, bytes out.
