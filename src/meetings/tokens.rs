//! The access tokens with which browsers go from the office to the room.

use std::time::Duration;

use jiff::Timestamp;
use livekit_protocol::RoomConfiguration;
use signaling_proto::token::{Claims, Keys, TokenError};

use super::nameplate::{HEAD, TITLE, badge_on, nameplate};
use super::{Admission, Approach, Gathering, LONGEST_TEST, Meeting};
use crate::accounts::User;
use crate::directory::Posting;

/// Signs admissions, and recognises those it has signed.
#[derive(Clone)]
pub struct Tokens {
    keys: Keys,
    key: String,
}

impl Tokens {
    /// Signs with the first of the API keys.
    ///
    /// # Panics
    /// When there is no key; a server always has one.
    #[must_use]
    pub fn new(keys: &Keys) -> Self {
        Self { key: keys.first().expect("a server has an API key").to_owned(), keys: keys.clone() }
    }

    /// The token of an admission, for whoever works there. It is good for five minutes, during which the browser opens its
    /// connection; there it gets fresh ones.
    #[must_use]
    pub fn mint(&self, admission: &Admission, posting: Option<Posting>, now: Timestamp) -> String {
        let mut claims = Claims::join(&admission.identity, admission.meeting.as_str());
        claims.name.clone_from(&admission.name);
        claims.attributes = nameplate(admission);
        claims.attributes.retain(|_, text| !text.is_empty());
        if let Some(Posting { extension, post }) = posting {
            claims.attributes.insert(EXTENSION.to_owned(), extension);
            claims.attributes.insert(POST.to_owned(), post);
        }
        let rights = admission.rights();
        // Without a word of it, publishing and data are allowed.
        claims.video.can_publish = (!rights.speaks).then_some(false);
        claims.video.room_admin = admission.is_host();
        claims.video.can_update_own_metadata = Some(rights.speaks);
        self.sealed(claims, now, LIFETIME)
    }

    /// The token of a user for the room of a call, good for as long.
    #[must_use]
    pub fn mint_call(&self, user: &User, room: &str, now: Timestamp) -> String {
        let mut claims = Claims::join(&Admission::identity_of(&user.id), room);
        claims.name.clone_from(&user.name);
        self.sealed(claims, now, LIFETIME)
    }

    /// The token of somebody who waits, for the room in which the party gathers: to speak, write and listen there, and for
    /// nothing else. It is good for as long.
    #[must_use]
    pub fn mint_gathering(&self, gathering: &Gathering, now: Timestamp) -> String {
        let Gathering { room, identity, name, badge } = gathering;
        let mut claims = Claims::join(identity, room);
        claims.name.clone_from(name);
        let head = if badge.is_head { "yes" } else { "" };
        let texts =
            [(TITLE, badge.title.as_str()), (HEAD, head)].into_iter().filter(|(_, text)| !text.is_empty());
        claims.attributes.extend(texts.map(|(name, text)| (name.to_owned(), text.to_owned())));
        claims.video.can_publish_sources = vec!["microphone".to_owned()];
        self.sealed(claims, now, LIFETIME)
    }

    /// The token of one end of a connection test: one sends and hears nothing, the other hears and sends nothing. It is good
    /// for as long as the room.
    #[must_use]
    pub fn mint_test(&self, room: &str, sends: bool, now: Timestamp) -> String {
        let mut claims = Claims::join(if sends { "sender" } else { "receiver" }, room);
        claims.video.can_publish = Some(sends);
        claims.video.can_publish_sources = vec!["microphone".to_owned(), "camera".to_owned()];
        claims.video.can_subscribe = Some(!sends);
        claims.video.can_publish_data = Some(false);
        claims.room_config = Some(RoomConfiguration { max_participants: 2, ..RoomConfiguration::default() });
        self.sealed(claims, now, LONGEST_TEST)
    }

    /// The token of a visitor for a room in which nobody else is: to have a microphone and a camera ready there, and for
    /// nothing else.
    #[must_use]
    pub fn mint_approach(&self, approach: &Approach, now: Timestamp) -> String {
        let mut claims = Claims::join(&approach.identity, &approach.room);
        claims.video.can_publish_sources = ["microphone", "camera"].map(str::to_owned).to_vec();
        claims.video.can_publish_data = Some(false);
        claims.video.can_subscribe = Some(false);
        claims.room_config = Some(RoomConfiguration { max_participants: 1, ..RoomConfiguration::default() });
        self.sealed(claims, now, LIFETIME)
    }

