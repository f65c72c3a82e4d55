// @vitest-environment happy-dom

import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { EffectsChoice } from ".";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const on = (cores: number) => vi.spyOn(navigator, "hardwareConcurrency", "get").mockReturnValue(cores);
const none = { blur: false, quiet: false };

it("offers both to a machine that can", async () => {
  on(8);
  const change = vi.fn();
  render(<EffectsChoice wanted={none} saveData={false} onChange={change} />);

  await userEvent.click(screen.getByRole("checkbox", { name: /^Flouter/ }));
  await userEvent.click(screen.getByRole("checkbox", { name: /^Réduire/ }));
  expect(change.mock.calls).toEqual([
    ["blur", true],
    ["quiet", true],
  ]);
});

it("says why a weak machine is not offered the blur", () => {
  on(2);
  render(<EffectsChoice wanted={none} saveData={false} onChange={() => undefined} />);

  const blur = screen.getByRole("checkbox", { name: /^Flouter.*pas assez puissant/ });
  expect(blur.hasAttribute("disabled")).toBe(true);
  expect(screen.getByRole("checkbox", { name: /^Réduire/ }).hasAttribute("disabled")).toBe(false);
});

it("lets go of what was chosen before data were to be saved", async () => {
  on(8);
  const change = vi.fn();
  render(<EffectsChoice wanted={{ blur: true, quiet: false }} saveData onChange={change} />);

  await userEvent.click(screen.getByRole("checkbox", { name: /^Flouter/ }));
  expect(change).toHaveBeenCalledWith("blur", false);
  expect(screen.getByRole("checkbox", { name: /^Réduire/ }).hasAttribute("disabled")).toBe(true);
});
