//! A call in words.

import type { Call } from "../../api/calls";
import { sentenceFor, type Words } from "../../i18n";

/** The name of the other side, or its number, or that it does not show it. */
export const nameOf = (text: Words<"phone">, { name, number }: { name: string; number: string }): string =>
  name !== "" ? name : number !== "" ? number : text.phone.withheld;

/** `Ambassade à Paris, poste 2114`; of a stranger, the number if the name does not say it already. */
export function whereOf(
  text: Words,
  { name, number, post_name }: { name: string; number: string; post_name: string },
): string {
  if (post_name !== "") return `${post_name}, ${text.app.extension(number)}`;
  return name === "" ? "" : number;
}

/** How far a call is. */
export function stateOf(text: Words<"phone">, call: Call): string {
  const words = text.phone.states;
  switch (call.state) {
    case "calling":
      return words.calling;
    case "ringing":
      return call.direction === "in" ? words.rings : words.ringing;
    case "talking":
      if (call.mailbox) return words.mailbox;
      return call.held ? words.held : call.held_by_other ? words.heldByOther : words.talking;
    case "ended":
      return text.phone.causes[call.cause ?? "hung-up"];
  }
}

/** Why something could not be done. */
export function failureOf(
  text: Words<"phone">,
  failure: { code: string; reason: string | undefined },
): string {
  const { reasons } = text.phone;
  if (failure.reason !== undefined && failure.reason in reasons) {
    return reasons[failure.reason as keyof typeof reasons];
  }
  return sentenceFor(text, failure.code);
}
