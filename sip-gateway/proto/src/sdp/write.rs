//! Writes a session description in the order and the spelling of RFC 8866 §5.

use std::fmt;
use std::net::IpAddr;

use super::{Media, SessionDescription};

/// With line ends, ready to be a body.
impl fmt::Display for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.media.iter().find_map(|media| media.address);
        write!(f, "v=0\r\n")?;
        match &self.origin {
            Some(origin) => {
                let version = if origin.address.contains(':') { 6 } else { 4 };
                write!(f, "o=- {} {} IN IP{version} {}\r\n", origin.session, origin.version, origin.address)?;
            }
            None => write!(f, "o=- 0 0 IN IP4 0.0.0.0\r\n")?,
        }
        write!(f, "s=-\r\n")?;
        // Old phones look for the address here only.
        if let Some(address) = address {
            connection(f, address)?;
        }
        write!(f, "t=0 0\r\n")?;
        if self.ice_lite {
            write!(f, "a=ice-lite\r\n")?;
        }
        if !self.bundle.is_empty() {
            write!(f, "a=group:BUNDLE {}\r\n", self.bundle.join(" "))?;
        }
        for media in &self.media {
            section(f, media, address)?;
        }
        Ok(())
    }
}

fn section(f: &mut fmt::Formatter<'_>, media: &Media, inherited: Option<IpAddr>) -> fmt::Result {
    write!(f, "m={} {} {}", media.kind.word(), media.port, media.profile.word())?;
    if media.formats.is_empty() {
        write!(f, " {}", media.first_format)?;
    }
    for format in &media.formats {
        write!(f, " {}", format.payload_type)?;
    }
    write!(f, "\r\n")?;
    if let Some(address) = media.address.filter(|_| media.address != inherited) {
        connection(f, address)?;
    }
    if let Some(mid) = &media.mid {
        write!(f, "a=mid:{mid}\r\n")?;
    }
    if !media.is_open() {
        return Ok(());
    }

    for format in &media.formats {
        write!(f, "a=rtpmap:{} {}\r\n", format.payload_type, format.codec.encoding())?;
        if !format.parameters.is_empty() {
            write!(f, "a=fmtp:{} {}\r\n", format.payload_type, format.parameters)?;
        }
    }
    if let Some(millis) = media.ptime {
        write!(f, "a=ptime:{millis}\r\n")?;
    }
    if let Some(millis) = media.maxptime {
        write!(f, "a=maxptime:{millis}\r\n")?;
    }
    for crypto in &media.crypto {
        write!(f, "a=crypto:{}\r\n", crypto.value())?;
    }
    for fingerprint in &media.fingerprints {
        write!(f, "a=fingerprint:{} ", fingerprint.hash)?;
        for (at, byte) in fingerprint.digest.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        write!(f, "\r\n")?;
    }
    if let Some(setup) = media.setup {
        write!(f, "a=setup:{}\r\n", setup.word())?;
    }
    if let Some(ice) = &media.ice {
        write!(f, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", ice.ufrag, ice.pwd)?;
        for candidate in &ice.candidates {
            write!(f, "a=candidate:{candidate}\r\n")?;
        }
    }
    if let Some((port, _)) = media.rtcp {
        write!(f, "a=rtcp:{port}\r\n")?;
    }
    if media.rtcp_mux {
        write!(f, "a=rtcp-mux\r\n")?;
    }
    write!(f, "a={}\r\n", media.direction.word())
}

fn connection(f: &mut fmt::Formatter<'_>, address: IpAddr) -> fmt::Result {
    let version = if address.is_ipv6() { 6 } else { 4 };
    write!(f, "c=IN IP{version} {address}\r\n")
}
