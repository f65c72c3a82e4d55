//! The sound of a phone: A-law packets every 20 ms, plain or as SRTP with keys from the session description.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sfu_proto::srtp::{MasterKey, SrtpProfile, SrtpReceiver, SrtpSender};

/// One phone's end of a call.
pub(crate) struct Phone {
    socket: UdpSocket,
    /// Where the server wants its packets.
    to: SocketAddr,
    key: Option<[u8; KEY]>,
    sealer: Option<SrtpSender>,
    opener: Option<SrtpReceiver>,
    sequence: u16,
    ssrc: u32,
}

impl Phone {
    /// A phone before its call.
    pub(crate) fn new(number: usize, encrypts: bool) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let mut key = [0x5A; KEY];
        key[..8].copy_from_slice(&number.to_be_bytes());
        Ok(Self {
            to: socket.local_addr()?,
            socket,
            key: encrypts.then_some(key),
            sealer: None,
            opener: None,
            sequence: 0,
            ssrc: number as u32,
        })
    }

    /// Its session description, as offer or answer.
    pub(crate) fn describes(&self) -> Result<String> {
        let (port, profile) =
            (self.socket.local_addr()?.port(), if self.key.is_some() { "SAVP" } else { "AVP" });
        let crypto = self.key.map_or_else(String::new, |key| {
            format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}\r\n", STANDARD.encode(key))
        });
        Ok(format!(
            "v=0\r\no=- {ssrc} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/{profile} 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
             {crypto}a=sendrecv\r\n",
            ssrc = self.ssrc
        ))
    }

    /// Takes the session description of the other side.
    pub(crate) fn agrees(&mut self, description: &str) -> Result<()> {
        let value = |name: &str| description.split("\r\n").find_map(|line| line.strip_prefix(name));
        let media = value("m=audio ").context("no sound")?;
        let port: u16 = media.split(' ').next().unwrap_or_default().parse()?;
        self.to = SocketAddr::new(value("c=IN IP4 ").context("no address")?.parse()?, port);
        ensure!(media.contains("SAVP") == self.key.is_some(), "another protection than was offered: {media}");
        let Some(ours) = self.key else { return Ok(()) };

        let crypto = value("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:").context("no key")?;
        let theirs = STANDARD.decode(crypto.split(['|', ' ']).next().unwrap_or_default())?;
        let key = |key: &[u8]| MasterKey::of_description(SrtpProfile::Aes128CmHmacSha1_80, key);
        self.sealer = Some(SrtpSender::new(&key(&ours)?));
        self.opener = Some(SrtpReceiver::new(&key(&theirs)?));
        Ok(())
    }

    /// Sends the next packet.
    pub(crate) fn say(&mut self) {
        let mut packet = [0xD5; ROOM];
        packet[..2].copy_from_slice(&[0x80, 8]);
        packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(self.sequence) * SAMPLES).to_be_bytes());
        packet[8..HEADER].copy_from_slice(&self.ssrc.to_be_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        let plain = &packet[..PLAIN];
        let mut sealed = [0; ROOM];
        let packet = match &mut self.sealer {
            None => plain,
            Some(sealer) => {
                let (header, payload) = plain.split_at(HEADER);
                let Ok(len) = sealer.protect_rtp(header, &[], payload, &mut sealed) else { return };
                &sealed[..len]
            }
        };
        // One that finds no room is lost, and will not be counted as heard.
        let _ = self.socket.send_to(packet, self.to);
    }

    /// Takes what has come; how many packets of speech that were.
    pub(crate) fn listen(&mut self) -> Result<u64> {
        let mut heard = 0;
        let mut packet = [0; ROOM];
        while let Ok((len, _)) = self.socket.recv_from(&mut packet) {
            // Not RTCP.
            if packet[1] & 0x7F != 8 {
                continue;
            }
            let len = match &mut self.opener {
                None => len,
                Some(opener) => {
                    opener.unprotect_rtp(&mut packet[..len]).context("what is heard is not authentic")?
                }
            };
            ensure!(packet[HEADER..len] == [0xD5; SAMPLES as usize], "what is heard is not what was said");
            heard += 1;
        }
        Ok(heard)
    }
}

/// Key and salt of AES-CM.
const KEY: usize = 30;
const HEADER: usize = 12;
/// In 20 ms.
const SAMPLES: u32 = 160;
const PLAIN: usize = HEADER + SAMPLES as usize;
/// For a packet with its tag.
const ROOM: usize = 256;
