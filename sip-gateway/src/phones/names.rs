//! Asks DNS where a provider's servers are (RFC 3263 §4), of the name servers that the system is set up with.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::trunk::locate::{Pointer, Server, in_order, service_names};

/// The name servers.
#[derive(Clone)]
pub(super) struct Names {
    /// Without it names are left to the system alone, which knows no services.
    resolver: Option<TokioResolver>,
}

/// Where servers are, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) addresses: Vec<SocketAddr>,
    /// For how long that may be believed.
    pub(super) lasts: Duration,
}

impl Names {
    /// Those of the system.
    pub(super) fn of_system() -> Self {
        let resolver = TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
        if let Err(error) = &resolver {
            tracing::warn!(%error, "the system's name servers are not known: trunks are found by plain addresses only");
        }
        Self { resolver: resolver.ok() }
    }

    #[cfg(test)]
    pub(super) fn of(resolver: TokioResolver) -> Self {
        Self { resolver: Some(resolver) }
    }

    /// Finds the servers of a domain. An address is its own answer; a port that is given leads to the host itself, and
    /// only a domain without one is asked for its services (RFC 3263 §4.2).
    pub(super) async fn locate(
        &self,
        host: &str,
        port: Option<u16>,
        carrier: Carrier,
    ) -> std::io::Result<Located> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let usual = port.unwrap_or(if carrier.is_secure() { 5061 } else { 5060 });
        if let Ok(ip) = host.parse() {
            return Ok(Located { addresses: vec![SocketAddr::new(ip, usual)], lasts: LONGEST });
        }
        if port.is_none()
            && let Some(located) = self.services(host, carrier).await
        {
            return Ok(located);
        }
        self.addresses(host, usual).await
    }

    /// The servers that a domain names; `None` if it names none and is to be asked for itself.
    async fn services(&self, domain: &str, carrier: Carrier) -> Option<Located> {
        let mut lasts = LONGEST;
        let pointers = self.records(domain, RecordType::NAPTR).await.map_or_else(Vec::new, |found| {
            lasts = lasts.min(remaining(&found));
            found.answers().iter().filter_map(|record| pointer(&record.data)).collect()
        });
        let mut servers = Vec::new();
        let mut asked_for = false;
        for name in service_names(domain, carrier, &pointers) {
            let Some(found) = self.records(&name, RecordType::SRV).await else { continue };
            lasts = lasts.min(remaining(&found));
            let of_name: Vec<Server> =
                found.answers().iter().filter_map(|record| server(&record.data)).collect();
            asked_for |= !of_name.is_empty();
            servers.extend(in_order(of_name, dice));
        }
        if !asked_for {
            return None;
        }
        let mut addresses = Vec::new();
        for server in servers {
            // One that has no address is passed over.
            if let Ok(found) = self.addresses(&server.target, server.port).await {
                lasts = lasts.min(found.lasts);
                addresses.extend(found.addresses);
            }
        }
        Some(Located { addresses, lasts: lasts.max(SHORTEST) })
    }

    /// The addresses of a host.
    async fn addresses(&self, host: &str, port: u16) -> std::io::Result<Located> {
        if let Some(resolver) = &self.resolver
            && let Ok(found) = resolver.lookup_ip(host).await
        {
            let lasts = found.valid_until().saturating_duration_since(Instant::now());
            let addresses = found.iter().map(|ip| SocketAddr::new(ip, port)).collect();
            return Ok(Located { addresses, lasts: lasts.clamp(SHORTEST, LONGEST) });
        }
        // The system may know names that no name server knows.
        let found = tokio::net::lookup_host((host, port)).await?;
        Ok(Located { addresses: found.collect(), lasts: UNTOLD })
    }

    async fn records(&self, name: &str, kind: RecordType) -> Option<Lookup> {
        let mut name = Name::from_utf8(name).ok()?;
        name.set_fqdn(true);
        self.resolver.as_ref()?.lookup(name, kind).await.ok()
    }
}

fn remaining(found: &Lookup) -> Duration {
    found.valid_until().saturating_duration_since(Instant::now())
}

fn pointer(data: &RData) -> Option<Pointer> {
    let RData::NAPTR(record) = data else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Pointer {
        order: record.order,
        preference: record.preference,
        flags: text(&record.flags),
        service: text(&record.services),
        replacement: host(&record.replacement),
    })
}

