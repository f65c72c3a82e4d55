//! The relay of the program: how it is configured, and what clients are told of it.

use std::net::SocketAddr;

use livekit_protocol::IceServer;
use sfu::turn::{Limits, Rate, Relay, RelayConfig};

use crate::config::Config;

/// What clients are told: the same relay over UDP, TCP and TLS, of which their browsers find the first that works.
#[derive(Debug)]
pub struct Relays {
    relay: Relay,
    /// Names by which clients reach it; if there are none, the name by which they reached the server.
    names: Vec<String>,
    /// For clients that say nothing of how they reached us.
    fallback: Option<String>,
    /// Where TLS is answered, as clients see it.
    tls: Option<u16>,
}

impl Relays {
    /// Clients of a running relay; `https` is where TLS is answered.
    #[must_use]
    pub fn new(
        config: &Config,
        relay: Relay,
        media: &[sfu::turn::OwnAddress],
        https: Option<SocketAddr>,
    ) -> Self {
        let turn = &config.turn;
        let public = config.http.public_url.as_deref().and_then(host_of);
        let tls = https.filter(|_| turn.tls).map(|address| turn.tls_port.unwrap_or(address.port()));
        Self {
            relay,
            names: if turn.names.is_empty() { public.into_iter().collect() } else { turn.names.clone() },
            fallback: media.first().map(|own| bracketed(&own.advertised.ip().to_string())),
            tls,
        }
    }

    fn urls(&self, host: Option<&str>) -> Vec<String> {
        let reached = host.or(self.fallback.as_deref()).map(str::to_owned);
        let names = if self.names.is_empty() { reached.into_iter().collect() } else { self.names.clone() };
        let ports = |listeners: &[SocketAddr], transport: &'static str| {
            let mut ports: Vec<u16> = listeners.iter().map(SocketAddr::port).collect();
            ports.dedup();
            ports.into_iter().map(move |port| ("turn", port, transport)).collect::<Vec<_>>()
        };
        let ways = ports(self.relay.udp(), "udp").into_iter().chain(ports(self.relay.tcp(), "tcp"));
        let ways: Vec<_> = ways.chain(self.tls.map(|port| ("turns", port, "tcp"))).collect();
        let url = |name: &str, &(scheme, port, transport): &(&str, u16, &str)| {
            format!("{scheme}:{}:{port}?transport={transport}", bracketed(name))
        };
        names.iter().flat_map(|name| ways.iter().map(move |way| url(name, way))).collect()
    }
}

impl signaling::Relays for Relays {
    fn servers(&self, identity: &str, sid: &str, host: Option<&str>) -> Vec<IceServer> {
        let urls = self.urls(host);
        if urls.is_empty() {
            return Vec::new();
        }
        let credentials = self.relay.issue(identity, sid);
        vec![IceServer { urls, username: credentials.username, credential: credentials.password }]
    }

    fn ended(&self, identity: &str, sid: &str) {
        self.relay.revoke(identity, sid);
    }
}

/// How the relay is to run; `None` if it is switched off, or nobody could reach it.
#[must_use]
pub fn relay_config(config: &Config, media: &[sfu::turn::OwnAddress]) -> Option<RelayConfig> {
    let turn = &config.turn;
    let over_tls = turn.tls && config.https.listen.is_some();
    if !turn.enabled || (turn.udp.is_empty() && turn.tcp.is_empty() && !over_tls) {
        return None;
    }
    let bytes_per_second = turn.rate as u64 * 1000 / 8;
    Some(RelayConfig {
        udp: turn.udp.clone(),
        tcp: turn.tcp.clone(),
        media: media.to_vec(),
        limits: Limits {
            allocations: turn.allocations,
            streams: turn.allocations,
            allocations_per_participant: turn.allocations_per_participant,
            allocations_per_source: turn.allocations_per_address,
            streams_per_source: turn.allocations_per_address,
            rate: Rate { per_second: bytes_per_second, burst: bytes_per_second },
            credentials: turn.credentials,
            ..Limits::default()
        },
        secret: rand::random(),
    })
}

