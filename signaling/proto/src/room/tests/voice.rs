//! Phones in a room: their seats, and the ears by which they hear.

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action, participant_info::Kind};
use livekit_protocol::{data_packet::Value, signal_request as ask, signal_response as told};
use prost::Message as _;

use super::house::{Guest, House, camera, microphone};
use crate::{
    Joining, Limits, PeerConnections,
    room::{MediaCommand, MediaEvent},
    sdp::Mime,
    voice::{EarTrack, Ears, EarsOutput, GoneReason, Seat, SeatEvent, SeatOutput, Speaker, Voice},
};

#[test]
fn a_phone_is_a_participant_of_kind_sip_with_one_microphone() {
    let mut house = House::open();
    let mut awa = house.join("awa");
    house.publish(&mut awa, camera());

    let phone = Phone::join(&mut house, "phone-1");

    let seen = house.seen(&awa, &phone.guest.sid).unwrap();
    assert_eq!((seen.kind(), seen.name.as_str()), (Kind::Sip, "Ben"));
    assert_eq!(seen.attributes["sip.phoneNumber"], "204");
    let [track] = &seen.tracks[..] else { panic!("{:?}", seen.tracks) };
    assert_eq!((track.source(), track.mime_type.as_str()), (proto::TrackSource::Microphone, "audio/opus"));
    let published = house.media.iter().rev().find_map(|command| match command {
        MediaCommand::Publish { media, .. } => Some(media.clone()),
        _ => None,
    });
    let published = published.unwrap();
    assert_eq!(published.encodings[0].ssrc, Some(SSRC));
    assert_eq!(published.codecs.iter().map(|codec| codec.mime).collect::<Vec<_>>(), [Mime::Opus]);
    assert_eq!(published.extensions[&crate::sdp::Extension::AudioLevel], 1);
    let subscribed = house.media.iter().any(|command| matches!(command, MediaCommand::Subscribe { .. }));
    assert!(!subscribed, "a seat receives nothing");
}

#[test]
fn who_is_muted_by_a_host_is_told_and_can_speak_again() {
    let mut house = House::open();
    let awa = house.join("awa");
    let mut phone = Phone::join(&mut house, "phone-1");
    let muted = |house: &House| house.seen(&awa, &phone.guest.sid).unwrap().tracks[0].muted;
    let request = proto::MuteRoomTrackRequest {
        room: "room".into(),
        identity: "phone-1".into(),
        track_sid: house.seen(&awa, &phone.guest.sid).unwrap().tracks[0].sid.clone(),
        muted: true,
    };

    house.room.mute_track(house.now, &request).unwrap();
    house.drain();
    assert!(muted(&house));
    assert_eq!(phone.pump(&mut house), [SeatEvent::MutedByHost(true)]);

    phone.seat.set_muted(false);
    assert_eq!(phone.pump(&mut house), []);
    assert!(!house.seen(&awa, &phone.guest.sid).unwrap().tracks[0].muted);
    phone.seat.set_muted(true);
    phone.pump(&mut house);
    assert!(house.seen(&awa, &phone.guest.sid).unwrap().tracks[0].muted);
}

#[test]
fn who_begins_muted_is_seen_muted() {
    let mut house = House::open();
    let awa = house.join("awa");
    let joining = joining(&mut house, "phone-1");
    let guest = house.try_join(joining).unwrap();
    let mut phone = Phone { guest, seat: Seat::new(SSRC, true), events: None };
    phone.pump(&mut house);
    house.connect_media();

    assert!(house.seen(&awa, &phone.guest.sid).unwrap().tracks[0].muted);
}

#[test]
fn who_lost_the_right_to_speak_speaks_again_once_it_is_given_back() {
    let mut house = House::open();
    let awa = house.join("awa");
    let mut phone = Phone::join(&mut house, "phone-1");
    let permit = |house: &mut House, can_publish| {
        let permission =
            proto::ParticipantPermission { can_publish, can_subscribe: true, ..Default::default() };
        let request = proto::UpdateParticipantRequest {
            room: "room".into(),
            identity: "phone-1".into(),
            permission: Some(permission),
            ..Default::default()
        };
        house.room.update_participant(house.now, request).unwrap();
        house.drain();
    };

    permit(&mut house, false);
    assert_eq!(phone.pump(&mut house), [SeatEvent::MutedByHost(true)]);
    phone.seat.set_muted(false);
    assert_eq!(phone.pump(&mut house), [SeatEvent::MutedByHost(true)], "still not");

    permit(&mut house, true);
    phone.seat.set_muted(false);
    assert_eq!(phone.pump(&mut house), []);
    let up = house.last_up();
    house.media_event(MediaEvent::UpStarted { up, mime: Mime::Opus });
    assert!(!house.seen(&awa, &phone.guest.sid).unwrap().tracks[0].muted);
}

