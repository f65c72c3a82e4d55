//! The letter to one who is invited.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::Event;
use super::phrases::{Phrases, again, news, phrases, subject};
use crate::accounts::Email;
use crate::mail::words::{city, clock, long_date, zone};
use crate::mail::{CalendarPart, Letter};
use crate::meetings::schedule::{Occurrence, Party, Schedule, Seat};
use crate::meetings::{MarkingRules, Meeting};
use crate::store::Tongue;

/// What letters about a meeting are made of.
#[derive(Debug, Clone)]
pub struct Sheet<'a> {
    /// The meeting.
    pub meeting: &'a Meeting,
    /// When it is, and who sits at its table.
    pub schedule: &'a Schedule,
    /// What its marking says.
    pub rules: &'a MarkingRules,
    /// Who calls it.
    pub organizer: (&'a str, &'a Email),
    /// From which address mails come, if any do.
    pub sent_by: Option<&'a str>,
    /// How telephones come in, if they may.
    pub dial_in: Option<DialIn>,
    /// When it is written.
    pub now: Timestamp,
}

/// Numbers to dial, and what to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialIn {
    /// From outside first.
    pub numbers: Vec<String>,
    /// Eight digits.
    pub pin: String,
}

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A first invitation.
    Invitation,
    /// Something is different.
    Update,
    /// It does not take place, or not for this one.
    Cancellation,
    /// It is near.
    Reminder,
}

/// The links of one who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// To come in.
    pub enter: String,
    /// To answer.
    pub answer: String,
}

/// For whom a letter is, and about what.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What it is about.
    pub kind: Kind,
    /// For which party.
    pub party: Option<&'a Party>,
    /// For whom.
    pub seat: &'a Seat,
    /// Not where the invitation is taken back.
    pub links: Option<&'a Links>,
    /// If it is about one occurrence only.
    pub occurrence: Option<DateTime>,
}

/// When a meeting is somewhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Clock {
    /// Whose clock.
    pub place: String,
    /// The IANA name of its time.
    pub time_zone: String,
    /// The day there, in words.
    pub date: String,
    /// `14:30`.
    pub from: String,
    /// `16:00`.
    pub to: String,
}

