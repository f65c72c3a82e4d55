//! Finds the addresses of trunks, again and again: providers move.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{Plan, ResolvedTrunk, Trunk, TrunkId};
use tokio::sync::mpsc;

use crate::transport::Transports;

/// Asks for the addresses of trunks, one task for each question.
pub(super) struct Resolver {
    answers: mpsc::Sender<ResolvedTrunk>,
    /// What was asked last for each trunk, and when.
    asked: HashMap<TrunkId, (String, u16, Instant)>,
}

impl Resolver {
    pub(super) fn new() -> (Self, mpsc::Receiver<ResolvedTrunk>) {
        let (answers, answered) = mpsc::channel(64);
        (Self { answers, asked: HashMap::new() }, answered)
    }

    /// Asks for every trunk of the plan that is new, has moved, or was asked for long ago.
    pub(super) fn follow(&mut self, plan: &Plan, transports: &Arc<Transports>) {
        self.asked.retain(|id, _| plan.trunks.iter().any(|trunk| trunk.id == *id));
        for trunk in &plan.trunks {
            let port = trunk.port.unwrap_or(if trunk.carrier == Carrier::Tls { 5061 } else { 5060 });
            let fresh = self.asked.get(&trunk.id).is_some_and(|(host, known, at)| {
                *host == trunk.host && *known == port && at.elapsed() < AGAIN
            });
            if !fresh {
                self.asked.insert(trunk.id, (trunk.host.clone(), port, Instant::now()));
                self.ask(trunk, port, Arc::clone(transports));
            }
        }
    }

    fn ask(&self, trunk: &Trunk, port: u16, transports: Arc<Transports>) {
        let (answers, trunk) = (self.answers.clone(), trunk.clone());
        tokio::spawn(async move {
            let host = trunk.host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let addresses: Vec<SocketAddr> = match tokio::net::lookup_host((host.as_str(), port)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    tracing::warn!(trunk = trunk.name, %error, "the trunk's host has no address");
                    return;
                }
            };
            if trunk.carrier == Carrier::Tls
                && let Ok(name) = ServerName::try_from(host)
            {
                for address in &addresses {
                    transports.set_peer_name(*address, name.clone());
                }
            }
            // The program ends if nobody listens any more.
            let _ = answers.send(ResolvedTrunk { trunk: trunk.id, addresses }).await;
        });
    }
}

/// After how long a trunk is asked for again.
const AGAIN: Duration = Duration::from_secs(300);
