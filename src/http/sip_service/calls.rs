//! Calls: somebody is called into a room, and sent on from there.

use std::time::Duration;

use axum::response::Response;
use livekit_protocol as proto;
use proto::participant_info::Kind;
use proto::{ParticipantInfo, SipHeaderOptions, SipParticipantInfo};
use signaling::twirp::{Code, TwirpError};
use sip_gateway::PhonesHandle;
use sip_gateway::tables::{CALL_ATTRIBUTE, LEG_ATTRIBUTE};
use sip_gateway_proto::call::{
    CommandError, Destination, EndCause, LegId, PlaceCall, PlaceError, Placed, ScreenEvent, ScreenNews,
};
use sip_gateway_proto::message::StatusCode;
use sip_gateway_proto::plan::{Caller, Plan, Refusal, Route};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::attendant::{Attendant, Wishes};
use super::words::{trunk_id, trunk_of};
use super::{SipService, failed, invalid, unsupported};
use crate::http::calls::dialled;
use crate::meetings::{Admission, Comer, MeetingCode};

impl SipService<'_> {
    pub(super) async fn create_participant(&self) -> Result<Response, TwirpError> {
        let request: proto::CreateSipParticipantRequest = self.request.message()?;
        self.require_call(&request.room_name)?;
        self.require_phones(&request.room_name).await?;
        check(&request)?;
        let number = dialled(&request.sip_call_to)
            .map_err(|_| invalid("sip_call_to cannot be used: write a number of at most 40 digits"))?;
        let plan = self.plan().await?;
        check_caller(&plan, &request, &number)?;
        self.check_identity(&request).await?;
        let phones = self.phones()?;

        let wishes = wishes(&request)?;

        // Some of the news come before the answer.
        let (news, attended) = (self.app.switchboard.news(), self.app.switchboard.news());
        let order = PlaceCall {
            from: request.sip_number.clone(),
            room: Some(request.room_name.clone()),
            dialled: number,
            on_behalf: request.display_name.clone().filter(|name| !name.is_empty()),
            identity: Some(request.participant_identity.clone()).filter(|identity| !identity.is_empty()),
        };
        let placed = phones.place(order).await.map_err(not_placed)?;
        let patience = match (request.wait_until_answered, wishes.ringing) {
            (true, ringing) => ringing.unwrap_or(RINGING),
            (false, _) => UNTIL_SEEN,
        };
        if !wishes.is_empty() {
            let phones = phones.clone();
            tokio::spawn(Attendant { phones, leg: placed.leg, news: attended, wishes }.run());
        }
        let followed = tokio::time::timeout(patience, self.follow(&placed, news, &request)).await;
        let participant = match followed {
            Ok(outcome) => outcome?,
            Err(_) => {
                // It may have ended by itself just now.
                let _ = phones.hang_up(placed.leg).await;
                return Err(status(StatusCode::REQUEST_TIMEOUT, "nobody answered in time"));
            }
        };
        self.describe(&request, &participant).await?;
        Ok(self.request.answer(&SipParticipantInfo {
            participant_id: participant.sid,
            participant_identity: participant.identity,
            room_name: placed.room,
            sip_call_id: placed.leg.0.to_string(),
        }))
    }

    pub(super) async fn transfer_participant(&self) -> Result<Response, TwirpError> {
        let request: proto::TransferSipParticipantRequest = self.request.message()?;
        self.require_call(&request.room_name)?;
        if !self.claims.video.room_admin {
            return Err(TwirpError::permission_denied("roomAdmin of this room"));
        }
        unsupported(&[
            ("play_dialtone", request.play_dialtone),
            ("headers", !request.headers.is_empty()),
            ("ringing_timeout", request.ringing_timeout.is_some()),
        ])?;
        let number = called(&request.transfer_to)?;
        let room = &request.room_name;
        let participant = self.app.rooms.inside(room).await.into_iter();
        let participant =
            participant.filter(is_phone).find(|one| one.identity == request.participant_identity);
        let leg = participant.and_then(|one| one.attributes.get(LEG_ATTRIBUTE)?.parse().ok()).map(LegId);
        let leg = leg.ok_or_else(|| {
            TwirpError::new(Code::NotFound, "there is no phone of that identity in the room")
        })?;
        self.phones()?.transfer(leg, Destination::Number(number)).await.map_err(not_sent)?;
        Ok(self.request.answer(&proto::TransferSipParticipantResponse::default()))
    }

    /// The right to call; where the token names a room, into that one only.
    fn require_call(&self, room: &str) -> Result<(), TwirpError> {
        if !self.claims.sip.call {
            return Err(TwirpError::permission_denied("sip.call"));
        }
        if room.is_empty() {
            return Err(invalid("room_name is missing"));
        }
        let own = &self.claims.video.room;
        match own.is_empty() || own == room {
            true => Ok(()),
            false => Err(TwirpError::permission_denied("calls into this room")),
        }
    }

    fn phones(&self) -> Result<&PhonesHandle, TwirpError> {
        let phones = self.app.switchboard.phones();
        phones.ok_or_else(|| TwirpError::new(Code::Unavailable, "phones are switched off here"))
    }

    /// The room of a meeting whose marking forbids telephones takes none.
    async fn require_phones(&self, room: &str) -> Result<(), TwirpError> {
        let Some(code) = MeetingCode::parse(room).filter(|code| code.as_str() == room) else { return Ok(()) };
        let meeting = self.app.store.meeting(&code).await.map_err(failed)?;
        match meeting.is_none_or(|meeting| self.app.config.markings.of(meeting.marking).admit(Comer::Phone)) {
            true => Ok(()),
            false => Err(TwirpError::permission_denied("telephones in this meeting, as it is marked")),
        }
    }

    /// An identity is nobody's in the room, and none that the office gives to its people.
    async fn check_identity(&self, request: &proto::CreateSipParticipantRequest) -> Result<(), TwirpError> {
        let identity = &request.participant_identity;
        if identity.is_empty() {
            return Ok(());
        }
        if !self.app.rooms.takes_identity(identity) || Admission::is_ours(identity) {
            return Err(invalid(
                "participant_identity cannot be used: it is too long, or of people of the house",
            ));
        }
        if self.app.rooms.is_inside(&request.room_name, identity).await {
            let why = "somebody of that identity is in the room already";
            return Err(TwirpError::new(Code::AlreadyExists, why));
        }
        Ok(())
    }

    /// Waits until the phone is in the room and, if that is wanted, has answered; or for the end of the call.
    async fn follow(
        &self,
        placed: &Placed,
        mut news: broadcast::Receiver<ScreenNews>,
        request: &proto::CreateSipParticipantRequest,
    ) -> Result<ParticipantInfo, TwirpError> {
        let mut joined = self.app.rooms.subscribe();
        let mut answered = !request.wait_until_answered;
        loop {
            if answered && let Some(participant) = self.participant(placed).await {
                return Ok(participant);
            }
            tokio::select! {
                heard = news.recv() => match heard {
                    Ok(ScreenNews { leg, event, .. }) if leg == placed.leg => match event {
                        ScreenEvent::Answered { .. } => answered = true,
                        ScreenEvent::Ended { cause } => return Err(ended(&cause)),
                        _ => {}
                    },
                    Ok(_) => {}
                    Err(RecvError::Lagged(_) | RecvError::Closed) => {
                        return Err(TwirpError::new(Code::Unavailable, "the call was lost sight of"));
                    }
                },
                heard = joined.recv() => {
                    if matches!(heard, Err(RecvError::Closed)) {
                        return Err(TwirpError::new(Code::Unavailable, "the rooms have ended"));
                    }
                }
            }
        }
    }

    async fn participant(&self, placed: &Placed) -> Option<ParticipantInfo> {
        let call = placed.leg.0.to_string();
        let inside = self.app.rooms.inside(&placed.room).await.into_iter().filter(is_phone);
        let mut inside = inside.filter(|one| one.state() == proto::participant_info::State::Active);
        inside.find(|one| one.attributes.get(CALL_ATTRIBUTE) == Some(&call))
    }

    /// Gives the phone in the room what else was said of it.
    async fn describe(
        &self,
        request: &proto::CreateSipParticipantRequest,
        participant: &ParticipantInfo,
    ) -> Result<(), TwirpError> {
        let proto::CreateSipParticipantRequest {
            participant_name: name,
            participant_metadata: metadata,
            participant_attributes: attributes,
            ..
        } = request.clone();
        if name.is_empty() && metadata.is_empty() && attributes.is_empty() {
            return Ok(());
        }
        let update = proto::UpdateParticipantRequest {
            room: request.room_name.clone(),
            identity: participant.identity.clone(),
            name,
            metadata,
            attributes,
            ..Default::default()
        };
        match self.app.rooms.describe(update).await {
            // It has gone meanwhile, which is no fault of what was asked.
            Ok(()) | Err(signaling_proto::room::RoomError::ParticipantNotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_phone(participant: &ParticipantInfo) -> bool {
    participant.kind() == Kind::Sip
}

#[allow(deprecated)] // older clients say it there
fn check(request: &proto::CreateSipParticipantRequest) -> Result<(), TwirpError> {
    unsupported(&[
        ("trunk", request.trunk.is_some()),
        ("sip_request_uri", request.sip_request_uri.is_some()),
        ("sip_to_header", request.sip_to_header.is_some()),
        ("sip_from_header", request.sip_from_header.is_some()),
        ("to_user_override", !request.to_user_override.is_empty()),
        ("play_dialtone", request.play_dialtone || request.play_ringtone),
        ("hide_phone_number", request.hide_phone_number),
        ("headers", !request.headers.is_empty()),
        ("include_headers", request.include_headers != SipHeaderOptions::SipNoHeaders as i32),
        ("krisp_enabled", request.krisp_enabled),
        ("media of a call", request.media.is_some() || request.media_encryption != 0),
        ("destination", request.destination.is_some()),
    ])?;
    let ours = |name: &&String| name.starts_with("sip.") || name.starts_with("palabre.");
    match request.participant_attributes.keys().find(ours) {
        Some(name) => Err(invalid(format!("participant_attributes cannot be used: {name:?} is ours to set"))),
        None => Ok(()),
    }
}

/// The extension that calls, and the trunk over which the plan leads its call, if one was named.
fn check_caller(
    plan: &Plan,
    request: &proto::CreateSipParticipantRequest,
    number: &str,
) -> Result<(), TwirpError> {
    let from = &request.sip_number;
    if plan.extension(from).is_none() {
        return Err(invalid(
            "sip_number cannot be used: it is the extension with whose rights, and on whose account, the call is made",
        ));
    }
    if request.sip_trunk_id.is_empty() {
        return Ok(());
    }
    let wanted = trunk_of(&request.sip_trunk_id)?;
    let ways = match plan.route(Caller::Extension(from), number) {
        Route::Outside(outside) => outside.ways,
        Route::Emergency { ways, .. } => ways,
        // Why the number leads nowhere is said when it is called.
        Route::Refused(_) => return Ok(()),
        _ => Vec::new(),
    };
    match ways.iter().any(|way| way.trunk == wanted) {
        true => Ok(()),
        false => Err(invalid(format!(
            "sip_trunk_id cannot be used: the numbering plan does not lead this number over {}",
            trunk_id(wanted)
        ))),
    }
}

/// What is to be done while the call goes on.
fn wishes(request: &proto::CreateSipParticipantRequest) -> Result<Wishes, TwirpError> {
    let keys = &request.dtmf;
    let pressed = |key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D' | 'w');
    if keys.len() > MOST_KEYS || !keys.chars().all(pressed) {
        return Err(invalid(format!(
            "dtmf cannot be used: it is at most {MOST_KEYS} of 0-9, *, #, A-D, and w for a pause"
        )));
    }
    let seconds = |field: &str, asked: Option<i64>, longest| {
        let Some(asked) = asked else { return Ok(None) };
        let asked = u64::try_from(asked).ok().filter(|asked| (1..=longest).contains(asked));
        let why = || invalid(format!("{field} cannot be used: it is from 1 to {longest} seconds"));
        asked.map(Duration::from_secs).map(Some).ok_or_else(why)
    };
    let ringing = request.ringing_timeout.as_ref().map(|asked| asked.seconds);
    let talking = request.max_call_duration.as_ref().map(|asked| asked.seconds);
    Ok(Wishes {
        ringing: seconds("ringing_timeout", ringing, LONGEST_RINGING)?,
        talking: seconds("max_call_duration", talking, LONGEST_TALKING)?,
        keys: keys.clone(),
    })
}

/// The number of a `tel:` or `sip:` address, or one that is written as such.
fn called(text: &str) -> Result<String, TwirpError> {
    let text = text.trim();
    let rest = ["tel:", "sip:", "sips:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let user = rest.split(['@', ';', '?']).next().unwrap_or_default();
    dialled(user).map_err(|_| invalid(format!("transfer_to cannot be used: {text:?} names no number")))
}

fn not_placed(error: PlaceError) -> TwirpError {
    match error {
        PlaceError::Refused(refusal) => {
            let why = match refusal {
                Refusal::Rights { .. } => "the extension may not call so far",
                Refusal::NoRoute | Refusal::NoTrunk => "no trunk carries this call",
                _ => "the number leads nowhere for this extension",
            };
            status(refusal.status(), why)
        }
        PlaceError::TooMany => TwirpError::new(Code::ResourceExhausted, error.to_string()),
        PlaceError::Off => TwirpError::new(Code::Unavailable, error.to_string()),
        _ => invalid(format!("sip_call_to cannot be used: {error}")),
    }
}

fn not_sent(error: CommandError) -> TwirpError {
    match error {
        CommandError::NoSuchCall => TwirpError::new(Code::NotFound, error.to_string()),
        CommandError::Refused(refused) => status(refused, "the call cannot be sent there"),
        CommandError::Off => TwirpError::new(Code::Unavailable, error.to_string()),
        _ => TwirpError::new(Code::FailedPrecondition, error.to_string()),
    }
}

/// Why a call ended before it was answered.
fn ended(cause: &EndCause) -> TwirpError {
    match cause {
        EndCause::Refused(code) => {
            let refused = StatusCode::new(*code).unwrap_or(StatusCode::SERVER_INTERNAL_ERROR);
            status(refused, "the call was refused")
        }
        EndCause::NoAnswer => status(StatusCode::TEMPORARILY_UNAVAILABLE, "nobody answered"),
        EndCause::Failed(why) => {
            status(StatusCode::SERVER_INTERNAL_ERROR, &format!("the call failed: {why}"))
        }
        _ => status(StatusCode::REQUEST_TERMINATED, "the call was given up"),
    }
}

/// An error with what SIP says of it, where programs look for it.
fn status(sip: StatusCode, why: &str) -> TwirpError {
    let code = match sip.code() {
        403 | 603 => Code::PermissionDenied,
        404 | 604 => Code::NotFound,
        408 | 480 => Code::DeadlineExceeded,
        500.. => Code::Unavailable,
        _ => Code::FailedPrecondition,
    };
    TwirpError::new(code, format!("{why} ({sip} {})", sip.phrase()))
        .with("sip_status_code", sip.to_string())
        .with("sip_status", sip.phrase())
}

/// A phone that is called is seen in the room as soon as the call is under way.
const UNTIL_SEEN: Duration = Duration::from_secs(15);
const RINGING: Duration = Duration::from_secs(80);
const LONGEST_RINGING: u64 = 120;
/// A day.
const LONGEST_TALKING: u64 = 24 * 3_600;
const MOST_KEYS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_sent_on_is_named_by_a_number_however_it_is_written() {
        for (text, number) in [
            ("tel:+229 21 30 00 00", "+22921300000"),
            ("sip:204@pbx.example.org;transport=tcp", "204"),
            ("204", "204"),
        ] {
            assert_eq!(called(text).unwrap(), number, "{text}");
        }
        for text in ["", "sip:awa@example.org", "tel:"] {
            assert!(called(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_end_says_what_sip_says_of_it() {
        let busy = ended(&EndCause::Refused(486));
        assert_eq!(busy, status(StatusCode::BUSY_HERE, "the call was refused"));
        assert_ne!(busy, ended(&EndCause::NoAnswer));
    }
}
