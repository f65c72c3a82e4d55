//! What the rest of the program asks of the running phones.

use std::sync::{Arc, Weak};

use sip_gateway_proto::call::{CommandError, Destination, LegId, PlaceCall, PlaceError, Placed};
use sip_gateway_proto::trunk::TrunkState;
use tokio::sync::{mpsc, oneshot};

use crate::transport::{Identity, Transports};

/// Asks the running phones, and tells them what administrators and browsers want. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PhonesHandle {
    orders: mpsc::Sender<Order>,
    /// Not to keep the sockets open longer than the phones.
    transports: Weak<Transports>,
}

/// What administrators, browsers and the program want.
#[derive(Debug)]
pub(super) enum Order {
    Unbind { aor: String, key: String },
    Trunks(oneshot::Sender<Vec<TrunkState>>),
    Place(PlaceCall, oneshot::Sender<Result<Placed, PlaceError>>),
    Answer(LegId, oneshot::Sender<Result<String, CommandError>>),
    Command(LegId, Command, oneshot::Sender<Result<(), CommandError>>),
    Screens { extension: String, open: bool },
    MailboxChanged(String),
    Stop(oneshot::Sender<()>),
}

/// What a browser wants in its call.
#[derive(Debug)]
pub(super) enum Command {
    Decline,
    HangUp,
    Leave,
    Hold(bool),
    Transfer(Destination),
    Press(char),
    Floor(bool),
}

impl PhonesHandle {
    pub(super) fn new(orders: mpsc::Sender<Order>, transports: &Arc<Transports>) -> Self {
        Self { orders, transports: Arc::downgrade(transports) }
    }

    /// Shows another certificate from the next handshake on.
    pub fn set_identity(&self, identity: Identity) {
        if let Some(transports) = self.transports.upgrade() {
            transports.set_identity(identity);
        }
    }

    /// Ends a registration, because an administrator says so.
    pub async fn unbind(&self, aor: String, key: String) {
        // Without a driver there is no registration either.
        let _ = self.tell(Order::Unbind { aor, key }).await;
    }

    /// How the trunks are.
    pub async fn trunks(&self) -> Vec<TrunkState> {
        self.ask(Order::Trunks).await.unwrap_or_default()
    }

    /// Calls somebody into a room, for a browser or a meeting. Whatever becomes of the call is told to the directory as
    /// news of the leg that this gives, some of it before this returns.
    ///
    /// # Errors
    /// Says why nobody is called.
    pub async fn place(&self, order: PlaceCall) -> Result<Placed, PlaceError> {
        self.ask(|answer| Order::Place(order, answer)).await.unwrap_or(Err(PlaceError::Off))
    }

    /// Takes the call that rings by that room end. Gives the room to which the browser is to go.
    ///
    /// # Errors
    /// When it rings no more: somebody else has taken it, or the caller has given up.
    pub async fn answer(&self, leg: LegId) -> Result<String, CommandError> {
        self.ask(|answer| Order::Answer(leg, answer)).await.unwrap_or(Err(CommandError::Off))
    }

    /// Declines the call that rings by that room end, for all devices of the extension.
    ///
    /// # Errors
    /// When it rings no more.
    pub async fn decline(&self, leg: LegId) -> Result<(), CommandError> {
        self.command(leg, Command::Decline).await
    }

    /// Hangs up at that room end, gives up, or declines.
    ///
    /// # Errors
    /// When there is no such call any more.
    pub async fn hang_up(&self, leg: LegId) -> Result<(), CommandError> {
        self.command(leg, Command::HangUp).await
    }

    /// Leaves the room of that room end. Two whom it has brought together there go on; what else it has there it hangs up.
    ///
    /// # Errors
    /// When there is no such call any more.
    pub async fn leave(&self, leg: LegId) -> Result<(), CommandError> {
        self.command(leg, Command::Leave).await
    }

    /// Puts the other side on hold, or takes it back.
    ///
    /// # Errors
    /// When nobody talks by that room end.
    pub async fn hold(&self, leg: LegId, holds: bool) -> Result<(), CommandError> {
        self.command(leg, Command::Hold(holds)).await
    }

    /// Sends the other side on. If nobody takes the call, it comes back.
    ///
    /// # Errors
    /// When that cannot be; the call goes on then.
    pub async fn transfer(&self, leg: LegId, destination: Destination) -> Result<(), CommandError> {
        self.command(leg, Command::Transfer(destination)).await
    }

    /// Presses a key towards the phone on the other side.
    ///
    /// # Errors
    /// When there is none, or no such key.
    pub async fn press(&self, leg: LegId, key: char) -> Result<(), CommandError> {
        self.command(leg, Command::Press(key)).await
    }

    /// Tells a phone in a meeting that it has the floor, or has it no more.
    ///
    /// # Errors
    /// When there is no such phone in a meeting.
    pub async fn tell_floor(&self, leg: LegId, given: bool) -> Result<(), CommandError> {
        self.command(leg, Command::Floor(given)).await
    }

    /// Somebody has an extension open in a browser, where its calls are to ring, or nobody has any more.
    pub async fn set_screens(&self, extension: String, open: bool) {
        // Without a driver nothing rings.
        let _ = self.tell(Order::Screens { extension, open }).await;
    }

    /// What waits in the mailbox of an extension is something else than before: its phones are told.
    pub async fn mailbox_changed(&self, extension: String) {
        // Without a driver no lamp is lit.
        let _ = self.tell(Order::MailboxChanged(extension)).await;
    }

    async fn command(&self, leg: LegId, command: Command) -> Result<(), CommandError> {
        self.ask(|answer| Order::Command(leg, command, answer)).await.unwrap_or(Err(CommandError::Off))
    }

    pub(super) async fn tell(&self, order: Order) -> Result<(), mpsc::error::SendError<Order>> {
        self.orders.send(order).await
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.tell(order(answer)).await.ok()?;
        answered.await.ok()
    }
}
