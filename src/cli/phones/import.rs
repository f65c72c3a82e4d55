//! `palabre extension import`: many extensions from a table, in one transaction.

use std::path::Path;

use anyhow::{Context as _, bail};
use sip_gateway_proto::plan::{Class, DigestAlgorithm, Extension};

use super::extension::Added;
use super::{change, post_or_only, say, say_json, table};
use crate::config::Config;
use crate::csv;
use crate::directory::{PhonePassword, blank, choice};
use crate::store::PlanChange;

pub(super) const EXAMPLE: &str = "Example:

  number,name,post,rights,label
  201,Awa Diop,Paris,national,\"Yealink, office\"
  202,Ben Kouassi,Paris,internal,";

/// Adds every extension of a table, or none; says of every line what is wrong with it.
pub(super) async fn run(config: &Config, file: &Path, json: bool) -> anyhow::Result<()> {
    let size = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?.len();
    if size > LARGEST {
        bail!("{} is larger than {} MiB: import it in parts", file.display(), LARGEST >> 20);
    }
    let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = String::from_utf8(text).ok().with_context(|| format!("{} is not in UTF-8", file.display()))?;
    let (columns, lines) = parse(&text)?;

    let store = super::open_store(config).await?;
    let mut change = change(&store).await?;
    let (mut added, mut faults) = (Vec::new(), Vec::new());
    for (number, fields) in &lines {
        match add(&mut change, &columns, fields, &config.sip.realm).await {
            Ok(one) => added.push(one),
            Err(error) => faults.push(format!("line {number}: {error}")),
        }
    }
    if !faults.is_empty() {
        let more = faults.len().saturating_sub(MOST_FAULTS);
        faults.truncate(MOST_FAULTS);
        if more > 0 {
            faults.push(format!("and {more} more"));
        }
        bail!("nothing was added:\n  {}", faults.join("\n  "));
    }
    change.commit().await?;
    store.close().await;

    if json {
        return say_json(&added);
    }
    let rows: Vec<[String; 4]> =
        added.into_iter().map(|one| [one.number, one.name, one.username, one.password]).collect();
    table::print(["number", "name", "user", "password"], &rows, "There was nothing to add.")?;
    say(&format!("\n{} extensions were added; their passwords are not shown again.", rows.len()))
}

/// Where each known column stands.
#[derive(Debug, Default, PartialEq, Eq)]
struct Columns {
    places: Vec<(&'static str, usize)>,
}

impl Columns {
    fn field<'a>(&self, name: &str, fields: &'a [String]) -> Option<&'a str> {
        let (_, place) = self.places.iter().find(|(known, _)| *known == name)?;
        fields.get(*place).map(|field| field.trim()).filter(|field| !field.is_empty())
    }
}

fn parse(text: &str) -> anyhow::Result<(Columns, Vec<csv::Record>)> {
    let mut records = csv::read(text)
        .map_err(|line| anyhow::anyhow!("line {line}: a quotation mark is not closed"))?
        .into_iter();
    let Some((first, heads)) = records.next() else { bail!("the table is empty") };
    let mut columns = Columns::default();
    for (place, head) in heads.iter().enumerate() {
        let head = head.trim().to_lowercase();
        let Some(known) = COLUMNS.iter().find(|known| **known == head) else {
            bail!("line {first}: there is no column {head:?}; the columns are {}", COLUMNS.join(", "));
        };
        columns.places.push((known, place));
    }
    for needed in ["number", "name"] {
        if !columns.places.iter().any(|(known, _)| *known == needed) {
            bail!("line {first}: the column {needed:?} is missing");
        }
    }
    Ok((columns, records.collect()))
}

async fn add(
    change: &mut PlanChange,
    columns: &Columns,
    fields: &[String],
    realm: &str,
) -> anyhow::Result<Added> {
    let field = |name| columns.field(name, fields);
    let number = field("number").unwrap_or_default();
    let name = field("name").unwrap_or_default();
    let password = match field("password") {
        Some(password) => PhonePassword::chosen(password)?,
        None => PhonePassword::random(),
    };
    let rights = field("rights").map(|word| choice::<Class>("rights", word)).transpose()?;
    let digest = field("digest").map(|word| choice::<DigestAlgorithm>("digest", word)).transpose()?;
    let post = post_or_only(change, field("post")).await?;
    let blank = blank::extension(number, name, post);
    let extension = Extension {
        rights: rights.unwrap_or(blank.rights),
        digest: digest.unwrap_or(blank.digest),
        pickup_group: field("pickup_group").map(str::to_owned),
        ..blank
    };
    change.add_extension(extension).await?;
    let device = blank::device("", field("label").unwrap_or_default());
    let username = change.add_device(number, device, &password, realm).await?;
    Ok(Added {
        number: number.to_owned(),
        name: name.to_owned(),
        username,
        password: password.expose().to_owned(),
    })
}

const COLUMNS: [&str; 8] =
    ["number", "name", "post", "rights", "digest", "password", "label", "pickup_group"];
const MOST_FAULTS: usize = 20;
const LARGEST: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let (columns, lines) = parse("Name;Number\nAwa;201\n").unwrap();

        assert_eq!(columns.field("number", &lines[0].1), Some("201"));
        assert_eq!(columns.field("name", &lines[0].1), Some("Awa"));
        assert_eq!(columns.field("post", &lines[0].1), None);
    }

    #[test]
    fn a_table_that_cannot_be_understood_says_why() {
        let why = |text| parse(text).unwrap_err().to_string();

        assert_eq!(why(""), "the table is empty");
        assert_eq!(
            why("number,nom"),
            format!("line 1: there is no column \"nom\"; the columns are {}", COLUMNS.join(", "))
        );
        assert_eq!(why("number"), "line 1: the column \"name\" is missing");
        assert_eq!(why("number,name\n201,\"A"), "line 2: a quotation mark is not closed");
    }
}
