//! What phones and the people behind them meet.

mod calls;
mod forwarding;
mod house;
mod long_requests;
mod phone;
mod registering;
mod subscriptions;
mod transfers;
mod trunks;
