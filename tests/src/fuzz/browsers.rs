//! What people do in browsers, hosts with phones in their meetings, and offices at the doors.

use sip_gateway_proto::call::{
    Destination, DoorWord, LegId, MailboxWord, MediaEvent, PlaceCall, RecordingId, SeatEnd, SeatEvent,
    Speaker, VoiceMessage,
};

use super::house::{House, NUMBERS};

/// Does one thing, named by a letter, to one of the room ends or phones that are known.
pub(super) fn act(house: &mut House, which: u8, at: usize, text: &[u8]) {
    let text: String = String::from_utf8_lossy(text).chars().take(64).collect();
    let of =
        |legs: &[LegId]| legs.iter().rev().nth(at % legs.len().max(1)).copied().unwrap_or(LegId(at as u64));
    let (room, door) = (of(&house.rooms), of(&house.doors));
    let key = text.chars().next().unwrap_or('#');
    let number = NUMBERS[at % NUMBERS.len()];
    house.with(|endpoint, with| match which {
        b'o' => endpoint.set_screens(with, number, true),
        b'c' => endpoint.set_screens(with, number, false),
        b'p' | b'm' => {
            let room = (which == b'm').then(|| "meeting".to_owned());
            let order =
                PlaceCall { from: number.to_owned(), room, dialled: text, on_behalf: None, identity: None };
            let _ = endpoint.place(with, order);
        }
        b'a' => {
            let _ = endpoint.answer(with, room);
        }
        b'd' => {
            let _ = endpoint.decline(with, room);
        }
        b'x' => {
            let _ = endpoint.hang_up(with, room);
        }
        b'v' => {
            let _ = endpoint.leave(with, room);
        }
        b'h' => {
            let _ = endpoint.hold(with, room, text.is_empty());
        }
        b'k' => {
            let _ = endpoint.press(with, room, key);
        }
        b't' => {
            let _ = endpoint.transfer(with, room, Destination::Number(text));
        }
        b'i' => {
            let to =
                Destination::Meeting { room: text, name: "Cabinet".to_owned(), role: "guest".to_owned() };
            let _ = endpoint.transfer(with, room, to);
        }
        b'1' => endpoint.handle_door(with, door, DoorWord::Wrong),
        b'2' => endpoint.handle_door(with, door, DoorWord::Waiting),
        b'3' => {
            let (room, name, role) = (text, "Awa".to_owned(), "guest".to_owned());
            endpoint.handle_door(with, door, DoorWord::Admitted { room, name, role, language: None });
        }
        b'4' => endpoint.handle_door(with, door, DoorWord::Ended),
        b'5' => endpoint.handle_mailbox(with, door, MailboxWord::Wrong),
        b'6' => {
            let message = VoiceMessage { recording: RecordingId(at as u64), from: text, heard: key == 'h' };
            endpoint.handle_mailbox(with, door, MailboxWord::Open(vec![message; at % 4]));
        }
        b'r' => {
            let length = std::time::Duration::from_millis(100 * at as u64);
            endpoint.handle_media(with, MediaEvent::Recorded { leg: door, length });
        }
        b'n' => endpoint.handle_messages(with, number),
        b'K' => endpoint.handle_media(with, MediaEvent::Key { leg: door, key }),
        b'S' => endpoint.handle_media(with, MediaEvent::Said { leg: door }),
        b'M' => endpoint.handle_seat(with, room, SeatEvent::MutedByHost(text.is_empty())),
        b'L' => endpoint.handle_seat(with, room, SeatEvent::HandLowered),
        b'T' => {
            let speaker = Speaker { identity: text.clone(), name: text };
            endpoint.handle_seat(with, room, SeatEvent::Speaking(vec![speaker]));
        }
        b'P' => endpoint.handle_seat(with, room, SeatEvent::Key(key)),
        b'H' => endpoint.handle_seat(with, room, SeatEvent::Listened),
        b'Y' => endpoint.handle_seat(with, room, SeatEvent::Moved(text)),
        b's' => endpoint.handle_media(with, MediaEvent::Said { leg: room }),
        b'R' => endpoint.handle_seat(with, room, SeatEvent::Gone(SeatEnd::Removed)),
        b'G' => endpoint.handle_seat(with, room, SeatEvent::Gone(SeatEnd::Lost)),
        _ => {}
    });
}