#[test]
fn a_raised_hand_is_seen_and_can_be_taken_down_by_a_host() {
    let mut house = House::open();
    let awa = house.join("awa");
    let mut phone = Phone::join(&mut house, "phone-1");
    let hand = |house: &House, phone: &Phone| {
        house.seen(&awa, &phone.guest.sid).unwrap().attributes.get("palabre.hand").cloned()
    };

    phone.seat.raise_hand("2026-11-29T09:00:00Z");
    // An update from before the room has heard of the hand.
    let own = house.room.participant_info("phone-1").unwrap();
    phone.hear(told::Message::Update(proto::ParticipantUpdate { participants: vec![own] }));
    assert_eq!(phone.pump(&mut house), []);
    assert_eq!(hand(&house, &phone).as_deref(), Some("2026-11-29T09:00:00Z"));

    let request = proto::UpdateParticipantRequest {
        identity: "phone-1".into(),
        attributes: [("palabre.hand".to_owned(), String::new())].into(),
        ..Default::default()
    };
    house.room.update_participant(house.now, request).unwrap();
    house.drain();
    assert_eq!(phone.pump(&mut house), [SeatEvent::HandLowered]);

    phone.seat.raise_hand("2026-11-29T09:01:00Z");
    phone.pump(&mut house);
    phone.seat.lower_hand();
    assert_eq!(phone.pump(&mut house), [], "its own doing is no news to it");
    assert_eq!(hand(&house, &phone), None);
}

#[test]
fn a_phone_says_of_itself_what_others_may_not() {
    let limits = Limits { reserved_attributes: vec!["palabre.post".into()], ..Limits::default() };
    let mut house =
        House::with(limits, proto::CreateRoomRequest { name: "room".into(), ..Default::default() });
    let awa = house.join("awa");
    let mut phone = Phone::join(&mut house, "phone-1");

    phone.seat.set_words("Ben B.".into(), [("palabre.post".into(), "Dakar".into())].into());
    phone.pump(&mut house);

    let seen = house.seen(&awa, &phone.guest.sid).unwrap();
    assert_eq!((seen.name.as_str(), seen.attributes["palabre.post"].as_str()), ("Ben B.", "Dakar"));
}

#[test]
fn a_phone_is_told_who_speaks_but_not_of_itself() {
    let mut house = House::open();
    let mut awa = house.join("awa");
    house.publish(&mut awa, microphone());
    let awas = house.last_up();
    let mut phone = Phone::join(&mut house, "phone-1");
    let phones = house.last_up();
    let speak = |house: &mut House, up, active| {
        let level = if active { 0.5 } else { 0.0 };
        house.media_event(MediaEvent::Speakers { changes: vec![(up, level, active)] });
    };
    let awa_speaks = Speaker { identity: "awa".into(), name: String::new() };

    speak(&mut house, phones, true);
    assert_eq!(phone.pump(&mut house), []);
    speak(&mut house, awas, true);
    assert_eq!(phone.pump(&mut house), [SeatEvent::Speaking(vec![awa_speaks.clone()])]);

    // Who comes later is told at once.
    let mut other = Phone::join(&mut house, "phone-2");
    let of_phone = Speaker { identity: "phone-1".into(), name: "Ben".into() };
    assert_eq!(
        other.events.take().unwrap(),
        [SeatEvent::Speaking(vec![awa_speaks.clone(), of_phone.clone()]), SeatEvent::Listened]
    );
    assert_eq!(other.pump(&mut house), []);

    speak(&mut house, awas, false);
    assert_eq!(phone.pump(&mut house), [SeatEvent::Speaking(vec![])]);
    speak(&mut house, awas, true);
    phone.pump(&mut house);
    house.say(&awa, ask::Message::Leave(proto::LeaveRequest::default()));
    assert_eq!(phone.pump(&mut house), [SeatEvent::Speaking(vec![])], "who has gone speaks no more");
}

