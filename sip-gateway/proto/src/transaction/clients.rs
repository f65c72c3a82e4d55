//! All client transactions, found by branch, by flow and by the next deadline (RFC 3261 §17.1).

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::event::{ClientKey, RequestError, Step};
use super::identity::{Secret, Table, branch_text, our_branch};
use super::invite_client::InviteClient;
use super::limits::MAX_CLIENT_TRANSACTIONS;
use super::non_invite_client::NonInviteClient;
use super::wakes::Wakes;
use crate::flow::{Carrier, Flow};
use crate::message::{HeaderName, Headers, Method, ParseErrorKind, Request, Response, Via};

#[derive(Debug)]
pub(super) struct Clients {
    table: Table<Id, Entry>,
    by_flow: BTreeSet<(Flow, Id)>,
    wakes: Wakes<Id>,
    /// What we call ourselves on each listening socket.
    sent_by: HashMap<(Carrier, SocketAddr), (String, Option<u16>)>,
    pub(super) limit: usize,
}

/// A CANCEL is a transaction with the branch of the INVITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Id {
    branch: u128,
    cancel: bool,
}

impl Id {
    /// What the user knows it by; it is not told of CANCELs.
    fn key(self) -> Option<ClientKey> {
        (!self.cancel).then_some(ClientKey(self.branch))
    }
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    wake: Option<Instant>,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(NonInviteClient),
}

impl Clients {
    pub(super) fn new() -> Self {
        Self {
            table: Table::default(),
            by_flow: BTreeSet::new(),
            wakes: Wakes::new(),
            sent_by: HashMap::new(),
            limit: MAX_CLIENT_TRANSACTIONS,
        }
    }

    pub(super) fn set_sent_by(&mut self, carrier: Carrier, local: SocketAddr, host: &str, port: Option<u16>) {
        self.sent_by.insert((carrier, local), (host.to_owned(), port));
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn begin(
        &mut self,
        step: &mut Step<'_>,
        secret: &mut Secret,
        flow: Flow,
        mut request: Request,
    ) -> Result<ClientKey, RequestError> {
        if matches!(request.method, Method::Ack | Method::Cancel) {
            return Err(RequestError::NotOfItsOwn);
        }
        if request.headers.cseq()?.method != request.method {
            return Err(ParseErrorKind::MethodMismatch.into());
        }
        if self.table.len() >= self.limit {
            return Err(RequestError::TooMany(self.limit));
        }
        let id = Id { branch: self.add_via(secret, &flow, &mut request), cancel: false };
        let machine = match request.method {
            Method::Invite => Machine::Invite(InviteClient::begin(step, flow, request)),
            _ => Machine::Other(NonInviteClient::begin(step, flow, &request)),
        };
        self.insert(id, flow, machine);
        Ok(ClientKey(id.branch))
    }

    fn insert(&mut self, id: Id, flow: Flow, machine: Machine) {
        self.table.insert(id, Entry { machine, wake: None });
        self.by_flow.insert((flow, id));
        self.settle(id);
    }

    /// Adds our hop before all others, with a branch that is nobody else's.
    pub(super) fn add_via(&self, secret: &mut Secret, flow: &Flow, request: &mut Request) -> u128 {
        let branch = secret.fresh();
        let text = branch_text(branch);
        let transport = flow.carrier.into();
        let via = match self.sent_by.get(&(flow.carrier, flow.local)) {
            Some((host, port)) => Via::new(transport, host, *port, &text),
            None => {
                let host = match flow.local.ip().to_canonical() {
                    IpAddr::V4(v4) => v4.to_string(),
                    IpAddr::V6(v6) => format!("[{v6}]"),
                };
                Via::new(transport, &host, Some(flow.local.port()), &text)
            }
        };
        if !request.headers.contains(&HeaderName::MaxForwards) {
            request.headers.push_front(HeaderName::MaxForwards, 70);
        }
        request.headers.push_front(HeaderName::Via, via);
        branch
    }

    pub(super) fn cancel(&mut self, step: &mut Step<'_>, key: ClientKey, extra: Headers) {
        let id = Id { branch: key.0, cancel: false };
        if let Some(Entry { machine: Machine::Invite(invite), .. }) = self.table.get_mut(&id) {
            invite.cancel(extra);
            self.send_cancel(step, id);
        }
    }

    /// Begins the transaction of a CANCEL whose time has come.
    fn send_cancel(&mut self, step: &mut Step<'_>, id: Id) {
        let Some(Entry { machine: Machine::Invite(invite), .. }) = self.table.get_mut(&id) else { return };
        let flow = invite.flow();
        if let Some(cancel) = invite.take_cancel(step) {
            let machine = Machine::Other(NonInviteClient::begin(step, flow, &cancel));
            self.insert(Id { cancel: true, ..id }, flow, machine);
            self.settle(id);
        }
    }

    /// Gives a response to the request that it answers; one that answers none is dropped.
    pub(super) fn handle_response(&mut self, step: &mut Step<'_>, flow: Flow, response: Response) {
        let Some(branch) = our_branch(&response.headers) else { return };
        let Ok(cseq) = response.headers.cseq() else { return };
        let id = Id { branch, cancel: cseq.method == Method::Cancel };
        let Some(entry) = self.table.get_mut(&id) else { return };
        match (&mut entry.machine, id.key()) {
            (Machine::Invite(invite), Some(key)) if cseq.method == Method::Invite => {
                invite.handle_response(step, key, flow, response);
            }
            (Machine::Invite(_), _) => return,
            (Machine::Other(other), key) => other.handle_response(step, key, flow, response, &cseq.method),
        }
        self.settle(id);
        self.send_cancel(step, id);
    }

    pub(super) fn handle_flow_failure(&mut self, step: &mut Step<'_>, flow: Flow) {
        let (least, most) = (Id { branch: 0, cancel: false }, Id { branch: u128::MAX, cancel: true });
        let on_it: Vec<Id> = self.by_flow.range((flow, least)..=(flow, most)).map(|(_, id)| *id).collect();
        for id in on_it {
            let Some(entry) = self.table.get_mut(&id) else { continue };
            match (&mut entry.machine, id.key()) {
                (Machine::Invite(invite), Some(key)) => invite.handle_flow_failure(step, key),
                (Machine::Invite(_), None) => {}
                (Machine::Other(other), key) => other.handle_flow_failure(step, key),
            }
            self.settle(id);
        }
    }

    pub(super) fn handle_timeout(&mut self, step: &mut Step<'_>) {
        while let Some(id) = self.wakes.due(step.now) {
            let entry = self.table.get_mut(&id).expect("who is to be woken is in the table");
            match (&mut entry.machine, id.key()) {
                (Machine::Invite(invite), Some(key)) => invite.handle_timeout(step, key),
                (Machine::Invite(_), None) => {}
                (Machine::Other(other), key) => other.handle_timeout(step, key),
            }
            self.settle(id);
        }
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.wakes.first()
    }

    /// After a change: sets the alarm anew, and forgets what has ended.
    fn settle(&mut self, id: Id) {
        let Some(entry) = self.table.get_mut(&id) else { return };
        let (flow, next, ended) = match &entry.machine {
            Machine::Invite(invite) => (invite.flow(), invite.next_alarm(), invite.is_terminated()),
            Machine::Other(other) => (other.flow(), other.next_alarm(), other.is_terminated()),
        };
        self.wakes.set(id, &mut entry.wake, next.filter(|_| !ended));
        if ended {
            self.table.remove(&id);
            self.by_flow.remove(&(flow, id));
        }
    }
}
