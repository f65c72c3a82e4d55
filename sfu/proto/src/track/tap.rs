//! A source on its way to another shard: everything, as it came.

use super::up_track::UpTrack;
use super::{MediaPacket, SourceKey};
use crate::conference::{PeerKey, RtpOut, Sink};
use crate::id::{PayloadType, Ssrc};
use crate::io::{Extension, ExtensionMap};
use crate::rtcp::report::{self, SenderInfo};
use crate::rtcp::sdes;
use crate::rtp::{ExtensionBlock, ExtensionValues, Header, MAX_HEADER_LEN, Stamp};

/// Where a source goes on to as it came.
#[derive(Debug)]
pub struct Tap {
    /// The slot of the end of the bridge.
    pub peer: u32,
    key: PeerKey,
    ssrcs: Vec<Ssrc>,
    block: ExtensionBlock,
}

impl Tap {
    /// A tap of this source, with a stream number for each encoding.
    #[must_use]
    pub fn new(peer: u32, key: PeerKey, ssrcs: Vec<Ssrc>, up: &UpTrack) -> Self {
        let mut extensions = ExtensionMap::default();
        for extension in PASSED {
            if let Some(id) = up.extensions.id(extension) {
                extensions.insert(extension, id);
            }
        }
        Self { peer, key, ssrcs, block: ExtensionBlock::new(up.mid, &extensions) }
    }

    /// The encoding that goes under this number.
    #[must_use]
    pub fn encoding(&self, ssrc: Ssrc) -> Option<u8> {
        Some(self.ssrcs.iter().position(|&own| own == ssrc)? as u8)
    }

    fn send<S: Sink + ?Sized>(
        &self,
        packet: &MediaPacket<'_>,
        payload_type: PayloadType,
        bytes: &mut [u8; MAX_HEADER_LEN],
        sink: &mut S,
    ) {
        let Some(&ssrc) = self.ssrcs.get(usize::from(packet.source.encoding)) else { return };
        let header = Header {
            marker: packet.marker,
            payload_type,
            sequence: packet.sequence as u16,
            timestamp: packet.timestamp,
            ssrc,
        };
        let len = self.block.write(header, &packet.extensions, Stamp::default(), bytes);
        sink.send_rtp(self.key, RtpOut { header: &bytes[..len], payload_head: &[], payload: packet.payload });
    }
}

impl UpTrack {
    /// Passes a packet to the other shards.
    #[inline]
    pub fn tap<S: Sink + ?Sized>(
        &self,
        packet: &MediaPacket<'_>,
        header: &mut [u8; MAX_HEADER_LEN],
        sink: &mut S,
    ) {
        if self.taps.is_empty() || self.muted {
            return;
        }
        let Some(codec) = self.codecs.get(usize::from(packet.codec)) else { return };
        for tap in &self.taps {
            tap.send(packet, codec.payload_type, header, sink);
        }
    }

    /// Passes a packet to one of them again.
    pub fn tap_again<S: Sink + ?Sized>(
        &self,
        peer: u32,
        packet: &MediaPacket<'_>,
        header: &mut [u8; MAX_HEADER_LEN],
        sink: &mut S,
    ) {
        let tap = self.taps.iter().find(|tap| tap.peer == peer);
        let codec = self.codecs.get(usize::from(packet.codec));
        if let Some((tap, codec)) = tap.zip(codec) {
            tap.send(packet, codec.payload_type, header, sink);
        }
    }

    /// Lets the other shards know of a number that leads to nothing.
    pub fn tap_padding<S: Sink + ?Sized>(
        &self,
        source: SourceKey,
        sequence: u64,
        header: &mut [u8; MAX_HEADER_LEN],
        sink: &mut S,
    ) {
        let packet = MediaPacket {
            source,
            sequence,
            timestamp: 0,
            marker: false,
            codec: 0,
            info: super::payload::PayloadInfo::default(),
            extensions: ExtensionValues::default(),
            payload: &[],
        };
        self.tap(&packet, header, sink);
    }

    /// Tells the other shards how the sender's clocks relate.
    pub fn tap_report<S: Sink + ?Sized>(
        &self,
        encoding: u8,
        info: SenderInfo,
        cname: &str,
        rtcp: &mut Vec<u8>,
        sink: &mut S,
    ) {
        for tap in &self.taps {
            let Some(&ssrc) = tap.ssrcs.get(usize::from(encoding)) else { continue };
            rtcp.clear();
            report::write_sender_report(rtcp, ssrc, info);
            sdes::write(rtcp, &[ssrc], cname);
            sink.send_rtcp(tap.key, rtcp);
        }
    }
}

/// What of a header's extensions is of the picture or the sound, and not of the path.
const PASSED: [Extension; 4] = [
    Extension::AudioLevel,
    Extension::VideoOrientation,
    Extension::PlayoutDelay,
    Extension::DependencyDescriptor,
];
