//! A phone at the door of a meeting: who it is, whether it may come in, and the wait until a host has decided.

use sip_gateway_proto::call::{DoorWord, Entry, Visitor};
use tokio::sync::mpsc;

use crate::app::App;
use crate::audit;
use crate::meetings::{
    self, Admission, Caller, Comer, Knock, Meeting, MeetingCode, MeetingRole, Pin, phone_removal,
};
use crate::store::StoreError;

/// Answers a phone at a door until it is in, or has gone away.
pub(super) async fn attend(app: App, visitor: Visitor, entry: Entry, words: mpsc::Sender<DoorWord>) {
    let word = match decide(&app, &visitor, entry, &words).await {
        Ok(word) => word,
        Err(error) => {
            tracing::error!(%error, "a phone could not be let into a meeting");
            DoorWord::Ended
        }
    };
    // Whoever has gone away hears nothing any more.
    let _ = words.send(word).await;
}

async fn decide(
    app: &App,
    visitor: &Visitor,
    entry: Entry,
    words: &mpsc::Sender<DoorWord>,
) -> Result<DoorWord, StoreError> {
    if app.is_draining() {
        return Ok(DoorWord::Ended);
    }
    let meeting = match find(app, visitor, entry).await? {
        Ok(meeting) => meeting,
        Err(word) => return Ok(word),
    };
    let role = role(app, &meeting, visitor);
    if !app.config.markings.of(meeting.marking).admit(Comer::Phone) {
        return Ok(DoorWord::Refused);
    }
    if app.store.is_removed(&meeting.code, &phone_removal(&visitor.number)).await? {
        return Ok(DoorWord::Refused);
    }
    if meeting.locked && role != MeetingRole::Host {
        return Ok(DoorWord::Locked);
    }
    if app.rooms.has_no_place(&meeting.code).await {
        return Ok(DoorWord::Full);
    }
    let name = name(visitor);
    if meeting.waiting_room
        && let Some(caller) = caller(app, visitor, &meeting, role, &name).await?
    {
        match wait(app, &meeting, caller, words).await? {
            Some(Knock::Admitted) => {}
            Some(Knock::Refused) => return Ok(DoorWord::Refused),
            Some(Knock::Ended | Knock::Waiting) => return Ok(DoorWord::Ended),
            None => return Ok(DoorWord::Full),
        }
    }
    let entry = audit::Entry {
        actor: visitor.extension.as_ref().map_or_else(|| "-".to_owned(), |own| format!("extension {own}")),
        action: "meeting.join",
        object: format!("{} {}", meeting.code, visitor.number),
        address: None,
        result: "ok",
    };
    // What cannot be logged is not done.
    audit::append(&app.store, app.clock.now(), &entry).await?;
    let (room, role) = (meeting.code.to_string(), role.as_str().to_owned());
    Ok(DoorWord::Admitted { room, name, role, language: None })
}

/// The meeting that is meant, or why there is none.
async fn find(app: &App, visitor: &Visitor, entry: Entry) -> Result<Result<Meeting, DoorWord>, StoreError> {
    let found = match entry {
        Entry::Number(code) => match MeetingCode::parse(&code) {
            Some(code) => app.store.meeting(&code).await?,
            None => None,
        },
        Entry::Pin(typed) => {
            let stranger = visitor.extension.is_none();
            // Counted as wrong until it was right, so that many at once do not slip through together.
            if app.gate.attempt_pin(&visitor.address_key, stranger).is_err() {
                return Ok(Err(DoorWord::TooMany));
            }
            let found = match Pin::typed(&typed) {
                Some(pin) => app.store.meeting_of_pin(&pin).await?,
                None => None,
            };
            if found.is_some() {
                app.gate.pin_was_right(&visitor.address_key, stranger);
            }
            found
        }
    };
    Ok(found.ok_or(DoorWord::Wrong))
}

/// A phone of the house is known by its password, as a browser is by its sign-in; all others are guests.
fn role(app: &App, meeting: &Meeting, visitor: &Visitor) -> MeetingRole {
    let Some(extension) = &visitor.extension else { return MeetingRole::Guest };
    match app.directory.house().user_of(extension) {
        Some(user) if *user == meeting.owner => MeetingRole::Host,
        _ => MeetingRole::User,
    }
}

/// As whom a phone waits, if it does: as a guest, or for the seat of whose phone it is. Whoever is inside has been let in.
async fn caller(
    app: &App,
    visitor: &Visitor,
    meeting: &Meeting,
    role: MeetingRole,
    name: &str,
) -> Result<Option<Caller>, StoreError> {
    let (name, phone) = (name.to_owned(), Some(visitor.number.clone()));
    match role {
        MeetingRole::Host => return Ok(None),
        MeetingRole::Guest => return Ok(Some(Caller { name, phone, ..Caller::default() })),
        MeetingRole::User => {}
    }
    let house = app.directory.house();
    let Some(user) = visitor.extension.as_ref().and_then(|extension| house.user_of(extension)).cloned()
    else {
        return Ok(None);
    };
    let Some(user) = app.store.user(&user).await? else { return Ok(None) };
    let badge = app.store.badge_of_user(&meeting.code, &user).await?;
    let admission = Admission::user(meeting, &user).seated(badge);
    let (code, identity) = (meeting.code.as_str(), &admission.identity);
    if !admission.waits() || app.rooms.is_inside(code, identity).await {
        return Ok(None);
    }
    Ok(Some(Caller { name, phone, badge: admission.badge, user: Some(user.id) }))
}

/// What the others see.
fn name(visitor: &Visitor) -> String {
    let told = [&visitor.name, &visitor.number]
        .into_iter()
        .find_map(|text| crate::accounts::line_of_text(text, 100));
    told.unwrap_or_else(|| NAMELESS.to_owned())
}

/// Knocks, and waits until a host has decided or the phone has hung up; nothing when as many wait already as may.
async fn wait(
    app: &App,
    meeting: &Meeting,
    caller: Caller,
    words: &mpsc::Sender<DoorWord>,
) -> Result<Option<Knock>, StoreError> {
    let ticket = meetings::knock(app, meeting, caller).await?;
    let attendance = ticket.ok().and_then(|ticket| app.lobby.attend(&meeting.code, &ticket.ticket));
    let Some(mut attendance) = attendance else { return Ok(None) };
    if words.send(DoorWord::Waiting).await.is_err() {
        return Ok(Some(Knock::Ended));
    }
    Ok(Some(tokio::select! {
        knock = attendance.decided() => knock,
        () = words.closed() => Knock::Ended,
        () = app.draining_begins() => Knock::Ended,
    }))
}

/// Who shows neither name nor number; the same in every language.
const NAMELESS: &str = "Téléphone";
