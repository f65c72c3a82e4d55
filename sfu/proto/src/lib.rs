//! The media engine without sockets, clocks or threads: datagrams and commands in, datagrams and events out.
//!
//! One [`sfu::Sfu`] is what one media shard runs. It knows conferences, peers and tracks; never people.

pub mod bandwidth;
pub mod conference;
pub mod demux;
pub mod framing;
pub mod id;
pub mod io;
mod near;
mod outlets;
pub mod participant;
pub mod path;
pub mod relief;
pub mod rtcp;
pub mod rtp;
pub mod sfu;
pub mod speaker;
pub mod srtp;
pub mod stats;
mod timers;
pub mod track;
pub mod transmit;
pub mod transport;
pub mod turn;
