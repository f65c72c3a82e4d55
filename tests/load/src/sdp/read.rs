//! Reads what a server offers or answers.

use anyhow::{Context, Result, bail};
use signaling_proto::sdp::{Limits, Section, sections};

/// A description of the server's.
#[derive(Debug, Clone)]
pub struct Remote {
    /// How its end is reached.
    pub transport: RemoteTransport,
    /// Its sections in order.
    pub sections: Vec<Section>,
}

/// How the server's end is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteTransport {
    /// ICE user name fragment.
    pub ufrag: String,
    /// ICE password.
    pub pwd: String,
    /// Whether it makes no checks of its own.
    pub ice_lite: bool,
    /// The SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Who begins with DTLS.
    pub setup: Setup,
    /// Its candidates, as they stand behind `a=`.
    pub candidates: Vec<String>,
}

/// Who begins with DTLS (RFC 4145 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Whoever answers decides.
    ActPass,
    /// The server does.
    Active,
    /// We do.
    Passive,
}

/// Reads a description.
pub fn read(text: &str) -> Result<Remote> {
    let sections = sections(text, &Limits::default()).context("read the server's session description")?;
    let value = |name: &str| text.lines().find_map(|line| line.trim_end().strip_prefix(name));
    let candidates = text
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("a="))
        .filter(|attribute| attribute.starts_with("candidate:"));
    let transport = RemoteTransport {
        ufrag: value("a=ice-ufrag:").context("the server's description has no ICE user name")?.to_owned(),
        pwd: value("a=ice-pwd:").context("the server's description has no ICE password")?.to_owned(),
        ice_lite: text.lines().any(|line| line.trim_end() == "a=ice-lite"),
        fingerprint: fingerprint(text).context("the server's description has no SHA-256 fingerprint")?,
        setup: match value("a=setup:") {
            Some("active") => Setup::Active,
            Some("passive") => Setup::Passive,
            Some("actpass") | None => Setup::ActPass,
            Some(other) => bail!("the server's description has a setup {other:?}"),
        },
        candidates: candidates.map(str::to_owned).collect(),
    };
    Ok(Remote { transport, sections })
}

fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits = text.lines().find_map(|line| {
        let (algorithm, digits) = line.trim_end().strip_prefix("a=fingerprint:")?.split_once(' ')?;
        algorithm.eq_ignore_ascii_case("sha-256").then_some(digits)
    })?;
    let bytes: Option<Vec<u8>> = digits.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_before_or_in_sections_is_found() {
        let text = answer("passive", "a=ice-lite\r\n");

        let remote = read(&text).expect("a description");

        assert_eq!((remote.transport.ufrag.as_str(), remote.transport.setup), ("abcd", Setup::Passive));
        assert!(remote.transport.ice_lite);
        assert_eq!(remote.transport.fingerprint[..3], [0xab, 0xab, 0xab]);
        assert_eq!(remote.transport.candidates.len(), 1);
        assert_eq!(remote.sections.len(), 1);
    }

    #[test]
    fn a_description_without_credentials_is_refused() {
        assert!(read(&answer("passive", "").replace("a=ice-pwd", "a=ice-pws")).is_err());
        assert!(read(&answer("passive", "").replace("sha-256", "sha-1")).is_err());
        assert!(read("nonsense").is_err());
    }

    fn answer(setup: &str, session: &str) -> String {
        let digest = vec!["AB"; 32].join(":");
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{session}a=group:BUNDLE 0\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n\
             a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 {digest}\r\na=setup:{setup}\r\n\
             a=rtcp-mux\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\n\
             a=candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host\r\n"
        )
    }
}
