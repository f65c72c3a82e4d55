//! A browser in a room: the signalling of a client SDK over a WebSocket, media on `str0m`, an independent WebRTC stack.
//!
//! It lives in a task of its own. A scenario says what it waits for, and looks at what the browser has seen.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use prost::Message as _;
use proto::{signal_request, signal_response};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::tone::{Ear, FRAME, Tone};

/// A browser, as a scenario holds it. Dropping it closes the window.
pub struct Browser {
    seen: Arc<Seen>,
    wishes: mpsc::UnboundedSender<Wish>,
}

/// What a browser has seen and heard so far.
#[derive(Default)]
pub struct View {
    /// Its own participant id.
    pub sid: String,
    /// Whether its media and data flow.
    pub connected: bool,
    /// The others, by identity, as last told; those who have left are not there.
    pub others: HashMap<String, proto::ParticipantInfo>,
    /// Every identity that it was ever told of.
    pub ever: Vec<String>,
    /// What it hears, by track id.
    pub ears: HashMap<String, Ear>,
    /// Identities of those who speak.
    pub speaking: Vec<String>,
    /// Why it had to go.
    pub left: Option<proto::DisconnectReason>,
}

impl View {
    /// What it hears of a participant.
    #[must_use]
    pub fn strength(&self, identity: &str, hertz: f32) -> f32 {
        let tracks = self.others.get(identity).map(|other| &other.tracks[..]).unwrap_or_default();
        let ears = tracks.iter().filter_map(|track| self.ears.get(&track.sid));
        ears.map(|ear| ear.strength(hertz)).fold(0.0, f32::max)
    }

    /// The one track of a participant.
    #[must_use]
    pub fn track(&self, identity: &str) -> Option<&proto::TrackInfo> {
        self.others.get(identity)?.tracks.first()
    }
}

#[derive(Default)]
struct Seen {
    view: Mutex<View>,
    news: Notify,
}

enum Wish {
    Say(Box<signal_request::Message>),
    Data(Box<proto::DataPacket>),
    Speak(Option<f32>),
}

impl Browser {
    /// Opens a room with a token, and turns on a microphone that is silent.
    ///
    /// # Panics
    /// When it is not let in.
    pub async fn open(server: SocketAddr, token: &str) -> Self {
        let wrapped = proto::WrappedJoinRequest {
            join_request: proto::JoinRequest {
                client_info: Some(proto::ClientInfo { protocol: 17, ..Default::default() }),
                connection_settings: Some(proto::ConnectionSettings {
                    auto_subscribe: true,
                    ..Default::default()
                }),
                ..Default::default()
            }
            .encode_to_vec(),
            ..Default::default()
        };
        let request = BASE64_URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec());
        let url = format!("ws://{server}/rtc/v1?access_token={token}&join_request={request}");
        let (line, _) = tokio_tungstenite::connect_async(url).await.expect("it is let in");
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let local = socket.local_addr().expect("a bound socket");
        let mut rtc = RtcConfig::new().build(Instant::now());
        let candidate = Candidate::host(local, "udp").expect("a valid candidate");
        rtc.add_local_candidate(candidate).expect("a new candidate");

