//! Every screen as it must be for everybody: narrow enough for a phone, led by the keyboard, and speaking to nobody else.

import { fits } from "./support/access.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const TELEPHONY = ["", "/sites", "/groups", "/lines", "/live", "/calls", "/explain"].map((tab) => `/telephony${tab}`);
const PHONE = { width: 360, height: 740 };

test("the page is served with a policy that allows nothing inline and nothing foreign", async ({ arrive }) => {
  const guest = await arrive("Invitée");
  const answer = await guest.page.goto("/");
  const policy = answer?.headers()["content-security-policy"] ?? "";

  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy.replace("'wasm-unsafe-eval'", ""), "but WebAssembly, which nobody writes into a page").not.toContain("unsafe");
  expect(policy).not.toContain("*");
});

test("the way into a meeting is light, and brings nothing of other pages", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");

  for (const person of [host, guest]) {
    const names: string[] = [];
    const sizes: Promise<number>[] = [];
    person.page.on("requestfinished", (request) => {
      const asset = /\/assets\/(.*)$/.exec(request.url())?.[1];
      if (asset === undefined) return;
      names.push(asset);
      sizes.push(request.sizes().then((size) => size.responseBodySize));
    });
    await person.enter(code);

    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    test.info().annotations.push({ type: person.name, description: `${total} bytes` });
    expect(total).toBeGreaterThan(100_000);
    expect(total, "bytes of scripts, styles and fonts until one is in session").toBeLessThan(350_000);
    // Whoever is signed in may be called; nobody else needs a page's words. Those of the session come once one is in it.
    const words = names.flatMap((name) => /^(\w+)\.(?:fr|en)-/.exec(name)?.[1] ?? []).filter((page) => page !== "session");
    expect(words).toEqual(person === host ? ["phone"] : []);
  }
});

test("everything fits a phone, and its five keys do what a desk does", async ({ arrive }) => {
  const host = await arrive(HOST.name, { viewport: PHONE });
  await host.signIn();
  for (const path of ["/", "/directory", "/calls", "/users", "/savings", "/audit", "/mail", "/settings", ...TELEPHONY]) {
    await host.page.goto(path);
    await expect(host.page.locator("h1")).toBeVisible();
    await expect(host.page.locator(".loading")).toHaveCount(0);
    await fits(host);
  }

  const code = await host.makeMeeting("Une rencontre au titre plutôt long pour un téléphone", false);
  await host.prepare(code);
  await fits(host);
  await host.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await host.isInside();
  await fits(host);
  const keys = host.page.getByRole("toolbar", { name: "Commandes de séance" }).getByRole("button");
  await expect(keys.filter({ visible: true })).toHaveCount(5);

  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Messages" }).click();
  await host.say("Depuis un téléphone");
  await expect(host.page.getByRole("log", { name: "Messages de la séance" })).toContainText("Depuis un téléphone");
  await fits(host);
  await host.page.getByRole("button", { name: "Fermer le volet" }).click();
  await host.key("Quitter").click();
  await expect(host.page.getByRole("heading", { name: "Vous avez quitté la séance" })).toBeVisible();
  await fits(host);
});

test("a session can be led by the keyboard alone", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.enter(code);
  const { keyboard } = host.page;

  await host.page.getByRole("link", { name: "Commandes de séance" }).focus();
  await keyboard.press("Enter");
  await expect(host.key("Micro ouvert")).toBeFocused();
  await keyboard.press("Space");
  await expect(host.key("Micro coupé")).toBeVisible();

  // Arrows walk along the bar; the panel takes the focus and gives it back.
  await host.key("Participants").focus();
  await keyboard.press("ArrowRight");
  await expect(host.key("Messages")).toBeFocused();
  await keyboard.press("Enter");
  await expect(host.page.getByRole("heading", { name: "Messages" })).toBeFocused();
  await keyboard.press("Escape");
  await expect(host.key("Messages")).toBeFocused();
});
