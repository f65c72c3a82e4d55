//! Who sits at the table of a meeting.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::Email;
use crate::directory::zone_of_country;
use crate::store::Tongue;

/// A party to a meeting: a delegation, or the observers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its number; 0 before it is stored.
    pub id: i64,
    /// As nameplates show it.
    pub name: String,
    /// ISO 3166, if it is a country.
    pub country: Option<String>,
    /// The IANA name of its time, if it is not that of the country's capital.
    pub time_zone: Option<String>,
    /// In the order of precedence.
    pub seats: Vec<Seat>,
}

impl Party {
    /// The IANA name of the time where it is, as far as that is known.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.time_zone.as_deref().or_else(|| self.country.as_deref().map(zone_of_country))
    }
}

/// A seat, and who is to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its number; 0 before it is stored.
    pub id: i64,
    /// Who.
    pub name: String,
    /// As what: a function or rank, if it is to be shown.
    pub title: String,
    /// Where the invitation goes; without it the link is handed over in another way.
    pub email: Option<Email>,
    /// What this seat does in the meeting.
    pub role: SeatRole,
    /// Whether it speaks for its party.
    pub is_head: bool,
    /// In which language the invitation is.
    pub language: Tongue,
    /// Rises when the link is made anew.
    pub issue: u32,
    /// Whether the link is good.
    pub has_link: bool,
    /// When it was invited.
    pub invited: Option<Timestamp>,
    /// How its mail fares.
    pub mail: MailState,
    /// What it answered.
    pub answer: Option<(Answer, Timestamp)>,
}

/// What a seat does in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatRole {
    /// Leads the meeting.
    Chair,
    /// Sees to the form.
    ProtocolOfficer,
    /// Speaks for the party.
    Head,
    /// Belongs to the delegation.
    #[default]
    Delegate,
    /// Says it in another language.
    Interpreter,
    /// Writes it down.
    Rapporteur,
    /// Listens.
    Observer,
    /// Is there for a while.
    Guest,
}

impl SeatRole {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chair => "chair",
            Self::ProtocolOfficer => "protocol_officer",
            Self::Head => "head",
            Self::Delegate => "delegate",
            Self::Interpreter => "interpreter",
            Self::Rapporteur => "rapporteur",
            Self::Observer => "observer",
            Self::Guest => "guest",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        let all = [
            Self::Chair,
            Self::ProtocolOfficer,
            Self::Head,
            Self::Interpreter,
            Self::Rapporteur,
            Self::Observer,
            Self::Guest,
        ];
        all.into_iter().find(|role| role.as_str() == text).unwrap_or_default()
    }
}

/// What somebody answers to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Comes.
    Accepted,
    /// Does not.
    Declined,
    /// Perhaps.
    Tentative,
}

impl Answer {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Tentative => "tentative",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Accepted, Self::Declined, Self::Tentative].into_iter().find(|answer| answer.as_str() == text)
    }
}

/// How the mail to a seat fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailState {
    /// There was none.
    #[default]
    None,
    /// It waits for the mail server.
    Waiting,
    /// The mail server has it.
    Sent,
    /// It was given up.
    Failed,
}

/// What others see of a seat beside a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// Its number.
    pub seat: i64,
    /// What the party is called.
    pub party: String,
    /// ISO 3166, if the party is a country.
    pub country: Option<String>,
    /// The party's place in the order of precedence, and the seat's place in its party, both from 1.
    pub place: (usize, usize),
    /// Its function or rank.
    pub title: String,
    /// What it does in the meeting.
    pub role: SeatRole,
    /// Whether it speaks for its party.
    pub is_head: bool,
}

impl Badge {
    /// The badge of the seat that is meant.
    #[must_use]
    pub fn of(parties: &[Party], mut meant: impl FnMut(&Seat) -> bool) -> Option<Self> {
        parties.iter().enumerate().find_map(|(rank, party)| {
            let (at, seat) = party.seats.iter().enumerate().find(|(_, seat)| meant(seat))?;
            Some(Self {
                seat: seat.id,
                party: party.name.clone(),
                country: party.country.clone(),
                place: (rank + 1, at + 1),
                title: seat.title.clone(),
                role: seat.role,
                is_head: seat.is_head,
            })
        })
    }
}
