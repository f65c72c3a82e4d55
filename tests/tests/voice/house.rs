//! Rooms on loopback, and the phone's side of a seat: RTP in, RTP out.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palabre_tests::browser::Browser;
use palabre_tests::tone::{Ear, FRAME, Tone};
use sfu::direct::Direct;
use signaling::voice::{EarTrack, Ears, EarsEvent, Seat, SeatEvent, SeatMedia, SeatParams};
use signaling::{Rooms, RoomsConfig};
use signaling_proto::Limits;
use signaling_proto::token::{Claims, Keys};

/// A server with rooms, without an office.
pub(crate) struct House {
    pub(crate) rooms: Rooms,
    address: SocketAddr,
    keys: Keys,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with_voices(usize::MAX).await
    }

    /// A server in whose rooms so many are heard at a time.
    pub(crate) async fn with_voices(voices: usize) -> Self {
        let mut keys = Keys::default();
        keys.insert("key", "a secret of more than thirty-two letters").expect("a long secret");
        let config = RoomsConfig {
            keys: keys.clone(),
            limits: Limits::default(),
            // Whoever brings phones opens rooms even where others may not.
            auto_create: false,
            product: "test".into(),
        };
        let media = sfu::SfuConfig { voices, ..sfu::SfuConfig::default() };
        let sfu = sfu::Sfu::start(&media).expect("loopback has free ports");
        let rooms = Rooms::new(sfu, config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let router = signaling::router(rooms.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { rooms, address, keys }
    }

    /// A browser in the room, which is there already.
    pub(crate) async fn browser(&self, identity: &str) -> Browser {
        self.browser_in(ROOM, identity).await
    }

    /// A browser in a room that is there already.
    pub(crate) async fn browser_in(&self, room: &str, identity: &str) -> Browser {
        Browser::open(self.address, &self.token(room, identity)).await
    }

    /// The HTTP status with which a browser is not let in.
    pub(crate) async fn refused(&self, identity: &str) -> u16 {
        let url = format!("http://{}/rtc/validate?access_token={}", self.address, self.token(ROOM, identity));
        let answer = reqwest::get(url).await.expect("an answer");
        answer.status().as_u16()
    }

    fn token(&self, room: &str, identity: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
        let mut claims = Claims::join(identity, room);
        claims.name = identity.to_uppercase();
        let token = claims.until(now + 60).sign(&self.keys, "key");
        token.expect("the key is known")
    }

    /// A phone at a seat in the room, which sends its tone.
    pub(crate) async fn phone(&self, identity: &str, hertz: f32) -> Phone {
        let who = SeatParams {
            identity: identity.to_owned(),
            name: identity.to_uppercase(),
            attributes: [("sip.phoneNumber".to_owned(), "204".to_owned())].into(),
            ..Default::default()
        };
        let mut seat = self.rooms.seat(ROOM, who).await.expect("there is a place");
        let media = loop {
            if let SeatEvent::Entered { room, media } = within(seat.next()).await.expect("it goes on") {
                assert_eq!(room, ROOM);
                break media;
            }
        };
        Phone { seat, voice: Voice::new(media, hertz) }
    }

    /// The ears of the room, and their way.
    pub(crate) async fn ears(&self) -> Listener {
        let mut ears = self.rooms.ears(ROOM).await.expect("the room is open");
        let mut tracks = Vec::new();
        loop {
            match within(ears.next()).await.expect("they go on") {
                EarsEvent::Opened(direct) => return Listener { ears, direct, tracks, heard: Vec::new() },
                EarsEvent::Tracks(known) => tracks = known,
                EarsEvent::Gone => panic!("the room is open"),
            }
        }
    }
}

/// A phone at its seat. It speaks while something is awaited of it.
pub(crate) struct Phone {
    pub(crate) seat: Seat,
    pub(crate) voice: Voice,
}

impl Phone {
    /// Goes on speaking while something else is awaited.
    pub(crate) async fn while_speaking<T>(&mut self, what: impl Future<Output = T>) -> T {
        tokio::pin!(what);
        loop {
            tokio::select! {
                done = &mut what => return done,
                () = self.voice.speak() => {}
                event = self.seat.next() => { event.expect("the seat goes on"); }
            }
        }
    }

    /// Speaks until something happens to it that the filter knows.
    pub(crate) async fn until<T>(&mut self, filter: impl Fn(SeatEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                tokio::select! {
                    () = self.voice.speak() => {}
                    event = self.seat.next() => {
                        if let Some(found) = filter(event.expect("the seat goes on")) {
                            return found;
                        }
                    }
                }
            }
        };
        within(found).await
    }
}

