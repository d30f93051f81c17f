//! A text in both languages.

use claim::Lang;

/// What people read of a mistake; the same in both languages where it is data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Words {
    pub(crate) fn new(ja: impl Into<String>, en: impl Into<String>) -> Words {
        Words { ja: ja.into(), en: en.into() }
    }

    /// Something that reads the same in both languages: a value, a key, a code.
    pub(crate) fn same(text: impl Into<String>) -> Words {
        let text = text.into();
        Words { ja: text.clone(), en: text }
    }

    pub(crate) fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

impl From<(&str, &str)> for Words {
    fn from((ja, en): (&str, &str)) -> Words {
        Words::new(ja, en)
    }
}
