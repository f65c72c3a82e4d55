//! What letters say, in both languages.

use crate::mail::words::long_date;
use crate::meetings::schedule::{End, Frequency, Recurrence};
use crate::store::Tongue;

use super::Kind;

/// The phrases of one language.
pub(super) struct Phrases {
    pub(super) greeting: &'static str,
    pub(super) enter: &'static str,
    pub(super) accept: &'static str,
    pub(super) decline: &'static str,
    pub(super) perhaps: &'static str,
    pub(super) agenda: &'static str,
    pub(super) minutes: &'static str,
    pub(super) telephone: &'static str,
    pub(super) pin: &'static str,
    pub(super) discreet: &'static str,
    pub(super) personal: &'static str,
    pub(super) called_by: &'static str,
    pub(super) in_languages: &'static str,
    pub(super) now_void: &'static str,
}

pub(super) fn phrases(tongue: Tongue) -> &'static Phrases {
    match tongue {
        Tongue::Fr => &Phrases {
            greeting: "Bonjour",
            enter: "Entrer dans la rencontre",
            accept: "Accepter",
            decline: "Décliner",
            perhaps: "Peut-être",
            agenda: "Ordre du jour",
            minutes: "min",
            telephone: "Par téléphone",
            pin: "code",
            discreet: "L’objet n’apparaît pas dans ce courriel.",
            personal: "Ce lien est personnel : il vous fait entrer sous votre nom, jusqu’à la fin de la rencontre. Ne le transmettez pas.",
            called_by: "Rencontre organisée par",
            in_languages: "Langues",
            now_void: "Le lien que vous aviez reçu n’est plus valable.",
        },
        Tongue::En => &Phrases {
            greeting: "Hello",
            enter: "Enter the meeting",
            accept: "Accept",
            decline: "Decline",
            perhaps: "Perhaps",
            agenda: "Agenda",
            minutes: "min",
            telephone: "By telephone",
            pin: "PIN",
            discreet: "The subject is not shown in this mail.",
            personal: "This link is personal: it lets you in under your name, until the end of the meeting. Do not pass it on.",
            called_by: "Meeting called by",
            in_languages: "Languages",
            now_void: "The link that you received is no longer valid.",
        },
    }
}

/// The subject of a letter.
pub(super) fn subject(kind: Kind, title: &str, tongue: Tongue) -> String {
    match (kind, tongue) {
        (Kind::Invitation, Tongue::Fr) => format!("Invitation : {title}"),
        (Kind::Invitation, Tongue::En) => format!("Invitation: {title}"),
        (Kind::Update, Tongue::Fr) => format!("Modifiée : {title}"),
        (Kind::Update, Tongue::En) => format!("Changed: {title}"),
        (Kind::Cancellation, Tongue::Fr) => format!("Annulée : {title}"),
        (Kind::Cancellation, Tongue::En) => format!("Cancelled: {title}"),
        (Kind::Reminder, Tongue::Fr) => format!("Rappel : {title}"),
        (Kind::Reminder, Tongue::En) => format!("Reminder: {title}"),
    }
}

/// What has happened, in one sentence.
pub(super) fn news(kind: Kind, one_of_many: bool, tongue: Tongue) -> &'static str {
    match (kind, one_of_many, tongue) {
        (Kind::Invitation, _, Tongue::Fr) => "Vous êtes invité à une rencontre.",
        (Kind::Invitation, _, Tongue::En) => "You are invited to a meeting.",
        (Kind::Update, false, Tongue::Fr) => "Cette rencontre a été modifiée. Voici ce qui vaut désormais.",
        (Kind::Update, false, Tongue::En) => "This meeting has been changed. This is what holds from now on.",
        (Kind::Update, true, Tongue::Fr) => {
            "Une séance de cette rencontre est déplacée. Les autres ne changent pas."
        }
        (Kind::Update, true, Tongue::En) => {
            "One session of this meeting is moved. The others stay as they are."
        }
        (Kind::Cancellation, false, Tongue::Fr) => "Cette rencontre est annulée.",
        (Kind::Cancellation, false, Tongue::En) => "This meeting is cancelled.",
        (Kind::Cancellation, true, Tongue::Fr) => {
            "Une séance de cette rencontre est annulée. Les autres ont lieu."
        }
        (Kind::Cancellation, true, Tongue::En) => {
            "One session of this meeting is cancelled. The others take place."
        }
        (Kind::Reminder, _, Tongue::Fr) => "Cette rencontre commence bientôt.",
        (Kind::Reminder, _, Tongue::En) => "This meeting begins soon.",
    }
}

/// How it comes again.
pub(super) fn again(recurrence: &Recurrence, tongue: Tongue) -> String {
    let every = recurrence.every;
    let how = match (recurrence.frequency, every, tongue) {
        (Frequency::Daily, 1, Tongue::Fr) => "Chaque jour".to_owned(),
        (Frequency::Weekly, 1, Tongue::Fr) => "Chaque semaine".to_owned(),
        (Frequency::Monthly, 1, Tongue::Fr) => "Chaque mois".to_owned(),
        (Frequency::Daily, _, Tongue::Fr) => format!("Tous les {every} jours"),
        (Frequency::Weekly, _, Tongue::Fr) => format!("Toutes les {every} semaines"),
        (Frequency::Monthly, _, Tongue::Fr) => format!("Tous les {every} mois"),
        (Frequency::Daily, 1, Tongue::En) => "Every day".to_owned(),
        (Frequency::Weekly, 1, Tongue::En) => "Every week".to_owned(),
        (Frequency::Monthly, 1, Tongue::En) => "Every month".to_owned(),
        (Frequency::Daily, _, Tongue::En) => format!("Every {every} days"),
        (Frequency::Weekly, _, Tongue::En) => format!("Every {every} weeks"),
        (Frequency::Monthly, _, Tongue::En) => format!("Every {every} months"),
    };
    match (recurrence.end, tongue) {
        (End::Count(count), Tongue::Fr) => format!("{how}, {count} fois"),
        (End::Count(count), Tongue::En) => format!("{how}, {count} times"),
        (End::Until(day), Tongue::Fr) => format!("{how}, jusqu’au {}", long_date(day, tongue)),
        (End::Until(day), Tongue::En) => format!("{how}, until {}", long_date(day, tongue)),
    }
}
