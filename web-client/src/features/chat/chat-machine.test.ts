import { describe, expect, it } from "vitest";
import { chat, emptyChat, KEPT_MESSAGES, LONGEST_MESSAGE, type Message } from "./chat-machine";

describe("chat", () => {
  it("counts what arrives while its panel is closed, and forgets the count when it opens", () => {
    const closed = chat(chat(emptyChat, received("1")), received("2"));
    expect(closed.unread).toBe(2);

    const opened = chat(closed, { on: "opened" });
    expect(opened.unread).toBe(0);
    expect(chat(opened, received("3")).unread).toBe(0);
  });

  it("never counts one's own messages", () => {
    expect(chat(emptyChat, { on: "sent", message: message("1") }).unread).toBe(0);
  });

  it("shows a message once, even when it arrives twice", () => {
    expect(chat(chat(emptyChat, received("1")), received("1")).messages).toHaveLength(1);
  });

  it("keeps a bounded number of bounded messages", () => {
    let state = emptyChat;
    for (let i = 0; i < KEPT_MESSAGES + 10; i += 1)
      state = chat(state, received(String(i), "x".repeat(9_000)));

    expect(state.messages).toHaveLength(KEPT_MESSAGES);
    expect(state.messages[0]?.id).toBe("10");
    expect(state.messages[0]?.text).toHaveLength(LONGEST_MESSAGE);
  });
});

const message = (id: string, text = "bonjour"): Message => ({
  id,
  from: "a",
  name: "A",
  own: false,
  text,
  at: 0,
});
const received = (id: string, text?: string) => ({ on: "received", message: message(id, text) }) as const;
