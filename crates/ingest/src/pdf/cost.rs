//! How long a PDF takes to draw, told before anything is drawn: five kilobytes of forms that draw one another twice make a
//! trillion drawings, and the interpreter does them all.

use crate::limits::Limits;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use std::collections::HashMap;

/// Forms within forms within forms: deeper than any writer goes, and far from what the interpreter's stack holds.
const DEEPEST: usize = 40;
/// How often the pages of a document may go over what is inflated; many of them may show one stream.
const ROUNDS: u64 = 4;

/// The steps that it takes to draw the first pages, or more than there may be.
pub(super) fn of_pages(document: &Document, most_pages: usize, limits: &Limits) -> u64 {
    let mut meter = Meter {
        document,
        known: HashMap::new(),
        depth: 0,
        bytes_left: limits.inflated_bytes.saturating_mul(ROUNDS),
        most_bytes: usize::try_from(limits.inflated_bytes).unwrap_or(usize::MAX),
        most: u64::from(limits.drawing_steps),
    };
    let mut steps = 0u64;
    for page in document.page_iter().take(most_pages) {
        steps = steps.saturating_add(meter.page(page));
        if steps > meter.most {
            break;
        }
    }
    steps
}

struct Meter<'a> {
    document: &'a Document,
    /// What a form, a pattern or a character takes; `None` while that is being found out: one that draws itself is drawn
    /// once.
    known: HashMap<ObjectId, Option<u64>>,
    depth: usize,
    bytes_left: u64,
    most_bytes: usize,
    most: u64,
}

impl<'a> Meter<'a> {
    fn page(&mut self, page: ObjectId) -> u64 {
        let Ok(dictionary) = self.document.get_dictionary(page) else { return 0 };
        let resources = self.inherited(dictionary);
        let content = self.get(dictionary, b"Contents");
        let parts: Vec<&Stream> = match content {
            Some(Object::Stream(stream)) => vec![stream],
            Some(Object::Array(parts)) => {
                parts.iter().filter_map(|part| self.resolved(part)?.as_stream().ok()).collect()
            }
            _ => Vec::new(),
        };
        let mut bytes = Vec::new();
        for part in parts {
            self.append(part, &mut bytes);
            if bytes.len() > self.most_bytes {
                return u64::MAX;
            }
        }
        let drawn = self.content(&bytes, resources);
        drawn.saturating_add(self.annotations(dictionary))
    }

    /// What annotations look like is drawn with the page.
    fn annotations(&mut self, page: &'a Dictionary) -> u64 {
        let Some(annotations) = self.get(page, b"Annots").and_then(|all| all.as_array().ok()) else { return 0 };
        let mut steps = 0u64;
        for annotation in annotations {
            let appearance = self
                .resolved(annotation)
                .and_then(|annotation| self.get(annotation.as_dict().ok()?, b"AP"))
                .and_then(|appearance| appearance.as_dict().ok()?.get(b"N").ok());
            let states = match appearance.and_then(|normal| self.resolved(normal)) {
                Some(Object::Stream(_)) => appearance.into_iter().collect(),
                Some(Object::Dictionary(states)) => states.iter().map(|(_, state)| state).collect::<Vec<_>>(),
                _ => Vec::new(),
            };
            for state in states {
                steps = steps.saturating_add(self.stream(state, None));
            }
        }
        steps
    }

