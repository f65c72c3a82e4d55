//! Header fields in their order, found by name (RFC 3261 §7.3).

use std::fmt::{self, Write};

use super::header_name::HeaderName;
use super::scan::{Span, split};

/// The header fields of a message: one text, and an index of where each value lies in it.
///
/// Content-Length is not among them: the reader has used it to frame the body, the writer counts the body.
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    name: HeaderName,
    value: Span,
}

impl Headers {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the text of a message and where its fields lie, as the parser found them.
    pub(super) fn from_index(text: String, index: Vec<(HeaderName, Span)>) -> Self {
        let fields = index.into_iter().map(|(name, value)| Field { name, value }).collect();
        Self { text, fields }
    }

    /// Makes room for so many more fields and bytes of their values, so that they are not moved again and again.
    pub(super) fn reserve(&mut self, fields: usize, bytes: usize) {
        self.fields.reserve(fields);
        self.text.reserve(bytes);
    }

    /// How many bytes they take on the wire, and perhaps some more.
    pub(super) fn wire_len(&self) -> usize {
        self.text.len() + self.fields.len() * LONG_NAME
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// All fields in their order, unfolded.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&HeaderName, &str)> {
        self.fields.iter().map(|field| (&field.name, field.value.of(&self.text)))
    }

    /// The first field of that name.
    pub fn get(&self, name: &HeaderName) -> Option<&str> {
        self.lines(name).next()
    }

    /// Whether there is a field of that name.
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// The fields of that name, each as it was written.
    pub fn lines<'a, 'n>(
        &'a self,
        name: &'n HeaderName,
    ) -> impl DoubleEndedIterator<Item = &'a str> + use<'a, 'n> {
        self.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The values of a field that is a list, whether they stand in one line or in many (RFC 3261 §7.3.1). An empty
    /// line has no values, an empty place between commas is an empty value.
    pub fn values<'a, 'n>(&'a self, name: &'n HeaderName) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.lines(name).filter(|line| !line.is_empty()).flat_map(|line| split(line, b','))
    }

    /// Adds a field behind all others.
    pub fn push(&mut self, name: HeaderName, value: impl fmt::Display) {
        self.insert(self.fields.len(), name, value);
    }

    /// Adds a field before the first of its name, or before all others: where a hop adds its Via or Record-Route.
    pub fn push_front(&mut self, name: HeaderName, value: impl fmt::Display) {
        let at = self.position(&name).unwrap_or(0);
        self.insert(at, name, value);
    }

    /// Puts one field in the place of all of that name.
    pub fn set(&mut self, name: HeaderName, value: impl fmt::Display) {
        let at = self.position(&name).unwrap_or(self.fields.len());
        self.remove(&name);
        self.insert(at, name, value);
    }

    /// Takes out all fields of that name; says how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.fields.len();
        self.fields.retain(|field| field.name != *name);
        before - self.fields.len()
    }

    /// Takes out the first value of a field that is a list, also from within its line.
    pub fn pop_value(&mut self, name: &HeaderName) -> Option<String> {
        let at = self.position(name)?;
        let line = self.fields[at].value.of(&self.text);
        let mut values = split(line, b',');
        let first = values.next()?.to_owned();
        let rest = values.collect::<Vec<_>>().join(", ");
        let name = self.fields.remove(at).name;
        if !rest.is_empty() {
            self.insert(at, name, rest);
        }
        Some(first)
    }

    /// Puts another value in the place of the first of a field that is a list.
    pub fn replace_value(&mut self, name: &HeaderName, value: impl fmt::Display) {
        let at = self.position(name);
        if let Some(at) = at
            && split(self.fields[at].value.of(&self.text), b',').nth(1).is_none()
        {
            self.fields[at].value = self.write(value);
            return;
        }
        self.pop_value(name);
        self.insert(at.unwrap_or(self.fields.len()), name.clone(), value);
    }

    /// Copies all fields of that name behind all others.
    pub fn copy_from(&mut self, other: &Self, name: &HeaderName) {
        for line in other.lines(name) {
            self.push(name.clone(), line);
        }
    }

    fn position(&self, name: &HeaderName) -> Option<usize> {
        self.fields.iter().position(|field| field.name == *name)
    }

    fn insert(&mut self, at: usize, name: HeaderName, value: impl fmt::Display) {
        if name == HeaderName::ContentLength {
            return;
        }
        let value = self.write(value);
        self.fields.insert(at, Field { name, value });
    }

    /// Writes a value behind the text. Whatever ends a line becomes a blank, so that no value can smuggle in a field.
    fn write(&mut self, value: impl fmt::Display) -> Span {
        let start = self.text.len();
        write!(LineOnly(&mut self.text), "{value}").expect("a string takes all that is written to it");
        let written = &self.text[start..];
        let blank = [' ', '\t'];
        let end = start + written.trim_end_matches(blank).len();
        let start = end.min(start + (written.len() - written.trim_start_matches(blank).len()));
        Span::new(start, end)
    }
}

/// Longer than most names of fields, with what stands around a value.
const LONG_NAME: usize = 20;

/// A writer that has blanks where lines would end.
struct LineOnly<'a>(&'a mut String);

impl Write for LineOnly<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
            self.0.push_str(text);
            return Ok(());
        }
        for piece in text.split_inclusive(['\r', '\n']) {
            match piece.strip_suffix(['\r', '\n']) {
                Some(line) => {
                    self.0.push_str(line);
                    self.0.push(' ');
                }
                None => self.0.push_str(piece),
            }
        }
        Ok(())
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (name.as_str(), value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vias() -> Headers {
        let mut headers = Headers::new();
        headers.push(HeaderName::Via, "one , two");
        headers.push(HeaderName::Subject, "s");
        headers.push(HeaderName::Via, "three");
        headers
    }

    fn values(headers: &Headers) -> Vec<&str> {
        headers.values(&HeaderName::Via).collect()
    }

    #[test]
    fn a_list_is_one_over_all_its_lines() {
        assert_eq!(values(&vias()), ["one", "two", "three"]);
        assert_eq!(vias().lines(&HeaderName::Via).count(), 2);
    }

    #[test]
    fn hops_are_added_and_taken_off_at_the_front() {
        let mut headers = vias();
        headers.push_front(HeaderName::Via, "zero");
        assert_eq!(values(&headers), ["zero", "one", "two", "three"]);

        assert_eq!(headers.pop_value(&HeaderName::Via).as_deref(), Some("zero"));
        assert_eq!(headers.pop_value(&HeaderName::Via).as_deref(), Some("one"));
        headers.replace_value(&HeaderName::Via, "deux");
        assert_eq!(values(&headers), ["deux", "three"]);
        assert_eq!(headers.iter().next(), Some((&HeaderName::Via, "deux")));
    }

    #[test]
    fn setting_keeps_the_place_and_removes_the_rest() {
        let mut headers = vias();
        headers.set(HeaderName::Via, "only");

        let order: Vec<_> = headers.iter().map(|(_, value)| value).collect();
        assert_eq!(order, ["only", "s"]);
        assert_eq!(headers.remove(&HeaderName::Via), 1);
        assert!(!headers.contains(&HeaderName::Via));
    }

    #[test]
    fn no_value_can_smuggle_in_a_field() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Subject, "hello\r\nEvil: yes\n");

        assert_eq!(headers.get(&HeaderName::Subject), Some("hello  Evil: yes"));
    }
}
