//! STUN messages as TURN uses them (RFC 8489 §5, §14; RFC 8656 §18): read without trust, written without slack.
//!
//! ```text
//!  0                   1                   2                   3
//! |0 0|     type (class, method)  |         message length        |
//! |                         magic cookie                          |
//! |                     transaction id (96 bits)                  |
//! |   attribute type              |   length      | value, padded |
//! ```

use std::net::{IpAddr, SocketAddr};

use super::integrity::{Key, Mac};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // as in the RFC
pub enum Method {
    Binding = 0x001,
    Allocate = 0x003,
    Refresh = 0x004,
    Send = 0x006,
    Data = 0x007,
    CreatePermission = 0x008,
    ChannelBind = 0x009,
}

/// What a message is to the one who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // as in the RFC
pub enum Class {
    Request = 0b00,
    Indication = 0b01,
    Success = 0b10,
    Error = 0b11,
}

/// What ties an answer to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionId(pub [u8; 12]);

/// A message that somebody sent. Of its attributes only those before MESSAGE-INTEGRITY count: the rest is not signed,
/// and anybody on the way could have put it there (RFC 8489 §9.2.4).
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// What it is.
    pub class: Class,
    /// What it is about.
    pub method: Method,
    /// What ties the answer to it.
    pub transaction: TransactionId,
    attributes: &'a [u8],
    signature: Option<Signature<'a>>,
}

#[derive(Debug, Clone, Copy)]
struct Signature<'a> {
    signed: &'a [u8], // the message up to MESSAGE-INTEGRITY
    mac: &'a Mac,
}

impl<'a> Message<'a> {
    /// Reads a message that fills its datagram or frame; `None` for what is none, or of a method that we do not speak.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<HEADER>()?;
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if header[4..8] != MAGIC_COOKIE || len != body.len() || !len.is_multiple_of(4) {
            return None;
        }
        let (class, method) = read_type(kind)?;
        let transaction = TransactionId(header[8..].try_into().ok()?);

        let (mut counted, mut signature) = (body.len(), None);
        let mut rest = body;
        while !rest.is_empty() {
            let at = body.len() - rest.len();
            let (kind, value, tail) = split_attribute(rest)?;
            match kind {
                attribute::MESSAGE_INTEGRITY => {
                    let mac = value.try_into().ok()?;
                    signature = Some(Signature { signed: &bytes[..HEADER + at], mac });
                    counted = at;
                    break;
                }
                attribute::FINGERPRINT => {
                    counted = at;
                    break;
                }
                _ => rest = tail,
            }
        }
        Some(Self { class, method, transaction, attributes: &body[..counted], signature })
    }

    /// The first attribute of a kind: repetitions do not count.
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<&'a [u8]> {
        self.attributes().find(|(found, _)| *found == kind).map(|(_, value)| value)
    }

    /// All values of a kind.
    pub fn all(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> {
        self.attributes().filter(move |(found, _)| *found == kind).map(|(_, value)| value)
    }

    /// An attribute that is text.
    #[must_use]
    pub fn text(&self, kind: u16) -> Option<&'a str> {
        std::str::from_utf8(self.attribute(kind)?).ok()
    }

    /// An attribute that is a number of 32 bits.
    #[must_use]
    pub fn number(&self, kind: u16) -> Option<u32> {
        Some(u32::from_be_bytes(self.attribute(kind)?.try_into().ok()?))
    }

    /// An attribute that is an address, unscrambled.
    #[must_use]
    pub fn address(&self, kind: u16) -> Option<SocketAddr> {
        self.read_address(self.attribute(kind)?)
    }

    /// The value of an address attribute of this message, unscrambled (RFC 8489 §14.2).
    #[must_use]
    pub fn read_address(&self, value: &[u8]) -> Option<SocketAddr> {
        let (&[_, family, high, low], ip) = value.split_first_chunk::<4>()?;
        let port = u16::from_be_bytes([high, low]) ^ COOKIE_PORT;
        let mask = self.transaction.mask();
        let ip = match (family, ip.len()) {
            (FAMILY_V4, 4) => IpAddr::from(unmasked::<4>(ip, &mask)?),
            (FAMILY_V6, 16) => IpAddr::from(unmasked::<16>(ip, &mask)?),
            _ => return None,
        };
        Some(SocketAddr::new(ip, port))
    }

    /// Attributes that must be understood and are not among `known` (RFC 8489 §14): kinds below 0x8000.
    pub fn unknown<'k>(&self, known: &'k [u16]) -> impl Iterator<Item = u16> + use<'a, 'k> {
        self.attributes().map(|(kind, _)| kind).filter(|kind| *kind < 0x8000 && !known.contains(kind))
    }

    /// Whether the message carries a signature at all.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Whether the message was signed with this key.
    #[must_use]
    pub fn is_signed_with(&self, key: &Key) -> bool {
        self.signature.is_some_and(|signature| key.verify(signature.signed, signature.mac))
    }

    fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (kind, value, tail) = split_attribute(rest)?;
            rest = tail;
            Some((kind, value))
        })
    }
}

