// @vitest-environment happy-dom

import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Confirm, Field, Pick, PopoverButton } from ".";

afterEach(cleanup);

describe("a question before something ends", () => {
  const ask = () => {
    const said: string[] = [];
    render(
      <Confirm
        title="Clore la séance ?"
        help="Elle se ferme pour tous."
        action="Clore"
        onConfirm={() => said.push("confirmed")}
        onClose={() => said.push("closed")}
      />,
    );
    return said;
  };

  it("does nothing when one thinks better of it", async () => {
    const said = ask();

    await userEvent.click(await screen.findByRole("button", { name: "Annuler" }));
    expect(said).toEqual(["closed"]);
  });

  it("does what it says, once, and goes", async () => {
    const said = ask();

    await userEvent.click(await screen.findByRole("button", { name: "Clore" }));
    expect(said).toEqual(["confirmed", "closed"]);
  });

  it("goes with Escape, and nothing is done", async () => {
    const said = ask();
    await screen.findByRole("alertdialog", { name: "Clore la séance ?" });

    await userEvent.keyboard("{Escape}");
    expect(said).toEqual(["closed"]);
  });
});

describe("a line to fill in", () => {
  it("says what to write instead in the place of its help", () => {
    const { rerender } = render(<Field label="Nom" help="Comme on vous appelle." />);
    expect(screen.getByRole("textbox").getAttribute("aria-invalid")).toBeNull();
    expect(described()).toBe("Comme on vous appelle.");

    rerender(<Field label="Nom" help="Comme on vous appelle." error="Écrivez un nom." />);
    expect(screen.getByRole("textbox").getAttribute("aria-invalid")).toBe("true");
    expect(described()).toBe("Écrivez un nom.");
  });

  const described = () => {
    const ids = screen.getByRole("textbox").getAttribute("aria-describedby")?.split(" ") ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  };
});

it("a list has a name even where none is shown", async () => {
  const choose = vi.fn();
  const options = [
    { id: "", word: "Par défaut" },
    { id: "usb", word: "Casque" },
  ];
  render(<Pick label="Micro" labelHidden options={options} chosen="" onChoose={choose} />);

  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Micro" }), "Casque");
  expect(choose).toHaveBeenCalledWith("usb");
});

describe("a button with a menu", () => {
  const menu = (act: (key: string) => void) =>
    render(
      <PopoverButton
        className="key"
        placement="top"
        content={({ Menu, MenuItem }) => (
          <Menu aria-label="Plus" onAction={(key) => act(String(key))}>
            <MenuItem id="copy">Copier le lien</MenuItem>
            <MenuItem id="info">Informations</MenuItem>
          </Menu>
        )}
      >
        Plus
      </PopoverButton>,
    );

  it("is opened, walked through and closed by keys alone, and the focus comes back", async () => {
    menu(() => undefined);
    const button = screen.getByRole("button", { name: "Plus" });
    expect(button.getAttribute("aria-expanded")).toBe("false");

    await userEvent.tab();
    await userEvent.keyboard("{ArrowDown}");
    await screen.findByRole("menu");
    expect(button.getAttribute("aria-expanded")).toBe("true");
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("menu")).toBeNull();
    await vi.waitFor(() => expect(document.activeElement).toBe(button));
  });

  it("acts by the line that is pressed, and closes", async () => {
    const act = vi.fn();
    menu(act);

    await userEvent.click(screen.getByRole("button", { name: "Plus" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Informations" }));
    expect(act).toHaveBeenCalledWith("info");
    await vi.waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  });
});
