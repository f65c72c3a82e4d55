//! Tables as text (RFC 4180), as spreadsheets read and write them.

/// A record with the line on which it begins, counted from 1.
pub type Record = (usize, Vec<String>);

/// Reads a table. Fields are separated by commas, or by semicolons as French spreadsheets write them: whichever comes
/// first in the first line. Empty lines are passed over.
///
/// # Errors
/// The line of a quotation mark that is not closed.
pub fn read(text: &str) -> Result<Vec<Record>, usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let separator = first.chars().find(|c| matches!(c, ',' | ';')).unwrap_or(',');

    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut field = String::new();
    let mut quoted_since = None;
    let (mut line, mut begins) = (1, 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        }
        match (c, quoted_since) {
            ('"', Some(_)) if chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            ('"', Some(_)) => quoted_since = None,
            ('"', None) if field.is_empty() => quoted_since = Some(line),
            ('\r', None) if chars.peek() == Some(&'\n') => {}
            ('\n', None) => {
                record.push(std::mem::take(&mut field));
                push(&mut records, begins, std::mem::take(&mut record));
                begins = line;
            }
            (c, None) if c == separator => record.push(std::mem::take(&mut field)),
            (c, _) => field.push(c),
        }
    }
    if let Some(since) = quoted_since {
        return Err(since);
    }
    record.push(field);
    push(&mut records, begins, record);
    Ok(records)
}

fn push(records: &mut Vec<Record>, line: usize, record: Vec<String>) {
    if record.iter().any(|field| !field.trim().is_empty()) {
        records.push((line, record));
    }
}

/// One line of a table, with its end.
#[must_use]
pub fn line<S: AsRef<str>>(fields: &[S]) -> String {
    line_with(',', fields)
}

/// The same with a separator: French spreadsheets take a semicolon.
#[must_use]
pub fn line_with<S: AsRef<str>>(separator: char, fields: &[S]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| escaped(field.as_ref())).collect();
    fields.join(separator.encode_utf8(&mut [0; 4])) + "\r\n"
}

/// A table whose first line names its columns, in any order.
#[derive(Debug)]
pub struct Table {
    places: Vec<(&'static str, usize)>,
    lines: Vec<Record>,
}

impl Table {
    /// Reads a table of columns that are known, of which some must be there.
    ///
    /// # Errors
    /// One sentence with the line where it goes wrong.
    pub fn read(text: &str, known: &[&'static str], needed: &[&str], most: usize) -> Result<Self, String> {
        let records = read(text).map_err(|line| format!("line {line}: a quotation mark is not closed"))?;
        let mut records = records.into_iter();
        let Some((first, heads)) = records.next() else { return Err("the table is empty".to_owned()) };
        let mut places: Vec<(&'static str, usize)> = Vec::new();
        for (place, head) in heads.iter().enumerate() {
            let head = head.trim().to_lowercase();
            let Some(name) = known.iter().find(|known| **known == head) else {
                let columns = known.join(", ");
                return Err(format!("line {first}: there is no column {head:?}; the columns are {columns}"));
            };
            if places.iter().any(|(there, _)| there == name) {
                return Err(format!("line {first}: the column {name:?} is there twice"));
            }
            places.push((name, place));
        }
        if let Some(missing) = needed.iter().find(|needed| !places.iter().any(|(name, _)| name == *needed)) {
            return Err(format!("line {first}: the column {missing:?} is missing"));
        }
        let lines: Vec<Record> = records.collect();
        if lines.len() > most {
            return Err(format!("there are {} lines; import at most {most} at a time", lines.len()));
        }
        Ok(Self { places, lines })
    }

    /// The lines below the first, each with its number.
    pub fn lines(&self) -> impl Iterator<Item = (usize, Line<'_>)> {
        self.lines.iter().map(|(number, fields)| (*number, Line { places: &self.places, fields }))
    }
}

/// A line of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    places: &'a [(&'static str, usize)],
    fields: &'a [String],
}

impl<'a> Line<'a> {
    /// What stands in a column, trimmed; `None` if the table does not have it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a str> {
        let (_, place) = self.places.iter().find(|(known, _)| *known == name)?;
        let field = self.fields.get(*place).map_or("", |field| field.trim());
        // What we put before a field so that no spreadsheet takes it for a formula.
        Some(field.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(field))
    }
}

/// A field that is read as it was meant: no spreadsheet takes it for a formula, whoever has chosen the text.
fn escaped(text: &str) -> String {
    let is_number = text.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_formula = text.starts_with(FORMULA) && !is_number;
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', ';', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

/// With what a spreadsheet begins a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let fields = ["201", "N’Dour, \"Élise\"", "two\nlines", "", "+22921300000"];
        let text = line(&["a", "b", "c", "d", "e"]) + &line(&fields);

        let records = read(&text).unwrap();

        assert_eq!(records[1], (2, fields.map(str::to_owned).to_vec()));
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let records = read("\u{feff}number;name\r\n\r\n201;\"A\nB\"\n\n202;C").unwrap();

        let lines: Vec<_> = records.iter().map(|(line, record)| (*line, record[0].as_str())).collect();
        assert_eq!(lines, [(1, "number"), (3, "201"), (6, "202")]);
        assert_eq!(read("a\n\"b\nc"), Err(2));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns() {
        let known = ["email", "name", "rank"];
        let table = Table::read("Name;E-Mail\n", &known, &[], 9).unwrap_err();
        assert_eq!(table, "line 1: there is no column \"e-mail\"; the columns are email, name, rank");
        let why = |text: &str| Table::read(text, &known, &["email"], 1).unwrap_err();
        assert_eq!(why(""), "the table is empty");
        assert_eq!(why("name"), "line 1: the column \"email\" is missing");
        assert_eq!(why("email,email"), "line 1: the column \"email\" is there twice");
        assert_eq!(why("email\na\nb"), "there are 2 lines; import at most 1 at a time");
        assert_eq!(why("email\n\"a"), "line 2: a quotation mark is not closed");

        let table =
            Table::read("\u{feff}Name;EMAIL\r\n\r\n Awa ;'=a@b\r\nBen", &known, &["email"], 9).unwrap();
        let lines: Vec<_> = table
            .lines()
            .map(|(at, line)| (at, line.field("name"), line.field("email"), line.field("rank")))
            .collect();
        assert_eq!(lines, [(3, Some("Awa"), Some("=a@b"), None), (4, Some("Ben"), Some(""), None)]);
    }

    #[test]
    fn nobody_s_name_becomes_a_formula() {
        assert_eq!(line(&["=HYPERLINK(1)", "@x", "-1", "+229"]), "'=HYPERLINK(1),'@x,-1,+229\r\n");
    }
}
