//! The messages of a session: what was said, what is unread. Pure; whoever owns the room sends and receives.

export interface Message {
  id: string;
  from: string;
  name: string;
  own: boolean;
  text: string;
  /** Milliseconds since 1970. */
  at: number;
  /** The one person it is for, empty for oneself; nothing where everybody reads it. */
  onlyFor?: string;
  /** A file instead of words, by its id. */
  file?: string;
}

export interface ChatState {
  messages: readonly Message[];
  unread: number;
  open: boolean;
}

export type ChatInput =
  | { on: "received"; message: Message }
  | { on: "sent"; message: Message }
  | { on: "opened" }
  | { on: "closed" };

/** A page keeps this many messages; older ones go. */
export const KEPT_MESSAGES = 500;
/** A message is cut at this length, by us before sending and against others on arrival. */
export const LONGEST_MESSAGE = 4_000;

export const emptyChat: ChatState = { messages: [], unread: 0, open: false };

/** Chat has no effects of its own: sending is the room's. */
export function chat(state: ChatState, input: ChatInput): ChatState {
  switch (input.on) {
    case "received":
      if (state.messages.some((message) => message.id === input.message.id)) return state;
      return { ...add(state, input.message), unread: state.open ? 0 : state.unread + 1 };
    case "sent":
      return add(state, input.message);
    case "opened":
      return { ...state, open: true, unread: 0 };
    case "closed":
      return { ...state, open: false };
  }
}

function add(state: ChatState, message: Message): ChatState {
  const cut = { ...message, text: message.text.slice(0, LONGEST_MESSAGE) };
  return { ...state, messages: [...state.messages, cut].slice(-KEPT_MESSAGES) };
}
