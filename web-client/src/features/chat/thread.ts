//! The messages of a session, between the room and the panel. Whom a private message reaches is decided by the server, which
//! routes by the destinations; the mark beside it is what its sender says of it.

import type { Room, TextStreamReader } from "livekit-client";
import { chat, emptyChat, LONGEST_MESSAGE, type ChatInput } from "./chat-machine";
import type { Posted } from "../files";
import type { Recipient } from "./recipients";

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

  /** Writes under one's own name: to everybody, or to one person. */
  async send(text: string, name: string, to?: Recipient): Promise<void> {
    const cut = text.slice(0, LONGEST_MESSAGE);
    const { localParticipant } = this.room;
    const info = await localParticipant.sendText(cut, {
      topic: TOPIC,
      ...(to && { destinationIdentities: [to.identity], attributes: { [PRIVATE]: "1" } }),
    });
    const from = localParticipant.identity;
    this.handle({
      on: "sent",
      message: {
        id: info.id,
        from,
        name,
        own: true,
        text: cut,
        at: info.timestamp,
        ...(to && { onlyFor: to.name }),
      },
    });
  }

  /** Shows a file that was offered, under the name of whoever did. */
  post({ id, from, own, only }: Posted, name: string): void {
    const nameOf = (identity: string) => this.room.remoteParticipants.get(identity)?.name ?? identity;
    this.handle({
      on: own ? "sent" : "received",
      message: {
        id,
        from,
        name: own ? name : nameOf(from),
        own,
        text: "",
        at: Date.now(),
        file: id,
        ...(only !== undefined && { onlyFor: only === "" ? "" : nameOf(only) }),
      },
    });
  }

  private async receive(reader: TextStreamReader, from: string): Promise<void> {
    try {
      const text = await beginningOf(reader);
      const name = this.room.remoteParticipants.get(from)?.name ?? from;
      const { id, timestamp: at, attributes } = reader.info;
      const onlyForUs = attributes?.[PRIVATE] === "1";
      this.handle({
        on: "received",
        message: { id, from, name, own: false, text, at, ...(onlyForUs && { onlyFor: "" }) },
      });
    } catch {
      // Its sender left in the middle: a message we did not get.
    }
  }
}

/** What is shown of a message. The rest is read and forgotten: what is not read would wait in memory. */
async function beginningOf(reader: TextStreamReader): Promise<string> {
  let text = "";
  for await (const part of reader) if (text.length < LONGEST_MESSAGE) text += part;
  return text;
}

const TOPIC = "lk.chat";
const PRIVATE = "palabre.private";