    fn resolved(&self, object: &'a Object) -> Option<&'a Object> {
        self.document.dereference(object).ok().map(|(_, object)| object)
    }

    fn get(&self, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        self.resolved(dictionary.get(key).ok()?)
    }

    fn dictionary(&self, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
        self.get(dictionary, key)?.as_dict().ok()
    }

    /// The resources of a page, or of the branch that it hangs on.
    fn inherited(&self, page: &'a Dictionary) -> Option<&'a Dictionary> {
        let mut node = page;
        for _ in 0..DEEPEST {
            if let Some(resources) = self.dictionary(node, b"Resources") {
                return Some(resources);
            }
            node = self.dictionary(node, b"Parent")?;
        }
        None
    }

    /// What a stream says, as far as it was weighed before.
    fn append(&mut self, stream: &Stream, bytes: &mut Vec<u8>) {
        // A broken stream is drawn as far as it goes, which is less.
        let content = stream.get_plain_content_with_limit(self.most_bytes).unwrap_or_default();
        self.bytes_left = self.bytes_left.saturating_sub(content.len() as u64);
        bytes.extend(content);
        // Parts of a content are apart even where nothing stands between them.
        bytes.push(b'\n');
    }

    /// The steps of a form, a pattern or a character. One without resources has those of `outside`.
    fn stream(&mut self, object: &'a Object, outside: Option<&'a Dictionary>) -> u64 {
        let Ok((Some(id), Object::Stream(stream))) = self.document.dereference(object) else { return 0 };
        if let Some(known) = self.known.get(&id) {
            return known.unwrap_or(0);
        }
        if self.depth >= DEEPEST || self.bytes_left == 0 {
            return u64::MAX;
        }
        self.known.insert(id, None);
        self.depth += 1;
        let resources = self.dictionary(&stream.dict, b"Resources").or(outside);
        let mut bytes = Vec::new();
        self.append(stream, &mut bytes);
        let steps = self.content(&bytes, resources);
        self.depth -= 1;
        self.known.insert(id, Some(steps));
        steps
    }

    /// The entry of a kind of resources.
    fn resource(&self, resources: Option<&'a Dictionary>, kind: &[u8], name: &[u8]) -> Option<&'a Object> {
        self.dictionary(resources?, kind)?.get(name).ok()
    }

    /// What a character of a font takes beyond itself: some fonts are made of drawings.
    fn character(&mut self, font: &'a Object, outside: Option<&'a Dictionary>) -> u64 {
        let Some(font) = self.resolved(font).and_then(|font| font.as_dict().ok()) else { return 0 };
        let Some(drawings) = self.dictionary(font, b"CharProcs") else { return 0 };
        let resources = self.dictionary(font, b"Resources").or(outside);
        drawings.iter().map(|(_, drawing)| self.stream(drawing, resources)).max().unwrap_or(0)
    }

    fn content(&mut self, bytes: &[u8], resources: Option<&'a Dictionary>) -> u64 {
        let mut tokens = Tokens { bytes, at: 0 };
        let mut name: Option<Vec<u8>> = None;
        let mut characters = 0u64;
        let mut per_character = 1u64;
        let mut steps = 0u64;
        while let Some(token) = tokens.next() {
            if steps > self.most {
                break;
            }
            let operator = match token {
                Token::Name(named) => {
                    name = Some(named);
                    continue;
                }
                Token::Text(length) => {
                    characters += length;
                    continue;
                }
                Token::Operator(operator) => operator,
            };
            let named = |kind: &[u8]| self.resource(resources, kind, name.as_deref()?);
            let more = match operator {
                b"Do" => named(b"XObject").map_or(0, |form| self.form(form, resources)),
                b"scn" | b"SCN" => named(b"Pattern").map_or(0, |pattern| self.stream(pattern, resources)),
                b"gs" => named(b"ExtGState").map_or(0, |state| self.mask(state, resources)),
                b"Tf" => {
                    let font = named(b"Font");
                    per_character = 1u64.saturating_add(font.map_or(0, |font| self.character(font, resources)));
                    0
                }
                b"Tj" | b"TJ" | b"'" | b"\"" => characters.saturating_mul(per_character),
                b"ID" => {
                    tokens.skip_picture();
                    0
                }
                _ => 0,
            };
            steps = steps.saturating_add(1).saturating_add(more);
            (name, characters) = (None, 0);
        }
        steps
    }

    /// Pictures are weighed by their pixels.
    fn form(&mut self, object: &'a Object, resources: Option<&'a Dictionary>) -> u64 {
        let is_form = self.resolved(object).and_then(|object| object.as_stream().ok()).is_some_and(|stream| {
            let subtype = self.get(&stream.dict, b"Subtype");
            !subtype.is_some_and(|subtype| matches!(subtype.as_name(), Ok(b"Image")))
        });
        if is_form { self.stream(object, resources) } else { 0 }
    }

    /// The group that is drawn to be a mask.
    fn mask(&mut self, state: &'a Object, resources: Option<&'a Dictionary>) -> u64 {
        let group = self
            .resolved(state)
            .and_then(|state| self.dictionary(state.as_dict().ok()?, b"SMask"))
            .and_then(|mask| mask.get(b"G").ok());
        group.map_or(0, |group| self.stream(group, resources))
    }
}

/// What matters of a content.
enum Token<'a> {
    Name(Vec<u8>),
    /// A string, by its length.
    Text(u64),
    Operator(&'a [u8]),
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'%' => self.run(|byte| !matches!(byte, b'\n' | b'\r')),
                b'/' => return Some(Token::Name(unescaped(self.regular(self.at)))),
                b'(' => return Some(Token::Text(self.string())),
                b'<' if self.bytes.get(self.at) == Some(&b'<') => self.at += 1,
                b'<' => {
                    let from = self.at;
                    self.run(|byte| byte != b'>');
                    return Some(Token::Text((self.at - from).div_ceil(2) as u64));
                }
                byte if !is_regular(byte) => {}
                byte => {
                    let word = self.regular(self.at - 1);
                    if !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.') {
                        return Some(Token::Operator(word));
                    }
                }
            }
        }
    }

    fn run(&mut self, while_so: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| !while_so(*byte)).unwrap_or(rest.len());
    }

    fn regular(&mut self, from: usize) -> &'a [u8] {
        self.run(is_regular);
        &self.bytes[from..self.at]
    }

    /// A string with brackets within and what is escaped.
    fn string(&mut self) -> u64 {
        let (from, mut open) = (self.at, 1u32);
        while open > 0 {
            let Some(byte) = self.bytes.get(self.at) else { break };
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
        }
        self.at = self.at.min(self.bytes.len());
        (self.at - from) as u64
    }

    /// A picture among the operators ends with `EI` between spaces.
    fn skip_picture(&mut self) {
        let rest = &self.bytes[self.at..];
        let end = rest
            .windows(4)
            .position(|window| window[0].is_ascii_whitespace() && &window[1..3] == b"EI" && !is_regular(window[3]));
        self.at += end.map_or(rest.len(), |end| end + 3);
    }
}

fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

/// A name with its escapes (`#20`) undone, as the dictionaries have it.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'#')
            .then(|| after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()))
            .flatten();
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operators(content: &str) -> Vec<String> {
        let mut tokens = Tokens { bytes: content.as_bytes(), at: 0 };
        let mut found = Vec::new();
        while let Some(token) = tokens.next() {
            found.push(match token {
                Token::Name(name) => format!("/{}", String::from_utf8(name).unwrap()),
                Token::Text(length) => format!("text {length}"),
                Token::Operator(operator) => {
                    if operator == b"ID" {
                        tokens.skip_picture();
                    }
                    String::from_utf8(operator.to_vec()).unwrap()
                }
            });
        }
        found
    }

    #[test]
    fn names_strings_and_operators_are_told_apart() {
        let found = operators("q/A#42 Do % Do\n(a(b)\\)c) Tj <4142>Tj [(x)-3.5(y)]TJ 1 0 m BI /W 1 ID x Do y\nEI Q");
        let expected =
            ["q", "/AB", "Do", "text 8", "Tj", "text 2", "Tj", "text 2", "text 2", "TJ", "m", "BI", "/W", "ID", "Q"];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_cut_off_ends() {
        for content in ["(abc", "(abc\\", "<41", "/", "/A#", "BI ID ", "%", "<<"] {
            operators(content);
        }
    }
}
