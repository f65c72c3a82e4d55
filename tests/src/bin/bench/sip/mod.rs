//! Phones: the program as it runs in a post, beside Kamailio and rtpengine doing the same on the same core.
//!
//! Servers are child processes held on one core and the phones are played from the other one. What is compared is the
//! processor time that the kernel counts for a server, per request, call or packet: unlike requests a second it does not
//! depend on how fast the phones are, and little on what else the machine does.

mod account;
pub(crate) mod calls;
mod certificate;
mod child;
mod dialogue;
mod kamailio;
pub(crate) mod memory;
pub(crate) mod mixing;
mod palabre;
pub(crate) mod registrations;
pub(crate) mod relay;
mod request;
mod text;
mod tls;
mod wire;

/// Whether there is a program of that name.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).exists())
}

fn micros(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
