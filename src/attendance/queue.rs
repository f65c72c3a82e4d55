//! Who comes and goes, on the way to the store: each presence stands here once, as it is last. It holds no clock.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use livekit_protocol as proto;
use signaling_proto::room::RoomEvent;
use sip_gateway_proto::call::is_call_room;

use crate::meetings::schedule::Badge;
use crate::meetings::{Admission, MeetingCode, SEAT_ROLE, badge_on};

/// How somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// In a browser.
    Browser,
    /// By telephone.
    Phone,
}

impl Kind {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Phone => "phone",
        }
    }
}

/// What a room is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoomKind {
    Meeting,
    Call,
}

/// One stay of somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) room_sid: String,
    pub(crate) room: String,
    pub(crate) room_kind: RoomKind,
    pub(crate) sid: String,
    pub(crate) kind: Kind,
    pub(crate) identity: String,
    pub(crate) name: String,
    /// The account, if it is one's.
    pub(crate) user: Option<String>,
    /// A telephone's extension, if it is one of the house.
    pub(crate) extension: Option<String>,
    /// A telephone's number.
    pub(crate) number: Option<String>,
    /// The seat, of who has one.
    pub(crate) badge: Option<Badge>,
    /// What they did there, with a seat or without.
    pub(crate) role: Option<String>,
    pub(crate) joined: Timestamp,
    pub(crate) left: Option<Timestamp>,
}

impl Stay {
    /// What there is to be written of a participant, unless the room or the participant is none of ours.
    fn of(room: &proto::Room, participant: &proto::ParticipantInfo, joined: Timestamp) -> Option<Self> {
        let room_kind = room_kind(&room.name)?;
        if participant.permission.as_ref().is_some_and(|may| may.hidden) {
            return None;
        }
        let attribute = |name: &str| {
            participant.attributes.get(name).map(|value| bounded(value)).filter(|value| !value.is_empty())
        };
        let kind = match participant.kind() {
            proto::participant_info::Kind::Sip => Kind::Phone,
            _ => Kind::Browser,
        };
        Some(Self {
            room_sid: room.sid.clone(),
            room: room.name.clone(),
            room_kind,
            sid: participant.sid.clone(),
            kind,
            identity: bounded(&participant.identity),
            name: bounded(&participant.name),
            user: Admission::user_of(&participant.identity).map(|user| user.as_str().to_owned()),
            extension: attribute("palabre.extension"),
            number: attribute("sip.phoneNumber"),
            badge: badge_on(&participant.attributes),
            role: attribute(SEAT_ROLE),
            joined,
            left: None,
        })
    }
}

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// By participant id.
    pub(crate) stays: HashMap<String, Stay>,
    /// Rooms that were closed, by their id.
    pub(crate) closed: HashMap<String, Timestamp>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.stays.is_empty() && self.closed.is_empty()
    }
}

/// The queue, and who is there at the moment.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Batch,
    /// By participant id.
    there: HashMap<String, Stay>,
    dropped: u64,
}

impl Queue {
    /// Takes in what has happened in a room; says whether there is something to write.
    pub(super) fn hear(&mut self, event: &RoomEvent, now: Timestamp) -> bool {
        match event {
            RoomEvent::ParticipantJoined { room, participant } => {
                Stay::of(room, participant, now).is_some_and(|stay| self.came(stay))
            }
            RoomEvent::ParticipantLeft { participant, .. } => self.went(&participant.sid, now),
            RoomEvent::RoomFinished { room } if room_kind(&room.name).is_some() => {
                let inside = self.there.values().filter(|stay| stay.room_sid == room.sid);
                let inside: Vec<String> = inside.map(|stay| stay.sid.clone()).collect();
                for sid in inside {
                    self.went(&sid, now);
                }
                self.close(room.sid.clone(), now);
                true
            }
            _ => false,
        }
    }

    /// Sets right who is there after news was missed; says whether there is something to write.
    pub(super) fn look(
        &mut self,
        rooms: &[(proto::Room, Vec<proto::ParticipantInfo>)],
        now: Timestamp,
    ) -> bool {
        let active = |one: &&proto::ParticipantInfo| one.state() == proto::participant_info::State::Active;
        let mut news = false;
        let inside: HashSet<&str> =
            rooms.iter().flat_map(|(_, inside)| inside).map(|one| one.sid.as_str()).collect();
        let open: HashSet<&str> = rooms.iter().map(|(room, _)| room.sid.as_str()).collect();
        let gone = self.there.values().filter(|stay| !inside.contains(stay.sid.as_str()));
        let gone: Vec<(String, String)> =
            gone.map(|stay| (stay.sid.clone(), stay.room_sid.clone())).collect();
        for (sid, room) in gone {
            news |= self.went(&sid, now);
            if !open.contains(room.as_str()) {
                self.close(room, now);
            }
        }
        for (room, inside) in rooms {
            for one in inside.iter().filter(active) {
                if self.there.contains_key(&one.sid) {
                    continue;
                }
                let joined = Timestamp::from_millisecond(one.joined_at_ms).unwrap_or(now);
                news |= Stay::of(room, one, joined).is_some_and(|stay| self.came(stay));
            }
        }
        news
    }

    /// Everybody goes, since the program ends.
    pub(super) fn end(&mut self, now: Timestamp) {
        let there: Vec<(String, String)> =
            self.there.values().map(|stay| (stay.sid.clone(), stay.room_sid.clone())).collect();
        for (sid, room) in there {
            self.went(&sid, now);
            self.close(room, now);
        }
    }

    fn close(&mut self, room: String, now: Timestamp) {
        // One that has no place is closed when the program starts again.
        if self.waiting.closed.len() < MOST_WAITING {
            self.waiting.closed.insert(room, now);
        }
    }

