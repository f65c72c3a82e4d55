//! What handlers and jobs share.

use std::sync::Arc;

use sfu::Sfu;
use sfu::turn::Relay;
use signaling_proto::room::RoomError;
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::Post;
use tokio::sync::watch;

use crate::accounts::ldap::Directory as Ldap;
use crate::accounts::oidc::Issuer;
use crate::accounts::{Passwords, User};
use crate::attendance::Attendance;
use crate::audit;
use crate::calls::Switchboard;
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::{DialInView, Hours, PhoneDirectory, dial_in};
use crate::floor::{AllProceedings, Floors};
use crate::gate::Gate;
use crate::http::ApiError;
use crate::mail::MailRoom;
use crate::mailboxes::Mailboxes;
use crate::meetings::{Approaches, LinkTests, Lobby, Meeting, MeetingCode, MeetingRooms, Tokens};
use crate::metrics::Counters;
use crate::savings::Savings;
use crate::store::Store;

/// The office's state. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// What the operator chose.
    pub config: Arc<Config>,
    /// What outlives the program.
    pub store: Store,
    /// The time of day.
    pub clock: Clock,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Bounds how often things are tried.
    pub gate: Arc<Gate>,
    /// The waiting rooms.
    pub lobby: Lobby,
    /// The rooms in which browsers try their links.
    pub link_tests: LinkTests,
    /// Who is about to come to a meeting's door.
    pub approaches: Approaches,
    /// Signs admissions.
    pub tokens: Tokens,
    /// The rooms of meetings.
    pub rooms: MeetingRooms,
    /// Who may speak in meetings that are chaired.
    pub floors: Floors,
    /// The phones' numbering plan, registrations and calls.
    pub directory: PhoneDirectory,
    /// The calls of browsers.
    pub switchboard: Switchboard,
    /// The messages that callers have left.
    pub mailboxes: Mailboxes,
    /// The ministry's own sign-in page, if there is one.
    pub issuer: Option<Issuer>,
    /// Who was in which meeting.
    pub attendance: Attendance,
    /// What is saved.
    pub savings: Savings,
    /// The ministry's directory, if there is one.
    pub ldap: Option<Ldap>,
    /// The way to the mail server.
    pub mail: MailRoom,
    /// The media engine, for its counters.
    pub sfu: Sfu,
    /// The relay, if there is one.
    pub relay: Option<Relay>,
    /// What the metrics count.
    pub counters: Arc<Counters>,
    draining: watch::Sender<bool>,
}

/// What a server has opened before there is an [`App`].
#[allow(missing_docs)] // as there
pub struct Parts {
    pub store: Store,
    pub clock: Clock,
    pub directory: PhoneDirectory,
    pub switchboard: Switchboard,
    pub mailboxes: Mailboxes,
    pub issuer: Option<Issuer>,
    pub attendance: Attendance,
    pub ldap: Option<Ldap>,
    pub mail: MailRoom,
    pub sfu: Sfu,
    pub relay: Option<Relay>,
    pub rooms: MeetingRooms,
    pub lobby: Lobby,
    pub link_tests: LinkTests,
    pub approaches: Approaches,
    pub proceedings: AllProceedings,
}

impl App {
    /// The state of a server that has just started.
    #[must_use]
    pub fn new(config: Config, parts: Parts) -> Self {
        let Parts {
            store,
            clock,
            directory,
            switchboard,
            mailboxes,
            mail,
            issuer,
            attendance,
            ldap,
            sfu,
            relay,
            rooms,
            lobby,
            link_tests,
            approaches,
            proceedings,
        } = parts;
        let (run, calls) = (directory.run(), switchboard.clone());
        let floors = Floors::new(proceedings, rooms.clone(), clock.clone(), store.clone(), run, calls);
        let savings = savings(&config, &store, &directory);
        Self {
            floors,
            savings,
            store,
            clock,
            passwords: Passwords::default(),
            gate: Arc::new(Gate::new(&config.limits)),
            lobby,
            link_tests,
            approaches,
            tokens: Tokens::new(&config.keys),
            directory,
            switchboard,
            mailboxes,
            issuer,
            attendance,
            ldap,
            mail,
            sfu,
            relay,
            rooms,
            counters: Arc::default(),
            draining: watch::Sender::new(false),
            config: Arc::new(config),
        }
    }

