//! The task that drives the machine: drain, wait, change once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip_gateway_proto::call::{DoorCommand, LegId, MailboxCommand, MediaEvent};
use sip_gateway_proto::endpoint::{Endpoint, Output, Surroundings};
use sip_gateway_proto::plan::{Plan, ResolvedTrunk};
use sip_gateway_proto::ua::registrar::Change;
use tokio::sync::mpsc;

use super::doors::{Doors, OfficeWord};
use super::facts::Scribe;
use super::handle::{Command, Order};
use super::resolve::Resolver;
use crate::address::Addresses;
use crate::media::MediaEngine;
use crate::tables::{TableNews, Tables};
use crate::transport::{Incoming, Received, Transports};

/// The task that drives the machine.
pub(super) struct Driver {
    pub(super) endpoint: Endpoint,
    pub(super) media: MediaEngine,
    pub(super) transports: Arc<Transports>,
    pub(super) addresses: Addresses,
    pub(super) scribe: Scribe,
    pub(super) plan: Arc<Plan>,
    pub(super) resolver: Resolver,
    pub(super) doors: Doors,
    pub(super) tables: Tables,
}

impl Driver {
    pub(super) async fn run(
        mut self,
        mut received: mpsc::Receiver<Received>,
        mut media_events: mpsc::Receiver<MediaEvent>,
        mut resolved: mpsc::Receiver<ResolvedTrunk>,
        mut words: mpsc::Receiver<(LegId, OfficeWord)>,
        mut table_news: mpsc::Receiver<TableNews>,
        mut ordered: mpsc::Receiver<Order>,
    ) {
        let mut plan_ticks = tokio::time::interval(PLAN_INTERVAL);
        plan_ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.resolver.follow(&self.plan, &self.transports);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            self.drain();
            let due = self.endpoint.poll_timeout().unwrap_or_else(|| Instant::now() + IDLE);
            tokio::select! {
                biased;
                order = ordered.recv() => match order {
                    Some(Order::Stop(done)) => {
                        self.guarded(Endpoint::hang_up_all);
                        self.drain();
                        self.part(&mut received).await;
                        let _ = done.send(());
                        return;
                    }
                    Some(order) => {
                        // Whoever orders something for an extension may have just added it.
                        self.look_at_plan();
                        self.obey(order);
                    }
                    None => return,
                },
                count = received.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    // Whoever was added before a message came is known when it is answered.
                    self.look_at_plan();
                    for received in batch.drain(..) {
                        self.drain();
                        self.take(received);
                    }
                }
                Some(event) = media_events.recv() => {
                    self.guarded(|endpoint, with| endpoint.handle_media(with, event));
                }
                Some(news) = table_news.recv() => {
                    if let Some((leg, event)) = news.tell(&mut self.media) {
                        self.guarded(|endpoint, with| endpoint.handle_seat(with, leg, event));
                    }
                }
                Some((leg, word)) = words.recv() => {
                    self.guarded(|endpoint, with| match word {
                        OfficeWord::Door(word) => endpoint.handle_door(with, leg, word),
                        OfficeWord::Mailbox(word) => endpoint.handle_mailbox(with, leg, word),
                    });
                }
                Some(addresses) = resolved.recv() => {
                    self.endpoint.handle_addresses(Instant::now(), addresses);
                }
                _ = plan_ticks.tick() => {
                    self.look_at_plan();
                    self.resolver.follow(&self.plan, &self.transports);
                }
                () = tokio::time::sleep_until(due.into()) => {
                    self.guarded(Endpoint::handle_timeout);
                }
            }
        }
    }

    /// Gives the last words a moment to be answered.
    async fn part(&mut self, received: &mut mpsc::Receiver<Received>) {
        let until = tokio::time::Instant::now() + LAST_WORDS;
        while !self.endpoint.has_parted() {
            let due = self.endpoint.poll_timeout().unwrap_or_else(|| Instant::now() + IDLE);
            tokio::select! {
                Some(received) = received.recv() => self.take(received),
                () = tokio::time::sleep_until(due.into()) => self.guarded(Endpoint::handle_timeout),
                () = tokio::time::sleep_until(until) => return,
            }
            self.drain();
        }
    }

    fn take(&mut self, received: Received) {
        let Received { flow, what } = received;
        match what {
            Incoming::Message(message) => {
                self.guarded(|endpoint, with| endpoint.handle_message(with, flow, *message));
            }
            Incoming::Malformed(error) => {
                self.guarded(|endpoint, with| endpoint.handle_malformed(with, flow, &error));
            }
            Incoming::Failed(failure) => {
                tracing::debug!(?flow, %failure, "a flow has failed");
                self.guarded(|endpoint, with| endpoint.handle_flow_failure(with, flow));
            }
            Incoming::Keepalive => {}
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Unbind { aor, key } => self.endpoint.unbind(&aor, &key),
            Order::Trunks(answer) => {
                let _ = answer.send(self.endpoint.trunks().collect());
            }
            // Who asked may have gone away meanwhile; what was done is done.
            Order::Place(order, answer) => {
                self.guarded(|endpoint, with| {
                    let _ = answer.send(endpoint.place(with, order));
                });
            }
            Order::Answer(leg, answer) => {
                self.guarded(|endpoint, with| {
                    let _ = answer.send(endpoint.answer(with, leg));
                });
            }
            Order::Command(leg, command, answer) => {
                self.guarded(|endpoint, with| {
                    let done = match command {
                        Command::Decline => endpoint.decline(with, leg),
                        Command::HangUp => endpoint.hang_up(with, leg),
                        Command::Leave => endpoint.leave(with, leg),
                        Command::Hold(holds) => endpoint.hold(with, leg, holds),
                        Command::Transfer(destination) => endpoint.transfer(with, leg, destination),
                        Command::Press(key) => endpoint.press(with, leg, key),
                        Command::Floor(given) => endpoint.tell_floor(with, leg, given),
                    };
                    let _ = answer.send(done);
                });
            }
            Order::Screens { extension, open } => {
                self.guarded(|endpoint, with| endpoint.set_screens(with, &extension, open));
            }
            Order::MailboxChanged(extension) => {
                self.guarded(|endpoint, with| endpoint.handle_messages(with, &extension));
            }
            Order::Stop(_) => {}
        }
    }

    fn look_at_plan(&mut self) {
        let plan = self.scribe.plan();
        if !Arc::ptr_eq(&plan, &self.plan) {
            tracing::info!("the numbering plan has changed");
            self.plan = Arc::clone(&plan);
            self.guarded(|endpoint, with| endpoint.handle_plan(with, plan));
            self.resolver.follow(&self.plan, &self.transports);
        }
    }

    /// Does what the machine wants.
    fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => self.transports.send(&flow, bytes),
                Output::Binding(change) => {
                    if let Change::Bound(binding) = &change {
                        let lasts = binding.expires.saturating_duration_since(Instant::now());
                        self.transports.keep(&binding.flow, lasts + GRACE);
                    }
                    self.scribe.note_binding(&change);
                }
                Output::Record(record) => self.scribe.note_leg(&record),
                Output::Setting { extension, setting } => self.scribe.note_setting(extension, setting),
                Output::Door(DoorCommand::Ask { leg, visitor, entry }) => {
                    self.doors.ask(leg, visitor, entry);
                }
                Output::Door(DoorCommand::Leave { leg }) => self.doors.leave(leg),
                Output::Mailbox(command) => self.attend_mailbox(command),
                Output::Screen(news) => self.scribe.tell_screens(news),
                Output::Seat(command) => self.tables.obey(command),
            }
        }
    }

    /// Does something with a mailbox, and tells its lamp what waits there then.
    fn attend_mailbox(&mut self, command: MailboxCommand) {
        let extension = match command {
            MailboxCommand::Open { leg, extension, pin } => {
                return self.doors.open_mailbox(leg, &extension, &pin);
            }
            MailboxCommand::Keep(message) => {
                let extension = message.extension.clone();
                self.scribe.note_message(*message);
                extension
            }
            MailboxCommand::Heard { extension, recording } => {
                self.scribe.note_heard(extension.clone(), recording);
                extension
            }
            MailboxCommand::Greet { extension, recording, length } => {
                return self.scribe.note_greeting(extension, recording, length);
            }
            MailboxCommand::Delete { extension, recording } => {
                self.scribe.note_deleted(extension.clone(), recording);
                extension
            }
        };
        self.guarded(|endpoint, with| endpoint.handle_messages(with, &extension));
    }

    /// Lets the machine handle one input. A fault in it costs the phones that input, not all their calls.
    fn guarded(&mut self, act: impl FnOnce(&mut Endpoint, &mut Surroundings<'_>)) {
        let Self { endpoint, media, addresses, scribe, .. } = self;
        let mut with = Surroundings {
            now: Instant::now(),
            media,
            address: &|flow| addresses.of(flow),
            mailbox: &|number| scribe.messages(number),
            greeting: &|number| scribe.greeting(number),
        };
        if catch_unwind(AssertUnwindSafe(|| act(endpoint, &mut with))).is_err() {
            tracing::error!("a fault in the phones' machine: one input was lost");
        }
    }
}

/// How many messages are taken before others get their turn.
const BATCH: usize = 256;
/// How often the plan is looked at while no phone says anything.
const PLAN_INTERVAL: Duration = Duration::from_millis(500);
/// How long nothing may be due.
const IDLE: Duration = Duration::from_secs(3_600);
/// How long a connection may outlive the registration that came over it.
const GRACE: Duration = Duration::from_secs(60);
/// How long the last words may take.
const LAST_WORDS: Duration = Duration::from_secs(2);
