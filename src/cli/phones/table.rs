//! Tables that are read in a terminal.

use jiff::Timestamp;

use super::say;

/// Prints rows under their heads; says something else when there are none.
pub(super) fn print<const N: usize>(
    heads: [&str; N],
    rows: &[[String; N]],
    nothing: &str,
) -> anyhow::Result<()> {
    if rows.is_empty() {
        return say(nothing);
    }
    say(lines(heads, rows).trim_end_matches('\n'))
}

fn lines<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let heads = heads.map(str::to_uppercase);
    std::iter::once(&heads)
        .chain(rows)
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned() + "\n"
        })
        .collect()
}

/// A moment, to the second.
pub(super) fn moment(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// A span of time as a telephone shows it: `1:02:03`.
pub(super) fn span(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A dash for what is not there.
pub(super) fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["201".to_owned(), "Élise".to_owned()], ["3000".to_owned(), "B".to_owned()]];

        assert_eq!(lines(["number", "name"], &rows), "NUMBER  NAME\n201     Élise\n3000    B\n");
    }

    #[test]
    fn spans_are_short_when_calls_are() {
        assert_eq!(
            (span(0), span(61_900), span(3_723_000)),
            ("0:00".into(), "1:01".into(), "1:02:03".into())
        );
    }
}
