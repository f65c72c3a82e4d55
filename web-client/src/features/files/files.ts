//! Files in session: performs what `files-machine.ts` decides. What was received lies in memory until it is saved or dropped, and
//! nothing is ever opened.

import { RoomEvent, type ByteStreamReader, type Room } from "livekit-client";
import { Shown } from "../room";
import { files, noFiles, type FilesEffect, type FilesInput, type FilesState } from "./files-machine";
import { noteIn, safeName, written, type FileFacts, type Note } from "./notes";
import { FILE_ID, FILE_TOPIC, PATIENCE, Sending } from "./sending";

/** A file was offered, by us or by somebody else: to be shown among what is said. */
export interface Posted {
  id: string;
  from: string;
  own: boolean;
  /** The identity of the one person it is for, empty for oneself; nothing where it is for everybody. */
  only: string | undefined;
}

export class Files {
  private state: FilesState = noFiles;
  private readonly given = new Map<string, File>();
  private readonly kept = new Map<string, Blob>();
  private readonly sendings = new Map<string, Sending>();
  /** By file, the one stream that brings it. */
  private readonly streams = new Map<string, ByteStreamReader>();
  readonly shown = new Shown(() => this.state);

  constructor(
    private readonly room: Room,
    private readonly posted: (post: Posted) => void,
  ) {
    room.registerByteStreamHandler(FILE_TOPIC, (reader, { identity }) => void this.receive(reader, identity));
    room
      .on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
        const note = topic === FILE_TOPIC && participant ? noteIn(payload) : undefined;
        if (note && participant) this.heed(note, participant.identity);
      })
      .on(RoomEvent.ParticipantDisconnected, ({ identity }) => this.letGo((who) => who === identity))
      .on(RoomEvent.Disconnected, () => this.letGo(() => true));
  }

  /** Offers a file to everybody, or to one person. */
  offer(file: File, to?: string): void {
    const id = crypto.randomUUID();
    this.given.set(id, file);
    const facts = { id, name: safeName(file.name), size: file.size, type: file.type };
    this.handle({ on: "given", file: facts, to });
  }

  takeBack = (id: string): void => this.handle({ on: "taken-back", id });
  want = (id: string): void => this.handle({ on: "wanted", id });
  drop = (id: string): void => this.handle({ on: "dropped", id });

  /** Has the browser save what is here, under its name. */
  save({ id, name }: FileFacts): void {
    const blob = this.kept.get(id);
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  private handle(input: FilesInput): void {
    const [state, effects] = files(this.state, input);
    this.state = state;
    for (const effect of effects) this.perform(effect);
    // Only what is offered is worth holding on to, and only what still comes is read.
    for (const id of this.given.keys())
      if (!state.outgoing.some((own) => own.id === id)) this.given.delete(id);
    for (const id of this.streams.keys())
      if (!state.incoming.some((file) => file.id === id && file.stage.is === "coming"))
        this.streams.delete(id);
    this.shown.refresh();
  }

  private perform(effect: FilesEffect): void {
    switch (effect.do) {
      case "offer":
        this.tell({ says: "offer", file: effect.file, only: effect.to !== undefined }, effect.to);
        this.posted({ id: effect.file.id, from: this.own(), own: true, only: effect.to });
        break;
      case "withdraw":
        this.tell({ says: "withdraw", id: effect.id }, effect.to);
        break;
      case "ask":
        this.tell({ says: "take", id: effect.id }, effect.from);
        window.setTimeout(() => {
          if (!this.streams.has(effect.id)) this.handle({ on: "broke", id: effect.id });
        }, PATIENCE);
        break;
      case "stop":
        this.tell({ says: "stop", id: effect.id }, effect.from);
        break;
      case "serve":
        void this.serve(effect.who, effect.id);
        break;
      case "halt":
        this.sendings.get(`${effect.who} ${effect.id}`)?.halt();
        break;
      case "forget":
        this.kept.delete(effect.id);
        break;
    }
  }

  private heed(note: Note, from: string): void {
    switch (note.says) {
      case "offer": {
        const known = this.state.incoming.some(({ id }) => id === note.file.id);
        this.handle({ on: "offered", from, file: note.file });
        if (!known) this.posted({ id: note.file.id, from, own: false, only: note.only ? "" : undefined });
        break;
      }
      case "withdraw":
        this.handle({ on: "withdrawn", from, id: note.id });
        break;
      case "take":
        this.handle({ on: "taken", who: from, id: note.id });
        break;
      case "got":
        this.sendings.get(`${from} ${note.id}`)?.arrived(note.bytes);
        this.handle({ on: "arrived", who: from, id: note.id, got: note.bytes });
        break;
      case "stop":
        this.handle({ on: "let-go", who: from, id: note.id });
        break;
    }
  }

  private async serve(who: string, id: string): Promise<void> {
    const file = this.given.get(id);
    const facts = this.state.outgoing.find((own) => own.id === id);
    if (!file || !facts) return;
    const key = `${who} ${id}`;
    const sending = new Sending();
    this.sendings.set(key, sending);
    const arrived = await sending.run(this.room.localParticipant, file, facts, who).catch(() => false);
    if (this.sendings.get(key) === sending) this.sendings.delete(key);
    if (!arrived) this.handle({ on: "let-go", who, id });
  }

  private async receive(reader: ByteStreamReader, from: string): Promise<void> {
    const id = reader.info.attributes?.[FILE_ID] ?? "";
    const file = this.state.incoming.find((one) => one.id === id && one.from === from);
    if (file?.stage.is === "coming" && !this.streams.has(id)) this.streams.set(id, reader);
    // What nobody waits for is read all the same, and forgotten: what is not read would wait in memory.
    const isWanted = () => file !== undefined && this.streams.get(id) === reader;
    const pieces: BlobPart[] = [];
    let got = 0;
    try {
      for await (const piece of reader) {
        got += piece.byteLength;
        if (file && got > file.size) this.handle({ on: "broke", id });
        if (!isWanted()) {
          pieces.length = 0;
          continue;
        }
        pieces.push(piece as Uint8Array<ArrayBuffer>);
        this.handle({ on: "came", id, got });
        this.tell({ says: "got", id, bytes: got }, from);
      }
    } catch {
      // Cut, or stopped by whoever sent it.
    }
    if (!file || !isWanted()) return;
    if (got !== file.size) {
      this.handle({ on: "broke", id });
      return;
    }
    // Whatever it says it is, to the browser it is something to save.
    this.kept.set(id, new Blob(pieces, { type: "application/octet-stream" }));
    this.tell({ says: "got", id, bytes: got }, from);
    this.handle({ on: "complete", id });
  }

  private letGo(isMeant: (who: string) => boolean): void {
    for (const { id, takers } of this.state.outgoing)
      for (const { who } of takers) if (isMeant(who)) this.handle({ on: "let-go", who, id });
  }

  private tell(note: Note, to: string | undefined): void {
    const options = {
      reliable: true,
      topic: FILE_TOPIC,
      ...(to !== undefined && { destinationIdentities: [to] }),
    };
    // On a line that is cut, whoever waits gives up after a while.
    this.room.localParticipant.publishData(written(note), options).catch(() => undefined);
  }

  private own(): string {
    return this.room.localParticipant.identity;
  }
}
