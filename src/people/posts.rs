//! Posts as a table.

use std::collections::HashSet;

use sip_gateway_proto::plan::{Plan, Post};

use super::report::{Fault, Report, What};
use super::{ImportError, MOST_LINES, Separator};
use crate::csv::{Line, Table};
use crate::directory::{House, Place, PlanError, blank};
use crate::store::PlanChange;

/// The columns, as they are exported.
pub const POST_COLUMNS: [&str; 8] =
    ["name", "country", "city", "time_zone", "prefix", "emergency", "down_kbit", "up_kbit"];

/// Tries every line of a table in a change, which must be committed only if the report is good. `plan` and `house` are as
/// they are before it.
///
/// # Errors
/// When the table cannot be read or the store fails.
pub async fn import_posts(
    change: &mut PlanChange,
    plan: &Plan,
    house: &House,
    text: &str,
) -> Result<Report, ImportError> {
    let table = Table::read(text, &POST_COLUMNS, &["name"], MOST_LINES).map_err(ImportError::Table)?;
    let (mut report, mut seen) = (Report::default(), HashSet::new());
    for (number, line) in table.lines() {
        let name = line.field("name").unwrap_or_default();
        let what = if seen.insert(name.to_lowercase()) {
            one(change, plan, house, name, line).await?
        } else {
            Err(Fault::at("name", "another line has this name, too"))
        };
        report.note(number, name, what);
    }
    report.close();
    Ok(report)
}

async fn one(
    change: &mut PlanChange,
    plan: &Plan,
    house: &House,
    name: &str,
    line: Line<'_>,
) -> Result<Result<What, Fault>, ImportError> {
    let before = plan.posts.iter().find(|post| post.name.to_lowercase() == name.to_lowercase());
    let is_new = before.is_none();
    let blank = Post { country: String::new(), ..blank::post(name) };
    let (post, place) = match read(before.cloned().unwrap_or(blank), before, house, line) {
        Ok(read) => read,
        Err(fault) => return Ok(Err(fault)),
    };
    let zone = line.field("time_zone");
    let zone_was = before.map_or("", |post| house.time_zone(post));
    let zone_same = zone.is_none_or(|zone| zone == zone_was);
    if before == Some(&post) && place == house.place(post.id) && zone_same {
        return Ok(Ok(What::Same));
    }
    match put(change, post, is_new, place, zone.filter(|_| !zone_same)).await {
        Ok(()) => Ok(Ok(if is_new { What::Add } else { What::Change })),
        Err(error) => Ok(Err(Fault::of(error)?)),
    }
}

async fn put(
    change: &mut PlanChange,
    post: Post,
    is_new: bool,
    place: Place,
    zone: Option<&str>,
) -> Result<(), PlanError> {
    let id = if is_new {
        change.add_post(post).await?
    } else {
        let id = post.id;
        change.change_post(post).await?;
        id
    };
    change.set_place(id, place).await?;
    if let Some(zone) = zone {
        change.set_time_zone(id, zone).await?;
    }
    Ok(())
}

/// A post as a line describes it: a column that is not there leaves what is.
fn read(post: Post, before: Option<&Post>, house: &House, line: Line<'_>) -> Result<(Post, Place), Fault> {
    let place = before.map(|post| house.place(post.id)).unwrap_or_default();
    let rate = |field: &'static str, was: Option<u32>| match line.field(field) {
        None => Ok(was),
        Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Fault::at(field, format!("{text:?} is not a number of kbit/s"))),
    };
    let place = Place {
        city: line.field("city").map_or(place.city, str::to_owned),
        down_kbit: rate("down_kbit", place.down_kbit)?,
        up_kbit: rate("up_kbit", place.up_kbit)?,
    };
    let emergency = line.field("emergency").map(|numbers| {
        numbers.split([' ', ',', ';']).filter(|number| !number.is_empty()).map(str::to_owned).collect()
    });
    let post = Post {
        country: line.field("country").map_or(post.country, str::to_uppercase),
        outside_prefix: line.field("prefix").map_or(post.outside_prefix, str::to_owned),
        emergency: emergency.unwrap_or(post.emergency),
        ..post
    };
    Ok((post, place))
}

/// All posts as a table that can be brought back.
#[must_use]
pub fn export_posts(plan: &Plan, house: &House, separator: Separator) -> String {
    let mut text = separator.begin() + &separator.line(&POST_COLUMNS);
    for post in &plan.posts {
        let place = house.place(post.id);
        let rate = |rate: Option<u32>| rate.map(|rate| rate.to_string()).unwrap_or_default();
        text += &separator.line(&[
            post.name.clone(),
            post.country.clone(),
            place.city,
            house.time_zone(post).to_owned(),
            post.outside_prefix.clone(),
            post.emergency.join(" "),
            rate(place.down_kbit),
            rate(place.up_kbit),
        ]);
    }
    text
}
