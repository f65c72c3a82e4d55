//! The SIP stack without sockets, clocks or tasks.

pub mod call;
pub mod dialog;
pub mod endpoint;
pub mod flow;
pub mod ivr;
pub mod leg;
pub mod media;
pub mod message;
pub mod plan;
pub mod sdp;
pub mod subscription;
pub mod transaction;
pub mod trunk;
pub mod ua;
