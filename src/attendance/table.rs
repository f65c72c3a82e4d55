//! The lists of a meeting as tables for spreadsheets, in the reader's language, with times as they were at the host's.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Kind, Sitting};
use crate::csv as table;
use crate::meetings::schedule::SeatRole;
use crate::store::Tongue;

/// Who was there.
#[must_use]
pub fn people_table(sittings: &[Sitting], zone: &TimeZone, tongue: Tongue) -> String {
    let mut text = line(tongue, &PEOPLE);
    for sitting in sittings {
        for one in &sitting.people {
            text += &line(
                tongue,
                &[
                    sitting.title.as_str(),
                    &time(sitting.began, zone),
                    &one.name,
                    one.party.as_deref().unwrap_or_default(),
                    one.title.as_deref().unwrap_or_default(),
                    one.role.as_deref().map_or("", |role| role_word(role, tongue)),
                    one.post.as_deref().unwrap_or_default(),
                    kind_word(one.kind, tongue),
                    one.extension.as_deref().or(one.number.as_deref()).unwrap_or_default(),
                    &time(one.joined, zone),
                    &one.left.map(|left| time(left, zone)).unwrap_or_default(),
                    &one.seconds.to_string(),
                    &one.times.to_string(),
                ]
                .map(|text| (text, text)),
            );
        }
    }
    text
}

/// What was under discussion, and then who spoke how long.
#[must_use]
pub fn agenda_table(sittings: &[Sitting], zone: &TimeZone, tongue: Tongue) -> String {
    let mut text = line(tongue, &AGENDA);
    for sitting in sittings {
        let (title, began) = (sitting.title.as_str(), time(sitting.began, zone));
        for point in &sitting.agenda {
            text += &line(
                tongue,
                &[
                    title,
                    &began,
                    word(tongue, ("point", "point")),
                    &point.number.to_string(),
                    &point.title,
                    &time(point.began, zone),
                    &point.ended.map(|ended| time(ended, zone)).unwrap_or_default(),
                    &point.planned_minutes.to_string(),
                    &point.seconds.to_string(),
                ]
                .map(|text| (text, text)),
            );
        }
        for one in &sitting.spoken {
            let who = one.party.as_deref().or(one.name.as_deref()).unwrap_or_default();
            text += &line(
                tongue,
                &[
                    title,
                    &began,
                    word(tongue, ("parole", "floor")),
                    &one.times.to_string(),
                    who,
                    "",
                    "",
                    "",
                    &one.seconds.to_string(),
                ]
                .map(|text| (text, text)),
            );
        }
    }
    text
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

/// A line of words in French and English. French spreadsheets read semicolons.
fn line(tongue: Tongue, fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| word(tongue, *field)).collect();
    table::line_with(if tongue == Tongue::Fr { ';' } else { ',' }, &fields)
}

fn word<'a>(tongue: Tongue, (french, english): (&'a str, &'a str)) -> &'a str {
    if tongue == Tongue::Fr { french } else { english }
}

fn kind_word(kind: Kind, tongue: Tongue) -> &'static str {
    match kind {
        Kind::Browser => word(tongue, ("navigateur", "browser")),
        Kind::Phone => word(tongue, ("téléphone", "phone")),
    }
}

fn role_word(role: &str, tongue: Tongue) -> &'static str {
    let words = match SeatRole::from_stored(role) {
        SeatRole::Chair => ("présidence", "chair"),
        SeatRole::ProtocolOfficer => ("protocole", "protocol officer"),
        SeatRole::Head => ("chef de délégation", "head of delegation"),
        SeatRole::Delegate => ("délégué", "delegate"),
        SeatRole::Interpreter => ("interprète", "interpreter"),
        SeatRole::Rapporteur => ("rapporteur", "rapporteur"),
        SeatRole::Observer => ("observateur", "observer"),
        SeatRole::Guest => ("invité", "guest"),
    };
    word(tongue, words)
}

const PEOPLE: [(&str, &str); 13] = [
    ("rencontre", "meeting"),
    ("début", "began"),
    ("nom", "name"),
    ("délégation", "party"),
    ("fonction", "function"),
    ("rôle", "role"),
    ("poste", "post"),
    ("moyen", "by"),
    ("numéro", "number"),
    ("entrée", "came"),
    ("sortie", "left"),
    ("secondes", "seconds"),
    ("fois", "times"),
];
const AGENDA: [(&str, &str); 9] = [
    ("rencontre", "meeting"),
    ("début", "began"),
    ("quoi", "what"),
    ("numéro", "number"),
    ("intitulé", "title"),
    ("de", "from"),
    ("à", "to"),
    ("minutes prévues", "planned minutes"),
    ("secondes", "seconds"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::{Said, sittings};
    use crate::store::{AttendanceRow, PointRow, SittingRow, SpeechRow};

    #[test]
    fn the_tables_tell_the_time_at_the_host_s_and_speak_two_languages() {
        let zone = TimeZone::get("Africa/Porto-Novo").unwrap();
        let row = SittingRow { id: 1, began: at(0), ended: Some(at(60)), title: "Visas; etc.".to_owned() };
        let stay = AttendanceRow {
            sitting: 1,
            by_phone: false,
            identity: "guest-seat-1".to_owned(),
            user: None,
            name: "Awa".to_owned(),
            extension: None,
            number: None,
            post: None,
            party: Some("Bénin".to_owned()),
            place: Some((1, 1)),
            title: Some("Ministre".to_owned()),
            role: Some("chair".to_owned()),
            is_head: true,
            joined: at(0),
            left: Some(at(60)),
            interrupted: false,
        };
        let points = [PointRow {
            point: 1,
            title: "Ouverture".to_owned(),
            planned: 5,
            began: at(10),
            ended: Some(at(40)),
        }];
        let speeches = [SpeechRow {
            party: Some("Bénin".to_owned()),
            name: "Awa".to_owned(),
            began: at(10),
            ended: Some(at(30)),
        }];
        let said = Said { points: &points, speeches: &speeches };
        let listed = sittings(&[row], &[stay], said, at(60));

        let english = people_table(&listed, &zone, Tongue::En);
        assert!(english.starts_with("meeting,began,name,party,function,role,"), "{english}");
        let times = "1970-01-01 01:00:00+01:00,1970-01-01 01:01:00+01:00,60,1\r\n";
        assert!(
            english.contains("Awa,Bénin,Ministre,chair,,browser,,") && english.ends_with(times),
            "{english}"
        );
        let french = people_table(&listed, &zone, Tongue::Fr);
        assert!(
            french.contains("\"Visas; etc.\";") && french.contains(";présidence;;navigateur;"),
            "{french}"
        );

        let agenda = agenda_table(&listed, &zone, Tongue::Fr);
        assert!(agenda.contains(";point;1;Ouverture;1970-01-01 01:00:10+01:00;"), "{agenda}");
        assert!(agenda.ends_with(";parole;1;Bénin;;;;20\r\n"), "{agenda}");
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}
