//! The source documents: which file of the folder is which document, and where a phrase stands in one.

use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// Stands in a phrase for words of the document that are left out. (After NFKC; programme files have it in full width.)
const OMISSION: &str = "(中略)";

/// The folders of the source documents, each document read once and only when a programme names it.
pub(super) struct Library {
    folders: Vec<PathBuf>,
    /// Their text files.
    files: Vec<PathBuf>,
    documents: BTreeMap<String, Result<Document, String>>,
}

impl Library {
    pub(super) fn open(folders: Vec<PathBuf>) -> anyhow::Result<Library> {
        let is_text = |file: &Path| file.extension().is_some_and(|end| end == "txt" || end == "md");
        let mut files = Vec::new();
        for folder in &folders {
            let listed = listing(folder).with_context(|| {
                format!("no source documents in {}; give the folder of 001_….txt", folder.display())
            })?;
            files.extend(listed.into_iter().filter(|file| is_text(file)));
        }
        Ok(Library { folders, files, documents: BTreeMap::new() })
    }

    /// The document of this number, or why there is none.
    pub(super) fn document(&mut self, number: &str) -> Result<&Document, &str> {
        if !self.documents.contains_key(number) {
            let document = self.read(number);
            self.documents.insert(number.to_owned(), document);
        }
        self.documents[number].as_ref().map_err(String::as_str)
    }

    /// How many documents could be read.
    pub(super) fn read_count(&self) -> usize {
        self.documents.values().filter(|document| document.is_ok()).count()
    }

    fn read(&self, number: &str) -> Result<Document, String> {
        let is_it = |file: &&PathBuf| {
            let name = name(file);
            name.strip_prefix(number).is_some_and(|rest| rest.starts_with(['_', '.']))
        };
        let files: Vec<&PathBuf> = self.files.iter().filter(is_it).collect();
        let shown = |paths: &mut dyn Iterator<Item = &PathBuf>, between: &str| {
            paths.map(|path| path.display().to_string()).collect::<Vec<_>>().join(between)
        };
        match files.as_slice() {
            [file] => match std::fs::read_to_string(file) {
                Ok(text) => Ok(Document::new(&name(file), &text)),
                Err(error) => Err(format!("{} cannot be read ({error}); it has to be text in UTF-8", file.display())),
            },
            [] => Err(format!(
                "found no file {number}_….txt, {number}.txt or the same with .md in {}; put the document's text there",
                shown(&mut self.folders.iter(), " or ")
            )),
            several => Err(format!(
                "found {}, expected one file; take the others away",
                shown(&mut several.iter().copied(), " and ")
            )),
        }
    }
}

