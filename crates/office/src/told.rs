//! What a person can cause and mend, told in both languages: made where it arises, shown by whoever was asked.

use crate::OfficeError;
use claim::Lang;
use std::fmt;

/// What could not be done and what to do, in both languages.
#[derive(Debug)]
pub struct Told {
    code: &'static str,
    names: Vec<&'static str>,
    ja: String,
    en: String,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Told {
    /// In Japanese and in English.
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Told {
        Told { code: "refused", names: Vec::new(), ja: ja.into(), en: en.into(), cause: None }
    }

    /// With a code for programs; without one it is `refused`.
    pub fn coded(self, code: &'static str) -> Told {
        Told { code, ..self }
    }

    /// What programs tell it by, such as `reason-missing`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// With the codes that it is about, such as those of findings.
    pub fn naming(self, names: Vec<&'static str>) -> Told {
        Told { names, ..self }
    }

    /// The codes that it is about.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// With a further sentence in each language, for those who can act on it where they are.
    pub fn with(mut self, ja: &str, en: &str) -> Told {
        self.ja.push_str(ja);
        self.en.push_str(en);
        self
    }

    /// With what it came of, which is told after it.
    pub fn because(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Told {
        Told { cause: Some(cause.into()), ..self }
    }

    /// In one language.
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// An act refused, with its code, in Japanese and in English.
pub(crate) fn told(code: &'static str, ja: impl Into<String>, en: impl Into<String>) -> OfficeError {
    Told::new(ja, en).coded(code).into()
}
