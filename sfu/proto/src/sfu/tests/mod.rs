//! A whole shard against an independent client, on a network of our own and in virtual time.

mod connecting;
mod data;
mod ending;
mod world;
