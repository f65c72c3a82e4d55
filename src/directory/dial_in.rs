//! How a telephone gets into a meeting: what is told to those who invite.

use serde::Serialize;
use sip_gateway_proto::plan::Plan;

use crate::meetings::Meeting;

/// The numbers and the PIN of a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct DialInView {
    /// Those that ask for the PIN.
    pub numbers: Vec<DialInNumber>,
    pub pin: String,
    /// Those that lead here without it.
    pub direct: Vec<DialInNumber>,
}

/// What is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DialInNumber {
    /// In E.164, if it is dialled from outside.
    pub number: String,
    /// Whether phones of the house dial it.
    pub inside: bool,
}

/// How a telephone gets into a meeting; nothing while no number leads there. Numbers from outside come first.
#[must_use]
pub fn dial_in(plan: &Plan, meeting: &Meeting) -> Option<DialInView> {
    let code = meeting.code.as_str();
    let rooms = plan.rooms.iter().filter(|room| room.meeting == code);
    let numbers = reaching(plan, plan.conference.iter().collect());
    let direct = reaching(plan, rooms.map(|room| &room.number).collect());
    if numbers.is_empty() && direct.is_empty() {
        return None;
    }
    Some(DialInView { numbers, pin: meeting.pin.expose().to_owned(), direct })
}

fn reaching(plan: &Plan, inside: Vec<&String>) -> Vec<DialInNumber> {
    // The empty public number stands for all others, which nobody can dial.
    let public = plan.inbound.iter().filter(|public| !public.number.is_empty());
    let outside = public.filter(|public| inside.contains(&&public.target)).map(|public| &public.number);
    let from = |inside| move |number: &String| DialInNumber { number: number.clone(), inside };
    outside.map(from(false)).chain(inside.iter().copied().map(from(true))).collect()
}

#[cfg(test)]
mod tests {
    use sip_gateway_proto::plan::{InboundNumber, RoomNumber, TrunkId};

    use super::*;
    use crate::accounts::UserId;
    use crate::meetings::{Marking, MeetingCode, Pin};

    #[test]
    fn numbers_from_outside_come_first_and_direct_ones_apart() {
        let meeting = Meeting {
            code: MeetingCode::random(),
            title: "Bilatérale".to_owned(),
            owner: UserId::random(),
            waiting_room: true,
            locked: false,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            pin: Pin::random(),
            marking: Marking::Public,
        };
        let mut plan = Plan::default();
        assert_eq!(dial_in(&plan, &meeting), None);

        plan.conference.push("800".to_owned());
        let code = meeting.code.to_string();
        plan.rooms.push(RoomNumber { number: "801".to_owned(), meeting: code, name: String::new() });
        for (number, target) in [("+22921300000", "800"), ("", "800"), ("+22921300001", "201")] {
            let (number, target) = (number.to_owned(), target.to_owned());
            plan.inbound.push(InboundNumber { trunk: TrunkId(1), number, target });
        }

        let view = dial_in(&plan, &meeting).unwrap();
        let told: Vec<_> = view.numbers.iter().map(|one| (one.number.as_str(), one.inside)).collect();
        assert_eq!(told, [("+22921300000", false), ("800", true)]);
        assert_eq!((view.direct.len(), view.direct[0].number.as_str()), (1, "801"));
        assert_eq!(view.pin, meeting.pin.expose());
    }
}
