// @vitest-environment happy-dom

import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { ChatPanel } from "./ChatPanel";
import { emptyChat } from "./chat-machine";

// The page of the tests has no lines to scroll.
beforeAll(() => (Element.prototype.scrollIntoView = () => undefined));
afterEach(cleanup);

const others = [
  { identity: "a", name: "Consule générale" },
  { identity: "b", name: "Chef du protocole" },
];

it("sends what is written, without the space around it, and nothing of nothing", async () => {
  const send = vi.fn(() => Promise.resolve());
  render(<ChatPanel chat={emptyChat} mayWrite onSend={send} />);

  await userEvent.type(screen.getByRole("textbox"), "  Bonjour {Enter}");
  expect(screen.getByRole("textbox")).toHaveProperty("value", "");
  await userEvent.type(screen.getByRole("textbox"), "   {Enter}");
  expect(send.mock.calls).toEqual([["Bonjour", undefined]]);
});

it("gives back what could not be sent, and says so", async () => {
  render(<ChatPanel chat={emptyChat} mayWrite onSend={() => Promise.reject(new Error("the line is cut"))} />);

  await userEvent.type(screen.getByRole("textbox"), "Un mot{Enter}");
  await vi.waitFor(() => expect(screen.getByRole("textbox")).toHaveProperty("value", "Un mot"));
  expect(screen.getByRole("alert").textContent).not.toBe("");
});

it("does not write to all what was meant for somebody who has left", async () => {
  const send = vi.fn(() => Promise.resolve());
  const { rerender } = render(<ChatPanel chat={emptyChat} mayWrite onSend={send} recipients={others} />);
  await userEvent.selectOptions(screen.getByRole("combobox"), "Consule générale");

  rerender(<ChatPanel chat={emptyChat} mayWrite onSend={send} recipients={others.slice(1)} />);
  await userEvent.type(screen.getByRole("textbox"), "Entre nous{Enter}");
  expect(send).not.toHaveBeenCalled();
  expect(screen.getByRole("alert").textContent).toContain("Consule générale");

  await userEvent.selectOptions(screen.getByRole("combobox"), "Chef du protocole");
  await userEvent.click(screen.getByRole("button", { name: "Envoyer" }));
  expect(send).toHaveBeenCalledWith("Entre nous", others[1]);
});

it("gives an observer nothing to write with", () => {
  render(<ChatPanel chat={emptyChat} mayWrite={false} onSend={() => Promise.resolve()} />);

  expect(screen.queryByRole("textbox")).toBeNull();
});
