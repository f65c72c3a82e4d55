//! The office: accounts, meetings, the HTTP API and the program around them. It decides who; signaling runs the room.

pub mod accounts;
pub mod app;
pub mod attendance;
pub mod audit;
pub mod backup;
pub mod calls;
pub mod certificates;
pub mod cli;
pub mod clock;
pub mod config;
pub mod csv;
pub mod directory;
pub mod floor;
pub mod gate;
pub mod http;
pub mod jobs;
pub mod keys;
pub mod mailboxes;
pub mod meetings;
pub mod metrics;
pub mod people;
pub mod phones;
pub mod savings;
pub mod server;
pub mod store;
pub mod tariffs;