impl TransactionId {
    /// What addresses are scrambled with: cookie and transaction id.
    fn mask(self) -> [u8; 16] {
        let mut mask = [0; 16];
        mask[..4].copy_from_slice(&MAGIC_COOKIE);
        mask[4..].copy_from_slice(&self.0);
        mask
    }
}

/// Writes one message into a buffer.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    transaction: TransactionId,
}

impl<'b> Writer<'b> {
    /// Begins a message; what the buffer held is gone.
    pub fn begin(out: &'b mut Vec<u8>, class: Class, method: Method, transaction: TransactionId) -> Self {
        out.clear();
        out.extend(write_type(class, method).to_be_bytes());
        out.extend([0, 0]);
        out.extend(MAGIC_COOKIE);
        out.extend(transaction.0);
        Self { out, transaction }
    }

    /// Adds an attribute. What fills it up to four bytes is zero, never what memory held before.
    pub fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.out.extend(kind.to_be_bytes());
        self.out.extend((value.len() as u16).to_be_bytes());
        self.out.extend(value);
        self.out.extend(&[0; 3][..padding(value.len())]);
    }

    /// Adds a number of 32 bits.
    pub fn number(&mut self, kind: u16, value: u32) {
        self.attribute(kind, &value.to_be_bytes());
    }

    /// Adds an address, scrambled (RFC 8489 §14.2).
    pub fn address(&mut self, kind: u16, address: SocketAddr) {
        let mask = self.transaction.mask();
        let mut value = [0; 20];
        value[2..4].copy_from_slice(&(address.port() ^ COOKIE_PORT).to_be_bytes());
        let len = match address.ip() {
            IpAddr::V4(v4) => {
                value[1] = FAMILY_V4;
                scramble(&mut value[4..8], &v4.octets(), &mask);
                8
            }
            IpAddr::V6(v6) => {
                value[1] = FAMILY_V6;
                scramble(&mut value[4..20], &v6.octets(), &mask);
                20
            }
        };
        self.attribute(kind, &value[..len]);
    }

    /// Adds an error code without a reason: numbers are enough for programs, and text makes answers long.
    pub fn error_code(&mut self, code: u16) {
        self.attribute(attribute::ERROR_CODE, &[0, 0, (code / 100) as u8, (code % 100) as u8]);
    }

    /// Ends the message with a signature, if there is a key.
    pub fn finish(self, key: Option<&Key>) {
        let signature = if key.is_some() { attribute::HEADER + SIGNATURE } else { 0 };
        let len = (self.out.len() - HEADER + signature) as u16;
        self.out[2..4].copy_from_slice(&len.to_be_bytes());
        if let Some(key) = key {
            key.append_to(self.out);
        }
    }
}

/// Kinds of attributes, named as in the RFCs.
#[allow(missing_docs)]
pub mod attribute {
    pub const USERNAME: u16 = 0x0006;
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub const CHANNEL_NUMBER: u16 = 0x000c;
    pub const LIFETIME: u16 = 0x000d;
    pub const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub const DATA: u16 = 0x0013;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub const EVEN_PORT: u16 = 0x0018;
    pub const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub const RESERVATION_TOKEN: u16 = 0x0022;
    pub const FINGERPRINT: u16 = 0x8028;

    pub(super) const HEADER: usize = 4;
}

/// Address families in attributes.
pub const FAMILY_V4: u8 = 0x01;
/// The other one.
pub const FAMILY_V6: u8 = 0x02;

/// The bytes before the attributes.
pub const HEADER: usize = 20;

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const COOKIE_PORT: u16 = 0x2112;
const SIGNATURE: usize = 20;

fn read_type(kind: u16) -> Option<(Class, Method)> {
    let class = match kind & 0x0110 {
        0x0000 => Class::Request,
        0x0010 => Class::Indication,
        0x0100 => Class::Success,
        _ => Class::Error,
    };
    let method = match kind & !0x0110 {
        0x001 => Method::Binding,
        0x003 => Method::Allocate,
        0x004 => Method::Refresh,
        0x006 => Method::Send,
        0x007 => Method::Data,
        0x008 => Method::CreatePermission,
        0x009 => Method::ChannelBind,
        _ => return None,
    };
    Some((class, method))
}

/// Our methods are all below 0x10: their bits lie below both of the class's.
fn write_type(class: Class, method: Method) -> u16 {
    let class = class as u16;
    method as u16 | (class & 0b01) << 4 | (class & 0b10) << 7
}

