//! What somebody types into a phone so that it finds us.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use crate::config::Config;
use crate::http::tls::machine_addresses;

/// Where phones reach this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhoneServer {
    /// Host name or address.
    pub host: String,
    /// The ways there, the best first.
    pub transports: Vec<PhoneTransport>,
    /// The realm, which some phones call domain.
    pub realm: String,
}

/// One way to reach this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PhoneTransport {
    /// `tls`, `tcp` or `udp`.
    pub transport: &'static str,
    /// The port.
    pub port: u16,
}

/// Where phones reach a server, which a browser has reached by the name of `seen_as`. There is nowhere while phones are
/// switched off.
#[must_use]
pub fn phone_server(config: &Config, seen_as: Option<&str>) -> Option<PhoneServer> {
    let plain = *config.sip.listen.first()?;
    let mut transports = Vec::new();
    if let Some(tls) = config.sip.tls.first() {
        transports.push(PhoneTransport { transport: "tls", port: tls.port() });
    }
    transports.push(PhoneTransport { transport: "udp", port: plain.port() });
    transports.push(PhoneTransport { transport: "tcp", port: plain.port() });
    Some(PhoneServer { host: host(config, plain, seen_as), transports, realm: config.sip.realm.clone() })
}

fn host(config: &Config, listen: SocketAddr, seen_as: Option<&str>) -> String {
    if !listen.ip().is_unspecified() {
        return listen.ip().to_string();
    }
    if let Some(address) = config.sfu.advertise.first() {
        return address.to_string();
    }
    let seen_as = seen_as.map(|host| host.trim_matches(['[', ']'])).filter(|host| {
        *host != "localhost" && !host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    seen_as.map(str::to_owned).unwrap_or_else(|| {
        machine_addresses().first().map_or_else(|| "localhost".to_owned(), ToString::to_string)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_certain_name_is_told() {
        let mut config = Config::default();
        let host = |config: &Config, seen_as| phone_server(config, Some(seen_as)).unwrap().host;
        assert_eq!(host(&config, "meet.example.org"), "meet.example.org");
        assert_ne!(host(&config, "127.0.0.1"), "127.0.0.1", "no other machine reaches that");

        config.sfu.advertise = vec!["192.0.2.1".parse().unwrap()];
        assert_eq!(host(&config, "meet.example.org"), "192.0.2.1");
        config.sip.listen = vec!["192.0.2.2:5070".parse().unwrap()];
        assert_eq!(host(&config, "meet.example.org"), "192.0.2.2");
        config.sip.listen = Vec::new();
        assert_eq!(phone_server(&config, None), None);
    }

    #[test]
    fn the_encrypted_way_comes_first() {
        let mut config = Config::default();
        let ways = |config: &Config| -> Vec<_> {
            let server = phone_server(config, None).unwrap();
            server.transports.iter().map(|way| (way.transport, way.port)).collect()
        };
        assert_eq!(ways(&config), [("tls", 5061), ("udp", 5060), ("tcp", 5060)]);

        config.sip.tls = Vec::new();
        assert_eq!(ways(&config), [("udp", 5060), ("tcp", 5060)]);
    }
}
