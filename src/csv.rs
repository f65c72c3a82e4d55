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
    let fields: Vec<String> = fields.iter().map(|field| escaped(field.as_ref())).collect();
    fields.join(",") + "\r\n"
}

/// A field that is read as it was meant: no spreadsheet takes it for a formula, whoever has chosen the text.
fn escaped(text: &str) -> String {
    let begins = text.chars().next();
    let is_number = text.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_formula = matches!(begins, Some('=' | '+' | '-' | '@' | '\t' | '\r')) && !is_number;
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', ';', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

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
    fn nobody_s_name_becomes_a_formula() {
        assert_eq!(line(&["=HYPERLINK(1)", "@x", "-1", "+229"]), "'=HYPERLINK(1),'@x,-1,+229\r\n");
    }
}
