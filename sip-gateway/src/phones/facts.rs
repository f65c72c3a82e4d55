//! Turns what the machine says into facts for whoever remembers them: moments become times of day.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sip_gateway_proto::call::{self, LegRecord, NewMessage, RecordingId, ScreenNews};
use sip_gateway_proto::plan::Plan;
use sip_gateway_proto::subscription::MessageCount;
use sip_gateway_proto::ua::registrar::{self, Change, SavedBinding};

use crate::directory::{Binding, Directory, Fact, LegState, MessageState, Setting};

/// Writes facts down.
pub(super) struct Scribe {
    directory: Arc<dyn Directory>,
    run: u64,
    epoch: (Instant, SystemTime),
}

impl Scribe {
    pub(super) fn new(directory: Arc<dyn Directory>, run: u64, epoch: (Instant, SystemTime)) -> Self {
        Self { directory, run, epoch }
    }

    pub(super) fn plan(&self) -> Arc<Plan> {
        self.directory.plan()
    }

    pub(super) fn messages(&self, number: &str) -> MessageCount {
        self.directory.messages(number)
    }

    /// What callers hear in the mailbox of an extension.
    pub(super) fn greeting(&self, number: &str) -> Option<RecordingId> {
        self.directory.greeting(number)
    }

    /// The bindings that were still good when the program ended.
    pub(super) fn saved_bindings(&self) -> Vec<SavedBinding> {
        let today = self.epoch.1;
        let saved = |binding: Binding| SavedBinding {
            remaining: binding.expires.duration_since(today).unwrap_or_default(),
            aor: binding.aor,
            key: binding.key,
            device: binding.device,
            contact: binding.contact,
            flow: binding.flow,
            path: binding.path,
            q: binding.q,
            call_id: binding.call_id,
            cseq: binding.cseq,
            user_agent: binding.user_agent,
        };
        self.directory.bindings().into_iter().map(saved).collect()
    }

    pub(super) fn note_binding(&self, change: &Change) {
        self.directory.record(match change {
            Change::Bound(binding) => Fact::Bound(self.binding(binding)),
            Change::Unbound { aor, key } => Fact::Unbound { aor: aor.clone(), key: key.clone() },
        });
    }

    pub(super) fn note_leg(&self, record: &LegRecord) {
        self.directory.record(Fact::Leg(Box::new(LegState {
            run: self.run,
            call: record.call,
            leg: record.leg,
            inbound: record.inbound,
            from: record.from.clone(),
            from_name: record.from_name.clone(),
            dialled: record.dialled.clone(),
            to: record.to.clone(),
            route: record.route.clone(),
            began: self.time(record.began),
            ringing: record.ringing.map(|at| self.time(at)),
            answered: record.answered.map(|at| self.time(at)),
            ended: record.ended.clone().map(|(at, cause)| (self.time(at), cause)),
            media: record.media.clone(),
        })));
    }

    pub(super) fn note_message(&self, message: NewMessage) {
        self.directory.record(Fact::Message(Box::new(MessageState {
            at: self.time(message.at),
            extension: message.extension,
            recording: message.recording,
            from: message.from,
            from_name: message.from_name,
            length: message.length,
        })));
    }

    pub(super) fn note_heard(&self, extension: String, recording: RecordingId) {
        self.directory.record(Fact::MessageHeard { extension, recording });
    }

    pub(super) fn note_deleted(&self, extension: String, recording: RecordingId) {
        self.directory.record(Fact::MessageDeleted { extension, recording });
    }

    pub(super) fn note_greeting(&self, extension: String, recording: Option<RecordingId>, length: Duration) {
        self.directory.record(Fact::Greeting { extension, recording, length });
    }

    pub(super) fn tell_screens(&self, news: ScreenNews) {
        self.directory.screen(news);
    }

    pub(super) fn note_setting(&self, extension: String, setting: call::Setting) {
        let setting = match setting {
            call::Setting::ForwardAlways(to) => Setting::ForwardAlways(to),
            call::Setting::ForwardBusy(to) => Setting::ForwardBusy(to),
            call::Setting::ForwardNoAnswer(to, after) => Setting::ForwardNoAnswer(to, after),
            call::Setting::DoNotDisturb(on) => Setting::DoNotDisturb(on),
        };
        self.directory.record(Fact::Setting { extension, setting });
    }

    fn binding(&self, binding: &registrar::Binding) -> Binding {
        let saved = binding.save(Instant::now());
        Binding {
            aor: saved.aor,
            key: saved.key,
            contact: saved.contact,
            flow: saved.flow,
            path: saved.path,
            q: saved.q,
            call_id: saved.call_id,
            cseq: saved.cseq,
            user_agent: saved.user_agent,
            device: saved.device,
            expires: self.time(binding.expires),
        }
    }

    /// The time of day of a moment.
    fn time(&self, moment: Instant) -> SystemTime {
        let (start, today) = self.epoch;
        match moment.checked_duration_since(start) {
            Some(after) => today + after,
            None => today - start.duration_since(moment),
        }
    }
}
