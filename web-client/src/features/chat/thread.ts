//! The messages of a session, between the room and the panel.

import type { Room, TextStreamReader } from "livekit-client";
import { chat, emptyChat, LONGEST_MESSAGE, type ChatInput } from "./chat-machine";

export class Thread {
  state = emptyChat;

  constructor(
    private readonly room: Room,
    private readonly changed: () => void,
  ) {
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => void this.receive(reader, identity));
  }

  handle(input: ChatInput): void {
    this.state = chat(this.state, input);
    this.changed();
  }

  /** Writes to everybody under one's own name. */
  async send(text: string, name: string): Promise<void> {
    const cut = text.slice(0, LONGEST_MESSAGE);
    const { localParticipant } = this.room;
    const info = await localParticipant.sendText(cut, { topic: TOPIC });
    const from = localParticipant.identity;
    this.handle({
      on: "sent",
      message: { id: info.id, from, name, own: true, text: cut, at: info.timestamp },
    });
  }

  private async receive(reader: TextStreamReader, from: string): Promise<void> {
    try {
      const text = await reader.readAll();
      const name = this.room.remoteParticipants.get(from)?.name ?? from;
      this.handle({
        on: "received",
        message: { id: reader.info.id, from, name, own: false, text, at: reader.info.timestamp },
      });
    } catch {
      // Too long, or its sender left in the middle: a message we did not get.
    }
  }
}

const TOPIC = "lk.chat";
