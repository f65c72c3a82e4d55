//! The SIP stack without sockets, clocks or tasks.
