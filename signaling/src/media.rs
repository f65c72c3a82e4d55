//! Between rooms and the media engine: the one file that knows both.

use sfu::{
    Conference,
    id::{ConferenceId, DownTrackId, Mid, PayloadType, PeerId, Rid, Ssrc, UpTrackId},
    io::{self, Command, Event, PeerCloseReason},
};
use signaling_proto::{
    room::{Candidates, DownKey, IsFull, LayerWish, MediaCommand, MediaEvent, PeerKey, UpKey},
    sdp,
};

/// Rooms number what they tell the engine about; the highest bit keeps their numbers apart from the engine's own.
pub(crate) fn first_key(conference: &Conference) -> u64 {
    1 << 63 | (conference.id().0 & 0x7fff_ffff) << 32
}

/// What every session description carries.
pub(crate) fn fingerprint(sfu: &sfu::Sfu) -> sdp::Fingerprint {
    sdp::Fingerprint(sfu.fingerprint().0)
}

/// Where each peer reaches the conference.
pub(crate) fn candidates(conference: &Conference) -> Candidates {
    let placement = conference.placement();
    Box::new(move |peer| {
        let candidates = placement.place(peer_id(peer));
        let in_words =
            |candidate: &io::HostCandidate| sdp::Candidate { address: candidate.address, tcp: candidate.tcp };
        candidates.iter().map(in_words).collect()
    })
}

/// Whether nobody should come.
pub(crate) fn is_full(sfu: &sfu::Sfu) -> IsFull {
    let sfu = sfu.clone();
    Box::new(move || sfu.is_full())
}

/// A room's wish in the engine's words; `None` if it names something the engine could not name.
pub(crate) fn command(conference: &Conference, command: MediaCommand) -> Option<Command> {
    Some(match command {
        MediaCommand::Join { peer, local, remote, we_open_data } => Command::Join(Box::new(io::PeerParams {
            conference: conference.id(),
            peer: peer_id(peer),
            local_ice: ice(local),
            remote: remote.map(remote_transport),
            data_channels: match we_open_data {
                true => io::DataChannels::OpenedByUs,
                false => io::DataChannels::OpenedByPeer,
            },
        })),
        MediaCommand::JoinDirect { peer, .. } => {
            Command::JoinDirect { conference: conference.id(), peer: peer_id(peer) }
        }
        MediaCommand::SetRemote { peer, remote } => {
            Command::SetRemote { peer: peer_id(peer), remote: remote_transport(remote) }
        }
        MediaCommand::RestartIce { peer, local, remote } => {
            Command::RestartIce { peer: peer_id(peer), local: ice(local), remote: remote.map(ice) }
        }
        MediaCommand::Publish { peer, up, media, sizes, screen, always_heard } => {
            let track = io::UpTrackParams { always_heard, ..up_track(up, &media, &sizes, screen)? };
            Command::Publish { peer: peer_id(peer), track: Box::new(track) }
        }
        MediaCommand::AlwaysHear { up, always } => Command::AlwaysHear { track: up_id(up), always },
        MediaCommand::Unpublish { up } => Command::Unpublish { track: up_id(up) },
        MediaCommand::Mute { up, muted } => Command::MuteUpTrack { track: up_id(up), muted },
        MediaCommand::Subscribe { peer, down, up, negotiated, wish } => Command::Subscribe {
            peer: peer_id(peer),
            track: Box::new(io::DownTrackParams {
                id: down_id(down),
                source: up_id(up),
                mid: Mid::new(&negotiated.mid)?,
                codecs: negotiated.codecs.iter().map(codec).collect(),
                extensions: extensions(&negotiated.extensions),
                ssrc: Ssrc(negotiated.ssrc),
                rtx_ssrc: Ssrc(negotiated.rtx_ssrc),
                wish: layer_wish(wish),
            }),
        },
        MediaCommand::Unsubscribe { down } => Command::Unsubscribe { track: down_id(down) },
        MediaCommand::Wish { down, wish } => Command::Wish { track: down_id(down), wish: layer_wish(wish) },
        MediaCommand::SendData { peer, reliable, payload } => Command::SendData {
            peer: peer_id(peer),
            channel: match reliable {
                true => io::DataChannel::Reliable,
                false => io::DataChannel::Lossy,
            },
            payload,
        },
        MediaCommand::Move { peer, to } => Command::Move { peer: peer_id(peer), to: ConferenceId(to) },
        MediaCommand::Leave { peer } => Command::Leave { peer: peer_id(peer) },
    })
}

