//! Sound through the media engine, over real sockets: what goes in as a tone is measured where it comes out.

mod clicks;
mod dtls;
mod life;
mod phone;
mod record;
mod relay;
mod room;
mod say;
mod sounds;
mod table;
mod transcode;
