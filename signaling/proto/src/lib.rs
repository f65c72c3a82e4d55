//! Rooms without sockets, clocks or tasks.
