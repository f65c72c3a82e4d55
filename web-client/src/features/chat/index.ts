export { ChatPanel } from "./ChatPanel";
export type { Recipient } from "./recipients";
export { Thread } from "./thread";
export {
  chat,
  emptyChat,
  LONGEST_MESSAGE,
  type ChatInput,
  type ChatState,
  type Message,
} from "./chat-machine";
