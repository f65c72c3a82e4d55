//! Why a room refused something.

/// Why somebody was not let into a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Names, metadata or attributes that we do not accept.
    #[error("{0}")]
    Invalid(String),
    /// The token does not allow it.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// Nobody of that name to take over the session of.
    #[error("no such session to resume")]
    UnknownSession,
    /// As many as there may be.
    #[error("the room is full ({0} participants)")]
    Full(usize),
    /// The server has as many rooms as it may.
    #[error("the server has reached its limit of {0} rooms")]
    TooManyRooms(usize),
    /// Rooms must be created before they are joined, and this one was not.
    #[error("requested room does not exist")]
    NoSuchRoom,
    /// The room ended while one was at its door.
    #[error("the room has ended")]
    Ended,
    /// The server takes no new participants.
    #[error("the server is shutting down")]
    Draining,
    /// The media engine has as much to do as it can, for those who are there already.
    #[error("the server carries as much as it can; try again in some minutes")]
    Overloaded,
    /// The media engine has no place.
    #[error("media is not available")]
    NoMedia,
}

/// Why a request about a room was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// No room of that name.
    #[error("requested room does not exist")]
    RoomNotFound,
    /// No participant of that identity.
    #[error("participant does not exist")]
    ParticipantNotFound,
    /// No track of that id.
    #[error("track does not exist")]
    TrackNotFound,
    /// An argument that we do not accept.
    #[error("{0}")]
    Invalid(String),
    /// Possible in general, but not in this state.
    #[error("{0}")]
    Precondition(String),
    /// A bound was reached.
    #[error("{0}")]
    LimitExceeded(String),
    /// The server or room has no capacity to answer now.
    #[error("the room does not answer")]
    Unavailable,
}
