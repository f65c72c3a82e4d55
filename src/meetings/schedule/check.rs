//! What an organiser wishes, checked before it is anything else.

use jiff::civil::{Date, DateTime};
use serde::Deserialize;

use super::recurrence::MOST;
use super::{AgendaItem, End, Frequency, MailState, Party, Recurrence, Schedule, Seat, SeatRole, Timing};
use crate::accounts::{Email, line_of_text};
use crate::directory::is_zone;
use crate::mail::is_mailable;
use crate::store::Tongue;

/// A schedule as it is asked for.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)] // as in `Schedule`
pub struct ScheduleWish {
    pub start: String,
    pub minutes: u32,
    pub time_zone: Option<String>,
    pub mail_title: Option<String>,
    #[serde(default)]
    pub languages: Vec<String>,
    pub reminder: Option<u32>,
    pub recurrence: Option<RecurrenceWish>,
    #[serde(default)]
    pub parties: Vec<PartyWish>,
    #[serde(default)]
    pub agenda: Vec<ItemWish>,
}

/// A recurrence as it is asked for: with `count` or `until`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct RecurrenceWish {
    pub frequency: Frequency,
    pub every: Option<u32>,
    pub count: Option<u32>,
    pub until: Option<String>,
}

/// A party as it is asked for; with a number it is one that is there.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct PartyWish {
    pub id: Option<i64>,
    pub name: String,
    pub country: Option<String>,
    pub time_zone: Option<String>,
    #[serde(default)]
    pub seats: Vec<SeatWish>,
}

/// A seat as it is asked for; with a number it is one that is there.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct SeatWish {
    pub id: Option<i64>,
    pub name: String,
    #[serde(default)]
    pub title: String,
    pub email: Option<String>,
    #[serde(default)]
    pub role: SeatRole,
    #[serde(default)]
    pub is_head: bool,
    #[serde(default)]
    pub language: Tongue,
}

/// A point of the agenda as it is asked for.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct ItemWish {
    pub title: String,
    pub minutes: u32,
}

/// How much one meeting may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Seats of all parties together.
    pub seats: usize,
}

