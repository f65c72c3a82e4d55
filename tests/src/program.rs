//! The whole program inside a test or a measurement.

use std::net::SocketAddr;
use std::path::Path;

use palabre::config::Config;

/// A configuration for free ports of loopback and one media thread: browsers and rooms over HTTP and UDP alone.
#[must_use]
pub fn config(dir: &Path) -> Config {
    let mut config = Config::default();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    (config.http.listen, config.https.listen) = (free, None);
    (config.sfu.listen, config.sfu.tcp, config.sfu.shards) = (free, None, 1);
    config.turn.enabled = false;
    config.sip.listen = Vec::new();
    config.store.dir = dir.to_owned();
    config
}
