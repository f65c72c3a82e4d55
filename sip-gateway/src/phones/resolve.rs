//! Finds the addresses of trunks, again and again: providers move.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{Plan, ResolvedTrunk, Trunk, TrunkId};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::names::Names;
use crate::transport::Transports;

/// Asks for the addresses of trunks, one task for each, for as long as it is in the plan.
pub(super) struct Resolver {
    names: Names,
    answers: mpsc::Sender<ResolvedTrunk>,
    asking: HashMap<TrunkId, (Question, AbortHandle)>,
}

/// What is asked for.
type Question = (String, Option<u16>, Carrier);

impl Resolver {
    pub(super) fn new() -> (Self, mpsc::Receiver<ResolvedTrunk>) {
        let (answers, answered) = mpsc::channel(64);
        (Self { names: Names::of_system(), answers, asking: HashMap::new() }, answered)
    }

    /// Asks for every trunk of the plan that is new or has moved, and for those that are gone no more.
    pub(super) fn follow(&mut self, plan: &Plan, transports: &Arc<Transports>) {
        self.asking.retain(|id, (question, task)| {
            let stays = plan.trunk(*id).is_some_and(|trunk| question_of(trunk) == *question);
            if !stays {
                task.abort();
            }
            stays
        });
        for trunk in &plan.trunks {
            if !self.asking.contains_key(&trunk.id) {
                let task =
                    ask(self.names.clone(), self.answers.clone(), trunk.clone(), Arc::clone(transports));
                self.asking.insert(trunk.id, (question_of(trunk), tokio::spawn(task).abort_handle()));
            }
        }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        for (_, task) in self.asking.values() {
            task.abort();
        }
    }
}

fn question_of(trunk: &Trunk) -> Question {
    (trunk.host.clone(), trunk.port, trunk.carrier)
}

/// Tells a trunk's addresses, and again whenever the last answer is too old.
async fn ask(names: Names, answers: mpsc::Sender<ResolvedTrunk>, trunk: Trunk, transports: Arc<Transports>) {
    loop {
        let found = names.locate(&trunk.host, trunk.port, trunk.carrier).await;
        let lasts = match found {
            Ok(found) if !found.addresses.is_empty() => {
                let host = trunk.host.trim_start_matches('[').trim_end_matches(']').to_owned();
                // Whatever DNS says, the certificate must be for the domain that the administrator wrote (RFC 5922 §4).
                if trunk.carrier == Carrier::Tls
                    && let Ok(name) = ServerName::try_from(host)
                {
                    for address in &found.addresses {
                        transports.set_peer_name(*address, name.clone());
                    }
                }
                let resolved = ResolvedTrunk { trunk: trunk.id, addresses: found.addresses };
                if answers.send(resolved).await.is_err() {
                    return;
                }
                found.lasts
            }
            Ok(_) => {
                tracing::warn!(trunk = trunk.name, "the trunk's domain says that it has no server");
                AGAIN
            }
            Err(error) => {
                tracing::warn!(trunk = trunk.name, %error, "the trunk's host has no address");
                AGAIN
            }
        };
        tokio::time::sleep(lasts).await;
    }
}

/// When a name that led nowhere is asked for again; the addresses that were known are used until then.
const AGAIN: Duration = Duration::from_secs(60);
