//! What tables tell the driver of calls and media.

use sfu::direct::Direct;
use signaling::voice::{EarTrack, SeatMedia};
use sip_gateway_proto::call::{LegId, SeatEvent};

use crate::media::{MediaEngine, TableId};

/// Something for the media engine, for the calls, or for both.
#[derive(Debug)]
pub enum TableNews {
    /// A room takes what is said at a seat. It comes again when a host has moved the seat to another room.
    Seated {
        /// Which seat.
        leg: LegId,
        /// The sound of its room.
        table: TableId,
        /// The way for its voice.
        media: SeatMedia,
        /// That it has entered, or where it was moved to.
        event: SeatEvent,
    },
    /// The sound of a room begins; or begins anew, after a fault.
    Opened {
        /// Which table.
        table: TableId,
        /// What hears.
        ears: Direct,
    },
    /// Which streams of a room arrive, all of them.
    Tracks {
        /// At which table.
        table: TableId,
        /// The streams.
        tracks: Vec<EarTrack>,
    },
    /// The last seat of a room has gone.
    Closed {
        /// Which table.
        table: TableId,
    },
    /// Something happened at a seat.
    Event {
        /// Which seat.
        leg: LegId,
        /// What.
        event: SeatEvent,
    },
}

impl TableNews {
    /// Tells the media engine; returns what the calls are to know.
    #[must_use]
    pub fn tell(self, media: &mut MediaEngine) -> Option<(LegId, SeatEvent)> {
        match self {
            Self::Seated { leg, table, media: voice, event } => {
                media.take_seat(leg, table, voice);
                return Some((leg, event));
            }
            Self::Opened { table, ears } => media.open_table(table, ears),
            Self::Tracks { table, tracks } => media.table_tracks(table, tracks),
            Self::Closed { table } => media.close_table(table),
            Self::Event { leg, event } => return Some((leg, event)),
        }
        None
    }
}