#[test]
fn who_does_not_let_phones_hear_is_not_told_to_them_as_speaking() {
    let mut house = House::open();
    let mut awa = house.join("awa");
    house.publish(&mut awa, microphone());
    let up = house.last_up();
    let mut phone = Phone::join(&mut house, "phone-1");

    house.say(
        &awa,
        ask::Message::SubscriptionPermission(proto::SubscriptionPermission {
            all_participants: false,
            track_permissions: Vec::new(),
        }),
    );
    house.media_event(MediaEvent::Speakers { changes: vec![(up, 0.5, true)] });

    assert_eq!(phone.pump(&mut house), []);
}

#[test]
fn keys_that_are_pressed_in_the_room_reach_phones_and_other_data_does_not() {
    let mut house = House::open();
    let awa = house.join("awa");
    let mut phone = Phone::join(&mut house, "phone-1");
    let send = |house: &mut House, value| {
        let packet = proto::DataPacket { value: Some(value), ..Default::default() };
        let peer = house.peer_of(0);
        house.media_event(MediaEvent::Data { peer, reliable: true, payload: packet.encode_to_vec() });
    };
    let key = |code, digit: &str| Value::SipDtmf(proto::SipDtmf { code, digit: digit.into() });

    send(&mut house, key(5, "5"));
    send(&mut house, key(11, ""));
    send(&mut house, key(99, ""));
    send(&mut house, key(1, "12"));
    send(&mut house, Value::User(proto::UserPacket { payload: b"hello".to_vec(), ..Default::default() }));

    assert_eq!(house.handed.len(), 4, "pressed keys only");
    assert!(house.data().iter().all(|(peer, _)| *peer == house.peer_of(0)), "a phone has no data channel");
    for (connection, packet) in std::mem::take(&mut house.handed) {
        assert_eq!((connection, packet.participant_identity.as_str()), (phone.guest.connection, "awa"));
        phone.seat.handle_data(&packet.encode_to_vec());
    }
    phone.seat.handle_data(b"\xff\xff");
    assert_eq!(phone.pump(&mut house), [SeatEvent::Dtmf('5'), SeatEvent::Dtmf('#')]);
    drop(awa);
}

#[test]
fn a_phone_knows_why_it_had_to_go() {
    let removed: fn(&mut House) = |house| house.room.remove_participant(house.now, "phone-1").unwrap();
    let deleted: fn(&mut House) =
        |house| house.room.end(house.now, DisconnectReason::RoomDeleted, Action::Disconnect);
    let stopped: fn(&mut House) =
        |house| house.room.end(house.now, DisconnectReason::ServerShutdown, Action::Reconnect);
    let replaced: fn(&mut House) = |house| {
        let _ = house.join("phone-1");
    };
    for (act, reason) in [
        (removed, GoneReason::Removed),
        (deleted, GoneReason::RoomEnded),
        (stopped, GoneReason::Stopping),
        (replaced, GoneReason::Replaced),
    ] {
        let mut house = House::open();
        let mut phone = Phone::join(&mut house, "phone-1");
        act(&mut house);
        house.drain();

        assert_eq!(phone.pump(&mut house), [SeatEvent::Gone(reason)]);
        phone.seat.set_muted(true);
        phone.seat.fail();
        assert!(!phone.seat.has_output(), "nothing follows");
    }
}

#[test]
fn a_phone_that_is_moved_follows_with_the_last_token() {
    let mut house = House::open();
    let mut phone = Phone::join(&mut house, "phone-1");
    phone.hear(told::Message::RefreshToken("old".into()));

    house.room.send_over(house.now, "phone-1", "elsewhere").unwrap();
    house.drain();
    assert_eq!(house.tokens.last().unwrap().1.video.room, "elsewhere");
    phone.hear(told::Message::RefreshToken("for elsewhere".into()));
    for message in house.mail(&phone.guest) {
        phone.hear(message);
    }

    let outputs: Vec<_> = std::iter::from_fn(|| phone.seat.poll_output()).collect();
    assert_eq!(outputs, [SeatOutput::Follow("for elsewhere".into())]);
    assert_eq!(phone.seat.elsewhere().ssrc(), SSRC);
}

