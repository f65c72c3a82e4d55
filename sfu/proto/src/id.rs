//! Names of things on the media plane. Each is a type of its own so that no two are ever confused.

use std::fmt;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

numeric_id!(
    /// A conference: the media object of a room (RFC 7667). Unique in the program's lifetime.
    ConferenceId(u64), "conference-");
numeric_id!(
    /// One transport of a participant: an ICE agent, a DTLS association and what runs over them.
    /// A participant has one (single peer connection) or two (one to publish, one to subscribe).
    PeerId(u64), "peer-");
numeric_id!(
    /// A published source.
    UpTrackId(u64), "up-");
numeric_id!(
    /// One peer's subscription to one published source.
    DownTrackId(u64), "down-");
numeric_id!(
    /// An RTP synchronization source (RFC 3550 §3).
    Ssrc(u32), "ssrc-");
numeric_id!(
    /// An RTP payload type, 0 to 127 (RFC 3550 §5.1).
    PayloadType(u8), "pt-");

/// The identification tag of a media section (RFC 5888), at most 16 bytes as RFC 8843 advises.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mid(ShortName<16>);

/// The restriction identifier of one simulcast encoding (RFC 8852), at most 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rid(ShortName<16>);

macro_rules! short_name {
    ($name:ident) => {
        impl $name {
            /// Takes the name if it is 1 to 16 bytes of printable ASCII.
            #[must_use]
            pub fn new(name: &str) -> Option<Self> {
                ShortName::from_bytes(name.as_bytes()).map(Self)
            }

            /// The same from bytes as they stand in an RTP header extension (RFC 8285).
            #[must_use]
            pub fn from_bytes(name: &[u8]) -> Option<Self> {
                ShortName::from_bytes(name).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    };
}

short_name!(Mid);
short_name!(Rid);

/// Printable ASCII stored in place, so that names on the packet path need no heap.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ShortName<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> ShortName<N> {
    fn from_bytes(name: &[u8]) -> Option<Self> {
        let printable = name.iter().all(u8::is_ascii_graphic);
        if name.is_empty() || name.len() > N || !printable {
            return None;
        }

        let mut bytes = [0; N];
        bytes[..name.len()].copy_from_slice(name);
        Some(Self { bytes, len: name.len() as u8 })
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("only ASCII was stored")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mid_keeps_its_text() {
        assert_eq!(Mid::new("video0").map(|mid| mid.to_string()).as_deref(), Some("video0"));
    }

    #[test]
    fn names_that_no_header_extension_could_carry_are_refused() {
        assert_eq!(Rid::new(""), None);
        assert_eq!(Rid::new("seventeen-bytes-x"), None);
        assert_eq!(Rid::from_bytes(b"q\0"), None);
    }
}
