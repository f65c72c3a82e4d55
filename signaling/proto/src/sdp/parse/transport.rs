//! What a description says about a transport: ICE (RFC 8839), DTLS (RFC 8122) and who begins (RFC 4145).

use super::line::Line;
use crate::sdp::{Fingerprint, IceCredentials, RemoteTransport, SdpError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    ActPass,
    Active,
    Passive,
}

/// Attributes that may stand before the first section or in one.
#[derive(Debug, Clone, Default)]
pub(super) struct TransportLines<'a> {
    ufrag: Option<&'a str>,
    pwd: Option<&'a str>,
    fingerprint: Option<Fingerprint>,
    pub(super) setup: Option<Setup>,
}

impl<'a> TransportLines<'a> {
    pub(super) fn take(&mut self, line: Line<'a>, name: &str, value: &'a str) -> Result<(), SdpError> {
        match name {
            "ice-ufrag" => self.ufrag = Some(value),
            "ice-pwd" => self.pwd = Some(value),
            "fingerprint" => {
                if let Some(fingerprint) = parse_fingerprint(value).ok_or(line.malformed())? {
                    self.fingerprint = Some(fingerprint);
                }
            }
            "setup" => {
                self.setup = match value {
                    "actpass" => Some(Setup::ActPass),
                    "active" => Some(Setup::Active),
                    "passive" => Some(Setup::Passive),
                    _ => return Err(line.malformed()),
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<RemoteTransport, SdpError> {
        let (Some(ufrag), Some(pwd)) = (self.ufrag, self.pwd) else {
            return Err(SdpError::NoIceCredentials);
        };
        let ice_text =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        let fits = (4..=256).contains(&ufrag.len()) && (22..=256).contains(&pwd.len());
        if !fits || !ice_text(ufrag) || !ice_text(pwd) {
            return Err(SdpError::IceCredentials);
        }
        Ok(RemoteTransport {
            ice: IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() },
            fingerprint: self.fingerprint.ok_or(SdpError::NoFingerprint)?,
        })
    }
}

/// `Some(None)` for a digest that is not SHA-256.
fn parse_fingerprint(value: &str) -> Option<Option<Fingerprint>> {
    let (algorithm, digits) = value.split_once(' ')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return Some(None);
    }
    let mut bytes = [0; 32];
    let mut parts = digits.trim().split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(Some(Fingerprint(bytes)))
}
