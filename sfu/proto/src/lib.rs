//! The media engine without sockets, clocks or threads: datagrams and commands in, datagrams and events out.
//!
//! One [`sfu::Sfu`](crate) is what one media shard runs. It knows conferences, peers and tracks; never people.

pub mod conference;
pub mod id;
pub mod io;
pub mod srtp;
