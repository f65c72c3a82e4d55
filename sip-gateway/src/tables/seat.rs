//! The task of one seat: between the calls, which want something of it, and the room, where something happens to it.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use signaling::Rooms;
use signaling::voice::{self, GoneReason, JoinError, Seat, SeatParams};
use sip_gateway_proto::call::{LegId, SeatEnd, SeatEvent, SeatOrder, Speaker};
use tokio::sync::{mpsc, watch};

use super::attributes::{attributes, difference};
use super::table::{Place, Register};
use super::{LEG_ATTRIBUTE, TableNews};

/// What calls want of a seat: as it was said last, however often it was said before.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) order: SeatOrder,
    pub(super) muted: Said,
    pub(super) hand: Said,
}

/// Something that was said so many times. Saying the same again counts: the room may have changed it meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Said {
    value: bool,
    times: u64,
}

impl Said {
    pub(super) fn say(&mut self, value: bool) {
        *self = Self { value, times: self.times + 1 };
    }
}

impl Wanted {
    pub(super) fn new(order: SeatOrder) -> Self {
        Self { order, muted: Said::default(), hand: Said::default() }
    }
}

/// One phone that sits in a room, from its coming to its going.
pub(super) struct Sitting {
    pub(super) leg: LegId,
    pub(super) rooms: Rooms,
    pub(super) register: Register,
    pub(super) wishes: watch::Receiver<Wanted>,
    /// Where it sits, as a host may change it.
    pub(super) room: watch::Sender<String>,
    pub(super) news: mpsc::Sender<TableNews>,
}

impl Sitting {
    /// Ends when the calls want it no more, or the room. The calls hear of the end unless they wanted it.
    pub(super) async fn run(self) {
        let Self { leg, news, .. } = &self;
        let (leg, news) = (*leg, news.clone());
        let end = AssertUnwindSafe(self.sit()).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(leg = leg.0, "a fault of ours at a seat");
            Some(SeatEnd::Lost)
        });
        if let Some(end) = end {
            // Whoever does not take news any more needs none.
            let _ = news.send(TableNews::Event { leg, event: SeatEvent::Gone(end) }).await;
        }
    }

    async fn sit(mut self) -> Option<SeatEnd> {
        let mut done = self.wishes.borrow_and_update().clone();
        let order = &done.order;
        let params = SeatParams {
            identity: order.identity.clone(),
            name: order.name.clone(),
            attributes: with_leg(attributes(order), self.leg),
            muted: done.muted.value,
            ..Default::default()
        };
        let mut seat = match self.rooms.seat(&order.room, params).await {
            Ok(seat) => seat,
            Err(refusal) => {
                tracing::debug!(leg = self.leg.0, %refusal, "a room does not let a phone in");
                return Some(refused(&refusal));
            }
        };
        if done.hand.value {
            seat.raise_hand();
        }
        let mut place = None;
        loop {
            tokio::select! {
                changed = self.wishes.changed() => {
                    if changed.is_err() {
                        seat.leave().await;
                        return None;
                    }
                    let wanted = self.wishes.borrow_and_update().clone();
                    obey(&mut seat, &done, &wanted);
                    done = wanted;
                }
                event = seat.next() => match event {
                    Some(voice::SeatEvent::Gone(reason)) => return Some(gone(reason)),
                    Some(event) => self.tell(event, &mut place).await,
                    None => return Some(SeatEnd::Lost),
                },
            }
        }
    }

    async fn tell(&self, event: voice::SeatEvent, place: &mut Option<Place>) {
        let event = match event {
            voice::SeatEvent::Entered { room, media } => {
                let event = match place {
                    None => SeatEvent::Entered,
                    Some(_) => SeatEvent::Moved(room.clone()),
                };
                let table = place.insert(self.register.place(&room)).table();
                // Whoever took the seat may have given it back.
                let _ = self.room.send(room);
                self.send(TableNews::Seated { leg: self.leg, table, media, event }).await;
                return;
            }
            voice::SeatEvent::MutedByHost(muted) => SeatEvent::MutedByHost(muted),
            voice::SeatEvent::HandLowered => SeatEvent::HandLowered,
            voice::SeatEvent::Listened => SeatEvent::Listened,
            voice::SeatEvent::Speaking(speakers) => SeatEvent::Speaking(
                speakers
                    .into_iter()
                    .map(|voice::Speaker { identity, name }| Speaker { identity, name })
                    .collect(),
            ),
            voice::SeatEvent::Dtmf(key) => SeatEvent::Key(key),
            voice::SeatEvent::Gone(reason) => SeatEvent::Gone(gone(reason)),
        };
        self.send(TableNews::Event { leg: self.leg, event }).await;
    }

    async fn send(&self, news: TableNews) {
        // Whoever does not take news any more needs none.
        let _ = self.news.send(news).await;
    }
}

/// The leg stays the same whoever sits there: by it, the call can be led from the room.
fn with_leg(mut attributes: HashMap<String, String>, leg: LegId) -> HashMap<String, String> {
    attributes.insert(LEG_ATTRIBUTE.to_owned(), leg.0.to_string());
    attributes
}

/// Does what is wanted and was not yet done.
fn obey(seat: &mut Seat, done: &Wanted, wanted: &Wanted) {
    if wanted.order != done.order {
        // Whoever sits there may have been named otherwise meanwhile.
        let renamed = wanted.order.name != done.order.name;
        let name = if renamed { wanted.order.name.clone() } else { String::new() };
        seat.set_words(name, difference(&done.order, &wanted.order));
    }
    if wanted.muted != done.muted {
        seat.set_muted(wanted.muted.value);
    }
    if wanted.hand != done.hand {
        match wanted.hand.value {
            true => seat.raise_hand(),
            false => seat.lower_hand(),
        }
    }
}

fn refused(refusal: &JoinError) -> SeatEnd {
    match refusal {
        JoinError::Full(_) | JoinError::TooManyRooms(_) => SeatEnd::Full,
        JoinError::Ended | JoinError::NoSuchRoom => SeatEnd::Ended,
        JoinError::NotAllowed(_) => SeatEnd::Removed,
        _ => SeatEnd::Lost,
    }
}

fn gone(reason: GoneReason) -> SeatEnd {
    match reason {
        GoneReason::Removed => SeatEnd::Removed,
        GoneReason::RoomEnded | GoneReason::Stopping => SeatEnd::Ended,
        GoneReason::Replaced | GoneReason::Failed => SeatEnd::Lost,
    }
}