#[test]
fn ears_hear_every_sound_but_the_phones() {
    let mut house = House::open();
    let mut awa = house.join("awa");
    house.publish(&mut awa, microphone());
    house.publish(&mut awa, camera());
    let _phone = Phone::join(&mut house, "phone-1");
    let mut listener = Listener::join(&mut house);
    assert_eq!(listener.tracks.len(), 1, "a microphone, no camera, no phone");

    let mut ben = house.join("ben");
    house.publish(&mut ben, screen_sound());
    let secret = proto::AddTrackRequest { encryption: proto::encryption::Type::Gcm as i32, ..microphone() };
    house.publish(&mut ben, secret);
    listener.pump(&mut house);
    assert_eq!(listener.tracks.len(), 2, "what is encrypted end to end nobody could mix");
    let ssrcs: Vec<u32> = house
        .media
        .iter()
        .filter_map(|command| match command {
            MediaCommand::Subscribe { negotiated, peer, .. } if *peer == listener.peer => {
                Some(negotiated.ssrc)
            }
            _ => None,
        })
        .collect();
    assert_eq!(listener.tracks.iter().map(|track| track.ssrc).collect::<Vec<_>>(), ssrcs);
    assert!(listener.tracks.iter().all(|track| track.payload_type == 111
        && track.audio_level_extension == Some(1)
        && track.redundant == Some(63)));

    house.say(&ben, ask::Message::Leave(proto::LeaveRequest::default()));
    listener.pump(&mut house);
    assert_eq!(listener.tracks.len(), 1);
}

#[test]
fn ears_ask_for_as_many_places_as_are_needed_and_use_them_again() {
    let mut house = House::open();
    let mut listener = Listener::join(&mut house);
    let mut guests: Vec<Guest> = (0..12).map(|number| house.join(&format!("guest {number}"))).collect();
    for guest in &mut guests {
        house.publish(guest, microphone());
        listener.pump(&mut house);
    }
    assert_eq!(listener.tracks.len(), 12);

    for round in 0..3 {
        let left = guests.pop().unwrap();
        house.say(&left, ask::Message::Leave(proto::LeaveRequest::default()));
        listener.pump(&mut house);
        let mut comer = house.join(&format!("comer {round}"));
        house.publish(&mut comer, microphone());
        listener.pump(&mut house);
        assert_eq!(listener.tracks.len(), 12);
        guests.insert(0, comer);
    }

    let flood = proto::MediaSectionsRequirement { num_audios: u32::MAX, num_videos: 9 };
    listener.ears.handle_message(&told::Message::MediaSectionsRequirement(flood));
    let Some(EarsOutput::ToRoom(message)) = listener.ears.poll_output() else { panic!("an offer") };
    let ask::Message::Offer(offer) = *message else { panic!("an offer") };
    assert_eq!(offer.sdp.matches("m=").count(), 512);
}

#[test]
fn ears_are_in_no_list_and_take_nobodys_place() {
    let request = proto::CreateRoomRequest { name: "room".into(), max_participants: 2, ..Default::default() };
    let mut house = House::with(Limits::default(), request);
    let awa = house.join("awa");
    let told_before = house.events.len();
    let mut listener = Listener::join(&mut house);

    assert_eq!(house.room.participants().len(), 1);
    assert_eq!(house.room.info().num_participants, 1);
    assert_eq!(house.events.len(), told_before);
    let ben = house.join("ben");
    let told = |message: &told::Message| match message {
        told::Message::Update(update) => {
            update.participants.iter().any(|info| info.sid == listener.guest.sid)
        }
        told::Message::Join(join) => {
            join.other_participants.iter().any(|info| info.sid == listener.guest.sid)
        }
        _ => false,
    };
    assert_eq!((house.count(&awa, told), house.count(&ben, told)), (0, 0));

    house.room.end(house.now, DisconnectReason::RoomDeleted, Action::Disconnect);
    house.drain();
    listener.pump(&mut house);
    assert!(listener.ended);
}

