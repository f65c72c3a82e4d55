//! What browsers, rooms and meetings want of the calls.

use super::{Endpoint, Surroundings};
use crate::call::{
    CommandError, Destination, DoorWord, LegId, MailboxWord, PlaceCall, PlaceError, Placed, SeatEvent,
};

impl Endpoint {
    /// Takes what happens at a phone's seat in a room. The leg is the room's.
    pub fn handle_seat(&mut self, with: &mut Surroundings<'_>, leg: LegId, event: SeatEvent) {
        self.with_calls(with, |calls, around| calls.handle_seat(around, leg, event));
        self.settle(with);
    }

    /// Takes what the office says to a phone at the door of a meeting. The leg is the phone's.
    pub fn handle_door(&mut self, with: &mut Surroundings<'_>, leg: LegId, word: DoorWord) {
        self.with_calls(with, |calls, around| calls.handle_door(around, leg, word));
        self.settle(with);
    }

    /// Takes what the office says of a mailbox to a phone that asked.
    pub fn handle_mailbox(&mut self, with: &mut Surroundings<'_>, leg: LegId, word: MailboxWord) {
        self.with_calls(with, |calls, around| calls.handle_mailbox(around, leg, word));
        self.settle(with);
    }

    /// What waits in the mailbox of an extension has changed: its phones are told.
    pub fn handle_messages(&mut self, with: &mut Surroundings<'_>, extension: &str) {
        self.publish_messages(with, extension);
        self.settle(with);
    }

    /// Calls somebody into a room, for a browser or a meeting.
    ///
    /// # Errors
    /// Says why nobody is called. Whatever becomes of the call later is news.
    pub fn place(&mut self, with: &mut Surroundings<'_>, order: PlaceCall) -> Result<Placed, PlaceError> {
        let placed = self.with_calls(with, |calls, around| calls.place(around, order));
        self.settle(with);
        placed
    }

    /// A browser takes the call that rings by this room end. Gives the room to which it is to go.
    ///
    /// # Errors
    /// When it rings no more.
    pub fn answer(&mut self, with: &mut Surroundings<'_>, leg: LegId) -> Result<String, CommandError> {
        let room = self.with_calls(with, |calls, around| calls.answer(around, leg));
        self.settle(with);
        room
    }

    /// A browser declines the call that rings by this room end, for all devices of its extension.
    ///
    /// # Errors
    /// When it rings no more.
    pub fn decline(&mut self, with: &mut Surroundings<'_>, leg: LegId) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.decline(around, leg));
        self.settle(with);
        done
    }

    /// A browser hangs up, gives up, or declines.
    ///
    /// # Errors
    /// When there is no such call any more.
    pub fn hang_up(&mut self, with: &mut Surroundings<'_>, leg: LegId) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.hang_up_room(around, leg));
        self.settle(with);
        done
    }

    /// A browser leaves the room of a call. Two whom it has brought together there go on without it; what else it has
    /// there it hangs up.
    ///
    /// # Errors
    /// When there is no such call any more.
    pub fn leave(&mut self, with: &mut Surroundings<'_>, leg: LegId) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.leave_room(around, leg));
        self.settle(with);
        done
    }

    /// A browser puts the other side on hold, or takes it back.
    ///
    /// # Errors
    /// When it talks to nobody.
    pub fn hold(&mut self, with: &mut Surroundings<'_>, leg: LegId, holds: bool) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.hold(around, leg, holds));
        self.settle(with);
        done
    }

    /// A browser sends the other side on.
    ///
    /// # Errors
    /// When that cannot be; the call goes on then.
    pub fn transfer(
        &mut self,
        with: &mut Surroundings<'_>,
        leg: LegId,
        destination: Destination,
    ) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.transfer(around, leg, destination));
        self.settle(with);
        done
    }

    /// A browser presses a key towards the other side.
    ///
    /// # Errors
    /// When there is no phone on the other side, or no such key.
    pub fn press(&mut self, with: &mut Surroundings<'_>, leg: LegId, key: char) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.press(around, leg, key));
        self.settle(with);
        done
    }

    /// A phone in a meeting gets the floor, or has it no more: it is told so. The leg is the room's.
    ///
    /// # Errors
    /// When there is no such phone in a meeting.
    pub fn tell_floor(
        &mut self,
        with: &mut Surroundings<'_>,
        leg: LegId,
        given: bool,
    ) -> Result<(), CommandError> {
        let done = self.with_calls(with, |calls, around| calls.tell_floor(around, leg, given));
        self.settle(with);
        done
    }

    /// Somebody has an extension open in a browser, or nobody any more.
    pub fn set_screens(&mut self, with: &mut Surroundings<'_>, extension: &str, open: bool) {
        self.with_calls(with, |calls, around| calls.set_screens(around, extension, open));
        self.settle(with);
    }
}