/// Why a wish cannot be fulfilled: the field, and a fragment that completes "it cannot be used: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} cannot be used: {reason}")]
pub struct Unfit {
    /// Which field.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

/// Makes a schedule of a wish. `home` is the time zone where the organiser is, if that is known.
///
/// # Errors
/// The first thing that cannot be taken.
pub fn check(wish: ScheduleWish, home: Option<&str>, limits: Limits) -> Result<Schedule, Unfit> {
    let start: DateTime = wish.start.parse().map_err(|_| unfit("start", "it looks like 2026-12-03T14:30"))?;
    let start =
        start.with().second(0).subsec_nanosecond(0).build().map_err(|_| unfit("start", "it is no time"))?;
    if !(2000..=2100).contains(&start.year()) {
        return Err(unfit("start", "it is not between the years 2000 and 2100"));
    }
    let parties = parties(wish.parties, limits)?;
    let capital = parties.first().and_then(|party| party.zone()).map(str::to_owned);
    let time_zone = wish.time_zone.or(home.map(str::to_owned)).or(capital);
    let time_zone =
        time_zone.ok_or_else(|| unfit("time_zone", "it is missing, and no capital's is known"))?;
    zone(&time_zone)?;
    if !(5..=1_440).contains(&wish.minutes) {
        return Err(unfit("minutes", "a meeting takes 5 to 1440 minutes"));
    }
    let reminder = wish.reminder.filter(|minutes| *minutes > 0);
    if reminder.is_some_and(|minutes| minutes > MOST_REMINDER) {
        return Err(unfit("reminder", "a reminder comes at most 10080 minutes, a week, before"));
    }
    let recurrence = wish.recurrence.map(|again| recurrence(&again, start)).transpose()?;
    let mail_title = wish.mail_title.map(|title| line("mail_title", &title, 200)).transpose()?;
    Ok(Schedule {
        uid: String::new(),
        origin: String::new(),
        sequence: 0,
        invited: false,
        timing: Timing { start, time_zone, minutes: wish.minutes, recurrence },
        changes: std::collections::BTreeMap::new(),
        mail_title,
        languages: languages(wish.languages)?,
        reminder,
        parties,
        agenda: agenda(wish.agenda)?,
    })
}

fn recurrence(wish: &RecurrenceWish, start: DateTime) -> Result<Recurrence, Unfit> {
    let every = wish.every.unwrap_or(1);
    if !(1..=52).contains(&every) {
        return Err(unfit("recurrence", "it comes again every 1 to 52 days, weeks or months"));
    }
    let end = match (wish.count, wish.until.as_deref()) {
        (Some(count), None) if (1..=MOST as u32).contains(&count) => End::Count(count),
        (None, Some(until)) => {
            let until: Date =
                until.parse().map_err(|_| unfit("recurrence", "until looks like 2027-06-30"))?;
            if until < start.date() {
                return Err(unfit("recurrence", "it ends before it begins"));
            }
            End::Until(until)
        }
        _ => return Err(unfit("recurrence", "it needs either a count from 1 to 200 or until")),
    };
    let recurrence = Recurrence { frequency: wish.frequency, every, end };
    let beyond = Recurrence { end: End::Count(MOST as u32), ..recurrence }.from(start).pop();
    if let (End::Until(until), Some(last)) = (end, beyond)
        && last.date() < until
    {
        return Err(unfit("recurrence", "a series has at most 200 meetings"));
    }
    Ok(recurrence)
}

fn parties(wishes: Vec<PartyWish>, limits: Limits) -> Result<Vec<Party>, Unfit> {
    if wishes.len() > MOST_PARTIES {
        return Err(unfit("parties", "a meeting has at most 20 parties"));
    }
    if wishes.iter().map(|party| party.seats.len()).sum::<usize>() > limits.seats {
        return Err(unfit("seats", &format!("a meeting has at most {} seats", limits.seats)));
    }
    let mut emails = std::collections::HashSet::new();
    wishes.into_iter().map(|wish| party(wish, &mut emails)).collect()
}

fn party(wish: PartyWish, emails: &mut std::collections::HashSet<Email>) -> Result<Party, Unfit> {
    let country = wish.country.map(|code| code.trim().to_ascii_uppercase()).filter(|code| !code.is_empty());
    if let Some(code) = &country
        && (code.len() != 2 || crate::directory::zone_of_country(code) == "UTC")
    {
        return Err(unfit("country", "it is a country by ISO 3166, such as BJ"));
    }
    if let Some(name) = &wish.time_zone {
        zone(name)?;
    }
    let mut seats = Vec::new();
    for wish in wish.seats {
        let seat = seat(wish)?;
        if let Some(email) = &seat.email
            && !emails.insert(email.clone())
        {
            return Err(unfit("email", "two seats have the same address, and only one could answer"));
        }
        seats.push(seat);
    }
    if seats.iter().filter(|seat| seat.is_head).count() > 1 {
        return Err(unfit("is_head", "a party has one head"));
    }
    Ok(Party {
        id: wish.id.unwrap_or(0),
        name: line("name", &wish.name, 60)?,
        country,
        time_zone: wish.time_zone,
        seats,
    })
}

fn seat(wish: SeatWish) -> Result<Seat, Unfit> {
    let title = wish.title.trim();
    let title = if title.is_empty() { String::new() } else { line("title", title, 120)? };
    let email = wish.email.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let email = email.map(|text| Email::new(&text)).transpose().map_err(|error| unfit("email", error.0))?;
    if email.as_ref().is_some_and(|email| !is_mailable(email)) {
        return Err(unfit("email", "mail cannot be sent to this address"));
    }
    Ok(Seat {
        id: wish.id.unwrap_or(0),
        name: line("name", &wish.name, 100)?,
        title,
        email,
        is_head: wish.is_head || wish.role == SeatRole::Head,
        role: wish.role,
        language: wish.language,
        issue: 0,
        has_link: true,
        invited: None,
        mail: MailState::None,
        answer: None,
    })
}

fn agenda(wishes: Vec<ItemWish>) -> Result<Vec<AgendaItem>, Unfit> {
    if wishes.len() > MOST_ITEMS {
        return Err(unfit("agenda", "an agenda has at most 50 points"));
    }
    let item = |wish: ItemWish| {
        if wish.minutes > 1_440 {
            return Err(unfit("agenda", "a point takes at most 1440 minutes"));
        }
        Ok(AgendaItem { title: line("agenda", &wish.title, 200)?, minutes: wish.minutes })
    };
    wishes.into_iter().map(item).collect()
}

fn languages(codes: Vec<String>) -> Result<Vec<String>, Unfit> {
    let good = |code: &String| (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
    if codes.len() > 10 || !codes.iter().all(good) {
        return Err(unfit("languages", "they are at most ten ISO 639 codes, such as fr"));
    }
    Ok(codes)
}

fn zone(name: &str) -> Result<(), Unfit> {
    if is_zone(name) {
        Ok(())
    } else {
        Err(unfit("time_zone", "it is an IANA name, such as Africa/Porto-Novo"))
    }
}

fn line(field: &'static str, text: &str, most: usize) -> Result<String, Unfit> {
    line_of_text(text, most)
        .ok_or_else(|| unfit(field, &format!("it has 1 to {most} characters and stands on one line")))
}

fn unfit(field: &'static str, reason: &str) -> Unfit {
    Unfit { field, reason: reason.to_owned() }
}

const MOST_PARTIES: usize = 20;
const MOST_ITEMS: usize = 50;
const MOST_REMINDER: u32 = 10_080;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Makes a good wish a bad one.
    type Spoil = fn(&mut Value);

    fn checked(change: impl FnOnce(&mut Value)) -> Result<Schedule, String> {
        let mut wish = json!({
            "start": "2026-12-03T14:30", "minutes": 90, "parties": [
                {"name": "Bénin", "country": "bj", "seats": [{"name": "Awa", "email": "awa@example.org", "role": "head"}]},
                {"name": "Inde", "country": "IN", "seats": [{"name": "Ravi", "role": "delegate", "language": "en"}]}
            ]
        });
        change(&mut wish);
        let wish = serde_json::from_value(wish).map_err(|error| error.to_string())?;
        check(wish, None, Limits { seats: 3 }).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_word_about_it_the_time_is_that_of_the_first_capital() {
        let schedule = checked(|_| {}).unwrap();

        assert_eq!(schedule.timing.time_zone, "Africa/Porto-Novo");
        assert_eq!(
            (schedule.parties[0].country.as_deref(), schedule.parties[0].seats[0].is_head),
            (Some("BJ"), true)
        );
        assert_eq!(schedule.parties_line(), "Bénin – Inde");
        assert_eq!(schedule.parties[1].zone(), Some("Asia/Kolkata"));
    }

    #[test]
    fn what_cannot_be_is_told_in_one_sentence() {
        let cases: [(Spoil, &str); 12] = [
            (|w| w["start"] = json!("tomorrow"), "start cannot be used: it looks like 2026-12-03T14:30"),
            (|w| w["minutes"] = json!(0), "minutes cannot be used"),
            (|w| w["time_zone"] = json!("Cotonou"), "time_zone cannot be used"),
            (|w| w["reminder"] = json!(20_000), "reminder cannot be used"),
            (|w| w["parties"][0]["country"] = json!("XX"), "country cannot be used"),
            (|w| w["parties"][0]["name"] = json!("a\r\nb"), "name cannot be used"),
            (|w| w["parties"][0]["seats"][0]["title"] = json!("a\nb"), "title cannot be used"),
            (|w| w["parties"][0]["seats"][0]["email"] = json!("a@b\r\nBcc: c@d"), "email cannot be used"),
            (
                |w| w["parties"][1]["seats"][0]["email"] = json!("AWA@example.org"),
                "email cannot be used: two seats",
            ),
            (
                |w| w["recurrence"] = json!({"frequency": "daily"}),
                "recurrence cannot be used: it needs either",
            ),
            (
                |w| w["recurrence"] = json!({"frequency": "daily", "until": "2099-01-01"}),
                "recurrence cannot be used: a series",
            ),
            (|w| w["agenda"] = json!([{"title": "", "minutes": 5}]), "agenda cannot be used"),
        ];
        for (change, expected) in cases {
            let told = checked(change).unwrap_err();
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn there_is_an_end_to_everything() {
        let seats: Vec<_> = (0..3).map(|n| json!({"name": n.to_string()})).collect();
        let told = checked(|w| w["parties"][0]["seats"] = json!(seats)).unwrap_err();
        assert_eq!(told, "seats cannot be used: a meeting has at most 3 seats");
        let parties: Vec<_> = (0..21).map(|n| json!({"name": n.to_string()})).collect();
        assert!(checked(|w| w["parties"] = json!(parties)).is_err());
        let items: Vec<_> = (0..51).map(|_| json!({"title": "x", "minutes": 5})).collect();
        assert!(checked(|w| w["agenda"] = json!(items)).is_err());
    }
}