/// A tone on its way into a room.
pub(crate) struct Voice {
    media: SeatMedia,
    tone: Tone,
    next: tokio::time::Instant,
    sequence: u16,
    timestamp: u32,
}

impl Voice {
    pub(crate) fn new(media: SeatMedia, hertz: f32) -> Self {
        let next = tokio::time::Instant::now();
        Self { media, tone: Tone::new(hertz), next, sequence: 65_530, timestamp: u32::MAX - 4_800 }
    }

    /// Sends one packet when it is time for it.
    pub(crate) async fn speak(&mut self) {
        tokio::time::sleep_until(self.next).await;
        self.next += Duration::from_millis(20);
        let SeatMedia { direct, ssrc, payload_type, audio_level_extension } = &self.media;
        // RFC 3550 §5.1; RFC 8285 §4.2 with one element of one byte; RFC 6464.
        let mut packet = vec![0x90, *payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        packet.extend([0xbe, 0xde, 0, 1]);
        packet.extend([audio_level_extension.expect("the room takes levels") << 4, 0x80 | 15, 0, 0]);
        packet.extend(self.tone.frame());
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        direct.send(&packet).expect("the shard keeps up");
    }
}

/// The ears of a room.
pub(crate) struct Listener {
    ears: Ears,
    direct: Direct,
    pub(crate) tracks: Vec<EarTrack>,
    heard: Vec<(u32, Ear)>,
}

impl Listener {
    /// Listens until what is heard is as wanted.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let wait = async {
            while !wanted(self) {
                tokio::select! {
                    event = self.ears.next() => {
                        if let EarsEvent::Tracks(tracks) = event.expect("they go on") {
                            self.tracks = tracks;
                        }
                    }
                    packet = self.direct.recv() => self.hear(&packet.expect("the conference goes on")),
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.unwrap_or_else(|_| panic!("waited in vain until {what}"));
    }

    /// How strongly a tone sounds in the stream where it is strongest.
    pub(crate) fn strength(&self, hertz: f32) -> f32 {
        self.heard.iter().map(|(_, ear)| ear.strength(hertz)).fold(0.0, f32::max)
    }

    fn hear(&mut self, packet: &[u8]) {
        // RFC 5761 §4: RTCP has packet types from 192 on.
        if (192..=223).contains(&packet[1]) {
            return;
        }
        let ssrc = u32::from_be_bytes(packet[8..12].try_into().expect("four bytes"));
        let track = self.tracks.iter().find(|track| track.ssrc == ssrc);
        let Some(track) = track else { return };
        assert_eq!(packet[1] & 0x7f, track.payload_type);
        let payload = match packet[0] & 0x10 {
            0 => &packet[12..],
            _ => {
                let words = usize::from(u16::from_be_bytes([packet[14], packet[15]]));
                assert_eq!(packet[16] >> 4, track.audio_level_extension.expect("levels come along"));
                &packet[16 + 4 * words..]
            }
        };
        if !self.heard.iter().any(|(known, _)| *known == ssrc) {
            self.heard.push((ssrc, Ear::default()));
        }
        let ear = self.heard.iter_mut().find(|(known, _)| *known == ssrc).expect("it was added");
        ear.1.hear(payload);
    }
}

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens in time")
}

pub(crate) const ROOM: &str = "bilateral";
const PATIENCE: Duration = Duration::from_secs(20);
