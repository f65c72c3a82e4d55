//! Rooms over real connections: WebSocket signalling, the room API, and the way to the media engine.

pub mod rooms;
