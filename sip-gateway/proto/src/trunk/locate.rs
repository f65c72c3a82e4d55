//! In which order a provider's servers are tried, by what DNS says of its domain (RFC 3263 §4, RFC 2782).

use crate::flow::Carrier;

/// A NAPTR record: under which name a service of a domain is found (RFC 2915).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Lower ones come first.
    pub order: u16,
    /// Among equals of order, lower ones come first.
    pub preference: u16,
    /// `s` if it leads to SRV records, which alone is of use here.
    pub flags: String,
    /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`.
    pub service: String,
    /// The name.
    pub replacement: String,
}

/// An SRV record: a server of a service (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Lower ones come first.
    pub priority: u16,
    /// How often it comes first among those of the same priority.
    pub weight: u16,
    /// Its port.
    pub port: u16,
    /// Its host; empty, the domain says that there is none.
    pub target: String,
}

/// The names under which a domain's servers for a carrier are asked for: those that it points to, or the usual one.
#[must_use]
pub fn service_names(domain: &str, carrier: Carrier, pointers: &[Pointer]) -> Vec<String> {
    let (service, usual) = match carrier {
        Carrier::Udp => ("SIP+D2U", "_sip._udp"),
        Carrier::Tcp => ("SIP+D2T", "_sip._tcp"),
        Carrier::Tls => ("SIPS+D2T", "_sips._tcp"),
        Carrier::Ws => ("SIP+D2W", "_sip._ws"),
        Carrier::Wss => ("SIPS+D2W", "_sips._ws"),
    };
    let leads_there = |pointer: &&Pointer| {
        pointer.flags.eq_ignore_ascii_case("s")
            && pointer.service.eq_ignore_ascii_case(service)
            && !pointer.replacement.is_empty()
    };
    let mut pointers: Vec<&Pointer> = pointers.iter().filter(leads_there).collect();
    pointers.sort_by_key(|pointer| (pointer.order, pointer.preference));
    match pointers.is_empty() {
        true => vec![format!("{usual}.{}", domain.trim_end_matches('.'))],
        false => pointers.into_iter().take(MAX_NAMES).map(|pointer| pointer.replacement.clone()).collect(),
    }
}

/// The servers in the order in which they are tried: by priority, and among equals at random, the heavier the sooner.
/// `dice` gives a number from zero to its argument, both included.
#[must_use]
pub fn in_order(mut servers: Vec<Server>, mut dice: impl FnMut(u32) -> u32) -> Vec<Server> {
    servers.retain(|server| !server.target.is_empty());
    // Those without weight first, so that they have a chance at all (RFC 2782, "Weight").
    servers.sort_by_key(|server| (server.priority, server.weight));
    let mut ordered = Vec::new();
    while let Some(priority) = servers.first().map(|server| server.priority)
        && ordered.len() < MAX_SERVERS
    {
        let equals = servers.iter().take_while(|server| server.priority == priority);
        let sum: u32 = equals.clone().map(|server| u32::from(server.weight)).sum();
        let chosen = dice(sum).min(sum);
        let mut running = 0;
        let at = equals.map(|server| u32::from(server.weight)).position(|weight| {
            running += weight;
            running >= chosen
        });
        ordered.push(servers.remove(at.unwrap_or(0)));
    }
    ordered
}

/// The most names that are asked for one trunk.
const MAX_NAMES: usize = 4;
/// The most servers that are tried for one trunk.
const MAX_SERVERS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn server(priority: u16, weight: u16, target: &str) -> Server {
        Server { priority, weight, port: 5060, target: target.to_owned() }
    }

    fn targets(servers: Vec<Server>, dice: impl FnMut(u32) -> u32) -> Vec<String> {
        in_order(servers, dice).into_iter().map(|server| server.target).collect()
    }

    #[test]
    fn priorities_come_before_weights_and_weights_decide_among_equals() {
        let all = vec![server(20, 0, "spare"), server(10, 10, "light"), server(10, 90, "heavy")];

        assert_eq!(targets(all.clone(), |_| 0), ["light", "heavy", "spare"]);
        assert_eq!(targets(all.clone(), |sum| sum.min(11)), ["heavy", "light", "spare"]);
        assert_eq!(targets(all, |sum| sum), ["heavy", "light", "spare"]);
    }

    #[test]
    fn over_many_draws_a_server_is_first_as_often_as_its_weight_says() {
        let mut state = 7u32;
        let mut dice = move |most: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % (most + 1)
        };
        let heavy = (0..10_000).filter(|_| {
            let all = vec![server(1, 25, "light"), server(1, 75, "heavy")];
            targets(all, &mut dice)[0] == "heavy"
        });

        assert!((7_200..7_800).contains(&heavy.count()));
    }

    #[test]
    fn a_server_without_weight_is_tried_last_but_tried() {
        let all = vec![server(1, 0, "zero"), server(1, 5, "five")];
        assert_eq!(targets(all.clone(), |sum| sum), ["five", "zero"]);
        assert_eq!(targets(all, |_| 0), ["zero", "five"]);
    }

    #[test]
    fn a_domain_without_the_service_has_no_servers_and_a_flood_of_them_has_an_end() {
        assert!(in_order(vec![server(0, 0, "")], |_| 0).is_empty());
        let many = (0..1_000).map(|number| server(number, 1, "host")).collect();
        assert_eq!(in_order(many, |_| 0).len(), MAX_SERVERS);
    }

    #[test]
    fn a_domain_may_point_elsewhere_for_a_carrier() {
        let pointer = |order, preference, flags: &str, service: &str, replacement: &str| Pointer {
            order,
            preference,
            flags: flags.to_owned(),
            service: service.to_owned(),
            replacement: replacement.to_owned(),
        };
        let pointers = [
            pointer(20, 1, "s", "SIP+D2U", "second.example"),
            pointer(10, 9, "S", "sip+d2u", "first.example"),
            pointer(1, 1, "s", "SIP+D2T", "tcp.example"),
            pointer(1, 1, "u", "SIP+D2U", "regexp.example"),
        ];

        assert_eq!(service_names("a.example", Carrier::Udp, &pointers), ["first.example", "second.example"]);
        assert_eq!(service_names("a.example", Carrier::Tcp, &pointers), ["tcp.example"]);
        assert_eq!(service_names("a.example.", Carrier::Tls, &pointers), ["_sips._tcp.a.example"]);
    }
}