fn server(data: &RData) -> Option<Server> {
    let RData::SRV(record) = data else { return None };
    Some(Server {
        priority: record.priority,
        weight: record.weight,
        port: record.port,
        target: host(&record.target),
    })
}

/// A name without its last dot, so that the root is empty.
fn host(name: &Name) -> String {
    name.to_utf8().trim_end_matches('.').to_owned()
}

/// A number from zero to `most`, both included.
fn dice(most: u32) -> u32 {
    let mut bytes = [0; 8];
    // Without random numbers the lightest comes first, which is an order too.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    (u64::from_le_bytes(bytes) % (u64::from(most) + 1)) as u32
}

/// No answer is believed for a shorter time: a provider whose answers do not last is not asked all the time.
const SHORTEST: Duration = Duration::from_secs(30);
/// No answer is believed for longer.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How long an answer is believed that does not say how long it lasts.
const UNTOLD: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::net::IpAddr;
    use std::sync::{Arc, Mutex};

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use tokio::net::UdpSocket;

    use super::*;

    const A: u16 = 1;
    const NAPTR: u16 = 35;
    const SRV: u16 = 33;

    #[tokio::test]
    async fn servers_are_tried_by_priority_at_the_ports_they_have() {
        let dns = Dns::start([
            (
                ("_sip._udp.op.example", SRV),
                vec![srv(20, 5, 5070, "b.op.example"), srv(10, 5, 5080, "a.op.example")],
            ),
            (("a.op.example", A), vec![vec![192, 0, 2, 1]]),
            (("b.op.example", A), vec![vec![192, 0, 2, 2], vec![192, 0, 2, 3]]),
        ])
        .await;

        let found = dns.names.locate("op.example", None, Carrier::Udp).await.unwrap();

        let mut addresses: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
        addresses[1..].sort();
        assert_eq!(addresses, ["192.0.2.1:5080", "192.0.2.2:5070", "192.0.2.3:5070"]);
        assert!(
            found.lasts <= Duration::from_secs(120) && found.lasts > Duration::from_secs(60),
            "as the TTL says"
        );
    }

    #[tokio::test]
    async fn a_domain_may_point_to_another_name_for_its_service() {
        let dns = Dns::start([
            (
                ("op.example", NAPTR),
                vec![naptr(1, "SIPS+D2T", "tls.op.example"), naptr(2, "SIP+D2T", "tcp.op.example")],
            ),
            (("tls.op.example", SRV), vec![srv(1, 0, 5061, "a.op.example")]),
            (("tcp.op.example", SRV), vec![srv(1, 0, 5060, "b.op.example")]),
            (("a.op.example", A), vec![vec![192, 0, 2, 1]]),
            (("b.op.example", A), vec![vec![192, 0, 2, 2]]),
        ])
        .await;

        for (carrier, address) in [(Carrier::Tls, "192.0.2.1:5061"), (Carrier::Tcp, "192.0.2.2:5060")] {
            let found = dns.names.locate("op.example", None, carrier).await.unwrap();
            assert_eq!(found.addresses, [address.parse::<SocketAddr>().unwrap()]);
        }
    }

    #[tokio::test]
    async fn a_domain_without_services_is_a_host_and_a_port_says_that_it_is_one() {
        let dns = Dns::start([
            (("host.example", A), vec![vec![192, 0, 2, 9]]),
            (("_sip._udp.both.example", SRV), vec![srv(1, 0, 5070, "host.example")]),
            (("both.example", A), vec![vec![192, 0, 2, 8]]),
            (("_sip._udp.none.example", SRV), vec![srv(0, 0, 0, "")]),
            (("none.example", A), vec![vec![192, 0, 2, 7]]),
        ])
        .await;
        let locate = async |host: &str, port, carrier| {
            let found = dns.names.locate(host, port, carrier).await.unwrap();
            found.addresses.iter().map(ToString::to_string).collect::<Vec<_>>()
        };

        assert_eq!(locate("host.example", None, Carrier::Tls).await, ["192.0.2.9:5061"]);
        assert_eq!(locate("both.example", None, Carrier::Udp).await, ["192.0.2.9:5070"]);
        assert_eq!(locate("both.example", Some(5090), Carrier::Udp).await, ["192.0.2.8:5090"]);
        assert!(locate("none.example", None, Carrier::Udp).await.is_empty(), "it says that it has none");
    }

    #[tokio::test]
    async fn an_answer_is_not_asked_for_again_while_it_lasts() {
        let dns = Dns::start([
            (("_sip._udp.op.example", SRV), vec![srv(1, 0, 5070, "a.op.example")]),
            (("a.op.example", A), vec![vec![192, 0, 2, 1]]),
        ])
        .await;
        let first = dns.names.locate("op.example", None, Carrier::Udp).await.unwrap();
        let second = dns.names.locate("op.example", None, Carrier::Udp).await.unwrap();

        assert_eq!(first.addresses, second.addresses);
        assert_eq!(dns.questions_for("_sip._udp.op.example", SRV), 1);
        assert_eq!(dns.questions_for("a.op.example", A), 1);
    }

    #[tokio::test]
    async fn addresses_need_no_name_server() {
        let names = Names { resolver: None };
        for (host, address) in [("192.0.2.1", "192.0.2.1:5061"), ("[2001:db8::1]", "[2001:db8::1]:5061")] {
            let found = names.locate(host, None, Carrier::Tls).await.unwrap();
            assert_eq!(found.addresses, [address.parse::<SocketAddr>().unwrap()]);
        }
        assert_eq!(names.locate("localhost", Some(7), Carrier::Udp).await.unwrap().addresses[0].port(), 7);
    }

    /// A name and a type of record, and the records.
    type Records = ((&'static str, u16), Vec<Vec<u8>>);

    /// A name server that knows some names, all for two minutes.
    struct Dns {
        names: Names,
        questions: Arc<Mutex<Vec<(String, u16)>>>,
    }

    impl Dns {
        async fn start<const N: usize>(zone: [Records; N]) -> Self {
            let zone: HashMap<_, _> = zone.into_iter().collect();
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap();
            let questions = Arc::new(Mutex::new(Vec::new()));
            let list = Arc::clone(&questions);
            tokio::spawn(async move {
                let mut buffer = [0; 512];
                while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
                    let (name, kind, end) = question(&buffer[..len]);
                    list.lock().unwrap().push((name.clone(), kind));
                    let known = zone.get(&(name.as_str(), kind)).cloned().unwrap_or_default();
                    let _ = socket.send_to(&answer(&buffer[..end], kind, &known), from).await;
                }
            });
            let mut connection = ConnectionConfig::udp();
            connection.port = address.port();
            let mut server = NameServerConfig::udp(IpAddr::from([127, 0, 0, 1]));
            server.connections = vec![connection];
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            let resolver =
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build();
            Self { names: Names::of(resolver.unwrap()), questions }
        }

        fn questions_for(&self, name: &str, kind: u16) -> usize {
            let asked = self.questions.lock().unwrap();
            asked.iter().filter(|(known, of)| known == name && *of == kind).count()
        }
    }

    /// The name and type that are asked for, and where the question ends (RFC 1035 §4.1.2).
    fn question(message: &[u8]) -> (String, u16, usize) {
        let (mut at, mut labels) = (12, Vec::new());
        while message[at] != 0 {
            let len = usize::from(message[at]);
            labels.push(String::from_utf8_lossy(&message[at + 1..at + 1 + len]).to_lowercase());
            at += 1 + len;
        }
        (labels.join("."), u16::from_be_bytes([message[at + 1], message[at + 2]]), at + 5)
    }

    fn answer(question: &[u8], kind: u16, records: &[Vec<u8>]) -> Vec<u8> {
        let mut message = question.to_vec();
        // A response with recursion; no name is unknown, some have no such records.
        message[2..4].copy_from_slice(&[0x81, 0x80]);
        message[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
        message[8..12].fill(0);
        for data in records {
            message.extend([0xC0, 12]);
            message.extend(kind.to_be_bytes());
            message.extend([0, 1]);
            message.extend(120u32.to_be_bytes());
            message.extend((data.len() as u16).to_be_bytes());
            message.extend(data);
        }
        message
    }

    fn name(text: &str) -> Vec<u8> {
        let labels = text.split('.').filter(|label| !label.is_empty());
        let mut bytes: Vec<u8> =
            labels.flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
        bytes.push(0);
        bytes
    }

    fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Vec<u8> {
        [priority.to_be_bytes(), weight.to_be_bytes(), port.to_be_bytes()]
            .concat()
            .into_iter()
            .chain(name(target))
            .collect()
    }

    fn naptr(order: u16, service: &str, replacement: &str) -> Vec<u8> {
        let word = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        [order.to_be_bytes().to_vec(), vec![0, 1], word("s"), word(service), word(""), name(replacement)]
            .concat()
    }
}
