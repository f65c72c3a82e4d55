//! Who sits where as the plan has it now: asked when somebody comes in, and carried into the room when the plan changes.

use livekit_protocol as proto;
use signaling_proto::room::RoomError;

use super::nameplate::{SEAT, nameplate};
use super::schedule::{Badge, Schedule};
use super::{Admission, Meeting, MeetingRole};
use crate::app::App;
use crate::floor::{FloorError, GESTURE, HAND};
use crate::store::StoreError;

/// Why those inside do not sit as the plan has it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum SeatingError {
    /// The plan cannot be read.
    Store(#[from] StoreError),
    /// The room does not answer.
    Room(#[from] RoomError),
    /// The floor does not follow.
    Floor(#[from] FloorError),
}

impl App {
    /// An admission with the seat and the role that the meeting has for its holder now, and the floor told of it.
    ///
    /// # Errors
    /// When the plan cannot be read, or the room does not answer.
    pub async fn as_planned(&self, admission: Admission) -> Result<Admission, SeatingError> {
        let code = admission.meeting.clone();
        let badge = match &admission.badge {
            Some(before) => {
                let schedule = self.store.schedule(&code).await?;
                schedule.and_then(|schedule| Badge::of(&schedule.parties, |seat| seat.id == before.seat))
            }
            None => None,
        };
        let assigned = match badge {
            Some(_) => None,
            None => self.store.assigned_role(&code, &admission.identity).await?,
        };
        let admission = Admission { badge, assigned, ..admission };
        let heard = admission.rights().always_heard;
        self.floors.set_standing(&code, &admission.identity, heard).await?;
        Ok(admission)
    }

    /// Gives everybody inside the nameplate and the rights that the plan has for them now. Whoever came by the link of a
    /// seat that is no more leaves.
    ///
    /// # Errors
    /// When the plan cannot be read, or the room does not answer.
    pub async fn seat_anew(&self, meeting: &Meeting) -> Result<(), SeatingError> {
        let schedule = self.store.schedule(&meeting.code).await?;
        for inside in self.rooms.inside(meeting.code.as_str()).await {
            // Telephones and what has a token of somebody else sit where they are.
            if !Admission::is_ours(&inside.identity) {
                continue;
            }
            let done = match self.seated_now(meeting, schedule.as_ref(), &inside).await? {
                None => self.rooms.remove(&meeting.code, &inside.identity).await,
                Some(admission) => {
                    let heard = admission.rights().always_heard;
                    self.floors.set_standing(&meeting.code, &inside.identity, heard).await?;
                    match update(&admission, &inside) {
                        Some(update) => self.rooms.describe(update).await,
                        None => Ok(()),
                    }
                }
            };
            match done {
                // Whoever has gone meanwhile finds it so when coming back.
                Err(RoomError::RoomNotFound | RoomError::ParticipantNotFound) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// As what somebody would be let in who is inside; not at all, if the seat of the link is no more.
    async fn seated_now(
        &self,
        meeting: &Meeting,
        schedule: Option<&Schedule>,
        inside: &proto::ParticipantInfo,
    ) -> Result<Option<Admission>, StoreError> {
        let numbered = inside.attributes.get(SEAT).and_then(|number| number.parse::<i64>().ok());
        let at = |number: i64| {
            schedule.and_then(|schedule| Badge::of(&schedule.parties, |seat| seat.id == number))
        };
        let mut badge = numbered.and_then(at);
        let mut role = MeetingRole::Guest;
        if let Some(id) = Admission::user_of(&inside.identity) {
            role = if id == meeting.owner { MeetingRole::Host } else { MeetingRole::User };
            if badge.is_none()
                && let Some(user) = self.store.user(&id).await?
            {
                badge = self.store.badge_of_user(&meeting.code, &user).await?;
            }
        } else if Admission::seat_of(&inside.identity).is_some() && badge.is_none() {
            return Ok(None);
        }
        let assigned = match badge {
            Some(_) => None,
            None => self.store.assigned_role(&meeting.code, &inside.identity).await?,
        };
        let (identity, name) = (inside.identity.clone(), inside.name.clone());
        Ok(Some(Admission { meeting: meeting.code.clone(), identity, name, role, badge, assigned }))
    }
}

/// What is to become different about somebody inside, if anything.
fn update(admission: &Admission, inside: &proto::ParticipantInfo) -> Option<proto::UpdateParticipantRequest> {
    let mut attributes = nameplate(admission);
    attributes.retain(|name, text| inside.attributes.get(name).map_or("", String::as_str) != text);
    let rights = admission.rights();
    if !rights.speaks {
        // Nobody waits for a turn that cannot come.
        let raised = [HAND, GESTURE].into_iter().filter(|name| inside.attributes.contains_key(*name));
        attributes.extend(raised.map(|name| (name.to_owned(), String::new())));
    }
    let permission = rights.permission();
    let permission = (inside.permission.as_ref() != Some(&permission)).then_some(permission);
    if attributes.is_empty() && permission.is_none() {
        return None;
    }
    Some(proto::UpdateParticipantRequest {
        room: admission.meeting.to_string(),
        identity: admission.identity.clone(),
        attributes,
        permission,
        ..Default::default()
    })
}
