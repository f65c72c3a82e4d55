//! Voicemail: what callers have left for one's own extension.

import { call, putSound } from "./client";

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
/** What callers hear in one's mailbox; `null` is the standard greeting. */
export interface Greeting {
  /** In seconds. */
  length: number;
  made: string;
}

interface OwnGreeting {
  greeting: Greeting | null;
}

export const ownGreeting = async () => (await call<OwnGreeting>("GET", "/api/me/greeting")).greeting;
/** Another sound each time it was made anew. */
export const greetingSound = ({ made }: Greeting) =>
  `/api/me/greeting/sound?made=${encodeURIComponent(made)}`;
export const setGreeting = async (wav: Blob) =>
  (await putSound<OwnGreeting>("/api/me/greeting", wav)).greeting;
export const removeGreeting = () => call<undefined>("DELETE", "/api/me/greeting");

export const setMailboxPin = (pin: string) => call<undefined>("PUT", "/api/me/mailbox-pin", { pin });