#[test]
fn a_full_room_takes_ears_but_no_phone() {
    let request = proto::CreateRoomRequest { name: "room".into(), max_participants: 1, ..Default::default() };
    let mut house = House::with(Limits::default(), request);
    let _awa = house.join("awa");

    let phone = joining(&mut house, "phone-1");
    assert_eq!(house.try_join(phone).err(), Some(crate::room::JoinError::Full(1)));
    let _ears = Listener::join(&mut house);
}

/// A phone at a seat.
struct Phone {
    guest: Guest,
    seat: Seat,
    /// What it was told while it came in.
    events: Option<Vec<SeatEvent>>,
}

impl Phone {
    /// A phone that is in, and whose first packet has arrived.
    fn join(house: &mut House, identity: &str) -> Self {
        let joining = joining(house, identity);
        let guest = house.try_join(joining).unwrap();
        let mut phone = Self { guest, seat: Seat::new(SSRC, false), events: None };
        let mut events = phone.pump(house);
        house.connect_media();
        let up = house.last_up();
        house.media_event(MediaEvent::UpStarted { up, mime: Mime::Opus });
        events.extend(phone.pump(house));
        phone.events = Some(events);
        phone
    }

    fn hear(&mut self, message: told::Message) {
        self.seat.handle_message(&message);
    }

    /// Lets the room and the phone talk until both are silent.
    fn pump(&mut self, house: &mut House) -> Vec<SeatEvent> {
        let mut events = Vec::new();
        loop {
            for message in house.mail(&self.guest) {
                self.seat.handle_message(&message);
            }
            if !self.seat.has_output() {
                return events;
            }
            while let Some(output) = self.seat.poll_output() {
                match output {
                    SeatOutput::ToRoom(message) => house.say(&self.guest, *message),
                    SeatOutput::Event(event) => events.push(event),
                    SeatOutput::Follow(token) => panic!("to follow {token}"),
                }
            }
        }
    }
}

/// The ears of a room.
struct Listener {
    guest: Guest,
    ears: Ears,
    peer: crate::room::PeerKey,
    tracks: Vec<EarTrack>,
    ended: bool,
}

impl Listener {
    fn join(house: &mut House) -> Self {
        let joining = Joining {
            permission: proto::ParticipantPermission {
                can_subscribe: true,
                hidden: true,
                ..Default::default()
            },
            kind: Kind::Standard,
            auto_subscribe: false,
            connections: PeerConnections::Direct,
            voice: Some(Voice::Ears),
            ..house.joining("ears")
        };
        let guest = house.try_join(joining).unwrap();
        let mut ears = Ears::default();
        for message in house.mail(&guest) {
            ears.handle_message(&message);
        }
        let Some(EarsOutput::ToRoom(offer)) = ears.poll_output() else { panic!("an offer") };
        house.say(&guest, *offer);
        let peer = house.media.iter().rev().find_map(|command| match command {
            MediaCommand::JoinDirect { peer, .. } => Some(*peer),
            _ => None,
        });
        let peer = peer.unwrap();
        let mut listener = Self { guest, ears, peer, tracks: Vec::new(), ended: false };
        house.connect_media();
        listener.pump(house);
        listener
    }

    fn pump(&mut self, house: &mut House) {
        loop {
            for message in house.mail(&self.guest) {
                self.ears.handle_message(&message);
            }
            if !self.ears.has_output() {
                return;
            }
            while let Some(output) = self.ears.poll_output() {
                match output {
                    EarsOutput::ToRoom(message) => house.say(&self.guest, *message),
                    EarsOutput::Tracks(tracks) => self.tracks = tracks,
                    EarsOutput::End => self.ended = true,
                }
            }
        }
    }
}

fn joining(house: &mut House, identity: &str) -> Joining {
    Joining {
        name: "Ben".into(),
        attributes: [("sip.phoneNumber".to_owned(), "204".to_owned())].into(),
        kind: Kind::Sip,
        permission: proto::ParticipantPermission {
            can_subscribe: true,
            can_publish: true,
            ..Default::default()
        },
        auto_subscribe: false,
        connections: PeerConnections::Direct,
        voice: Some(Voice::Seat),
        ..house.joining(identity)
    }
}

fn screen_sound() -> proto::AddTrackRequest {
    proto::AddTrackRequest {
        cid: "screen sound".into(),
        source: proto::TrackSource::ScreenShareAudio as i32,
        ..microphone()
    }
}

const SSRC: u32 = 4711;