    /// The token of these claims, good from now on for so long.
    fn sealed(&self, mut claims: Claims, now: Timestamp, lifetime: Duration) -> String {
        claims.not_before = Some(seconds(now));
        claims
            .until(seconds(now) + lifetime.as_secs())
            .sign(&self.keys, &self.key)
            .expect("the key is there and the claims have an expiry")
    }

    /// Which visitor a token of ours is for, though it may have expired: how long one may stay is not up to it.
    #[must_use]
    pub fn approach(&self, token: &str, now: Timestamp) -> Option<Approach> {
        let claims = self.remembered(token, now)?;
        let Claims { identity, video, .. } = claims;
        Approach::is_one(&video.room).then_some(Approach { room: video.room, identity })
    }

    /// Whom an earlier token of ours let into a meeting, though it may have expired, within twelve hours.
    #[must_use]
    pub fn previous(&self, meeting: &Meeting, token: &str, now: Timestamp) -> Option<Admission> {
        let claims = self.remembered(token, now)?;
        if !claims.video.room_join || claims.video.room != meeting.code.as_str() {
            return None;
        }
        let badge = badge_on(&claims.attributes);
        Some(Admission::admitted(meeting, claims.identity, claims.name).seated(badge))
    }

    /// What a token of ours says, or said until it expired within twelve hours.
    fn remembered(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let now = seconds(now);
        match Claims::verify(token, &self.keys, now) {
            // Then as of its last second.
            Err(TokenError::Expired(ago)) if ago < MEMORY.as_secs() => {
                Claims::verify(token, &self.keys, now.saturating_sub(ago + 1))
            }
            other => other,
        }
        .ok()
    }
}

fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or(0)
}

/// The attributes that say where somebody works, of browsers as of phones.
const EXTENSION: &str = "palabre.extension";
const POST: &str = "palabre.post";
const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long an admission is remembered by the token it gave.
pub const MEMORY: Duration = Duration::from_secs(12 * 3600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::UserId;
    use crate::meetings::schedule::{Badge, SeatRole};
    use crate::meetings::{Marking, MeetingCode, Pin};

    #[test]
    fn who_was_in_before_is_recognised_for_twelve_hours_at_the_same_meeting() {
        let (tokens, meeting, now) = (tokens("a"), meeting(), Timestamp::UNIX_EPOCH + MEMORY);
        let guest = Admission::new_guest(&meeting, "Awa".to_owned());
        let token = tokens.mint(&guest, None, now);

        let later = now + LIFETIME + MEMORY - Duration::from_secs(1);
        assert_eq!(tokens.previous(&meeting, &token, later), Some(guest));
        let too_late = later + Duration::from_secs(1);
        assert_eq!(tokens.previous(&meeting, &token, too_late), None);
        let elsewhere = self::meeting();
        assert_eq!(tokens.previous(&elsewhere, &token, now), None);
    }

    #[test]
    fn a_seat_is_kept_by_whoever_comes_back() {
        let (tokens, meeting, now) = (tokens("a"), meeting(), Timestamp::UNIX_EPOCH);
        let badge = Badge {
            seat: 7,
            party: "Bénin".to_owned(),
            country: Some("BJ".to_owned()),
            place: (2, 1),
            title: "Ministre".to_owned(),
            role: SeatRole::Chair,
            is_head: true,
        };
        let identity = Admission::guest_identity(Some(&badge));
        assert_eq!(Admission::seat_of(&identity), Some(7));
        let guest = Admission::admitted(&meeting, identity, "Awa".to_owned()).seated(Some(badge));

        assert_eq!(tokens.previous(&meeting, &tokens.mint(&guest, None, now), now), Some(guest));
    }

    #[test]
    fn a_token_that_somebody_else_signed_is_as_none() {
        let (meeting, now) = (meeting(), Timestamp::UNIX_EPOCH);
        let guest = Admission::new_guest(&meeting, "Awa".to_owned());
        let theirs = tokens("b").mint(&guest, None, now);
        let (header, rest) = theirs.split_once('.').unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').next().unwrap());

        for token in [&*theirs, &unsigned, "", "a.b.c", header] {
            assert_eq!(tokens("a").previous(&meeting, token, now), None, "{token}");
        }
    }

    fn tokens(secret: &str) -> Tokens {
        let mut keys = Keys::default();
        keys.insert("key", &secret.repeat(32)).unwrap();
        Tokens::new(&keys)
    }

    fn meeting() -> Meeting {
        Meeting {
            code: MeetingCode::random(),
            title: "Bilateral".to_owned(),
            owner: UserId::random(),
            waiting_room: true,
            locked: false,
            created_at: Timestamp::UNIX_EPOCH,
            pin: Pin::random(),
            marking: Marking::Public,
        }
    }
}