    fn came(&mut self, stay: Stay) -> bool {
        if self.there.len() >= MOST_THERE || self.waiting.stays.len() >= MOST_WAITING {
            self.dropped += 1;
            return false;
        }
        self.waiting.stays.insert(stay.sid.clone(), stay.clone());
        self.there.insert(stay.sid.clone(), stay);
        true
    }

    fn went(&mut self, sid: &str, now: Timestamp) -> bool {
        let Some(mut stay) = self.there.remove(sid) else { return false };
        stay.left = Some(now.max(stay.joined));
        self.waiting.stays.insert(sid.to_owned(), stay);
        true
    }

    /// Everything that waits.
    pub(super) fn take(&mut self) -> Batch {
        std::mem::take(&mut self.waiting)
    }

    /// What could not be written waits again, unless it has been overtaken.
    pub(super) fn put_back(&mut self, batch: Batch) {
        for (sid, stay) in batch.stays {
            self.waiting.stays.entry(sid).or_insert(stay);
        }
        for (room, at) in batch.closed {
            self.waiting.closed.entry(room).or_insert(at);
        }
    }

    /// How many stays had no place, since this was asked last.
    pub(super) fn dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

fn room_kind(name: &str) -> Option<RoomKind> {
    if is_call_room(name) {
        return Some(RoomKind::Call);
    }
    // Rooms of SDKs have other names.
    let code = MeetingCode::parse(name)?;
    (code.as_str() == name).then_some(RoomKind::Meeting)
}

/// What strangers say is not stored without end.
fn bounded(text: &str) -> String {
    text.chars().take(MOST_TEXT).collect()
}

const MOST_TEXT: usize = 256;
/// More than all rooms hold by default.
const MOST_THERE: usize = 100_000;
/// Stays that wait while the database does not take them.
const MOST_WAITING: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_and_went_meanwhile_is_written_once() {
        let mut queue = Queue::default();
        assert!(queue.hear(&came("abc-defg-hij", "PA_1"), at(10)));
        assert!(queue.hear(&went("abc-defg-hij", "PA_1"), at(40)));

        let batch = queue.take();

        let stay = &batch.stays["PA_1"];
        assert_eq!((stay.joined, stay.left), (at(10), Some(at(40))));
        assert!(queue.take().is_empty());
    }

    #[test]
    fn only_meetings_and_calls_count_and_nobody_hidden() {
        let mut queue = Queue::default();
        assert!(!queue.hear(&came("a-room-of-an-sdk", "PA_1"), at(0)));
        let mut hidden = participant("PA_2");
        hidden.permission = Some(proto::ParticipantPermission { hidden: true, ..Default::default() });
        let joined = RoomEvent::ParticipantJoined { room: room("abc-defg-hij"), participant: hidden };
        assert!(!queue.hear(&joined, at(0)));
        assert!(queue.hear(&came("call-abcdefghijklmnop", "PA_3"), at(0)));

        assert_eq!(queue.take().stays["PA_3"].room_kind, RoomKind::Call);
    }

    #[test]
    fn a_room_that_closes_takes_everybody_along() {
        let mut queue = Queue::default();
        queue.hear(&came("abc-defg-hij", "PA_1"), at(0));
        queue.hear(&RoomEvent::RoomFinished { room: room("abc-defg-hij") }, at(9));

        let batch = queue.take();
        assert_eq!(batch.stays["PA_1"].left, Some(at(9)));
        assert_eq!(batch.closed["RM_abc-defg-hij"], at(9));
    }

    #[test]
    fn what_was_missed_is_found_by_looking() {
        let mut queue = Queue::default();
        queue.hear(&came("abc-defg-hij", "PA_1"), at(0));
        queue.hear(&came("abc-defg-hij", "PA_2"), at(0));
        queue.take();
        let mut newcomer = participant("PA_3");
        newcomer.joined_at_ms = at(30).as_millisecond();
        let inside = vec![(room("abc-defg-hij"), vec![participant("PA_1"), newcomer])];

        assert!(queue.look(&inside, at(60)));

        let batch = queue.take();
        assert_eq!(batch.stays["PA_2"].left, Some(at(60)));
        assert_eq!(batch.stays["PA_3"].joined, at(30));
        assert!(!batch.stays.contains_key("PA_1"), "nothing is new about it");
        assert!(!queue.look(&inside, at(61)));
    }

    #[test]
    fn what_could_not_be_written_waits_again_unless_overtaken() {
        let mut queue = Queue::default();
        queue.hear(&came("abc-defg-hij", "PA_1"), at(0));
        let batch = queue.take();
        queue.hear(&went("abc-defg-hij", "PA_1"), at(5));

        queue.put_back(batch);

        assert_eq!(queue.take().stays["PA_1"].left, Some(at(5)));
    }

    fn came(name: &str, sid: &str) -> RoomEvent {
        RoomEvent::ParticipantJoined { room: room(name), participant: participant(sid) }
    }

    fn went(name: &str, sid: &str) -> RoomEvent {
        RoomEvent::ParticipantLeft { room: room(name), participant: participant(sid) }
    }

    fn room(name: &str) -> proto::Room {
        proto::Room { sid: format!("RM_{name}"), name: name.to_owned(), ..Default::default() }
    }

    fn participant(sid: &str) -> proto::ParticipantInfo {
        let state = proto::participant_info::State::Active.into();
        let (sid, identity) = (sid.to_owned(), format!("guest-{sid}"));
        proto::ParticipantInfo { sid, identity, name: "Awa".to_owned(), state, ..Default::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}