fn split_attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (&[k0, k1, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    let (value, rest) = rest.split_at_checked(len)?;
    Some((u16::from_be_bytes([k0, k1]), value, rest.get(padding(len)..)?))
}

/// What is missing to a multiple of four.
pub(super) fn padding(len: usize) -> usize {
    len.wrapping_neg() & 3
}

fn unmasked<const N: usize>(scrambled: &[u8], mask: &[u8; 16]) -> Option<[u8; N]> {
    let mut plain: [u8; N] = scrambled.try_into().ok()?;
    plain.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    Some(plain)
}

fn scramble(into: &mut [u8], plain: &[u8], mask: &[u8; 16]) {
    for ((into, plain), mask) in into.iter_mut().zip(plain).zip(mask) {
        *into = plain ^ mask;
    }
}

#[cfg(test)]
mod tests {
    use is::stun::StunMessage;

    use super::*;
    use crate::transport::ice::tests::hmac_sha1;

    #[test]
    fn another_codec_reads_what_we_write() {
        let key = Key::of_password(b"secret");
        let relayed = "[2001:db8::7]:50000".parse().expect("an address");
        let mapped = "192.0.2.1:3478".parse().expect("an address");
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, Class::Success, Method::Allocate, TransactionId([7; 12]));
        writer.address(attribute::XOR_RELAYED_ADDRESS, relayed);
        writer.address(attribute::XOR_MAPPED_ADDRESS, mapped);
        writer.number(attribute::LIFETIME, 600);
        writer.attribute(attribute::REALM, b"palabre");
        writer.finish(Some(&key));

        let read = StunMessage::parse(&out).expect("a STUN message");

        assert_eq!(read.xor_relayed_address(), Some(relayed));
        assert_eq!(read.mapped_address(), Some(mapped));
        assert_eq!((read.lifetime(), read.realm()), (Some(600), Some("palabre")));
        assert!(read.verify(b"secret", hmac_sha1));
    }

    #[test]
    fn we_read_what_another_codec_writes() {
        let check = crate::transport::ice::tests::request("ours:theirs", "secret", true);

        let read = Message::parse(&check).expect("a message");

        assert_eq!((read.class, read.method), (Class::Request, Method::Binding));
        assert_eq!(read.text(attribute::USERNAME), Some("ours:theirs"));
        assert!(read.is_signed_with(&Key::of_password(b"secret")));
        assert!(!read.is_signed_with(&Key::of_password(b"another")));
    }

    #[test]
    fn what_follows_the_signature_does_not_count() {
        let key = Key::of_password(b"secret");
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, Class::Request, Method::Refresh, TransactionId([1; 12]));
        writer.attribute(attribute::USERNAME, b"me");
        writer.finish(Some(&key));
        // Somebody on the way appends LIFETIME = 0 and makes the length right again.
        out.extend([0x00, 0x0d, 0x00, 0x04, 0, 0, 0, 0]);
        let len = (out.len() - HEADER) as u16;
        out[2..4].copy_from_slice(&len.to_be_bytes());

        let read = Message::parse(&out).expect("a message");

        assert_eq!(read.number(attribute::LIFETIME), None);
        assert_eq!(read.text(attribute::USERNAME), Some("me"));
        assert!(read.is_signed_with(&key), "the signature is that of the part before it");
    }

    #[test]
    fn padding_is_zero_whatever_the_buffer_held() {
        let mut out = vec![0xff; 64];
        let mut writer = Writer::begin(&mut out, Class::Error, Method::Allocate, TransactionId([1; 12]));
        writer.attribute(attribute::REALM, b"a");
        writer.finish(None);
        assert_eq!(out[HEADER..], [0x00, 0x14, 0x00, 0x01, b'a', 0, 0, 0]);
    }

    #[test]
    fn what_is_cut_or_stretched_is_no_message() {
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, Class::Request, Method::Allocate, TransactionId([1; 12]));
        writer.attribute(attribute::REALM, b"abc");
        writer.finish(None);
        assert!(Message::parse(&out).is_some());
        for len in 0..out.len() {
            assert!(Message::parse(&out[..len]).is_none(), "{len}");
        }
        out.extend([0; 4]);
        assert!(Message::parse(&out).is_none());
    }

    #[test]
    fn an_attribute_that_reaches_beyond_the_message_makes_it_none() {
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, Class::Request, Method::Allocate, TransactionId([1; 12]));
        writer.attribute(attribute::REALM, b"abcd");
        writer.finish(None);
        out[HEADER + 3] = 5;
        assert!(Message::parse(&out).is_none());
    }

    #[test]
    fn a_signature_of_another_length_makes_it_no_message() {
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, Class::Request, Method::Allocate, TransactionId([1; 12]));
        writer.attribute(attribute::MESSAGE_INTEGRITY, &[0; 8]);
        writer.finish(None);
        assert!(Message::parse(&out).is_none());
    }
}
