//! One human at one browser, and what they do in the words of the interface.

import { expect, type Browser, type BrowserContext, type Locator, type Page } from "@playwright/test";
import { instrument } from "./media.js";
import { HOST } from "./server.js";

interface Options {
  viewport?: { width: number; height: number };
  locale?: string;
  bypassCSP?: boolean;
  timezoneId?: string;
}

export class Person {
  /** What a page of ours must never do: say something in the console, or ask a foreign origin. */
  readonly faults: string[] = [];
  private excused: RegExp[] = [];

  private constructor(
    readonly name: string,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly base: string,
  ) {}

  static async at(browser: Browser, base: string, name: string, options: Options = {}): Promise<Person> {
    const context = await browser.newContext({
      baseURL: base,
      locale: options.locale ?? "fr-FR",
      viewport: options.viewport ?? { width: 1280, height: 720 },
      bypassCSP: options.bypassCSP ?? false,
      ...(options.timezoneId !== undefined && { timezoneId: options.timezoneId }),
      permissions: ["camera", "microphone", "clipboard-read", "clipboard-write"],
    });
    await context.addInitScript(instrument);
    const page = await context.newPage();
    const person = new Person(name, context, page, base);
    person.watch();
    return person;
  }

  /** From here on these console messages are part of the story. */
  excuse(...messages: RegExp[]): void {
    this.excused = messages;
  }

  /** Signs in as the host of the tests, without the page: its own test shows the page. */
  async signIn(): Promise<void> {
    const answer = await this.context.request.post("/api/sign-in", {
      headers: { origin: this.base },
      data: { email: HOST.email, password: HOST.password },
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  /** Signs in as somebody else, without the page. */
  async signInAs(email: string, password: string): Promise<void> {
    const answer = await this.context.request.post("/api/sign-in", {
      headers: { origin: this.base },
      data: { email, password },
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  /** Another tab of the same browser, watched as the first one is. */
  async anotherTab(): Promise<Page> {
    const page = await this.context.newPage();
    this.watch(page);
    return page;
  }

  /** Makes a meeting; its code. */
  async makeMeeting(title: string, waitingRoom: boolean): Promise<string> {
    const answer = await this.context.request.post("/api/meetings", {
      headers: { origin: this.base },
      data: { title, waiting_room: waitingRoom },
    });
    expect(answer.status(), await answer.text()).toBe(201);
    return ((await answer.json()) as { code: string }).code;
  }

  /** Opens the link and stands in pre-join, with the devices open. */
  async prepare(code: string): Promise<void> {
    await this.page.goto(`/m/${code}`);
    const name = this.page.getByLabel("Votre nom et votre fonction");
    const enter = this.page.getByRole("button", { name: /^(Entrer|Demander à entrer)$/ });
    await expect(enter).toBeVisible();
    if (await name.isVisible()) await name.fill(this.name);
    await expect(this.page.locator(".self video")).toBeVisible();
  }

  /** Opens the link, gives the name if asked, and is in session. */
  async enter(code: string): Promise<void> {
    await this.prepare(code);
    await this.page.getByRole("button", { name: "Entrer", exact: true }).click();
    await this.isInside();
  }

  /** Opens the link and asks to be let in. */
  async knock(code: string): Promise<void> {
    await this.prepare(code);
    await this.page.getByRole("button", { name: "Demander à entrer" }).click();
    await expect(this.page.getByText("Salle d’attente")).toBeVisible();
  }

  async isInside(): Promise<void> {
    await expect(this.page.locator('[data-link="live"]')).toBeAttached();
  }

  /** A key of the bar, by its words. */
  key(word: string | RegExp): Locator {
    return this.page
      .getByRole("toolbar", { name: "Commandes de séance" })
      .getByRole("button", { name: word, exact: true });
  }

  /** The tile of somebody, as this browser shows it. */
  tileOf(name: string): Locator {
    return this.page.locator("figure.tile").filter({ has: this.page.locator(".plate", { hasText: name }) });
  }

  /** The line of somebody in the panel of participants. */
  rowOf(name: string): Locator {
    return this.page.getByRole("complementary", { name: "Participants" }).getByRole("listitem").filter({ hasText: name });
  }

  async openPeople(): Promise<void> {
    await this.key(/^Participants/).click();
    await expect(this.page.getByRole("complementary", { name: "Participants" })).toBeVisible();
  }

  async openMessages(): Promise<void> {
    await this.key(/^Messages/).click();
    await expect(this.page.getByRole("complementary", { name: "Messages" })).toBeVisible();
  }

  async openSettings(): Promise<Locator> {
    await this.key("Plus").click();
    await this.page.getByRole("menuitem", { name: "Réglages" }).click();
    return this.page.getByRole("complementary", { name: "Réglages" });
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel("Écrire à tous").fill(text);
    await this.page.getByRole("button", { name: "Envoyer" }).click();
  }

  private watch(page = this.page): void {
    const own = new URL(this.base).host;
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      const text = `${message.text()} (${message.location().url})`;
      if (!this.excused.some((excuse) => excuse.test(text))) this.faults.push(`console: ${text}`);
    });
    page.on("pageerror", (error) => this.faults.push(`uncaught: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== "data:" && protocol !== "blob:" && host !== own) this.faults.push(`foreign request: ${request.url()}`);
    });
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== own) this.faults.push(`foreign WebSocket: ${socket.url()}`);
    });
  }
}
