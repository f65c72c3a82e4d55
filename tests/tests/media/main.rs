//! Scenarios of the media engine over real sockets, with an independent WebRTC stack at the other end.

mod data;
mod hostile;
mod loss;
mod loudest;
mod publish;
mod simulcast;
mod transport;
mod watch;