/// What is in a folder, by name.
pub(super) fn listing(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>());
    let mut entries = entries.with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    entries.sort();
    Ok(entries)
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// NFKC and no white space: how phrases and documents are compared.
pub(super) fn folded(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// The parts of a phrase between its （中略）, after NFKC but with their white space: it tells where a number ends.
pub(super) fn parts(phrase: &str) -> Vec<String> {
    let phrase: String = phrase.nfkc().collect();
    phrase.split(OMISSION).map(|part| part.trim().to_owned()).collect()
}

/// The text of a document, folded.
pub(super) struct Document {
    /// The name of its file.
    name: String,
    text: String,
    /// Where each line begins in `text`.
    lines: Vec<usize>,
    /// Where white space stood. `1 / 2 41.1万円` folds to `1/241.1万円`, and 241 is no number of the document.
    gaps: BTreeSet<usize>,
}

impl Document {
    fn new(name: &str, text: &str) -> Document {
        let mut document =
            Document { name: name.to_owned(), text: String::new(), lines: Vec::new(), gaps: BTreeSet::new() };
        // Line by line, so that lines can be named. No normal form reaches across the end of a line.
        for line in text.lines() {
            document.lines.push(document.text.len());
            document.gaps.insert(document.text.len());
            for c in line.nfkc() {
                if c.is_whitespace() {
                    document.gaps.insert(document.text.len());
                } else {
                    document.text.push(c);
                }
            }
        }
        document
    }

    /// What keeps these parts of a phrase from standing in the document, in this order; nothing if they do.
    ///
    /// The order is asked for although a table that was made into text may tell its heading late: whoever cites can
    /// write the parts in the order of the file, and without an order short parts would be found anywhere.
    pub(super) fn absences(&self, parts: &[String]) -> Vec<String> {
        let folded_parts: Vec<String> = parts.iter().map(|part| folded(part)).collect();
        if folded_parts.iter().any(String::is_empty) {
            return vec![
                "found nothing before, after or between （中略）, expected words there; write the words, or take the \
                 （中略） out"
                    .to_owned(),
            ];
        }
        let absent: Vec<String> = folded_parts
            .iter()
            .filter(|part| self.find(part, 0).is_none())
            .map(|part| format!("looked for {part:?} in {}, {}", self.name, self.closest(part)))
            .collect();
        if !absent.is_empty() || self.has_in_order(&folded_parts) {
            return absent;
        }
        let mut places: Vec<(usize, &str, &str)> = folded_parts
            .iter()
            .zip(parts)
            .filter_map(|(part, written)| Some((self.find(part, 0)?.start, part.as_str(), written.as_str())))
            .collect();
        let lines: Vec<String> =
            places.iter().map(|(at, part, _)| format!("{part:?} (line {})", self.line(*at))).collect();
        places.sort_by_key(|(at, _, _)| *at);
        let sorted: Vec<&str> = places.iter().map(|(_, part, _)| *part).collect();
        let advice = if self.has_in_order(&sorted) {
            let written: Vec<&str> = places.iter().map(|(_, _, written)| *written).collect();
            format!("write {:?}", written.join("（中略）"))
        } else {
            "cite words that do not overlap".to_owned()
        };
        vec![format!(
            "looked for its parts one after the other in {}, found all of them but not in this order: {}; {advice}",
            self.name,
            lines.join(", ")
        )]
    }

    fn has_in_order<T: AsRef<str>>(&self, parts: &[T]) -> bool {
        let mut from = 0;
        parts.iter().all(|part| match self.find(part.as_ref(), from) {
            Some(found) => {
                from = found.end;
                true
            }
            None => false,
        })
    }

    /// The first place from `from` on where the part stands and cuts no number in two.
    fn find(&self, part: &str, from: usize) -> Option<Range<usize>> {
        self.text[from..]
            .match_indices(part)
            .map(|(at, found)| from + at..from + at + found.len())
            .find(|at| !self.inside_number(at.start) && !self.inside_number(at.end))
    }

    /// Whether what stands before and after this place is one number: 8 and 2.2, 41万 and 1千.
    fn inside_number(&self, at: usize) -> bool {
        if self.gaps.contains(&at) {
            return false;
        }
        let (before, after) = self.text.split_at(at);
        let ends = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
        let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let point = |c: char| matches!(c, '.' | ',');
        ends(before) && (begins(after) || after.strip_prefix(point).is_some_and(begins))
            || begins(after)
                && (before.strip_suffix(point).is_some_and(ends) || before.ends_with(['億', '万', '千', '百', '十']))
    }

    /// The closest that the document has to a part that it does not have, and what to do.
    fn closest(&self, part: &str) -> String {
        if let Some(at) = self.text.find(part) {
            return format!(
                "found it only inside a longer number (line {}: {:?}); cite the whole number",
                self.line(at),
                self.excerpt(at, 3, part.chars().count() + 3)
            );
        }
        // Whatever holds a text holds its beginnings and its ends, so the longest of them can be halved towards.
        let cuts: Vec<usize> = part.char_indices().map(|(at, _)| at).skip(1).collect();
        let beginning = cuts.partition_point(|cut| self.text.contains(&part[..*cut]));
        let end = cuts.len() - cuts.partition_point(|cut| !self.text.contains(&part[*cut..]));
        // What is shorter than this stands somewhere in any document and shows nothing.
        const TELLING: usize = 4;
        let advice = "cite the words as they stand there, with （中略） for what is left out";
        if beginning.max(end) < TELLING {
            return "found neither its beginning nor its end; cite the words as they stand there, or another document"
                .to_owned();
        }
        let (known, unknown) = part.split_at(cuts[if beginning >= end { beginning - 1 } else { cuts.len() - end }]);
        if beginning >= end {
            let at = self.text.find(known).unwrap_or_default();
            format!(
                "found {known:?} (line {}), where the document goes on {:?} and not {unknown:?}; {advice}",
                self.line(at),
                self.excerpt(at + known.len(), 0, 16)
            )
        } else {
            let (unknown, known) = (known, unknown);
            let at = self.text.find(known).unwrap_or_default();
            format!(
                "found {known:?} (line {}), before which the document has {:?} and not {unknown:?}; {advice}",
                self.line(at),
                self.excerpt(at, 16, 0)
            )
        }
    }

    /// The line of a place, from 1.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// So many characters before and after a place.
    fn excerpt(&self, at: usize, before: usize, after: usize) -> String {
        let (head, tail) = self.text.split_at(at);
        let mut excerpt: Vec<char> = head.chars().rev().take(before).collect();
        excerpt.reverse();
        excerpt.into_iter().chain(tail.chars().take(after)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAFLET: &str = "\u{feff}# 手引き\r\n\r\n2. 補助内容\r\n\t補助率\t補助限度額\r\n病院\t1 / 2\t41.1万円 事業額上限82.2万円\r\n\
                           診療所・薬局\t3 / 4\t12.8万円 事業額上限17.1万円\r\n※ 上限は、モバイル端末：4.1万円、\r\n  改修：41万1千円\r\n\
                           - 令和８年１月31日まで（写）\r\n";

    fn absences(phrase: &str) -> Vec<String> {
        Document::new("001_x.txt", LEAFLET).absences(&parts(phrase))
    }

    #[test]
    fn a_phrase_stands_there_whatever_its_widths_spaces_and_line_ends() {
        for phrase in [
            "手引き",
            "病院 1/2 41.1万円",
            "病院　１／２",
            "41.1万円事業額上限 82.2万円",
            "上限は､モバイル端末:4.1万円、改修",
            "令和8年1月31日まで(写)",
            "補助限度額（中略）病院 1 / 2（中略）82.2万円",
            "補助限度額(中略)薬局 3/4 (中略) 17.1万円",
            "3 / 4",
            "薬局 3 / 4 12.8万円",
        ] {
            assert_eq!(absences(phrase), [""; 0], "{phrase}");
        }
    }

    #[test]
    fn what_is_absent_is_told_with_the_closest_place() {
        let advice = "cite the words as they stand there, with （中略） for what is left out";
        for (phrase, told) in [
            (
                "補助率 補助限度額 病院 3/4",
                format!(
                    "looked for \"補助率補助限度額病院3/4\" in 001_x.txt, found \"補助率補助限度額病院\" (line 4), where the \
                     document goes on \"1/241.1万円事業額上限82\" and not \"3/4\"; {advice}"
                ),
            ),
            (
                "病院（中略）事業額上限82.1万円",
                format!(
                    "looked for \"事業額上限82.1万円\" in 001_x.txt, found \"事業額上限82.\" (line 5), where the document goes \
                     on \"2万円診療所・薬局3/412.8\" and not \"1万円\"; {advice}"
                ),
            ),
            (
                "病院 事業額上限82.2万円",
                format!(
                    "looked for \"病院事業額上限82.2万円\" in 001_x.txt, found \"事業額上限82.2万円\" (line 5), before which the \
                     document has \"補助限度額病院1/241.1万円\" and not \"病院\"; {advice}"
                ),
            ),
            (
                "交付の要綱",
                "looked for \"交付の要綱\" in 001_x.txt, found neither its beginning nor its end; cite the words as they \
                 stand there, or another document"
                    .to_owned(),
            ),
            (
                "病院（中略）1.1万円",
                "looked for \"1.1万円\" in 001_x.txt, found it only inside a longer number (line 5: \"/241.1万円事業額\"); \
                 cite the whole number"
                    .to_owned(),
            ),
            (
                "1千円",
                "looked for \"1千円\" in 001_x.txt, found it only inside a longer number (line 8: \"41万1千円-令和\"); cite \
                 the whole number"
                    .to_owned(),
            ),
            (
                "令和8年1月3",
                "looked for \"令和8年1月3\" in 001_x.txt, found it only inside a longer number (line 9: \
                 \"千円-令和8年1月31日ま\"); cite the whole number"
                    .to_owned(),
            ),
            (
                "病院 1 / 2（中略）補助限度額",
                "looked for its parts one after the other in 001_x.txt, found all of them but not in this order: \
                 \"病院1/2\" (line 5), \"補助限度額\" (line 4); write \"補助限度額（中略）病院 1 / 2\""
                    .to_owned(),
            ),
            (
                "病院 1 / 2（中略）2 41.1万円",
                "looked for its parts one after the other in 001_x.txt, found all of them but not in this order: \
                 \"病院1/2\" (line 5), \"241.1万円\" (line 5); cite words that do not overlap"
                    .to_owned(),
            ),
            (
                "病院（中略）（中略）1 / 2",
                "found nothing before, after or between （中略）, expected words there; write the words, or take the \
                 （中略） out"
                    .to_owned(),
            ),
        ] {
            assert_eq!(absences(phrase), [told], "{phrase}");
        }
        assert_eq!(absences("交付の要綱（中略）病院（中略）実施の要領").len(), 2, "every absent part is told");
    }
}
