// @vitest-environment happy-dom

import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Menu, MenuItem } from "react-aria-components";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PopoverParts } from "../../ui";
import { MoreItems } from "./MoreItems";
import { Panel } from "./Panel";
import { somebody, view } from "./samples";
import type { MeetingSession } from "./session";
import { Tile } from "./Tile";
import { Toasts } from "./Toasts";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("a tile", () => {
  it("says to those who do not see it what matters at a glance", () => {
    render(<Tile person={{ ...somebody, microphoneOpen: false, turn: 2, quality: "poor" }} />);

    screen.getByRole("img", { name: "micro coupé" });
    screen.getByText("Consule générale demande la parole");
    screen.getByText("Liaison faible");
  });

  it("says that a picture stands still, and only of a picture", () => {
    const camera = { attach: () => undefined, detach: () => undefined } as unknown as NonNullable<
      typeof somebody.camera
    >;
    const { rerender } = render(<Tile person={{ ...somebody, camera, still: true }} />);
    screen.getByText("Image fixe");

    rerender(<Tile person={{ ...somebody, still: true }} />);
    expect(screen.queryByText("Image fixe")).toBeNull();
  });

  it("names oneself as one is spoken to, and does not tell one of one's own line", () => {
    render(<Tile person={{ ...somebody, isSelf: true, quality: "poor" }} />);

    screen.getByText("Vous");
    expect(screen.queryByText("Liaison faible")).toBeNull();
  });

  it("shows the function before the name, and the party after it", () => {
    const place = { seat: "s1", title: "Cheffe de délégation", party: "Bénin" };
    render(<Tile person={{ ...somebody, place: place as never }} />);

    screen.getByText("Cheffe de délégation, Bénin");
  });
});

describe("what floats at the foot", () => {
  const session = (calls: string[]) =>
    ({
      dismissNotice: () => calls.push("dismissed"),
      orders: {
        admit: (ticket: string) => Promise.resolve(calls.push(`admitted ${ticket}`)),
        refuse: (ticket: string) => Promise.resolve(calls.push(`refused ${ticket}`)),
      },
    }) as unknown as MeetingSession;

  it("stays six seconds, and not longer because something else changed", async () => {
    vi.useFakeTimers();
    const calls: string[] = [];
    const one = session(calls);
    const notice = { id: 1, says: "link-copied" } as const;
    const { rerender } = render(
      <Toasts session={one} view={{ ...view, notice }} onShowPeople={() => undefined} />,
    );

    await act(() => vi.advanceTimersByTimeAsync(4_000));
    rerender(
      <Toasts session={one} view={{ ...view, notice, locked: true }} onShowPeople={() => undefined} />,
    );
    await act(() => vi.advanceTimersByTimeAsync(1_900));
    expect(calls).toEqual([]);
    await act(() => vi.advanceTimersByTimeAsync(200));
    expect(calls).toEqual(["dismissed"]);
  });

  it("lets in or refuses who knocks alone", async () => {
    const calls: string[] = [];
    const knocks = [{ ticket: "t1", name: "Attachée de presse" }] as unknown as typeof view.knocks;
    render(<Toasts session={session(calls)} view={{ ...view, knocks }} onShowPeople={() => undefined} />);

    await userEvent.click(await screen.findByRole("button", { name: "Faire entrer" }));
    await userEvent.click(screen.getByRole("button", { name: "Refuser" }));
    expect(calls).toEqual(["admitted t1", "refused t1"]);
  });
});

describe("what is seldom needed", () => {
  const items = (directs: boolean, onSmall?: () => void) => {
    const opened: string[] = [];
    render(
      <MoreItems
        parts={{ Menu, MenuItem } as unknown as PopoverParts}
        session={undefined as unknown as MeetingSession}
        view={{ ...view, directs }}
        onPanel={(panel) => opened.push(panel)}
        onShortcuts={() => opened.push("shortcuts")}
        onSmall={onSmall}
        onEnd={() => opened.push("end")}
      />,
    );
    return opened;
  };

  it("closes the session only for whoever directs it", () => {
    items(false);
    expect(screen.queryByRole("menuitem", { name: "Clore la séance" })).toBeNull();
    cleanup();
    items(true);
    screen.getByRole("menuitem", { name: "Clore la séance" });
  });

  it("opens the panel that is meant", async () => {
    const opened = items(true);

    for (const name of ["Réglages", "Informations", "Inviter"])
      await userEvent.click(screen.getByRole("menuitem", { name }));
    expect(opened).toEqual(["settings", "info", "invite"]);
  });

  it("offers no small window where the browser has none", () => {
    items(true);
    expect(screen.queryByRole("menuitem", { name: "Petite fenêtre" })).toBeNull();
  });
});

it("a panel takes the focus, closes with Escape, and gives the focus back to its key", async () => {
  const close = vi.fn();
  const { unmount } = render(
    <>
      <button id="key-people">Participants</button>
      <Panel title="Participants" opener="key-people" onClose={close}>
        <p>Personne</p>
      </Panel>
    </>,
  );
  expect(document.activeElement?.textContent).toBe("Participants");
  expect(document.activeElement?.tagName).toBe("H2");

  await userEvent.keyboard("{Escape}");
  expect(close).toHaveBeenCalledOnce();
  unmount();
});