/// The engine's report in the room's words; `None` if rooms need not know.
pub(crate) fn event(event: Event) -> Option<MediaEvent> {
    let reliable = |channel| channel == io::DataChannel::Reliable;
    Some(match event {
        Event::PeerConnected { peer } => MediaEvent::PeerConnected { peer: PeerKey(peer.0) },
        Event::PeerClosed { peer, reason } => match reason {
            PeerCloseReason::Left => return None,
            reason => {
                tracing::debug!(%peer, ?reason, "a media transport ended");
                MediaEvent::PeerFailed {
                    peer: PeerKey(peer.0),
                    closed_by_peer: reason == PeerCloseReason::ClosedByPeer,
                }
            }
        },
        Event::DataChannelOpen { peer, channel } => {
            MediaEvent::DataChannelOpen { peer: PeerKey(peer.0), reliable: reliable(channel) }
        }
        Event::Data { peer, channel, payload } => {
            MediaEvent::Data { peer: PeerKey(peer.0), reliable: reliable(channel), payload }
        }
        Event::UpTrackStarted { track, mime } => {
            MediaEvent::UpStarted { up: UpKey(track.0), mime: sdp_mime(mime) }
        }
        Event::Speakers { changes, .. } => MediaEvent::Speakers {
            changes: changes
                .into_iter()
                .map(|change| (UpKey(change.track.0), change.level, change.active))
                .collect(),
        },
        Event::DownTrackPaused { track, paused } => MediaEvent::DownPaused { down: DownKey(track.0), paused },
        Event::Quality { peer, quality } => MediaEvent::Quality {
            peer: PeerKey(peer.0),
            loss: quality.loss_up.max(quality.loss_down),
            sound_loss_up: quality.sound_loss_up,
            rtt: quality.rtt,
            limited: quality.limited,
        },
    })
}

pub(crate) fn peer_id(peer: PeerKey) -> PeerId {
    PeerId(peer.0)
}

fn up_id(up: UpKey) -> UpTrackId {
    UpTrackId(up.0)
}

fn down_id(down: DownKey) -> DownTrackId {
    DownTrackId(down.0)
}

fn ice(ice: sdp::IceCredentials) -> io::IceCredentials {
    io::IceCredentials { ufrag: ice.ufrag, pwd: ice.pwd }
}

fn remote_transport(remote: sdp::RemoteTransport) -> io::RemoteTransport {
    io::RemoteTransport { ice: ice(remote.ice), fingerprint: io::Fingerprint(remote.fingerprint.0) }
}

fn up_track(
    up: UpKey,
    media: &sdp::UpMedia,
    sizes: &[(u32, u32)],
    screen: bool,
) -> Option<io::UpTrackParams> {
    let pixels = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    let encodings = media
        .encodings
        .iter()
        .enumerate()
        .map(|(index, encoding)| {
            let (width, height) = sizes.get(index).copied().unwrap_or_default();
            io::EncodingParams {
                rid: encoding.rid.as_deref().and_then(Rid::new),
                ssrc: encoding.ssrc.map(Ssrc),
                rtx_ssrc: encoding.rtx_ssrc.map(Ssrc),
                width: pixels(width),
                height: pixels(height),
            }
        })
        .collect();

    Some(io::UpTrackParams {
        id: up_id(up),
        kind: match media.kind {
            sdp::MediaKind::Audio => io::MediaKind::Audio,
            sdp::MediaKind::Video => io::MediaKind::Video,
        },
        mid: Mid::new(&media.mid)?,
        codecs: media.codecs.iter().map(codec).collect(),
        extensions: extensions(&media.extensions),
        encodings,
        screen,
        always_heard: false,
    })
}

fn codec(codec: &sdp::Codec) -> io::Codec {
    io::Codec {
        payload_type: PayloadType(codec.payload_type),
        rtx: codec.rtx.map(PayloadType),
        mime: match codec.mime {
            sdp::Mime::Opus => io::Mime::Opus,
            sdp::Mime::Red => io::Mime::Red,
            sdp::Mime::Vp8 => io::Mime::Vp8,
            sdp::Mime::Vp9 => io::Mime::Vp9,
            sdp::Mime::H264 => io::Mime::H264,
            sdp::Mime::H265 => io::Mime::H265,
            sdp::Mime::Av1 => io::Mime::Av1,
        },
        clock_rate: codec.clock_rate,
        nack: codec.feedback.nack,
    }
}

fn sdp_mime(mime: io::Mime) -> sdp::Mime {
    match mime {
        io::Mime::Opus => sdp::Mime::Opus,
        io::Mime::Red => sdp::Mime::Red,
        io::Mime::Vp8 => sdp::Mime::Vp8,
        io::Mime::Vp9 => sdp::Mime::Vp9,
        io::Mime::H264 => sdp::Mime::H264,
        io::Mime::H265 => sdp::Mime::H265,
        io::Mime::Av1 => sdp::Mime::Av1,
    }
}

fn extensions(negotiated: &std::collections::BTreeMap<sdp::Extension, u8>) -> io::ExtensionMap {
    let mut map = io::ExtensionMap::default();
    for (extension, &id) in negotiated {
        let extension = match extension {
            sdp::Extension::Mid => io::Extension::Mid,
            sdp::Extension::Rid => io::Extension::Rid,
            sdp::Extension::RepairedRid => io::Extension::RepairedRid,
            sdp::Extension::AudioLevel => io::Extension::AudioLevel,
            sdp::Extension::TransportCc => io::Extension::TransportCc,
            sdp::Extension::AbsSendTime => io::Extension::AbsSendTime,
            sdp::Extension::VideoOrientation => io::Extension::VideoOrientation,
            sdp::Extension::PlayoutDelay => io::Extension::PlayoutDelay,
            sdp::Extension::DependencyDescriptor => io::Extension::DependencyDescriptor,
        };
        map.insert(extension, id);
    }
    map
}

fn layer_wish(wish: LayerWish) -> io::LayerWish {
    io::LayerWish { enabled: wish.enabled, encoding: wish.encoding, fps: wish.fps, priority: wish.priority }
}