        let seen = Arc::new(Seen::default());
        let (wishes, wished) = mpsc::unbounded_channel();
        let window = Window {
            seen: Arc::clone(&seen),
            line,
            socket,
            local,
            rtc,
            microphone: None,
            channel: None,
            pending: None,
            offers: 0,
            mids: HashMap::new(),
            voice: None,
            identities: HashMap::new(),
        };
        tokio::spawn(window.run(wished));
        let browser = Self { seen, wishes };
        browser.until("its media flows", |view| view.connected).await;
        browser
    }

    /// What it has seen so far.
    ///
    /// # Panics
    /// When its task has failed.
    pub fn view(&self) -> MutexGuard<'_, View> {
        self.seen.view.lock().expect("the browser has not failed")
    }

    /// Waits until something is seen.
    ///
    /// # Panics
    /// When it does not come true in time.
    pub async fn until(&self, what: &str, mut seen: impl FnMut(&View) -> bool) {
        let wait = async {
            loop {
                let news = self.seen.news.notified();
                if seen(&self.view()) {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
    }

    /// Speaks a tone from now on.
    pub fn speak(&self, hertz: f32) {
        self.wish(Wish::Speak(Some(hertz)));
    }

    /// Is silent from now on: no packets at all.
    pub fn fall_silent(&self) {
        self.wish(Wish::Speak(None));
    }

    /// Says something to the server.
    pub fn say(&self, message: signal_request::Message) {
        self.wish(Wish::Say(Box::new(message)));
    }

    /// Presses a key towards the phones in the room.
    pub fn press(&self, code: u32, digit: &str) {
        let dtmf = proto::SipDtmf { code, digit: digit.to_owned() };
        let value = Some(proto::data_packet::Value::SipDtmf(dtmf));
        self.wish(Wish::Data(Box::new(proto::DataPacket { value, ..Default::default() })));
    }

    fn wish(&self, wish: Wish) {
        self.wishes.send(wish).expect("the browser has not failed");
    }
}

/// The browser itself.
struct Window {
    seen: Arc<Seen>,
    line: WebSocketStream<MaybeTlsStream<TcpStream>>,
    socket: UdpSocket,
    local: SocketAddr,
    rtc: Rtc,
    microphone: Option<Mid>,
    channel: Option<ChannelId>,
    pending: Option<SdpPendingOffer>,
    offers: u32,
    /// Which section carries which track.
    mids: HashMap<String, String>,
    voice: Option<Voice>,
    /// By participant id.
    identities: HashMap<String, String>,
}

struct Voice {
    tone: Tone,
    next: Instant,
    time: u64,
}

impl Window {
    async fn run(mut self, mut wishes: mpsc::UnboundedReceiver<Wish>) {
        let mut datagram = vec![0; 2_048];
        loop {
            let due = self.drain().await;
            let due = self.voice.as_ref().map_or(due, |voice| due.min(voice.next));
            tokio::select! {
                wish = wishes.recv() => match wish {
                    Some(wish) => self.obey(wish).await,
                    None => return,
                },
                frame = self.line.next() => match frame {
                    Some(Ok(Message::Binary(bytes))) => {
                        let response = proto::SignalResponse::decode(bytes).expect("a response");
                        if let Some(message) = response.message {
                            self.hear(message).await;
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
                received = self.socket.recv_from(&mut datagram) => {
                    let Ok((len, from)) = received else { continue };
                    if let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, &datagram[..len]) {
                        self.input(Input::Receive(Instant::now(), receive));
                    }
                }
                () = tokio::time::sleep_until(due.into()) => {
                    self.input(Input::Timeout(Instant::now()));
                    self.speak();
                }
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        if self.rtc.is_alive() {
            self.rtc.handle_input(input).expect("what the server sends is in order");
        }
    }

    async fn drain(&mut self) -> Instant {
        while self.rtc.is_alive() {
            match self.rtc.poll_output().expect("the stack goes on") {
                Output::Timeout(at) => return at,
                Output::Transmit(transmit) => {
                    // A full buffer loses datagrams, as networks do.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination).await;
                }
                Output::Event(event) => self.notice(event),
            }
        }
        Instant::now() + PATIENCE
    }

    fn notice(&mut self, event: Event) {
        match event {
            // The channel opens over what is connected by then.
            Event::ChannelOpen(id, label) if label == RELIABLE => {
                self.channel = Some(id);
                self.look(|view| view.connected = true);
            }
            Event::MediaData(data) => {
                let Some(sid) = self.mids.get(&data.mid.to_string()).cloned() else { return };
                self.look(|view| view.ears.entry(sid).or_default().hear(&data.data));
            }
            _ => {}
        }
    }

    fn look(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.seen.view.lock().expect("the scenario has not failed"));
        self.seen.news.notify_waiters();
    }

    async fn obey(&mut self, wish: Wish) {
        match wish {
            Wish::Say(message) => self.say(*message).await,
            Wish::Data(packet) => {
                let channel = self.channel.and_then(|id| self.rtc.channel(id)).expect("an open data channel");
                let mut channel = channel;
                channel.write(true, &packet.encode_to_vec()).expect("the association stands");
            }
            Wish::Speak(hertz) => {
                self.voice =
                    hertz.map(|hertz| Voice { tone: Tone::new(hertz), next: Instant::now(), time: 0 });
            }
        }
    }

    /// Says the next frame when it is time for it; one at a time, since the stack wants its output taken in between.
    fn speak(&mut self) {
        let now = Instant::now();
        let (Some(voice), Some(mid)) = (&mut self.voice, self.microphone) else { return };
        if voice.next > now {
            return;
        }
        let Some(writer) = self.rtc.writer(mid) else { return };
        let pt = writer.payload_params().next().expect("Opus is agreed on").pt();
        let time = MediaTime::new(voice.time, Frequency::FORTY_EIGHT_KHZ);
        let written = writer.audio_level(-20, true).write(pt, voice.next, time, voice.tone.frame());
        written.expect("a microphone takes a frame");
        voice.time += FRAME as u64;
        voice.next += Duration::from_millis(20);
        self.rtc.handle_input(Input::Timeout(now)).expect("time only goes on");
    }

    async fn hear(&mut self, message: signal_response::Message) {
        match message {
            signal_response::Message::Join(join) => {
                let own = join.participant.unwrap_or_default();
                self.identities.insert(own.sid.clone(), own.identity.clone());
                self.look(|view| view.sid.clone_from(&own.sid));
                self.take_participants(join.other_participants);
                self.say(signal_request::Message::AddTrack(proto::AddTrackRequest {
                    cid: MICROPHONE.to_owned(),
                    r#type: proto::TrackType::Audio as i32,
                    source: proto::TrackSource::Microphone as i32,
                    ..Default::default()
                }))
                .await;
                self.offer(1).await;
            }
            signal_response::Message::Update(update) => self.take_participants(update.participants),
            signal_response::Message::RoomMoved(moved) => {
                self.look(|view| view.others.clear());
                self.take_participants(moved.other_participants);
            }
            signal_response::Message::Answer(answer) => {
                self.mids.extend(answer.mid_to_track_id);
                let pending = self.pending.take().expect("it was offered");
                let answer = SdpAnswer::from_sdp_string(&answer.sdp).expect("an answer");
                self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer to the offer");
            }
            signal_response::Message::MediaSectionsRequirement(required) => {
                self.offer(required.num_audios.max(1)).await;
            }
            signal_response::Message::SpeakersChanged(changed) => {
                for speaker in changed.speakers {
                    let Some(identity) = self.identities.get(&speaker.sid).cloned() else { continue };
                    self.look(|view| {
                        view.speaking.retain(|known| *known != identity);
                        if speaker.active {
                            view.speaking.push(identity);
                        }
                    });
                }
            }
            signal_response::Message::Leave(leave) => {
                self.look(|view| view.left = Some(leave.reason()));
            }
            _ => {}
        }
    }

    fn take_participants(&mut self, participants: Vec<proto::ParticipantInfo>) {
        for participant in participants {
            self.identities.insert(participant.sid.clone(), participant.identity.clone());
            let gone = participant.state() == proto::participant_info::State::Disconnected;
            self.look(|view| {
                if participant.sid == view.sid {
                    return;
                }
                view.ever.push(participant.identity.clone());
                match gone {
                    true => view.others.remove(&participant.identity),
                    false => view.others.insert(participant.identity.clone(), participant),
                };
            });
        }
    }

    /// Offers so many more sections to receive in; the first time the microphone and the data channel as well.
    async fn offer(&mut self, more: u32) {
        let mut changes = self.rtc.sdp_api();
        if self.microphone.is_none() {
            let direction = Direction::SendOnly;
            let track = Some(MICROPHONE.to_owned());
            self.microphone = Some(changes.add_media(MediaKind::Audio, direction, None, track, None));
            changes.add_channel(RELIABLE.to_owned());
        }
        for _ in 0..more {
            changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = changes.apply().expect("sections were added");
        self.pending = Some(pending);
        self.offers += 1;
        self.say(signal_request::Message::Offer(proto::SessionDescription {
            r#type: "offer".to_owned(),
            sdp: offer.to_sdp_string(),
            id: self.offers,
            ..Default::default()
        }))
        .await;
    }

    async fn say(&mut self, message: signal_request::Message) {
        let request = proto::SignalRequest { message: Some(message) };
        // A line that is closed ends the task when it is read next.
        let _ = self.line.send(Message::binary(request.encode_to_vec())).await;
    }
}

const RELIABLE: &str = "_reliable";
const MICROPHONE: &str = "microphone";
const PATIENCE: Duration = Duration::from_secs(20);
