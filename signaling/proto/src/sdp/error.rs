//! Why a description of the far side is of no use.

/// What is wrong with a session description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum SdpError {
    #[error("not a session description")]
    NotSdp,
    #[error("{bytes} bytes, {limit} are allowed")]
    TooLong { bytes: usize, limit: usize },
    #[error("line {line} is longer than {limit} bytes")]
    LineTooLong { line: usize, limit: usize },
    #[error("line {0} is malformed")]
    Malformed(usize),
    #[error("more than {0} media sections")]
    TooManySections(usize),
    #[error("more than {0} attributes in one section")]
    TooManyAttributes(usize),
    #[error("a media section without mid")]
    NoMid,
    #[error("two media sections with mid {0:?}")]
    DuplicateMid(String),
    #[error("no ICE credentials")]
    NoIceCredentials,
    #[error("unusable ICE credentials")]
    IceCredentials,
    #[error("no SHA-256 fingerprint")]
    NoFingerprint,
    #[error("we are the DTLS server, and so is the far side")]
    DtlsRole,
    #[error("{now} media sections where there were {before}")]
    SectionsVanished { before: usize, now: usize },
    #[error("no offer awaits an answer")]
    UnexpectedAnswer,
    #[error("an answer to offer {answered}, not to {awaited}")]
    StaleAnswer { answered: u32, awaited: u32 },
    #[error("an answer that does not match the offer")]
    AnswerMismatch,
}