impl Sheet<'_> {
    /// What mails call the meeting: its title, unless that is not for mails.
    #[must_use]
    pub fn title(&self) -> String {
        if let Some(title) = &self.schedule.mail_title {
            return title.clone();
        }
        if self.rules.title {
            return self.meeting.title.clone();
        }
        let parties = self.schedule.parties_line();
        if parties.is_empty() { self.rules.label[0].clone() } else { parties }
    }

    fn is_discreet(&self) -> bool {
        self.title() != self.meeting.title
    }

    /// When an occurrence is for each party, that of the reader first.
    #[must_use]
    pub fn clocks(&self, occurrence: &Occurrence, own: Option<&Party>, tongue: Tongue) -> Vec<Clock> {
        let own = own.map_or(0, |own| own.id);
        let mut parties: Vec<&Party> = self.schedule.parties.iter().collect();
        parties.sort_by_key(|party| (party.id != own || own == 0) as u8);
        let mut places: Vec<(String, String)> = parties
            .into_iter()
            .filter_map(|party| Some((party.name.clone(), party.zone()?.to_owned())))
            .take(MOST_CLOCKS)
            .collect();
        let home = &self.schedule.timing.time_zone;
        if !places.iter().any(|(_, zone)| zone == home) {
            places.push((city(home), home.clone()));
        }
        let (begins, ends) = self.schedule.span(occurrence);
        let clock_of = |(place, time_zone): (String, String)| {
            let (from, to) = (begins.to_zoned(zone(&time_zone)), ends.to_zoned(zone(&time_zone)));
            Clock {
                place,
                date: long_date(from.date(), tongue),
                from: clock(from.time()),
                to: clock(to.time()),
                time_zone,
            }
        };
        places.into_iter().map(clock_of).collect()
    }

    /// The letter, for whoever has an address.
    #[must_use]
    pub fn letter(&self, about: About<'_>) -> Option<Letter> {
        let seat = about.seat;
        let to = seat.email.clone()?;
        let tongue = seat.language;
        let title = self.title();
        let occurrence = self.told(about)?;
        let clocks = self.clocks(&occurrence, about.party, tongue);
        let (name, email) = self.organizer;
        Some(Letter {
            reply_to: Some((name.to_owned(), email.clone())),
            text: self.text(about, &title, &clocks),
            html: Some(self.html(about, &title, &clocks)),
            calendar: self.calendar(about, &title),
            ..Letter::new(Some(seat.name.clone()), to, &subject(about.kind, &title, tongue))
        })
    }

    /// The occurrence that a letter tells of.
    fn told(&self, about: About<'_>) -> Option<Occurrence> {
        let all = self.schedule.occurrences();
        match about.occurrence {
            Some(original) => all.into_iter().find(|one| one.original == original),
            None => self.schedule.next(self.now).or_else(|| all.first().copied()),
        }
    }

    fn calendar(&self, about: About<'_>, title: &str) -> Option<CalendarPart> {
        let words = phrases(about.seat.language);
        let link = about.links.map(|links| links.enter.as_str()).unwrap_or_default();
        let label = self.label(about.seat.language);
        let mut description = label.to_uppercase();
        if !link.is_empty() {
            let _ = write!(description, "\n{}: {link}\n{}", words.enter, words.personal);
        }
        if let Some(dial_in) = &self.dial_in {
            let _ = write!(description, "\n{}", told_dial_in(dial_in, words));
        }
        let event = Event {
            schedule: self.schedule,
            title,
            description: &description,
            link,
            marking: self.meeting.marking,
            organizer: (self.organizer.0, self.organizer.1.as_str()),
            sent_by: self.sent_by,
            attendee: Some(about.seat),
            now: self.now,
        };
        match (about.kind, about.occurrence) {
            (Kind::Reminder, _) => None,
            (Kind::Cancellation, None) => Some(event.cancel()),
            (Kind::Cancellation | Kind::Update, Some(original)) => Some(event.occurrence(original)),
            (Kind::Invitation | Kind::Update, _) => Some(event.request()),
        }
    }

    fn label(&self, tongue: Tongue) -> &str {
        match tongue {
            Tongue::Fr => &self.rules.label[0],
            Tongue::En => &self.rules.label[1],
        }
    }

    fn text(&self, about: About<'_>, title: &str, clocks: &[Clock]) -> String {
        let (tongue, words) = (about.seat.language, phrases(about.seat.language));
        let one_of_many = about.occurrence.is_some();
        let mut text = format!(
            "{} {},\n\n{}\n\n",
            words.greeting,
            about.seat.name,
            news(about.kind, one_of_many, tongue)
        );
        let _ = write!(text, "[{}]\n{title}\n\n", self.label(tongue).to_uppercase());
        for line in clock_lines(clocks) {
            let _ = writeln!(text, "{line}");
        }
        for line in self.more(about) {
            let _ = writeln!(text, "{line}");
        }
        if let Some(links) = about.links {
            let Links { enter, answer } = links;
            let _ = write!(text, "\n{}:\n{enter}\n", words.enter);
            if about.kind != Kind::Reminder {
                let _ = write!(text, "\n{}:\n{answer}?answer=accepted\n", words.accept);
                let _ = write!(text, "{}:\n{answer}?answer=declined\n", words.decline);
                let _ = write!(text, "{}:\n{answer}?answer=tentative\n", words.perhaps);
            }
        }
        for line in self.below(about) {
            let _ = write!(text, "\n{line}\n");
        }
        text
    }

    fn html(&self, about: About<'_>, title: &str, clocks: &[Clock]) -> String {
        let (tongue, words) = (about.seat.language, phrases(about.seat.language));
        let one_of_many = about.occurrence.is_some();
        let mut html = format!(
            "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
             <body style=\"margin:0;background:#f1f5f3;color:#16211c;font-family:'Source Sans 3','Segoe UI',Arial,sans-serif;font-size:16px;line-height:1.5\">\
             <div style=\"max-width:560px;margin:0 auto;padding:24px 16px\">\
             <p>{} {},</p><p>{}</p>\
             <div style=\"background:#ffffff;border:1px solid #d5ddd9;border-radius:12px;overflow:hidden\">\
             <div style=\"background:#12402f;color:#ffffff;padding:20px 24px\">\
             <span style=\"border:1px solid #ffffff;border-radius:3px;padding:2px 8px;font-size:12px;font-weight:bold;letter-spacing:1px;text-transform:uppercase\">{}</span>\
             <h1 style=\"margin:24px 0 0;font-size:24px;line-height:1.25\">{}</h1></div>\
             <div style=\"padding:20px 24px\">",
            tongue.as_str(),
            escaped(title),
            words.greeting,
            escaped(&about.seat.name),
            escaped(news(about.kind, one_of_many, tongue)),
            escaped(self.label(tongue)),
            escaped(title),
        );
        if let Some(first) = clocks.first() {
            let _ = write!(html, "<p style=\"margin:0 0 8px\">{}</p>", escaped(&first.date));
            html += "<table role=\"presentation\" style=\"width:100%;border-collapse:collapse\">";
            for clock in clocks {
                let day = if clock.date == first.date { String::new() } else { format!(" ({})", clock.date) };
                let _ = write!(
                    html,
                    "<tr><td style=\"padding:2px 0\">{}{}</td><td style=\"text-align:right;font-weight:bold;white-space:nowrap\">{} – {}</td></tr>",
                    escaped(&clock.place),
                    escaped(&day),
                    clock.from,
                    clock.to,
                );
            }
            html += "</table>";
        }
        for line in self.more(about) {
            let _ = write!(html, "<p style=\"margin:8px 0 0\">{}</p>", escaped(&line));
        }
        if let Some(links) = about.links {
            html += &buttons(links, about.kind, words);
        }
        html += "</div></div>";
        for line in self.below(about) {
            let _ = write!(html, "<p style=\"color:#4a5a52;font-size:14px\">{}</p>", escaped(&line));
        }
        html + "</div></body></html>"
    }

    /// What follows the hours.
    fn more(&self, about: About<'_>) -> Vec<String> {
        let (tongue, words) = (about.seat.language, phrases(about.seat.language));
        let mut lines = Vec::new();
        if let (Some(recurrence), None) = (&self.schedule.timing.recurrence, about.occurrence) {
            lines.push(again(recurrence, tongue));
        }
        if !self.schedule.languages.is_empty() {
            lines.push(format!("{}: {}", words.in_languages, self.schedule.languages.join(", ")));
        }
        if let (Some(dial_in), true) = (&self.dial_in, about.links.is_some()) {
            lines.push(told_dial_in(dial_in, words));
        }
        lines
    }

    /// What stands below.
    fn below(&self, about: About<'_>) -> Vec<String> {
        let words = phrases(about.seat.language);
        let mut lines = Vec::new();
        if !self.is_discreet() && !self.schedule.agenda.is_empty() && about.kind != Kind::Cancellation {
            let items = self.schedule.agenda.iter().enumerate();
            let items = items
                .map(|(at, item)| format!("{}. {} ({} {})", at + 1, item.title, item.minutes, words.minutes));
            lines.push(format!("{}: {}", words.agenda, items.collect::<Vec<_>>().join("; ")));
        }
        if self.is_discreet() {
            lines.push(words.discreet.to_owned());
        }
        match about.links {
            Some(_) => lines.push(words.personal.to_owned()),
            None if about.occurrence.is_none() => lines.push(words.now_void.to_owned()),
            None => {}
        }
        let (name, email) = self.organizer;
        lines.push(format!("{} {name} <{}>", words.called_by, email.as_str()));
        lines
    }
}