    /// Whether newcomers are refused because the server is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Refuses newcomers from now on.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Waits until newcomers are refused.
    pub async fn draining_begins(&self) {
        let mut draining = self.draining.subscribe();
        // The sender lives in `self`, so that only the value can end the wait.
        let _ = draining.wait_for(|draining| *draining).await;
    }

    /// The address under which links lead here: the operator's public one, or the one that a browser knows.
    #[must_use]
    pub fn public_origin(&self, origin: &str) -> String {
        self.config.http.public_url.as_deref().unwrap_or(origin).to_owned()
    }

    /// The IANA name of the time where a user is: that of the user's post, or of the extension's.
    #[must_use]
    pub fn home_zone(&self, user: &User) -> Option<String> {
        let post = self.home_post(user)?;
        Some(self.directory.house().time_zone(&post).to_owned())
    }

    /// The post of a user, or of the user's extension.
    fn home_post(&self, user: &User) -> Option<Post> {
        let plan = self.directory.plan();
        let by_extension = || plan.extension(user.extension.as_deref()?).map(|extension| extension.post);
        plan.post(user.post.or_else(by_extension)?).cloned()
    }

    /// The clocks that a user lives by: the one at the user's post, then the house's own if that tells another time.
    #[must_use]
    pub fn hours(&self, user: &User) -> Vec<Hours> {
        let house = self.directory.house();
        let here =
            self.home_post(user).map(|post| Hours::of(house.time_zone(&post), &house.place(post.id).city));
        let capital = Hours::of(&self.config.house.time_zone, "");
        match here {
            Some(here) if here.time_zone == capital.time_zone => vec![here],
            Some(here) => vec![here, capital],
            None => vec![capital],
        }
    }

    /// The link to a meeting, under the operator's public address if there is one.
    #[must_use]
    pub fn meeting_link(&self, origin: &str, code: &MeetingCode) -> String {
        let base = self.config.http.public_url.as_deref().unwrap_or(origin);
        format!("{base}/m/{code}")
    }

    /// How a telephone gets into a meeting; nothing while there is no number for that, no phones at all, or the meeting's
    /// marking forbids them.
    #[must_use]
    pub fn dial_in(&self, meeting: &Meeting) -> Option<DialInView> {
        if !self.config.sip.is_on() || !self.config.markings.of(meeting.marking).phones {
            return None;
        }
        dial_in(&self.directory.plan(), meeting)
    }

    /// Sends everybody away who is in a meeting or waits at its door.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn close_meeting(&self, code: &MeetingCode) -> Result<(), RoomError> {
        self.lobby.end(code);
        self.floors.end(code).await;
        self.rooms.end(code).await
    }

    /// Writes into the audit log what a client did.
    ///
    /// # Errors
    /// When the log cannot be written: what cannot be logged is not done.
    pub async fn audit(
        &self,
        actor: &str,
        action: &'static str,
        object: &str,
        client: &crate::http::Client,
        result: &'static str,
    ) -> Result<(), ApiError> {
        let entry = audit::Entry {
            actor: actor.to_owned(),
            action,
            object: object.to_owned(),
            address: Some(client.address),
            result,
        };
        Ok(audit::append(&self.store, self.clock.now(), &entry).await?)
    }
}

fn savings(config: &Config, store: &Store, directory: &PhoneDirectory) -> Savings {
    // The configuration knows only names of zones that there are.
    let zone = jiff::tz::TimeZone::get(&config.house.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Savings::new(store.clone(), directory.clone(), zone, config.house.currency)
}
