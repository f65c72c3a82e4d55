//! The office over real sockets: a whole server in this process, and browsers that are HTTP clients.

mod accounts;
mod attendance;
mod audit_log;
mod backup;
mod browser;
mod connections;
mod floor;
mod inside;
mod issuer;
mod lobby;
mod meetings;
mod officers;
mod oidc;
mod participant;
mod people;
mod phones;
mod program;
mod provider;
mod savings;
mod second_factor;
mod server_api;
mod sip_calls;
mod sip_service;
mod tables;
mod voicemail;