fn clock_lines(clocks: &[Clock]) -> Vec<String> {
    let Some(first) = clocks.first() else { return Vec::new() };
    let mut lines = vec![first.date.clone()];
    for Clock { place, date, from, to, .. } in clocks {
        let day = if *date == first.date { String::new() } else { format!(" ({date})") };
        lines.push(format!("  {place}: {from} – {to}{day}"));
    }
    lines
}

fn buttons(links: &Links, kind: Kind, words: &Phrases) -> String {
    let Links { enter, answer } = links;
    let mut html = format!(
        "<p style=\"margin:24px 0 8px\"><a href=\"{}\" style=\"display:inline-block;background:#12573c;color:#ffffff;padding:12px 24px;border-radius:8px;text-decoration:none;font-weight:bold\">{}</a></p>",
        escaped(enter),
        words.enter,
    );
    if kind != Kind::Reminder {
        html += "<p style=\"margin:8px 0 0\">";
        for (word, value) in
            [(words.accept, "accepted"), (words.decline, "declined"), (words.perhaps, "tentative")]
        {
            let _ = write!(
                html,
                "<a href=\"{}?answer={value}\" style=\"color:#12573c;margin-right:16px\">{word}</a> ",
                escaped(answer)
            );
        }
        html += "</p>";
    }
    html
}

fn told_dial_in(dial_in: &DialIn, words: &Phrases) -> String {
    format!("{}: {} ({} {})", words.telephone, dial_in.numbers.join(", "), words.pin, dial_in.pin)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const MOST_CLOCKS: usize = 6;
