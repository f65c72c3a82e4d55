//! What a host has the office do in a meeting.

import { codeOf } from "../../api/client";
import {
  admit,
  admitTogether,
  assignRole,
  closeFloor,
  endMeeting,
  freeFloor,
  goToPoint,
  giveFloor,
  lowerHand,
  muteAll,
  muteParticipant,
  refuse,
  removeParticipant,
  setLocked,
  takeChair,
  type SeatRole,
} from "../../api/meetings";

/** Orders of one meeting. What fails is said, and nothing else happens. */
export class Orders {
  constructor(
    private readonly code: string,
    private readonly outcome: { failed: (code: string) => void; done: () => void },
  ) {}

  admit = (ticket: string) => this.ask(() => admit(this.code, ticket));
  /** All of a party, or everybody. */
  admitTogether = (party?: number) => this.ask(() => admitTogether(this.code, party));
  refuse = (ticket: string) => this.ask(() => refuse(this.code, ticket));
  mute = (identity: string) => this.ask(() => muteParticipant(this.code, identity));
  muteAll = () => this.ask(() => muteAll(this.code));
  remove = (identity: string) => this.ask(() => removeParticipant(this.code, identity));
  assign = (identity: string, role: SeatRole) => this.ask(() => assignRole(this.code, identity, role));
  end = () => this.ask(() => endMeeting(this.code));
  takeChair = (limitSeconds?: number) => this.ask(() => takeChair(this.code, limitSeconds));
  freeFloor = () => this.ask(() => freeFloor(this.code));
  give = (identity: string) => this.ask(() => giveFloor(this.code, identity));
  closeFloor = () => this.ask(() => closeFloor(this.code));
  goTo = (point: number | null) => this.ask(() => goToPoint(this.code, point));
  lowerHand = (identity: string) => this.ask(() => lowerHand(this.code, identity));

  /** Whether the room is locked afterwards. */
  setLocked = (locked: boolean, then: (locked: boolean) => void) =>
    this.ask(async () => {
      then((await setLocked(this.code, locked)).locked);
    });

  private async ask(request: () => Promise<unknown>): Promise<void> {
    try {
      await request();
    } catch (error) {
      this.outcome.failed(codeOf(error));
    }
    this.outcome.done();
  }
}
