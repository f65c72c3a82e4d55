//! What phones and the people behind them meet.

mod anything;
mod browsers;
mod calls;
mod dial_in;
mod forwarding;
mod house;
mod leaving;
mod long_requests;
mod mailboxes;
mod phone;
mod registering;
mod subscriptions;
mod transfers;
mod trunks;
