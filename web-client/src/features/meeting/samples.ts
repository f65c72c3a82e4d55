//! A person and a session as they may be, for the page of components and for tests. No build has them.

import { emptyChat } from "../chat";
import type { MeetingView, Person } from "./view";

export const somebody: Person = {
  identity: "1",
  name: "Consule générale",
  role: "guest",
  isSelf: false,
  joinedAt: 0,
  hand: "",
  gesture: "floor",
  turn: 0,
  microphoneOpen: true,
  speaking: false,
  camera: undefined,
  still: false,
  quality: "good",
  extension: "",
  post: "",
  phone: undefined,
  place: undefined,
  flag: "",
  seatRole: undefined,
  speaks: true,
  priority: false,
};

export const view: MeetingView = {
  link: { is: "live" },
  people: [],
  hands: [],
  share: undefined,
  voices: [],
  canHear: true,
  microphoneOpen: true,
  cameraOn: true,
  effects: { blur: false, quiet: false },
  sparing: { audioOnly: false, saveData: false },
  sharing: false,
  handUp: false,
  floor: undefined,
  agenda: undefined,
  quality: "good",
  isHost: true,
  directs: true,
  speaks: true,
  locked: false,
  knocks: [],
  chat: emptyChat,
  notice: undefined,
};
