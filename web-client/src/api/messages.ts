//! Voicemail: what callers have left for one's own extension.

import { call } from "./client";

export interface VoiceMessage {
  id: string;
  from: string;
  name: string;
  left: string;
  /** In seconds. */
  length: number;
  heard: boolean;
}

const at = (id: string, rest = "") => `/api/messages/${encodeURIComponent(id)}${rest}`;

export const listMessages = async () =>
  (await call<{ messages: VoiceMessage[] }>("GET", "/api/messages")).messages;
export const soundOf = (id: string) => at(id, "/sound");
export const heardMessage = (id: string) => call<undefined>("POST", at(id, "/heard"));
export const removeMessage = (id: string) => call<undefined>("DELETE", at(id));
export const setMailboxPin = (pin: string) => call<undefined>("PUT", "/api/me/mailbox-pin", { pin });
