//! The schemas of types whose JSON form is written by hand; those of the others are derived where the types stand.

use crate::{Confidence, InstitutionCode, PageHash, Sha256, Yen};
use std::borrow::Cow;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

fn text(pattern: &str, about: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).description(Some(about)).into()
}

macro_rules! schemas {
    ($($name:ident => $schema:expr;)*) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema
                }
            }
            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

schemas! {
    Yen => ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(Yen::ZERO.get()))
        .maximum(Some(Yen::MAX.get()))
        .description(Some("Whole Japanese yen."))
        .into();
    Confidence => ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0))
        .maximum(Some(1))
        .description(Some("How sure the reader is, from 0 to 1 in steps of a thousandth."))
        .into();
    Sha256 => text("^[0-9a-f]{64}$", "A SHA-256 in hexadecimal digits.");
    PageHash => text("^[0-9a-f]{64}$", "Where the ink of a page is, in 256 bits.");
    InstitutionCode => text("^[0-9]{10}$", "医療機関等コード: 10 digits.");
}
