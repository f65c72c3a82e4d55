//! Scenarios over real sockets, load and bench.
