//! What the phones ask of, and tell, whoever knows the people: the office implements this.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sip_gateway_proto::call::{
    CallId, DoorWord, EndCause, Entry, LegId, MailboxWord, MediaReport, RecordedRoute, RecordingId,
    ScreenNews, Visitor,
};
use sip_gateway_proto::plan::Plan;
use sip_gateway_proto::subscription::MessageCount;
use tokio::sync::{mpsc, oneshot};

/// Who may register and call, and where everything is written down.
pub trait Directory: Send + Sync + 'static {
    /// The plan of the moment. Cheap: it is asked for every message, and is the same `Arc` until something changes.
    fn plan(&self) -> Arc<Plan>;

    /// The bindings that were still good when the program ended, for the registrar to begin with.
    fn bindings(&self) -> Vec<Binding>;

    /// What waits in the mailbox of an extension, for the lamp of its phones. Nothing, in a house without mailboxes.
    fn messages(&self, extension: &str) -> MessageCount {
        let _ = extension;
        MessageCount::default()
    }

    /// What callers hear in the mailbox of an extension, if its owner has said something.
    fn greeting(&self, extension: &str) -> Option<RecordingId> {
        let _ = extension;
        None
    }

    /// A phone stands at the door of a meeting. What is decided comes in order, until the meeting has ended; who drops the
    /// receiver has gone away. A house without meetings knows no PIN.
    fn enter(&self, visitor: Visitor, entry: Entry) -> mpsc::Receiver<DoorWord> {
        let _ = (visitor, entry);
        let (words, receiver) = mpsc::channel(1);
        // It is empty and its receiver is there, so the word has a place.
        let _ = words.try_send(DoorWord::Wrong);
        receiver
    }

    /// Opens the mailbox of an extension for a phone that shows this PIN. A house without mailboxes has none of that PIN.
    fn open_mailbox(&self, extension: &str, pin: &str) -> oneshot::Receiver<MailboxWord> {
        let _ = (extension, pin);
        let (word, receiver) = oneshot::channel();
        // Its receiver is there.
        let _ = word.send(MailboxWord::Wrong);
        receiver
    }

    /// Takes news for the browsers of an extension. Never blocks. In a house without browsers nobody is told.
    fn screen(&self, news: ScreenNews) {
        let _ = news;
    }

    /// Takes note of a fact, in the order told. Never blocks: what is to be stored goes through a queue.
    fn record(&self, fact: Fact);
}

/// Something that happened and is to be remembered.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A phone registered, or refreshed its registration.
    Bound(Binding),
    /// A binding ended: removed by the phone or the administrator, or expired. Named by AOR and key.
    Unbound {
        /// The extension's number.
        aor: String,
        /// The binding's key.
        key: String,
    },
    /// A leg began, was answered, or ended.
    Leg(Box<LegState>),
    /// A phone changed a setting of its extension by a short code.
    Setting {
        /// The extension's number.
        extension: String,
        /// What it set.
        setting: Setting,
    },
    /// A caller has left a message. What waits in the mailbox is asked as soon as this is told.
    Message(Box<MessageState>),
    /// A message was heard.
    MessageHeard {
        /// In whose mailbox.
        extension: String,
        /// Which.
        recording: RecordingId,
    },
    /// Callers are to hear this greeting from now on, or the standard one again.
    Greeting {
        /// In whose mailbox.
        extension: String,
        /// The recording.
        recording: Option<RecordingId>,
        /// How long it is.
        length: Duration,
    },
    /// A message is to be forgotten, and its recording to be deleted.
    MessageDeleted {
        /// In whose mailbox.
        extension: String,
        /// Which; there may be a recording that never became a message.
        recording: RecordingId,
    },
}

/// A message that a caller has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageState {
    /// For which extension.
    pub extension: String,
    /// The recording.
    pub recording: RecordingId,
    /// From whom: an extension's number, or a public one in E.164; empty if it is not shown.
    pub from: String,
    /// The name beside it.
    pub from_name: String,
    /// When it was left.
    pub at: SystemTime,
    /// How long it is.
    pub length: Duration,
}

/// A contact of an AOR, as it survives a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The extension's number.
    pub aor: String,
    /// What tells this binding from others of the AOR: instance and reg-id, or the contact's address.
    pub key: String,
    /// The Contact's address, as the phone wrote it.
    pub contact: String,
    /// Where the phone's requests come from, as `udp 192.0.2.7:5060 127.0.0.1:5060 0`: carrier, remote, local, connection.
    pub flow: String,
    /// Route set to the phone (RFC 3327), in order.
    pub path: Vec<String>,
    /// The preference among the AOR's bindings, in thousandths.
    pub q: u16,
    /// The Call-ID and CSeq of the last REGISTER, which must rise.
    pub call_id: String,
    /// See `call_id`.
    pub cseq: u32,
    /// The phone's model, as it says itself.
    pub user_agent: String,
    /// The device that authenticated.
    pub device: String,
    /// When it ends unless refreshed.
    pub expires: SystemTime,
}

/// A leg of a call as it stands, in wall-clock time.
#[derive(Debug, Clone, PartialEq)]
pub struct LegState {
    /// Tells this run of the program from others, since calls and legs are numbered anew in each.
    pub run: u64,
    /// The call.
    pub call: CallId,
    /// The leg.
    pub leg: LegId,
    /// Whether the other side called us.
    pub inbound: bool,
    /// Who calls.
    pub from: String,
    /// The caller's name.
    pub from_name: String,
    /// What was dialled.
    pub dialled: String,
    /// Who was reached.
    pub to: String,
    /// What carries it.
    pub route: RecordedRoute,
    /// When it began.
    pub began: SystemTime,
    /// When it first rang.
    pub ringing: Option<SystemTime>,
    /// When it was answered.
    pub answered: Option<SystemTime>,
    /// When and why it ended.
    pub ended: Option<(SystemTime, EndCause)>,
    /// How the sound was.
    pub media: MediaReport,
}

/// A setting that can be changed from the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Forward every call, or none.
    ForwardAlways(Option<String>),
    /// Forward calls while busy.
    ForwardBusy(Option<String>),
    /// Forward calls nobody takes, after the given time if one is given.
    ForwardNoAnswer(Option<String>, Option<Duration>),
    /// Tell callers that it is busy.
    DoNotDisturb(bool),
}