/// The host of an address that was checked when it was configured.
fn host_of(url: &str) -> Option<String> {
    let uri: axum::http::Uri = url.parse().ok()?;
    uri.host().map(str::to_owned)
}

/// An IPv6 address as it stands in an address of a service.
fn bracketed(host: &str) -> String {
    match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn clients_are_told_all_ways_under_the_name_by_which_they_came() {
        let told = told(|_| {}, Some("meet.example.org"));
        let [udp, tcp] = told.ports;
        let expected = [
            format!("turn:meet.example.org:{udp}?transport=udp"),
            format!("turn:meet.example.org:{tcp}?transport=tcp"),
            "turns:meet.example.org:443?transport=tcp".to_owned(),
        ];
        assert_eq!(told.urls, expected);
    }

    #[tokio::test]
    async fn configured_names_come_before_the_one_by_which_a_client_came() {
        let by_name = told(
            |config| config.turn.names = vec!["turn.example.org".into(), "2001:db8::7".into()],
            Some("x"),
        );
        assert_eq!(by_name.urls.len(), 6);
        assert!(by_name.urls[0].starts_with("turn:turn.example.org:"));
        assert!(by_name.urls[3].starts_with("turn:[2001:db8::7]:"));
        let public =
            told(|config| config.http.public_url = Some("https://meet.example.org:8443".into()), Some("x"));
        assert!(public.urls[0].starts_with("turn:meet.example.org:"), "{:?}", public.urls);
        let nameless = told(|_| {}, None);
        assert!(nameless.urls[0].starts_with("turn:127.0.0.1:"));
    }

    #[tokio::test]
    async fn what_is_switched_off_is_not_told() {
        let no_tls = told(|config| config.turn.tls = false, Some("x"));
        assert!(!no_tls.urls.iter().any(|url| url.starts_with("turns:")));
        let forwarded = told(|config| config.turn.tls_port = Some(8443), Some("x"));
        assert!(forwarded.urls[2].starts_with("turns:x:8443"));
        let no_udp = told(|config| config.turn.udp.clear(), Some("x"));
        assert_eq!(no_udp.urls.len(), 2);
    }

    #[test]
    fn a_relay_that_nobody_could_reach_does_not_run() {
        for off in [
            |config: &mut Config| config.turn.enabled = false,
            |config: &mut Config| {
                (config.turn.udp, config.turn.tcp, config.https.listen) = (Vec::new(), Vec::new(), None);
            },
            |config: &mut Config| {
                (config.turn.udp, config.turn.tcp, config.turn.tls) = (Vec::new(), Vec::new(), false);
            },
        ] {
            let mut config = Config::default();
            off(&mut config);
            assert!(relay_config(&config, &[]).is_none());
        }
        assert!(relay_config(&Config::default(), &[]).is_some());
    }

    struct Told {
        urls: Vec<String>,
        ports: [u16; 2],
    }

    fn told(choose: impl FnOnce(&mut Config), host: Option<&str>) -> Told {
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut config = Config::default();
        (config.turn.udp, config.turn.tcp) = (vec![free], vec![free]);
        choose(&mut config);
        let media = sfu::turn::OwnAddress { advertised: free, local: free };
        let relay = Relay::start(relay_config(&config, &[media]).unwrap()).unwrap();
        let port = |listeners: &[SocketAddr]| listeners.first().map_or(0, SocketAddr::port);
        let ports = [port(relay.udp()), port(relay.tcp())];
        let relays: Arc<dyn signaling::Relays> =
            Arc::new(Relays::new(&config, relay, &[media], Some("0.0.0.0:443".parse().unwrap())));
        let servers = relays.servers("ada", "PA_1", host);
        Told { urls: servers.into_iter().flat_map(|server| server.urls).collect(), ports }
    }
}
