//! Where and how long it rings: on the device that was chosen for it, again and again, until somebody does something.

import { cardOf, dial, key } from "./support/calls.js";
import { ASIA, furnish, MINISTER, PASSWORD } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

declare global {
  interface Window {
    ringers: HTMLAudioElement[];
    rung: number;
  }
}

test("it rings on the chosen device, turn after turn, until the caller gives up", async ({ arrive, server }) => {
  const director = await arrive(ASIA.name);
  await director.signInAs(HOST.email, HOST.password);
  await furnish(director, server);
  const minister = await arrive(MINISTER.name);
  await minister.context.addInitScript(listenToRinger);
  await minister.signInAs(MINISTER.email, PASSWORD);

  await minister.page.goto("/settings");
  await minister.page.getByRole("button", { name: /Sonnerie/ }).click();
  const device = minister.page.getByRole("option").filter({ hasNotText: /préféré|défaut|default/i }).last();
  await device.click();
  const chosen = await minister.page.evaluate(() => localStorage.getItem("palabre.ring-device"));
  expect(chosen).toBeTruthy();
  const known = await minister.page.evaluate(async () =>
    (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audiooutput").map(({ deviceId }) => deviceId),
  );
  expect(known).toContain(chosen);

  await dial(director, MINISTER.number);
  await expect(cardOf(minister.page, ASIA.name)).toBeVisible();
  await expect.poll(() => minister.page.evaluate(() => window.ringers.length)).toBe(1);
  const state = () =>
    minister.page.evaluate(() => {
      const [ringer] = window.ringers as (HTMLAudioElement & { sinkId: string })[];
      return { sink: ringer?.sinkId, plays: ringer?.paused === false && ringer.srcObject !== null };
    });
  expect(await state()).toEqual({ sink: chosen, plays: true });
  // A turn is three seconds: what rings once would have fallen silent.
  await expect.poll(() => minister.page.evaluate(() => window.rung), { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
  expect(await state()).toEqual({ sink: chosen, plays: true });

  await key(director.page, "Abandonner").click();
  await expect(cardOf(minister.page, ASIA.name)).toHaveCount(0);
  await expect.poll(async () => (await state()).plays).toBe(false);
});

/** Notes the elements of ringers, and counts how often their sound begins. */
function listenToRinger(): void {
  window.ringers = [];
  window.rung = 0;
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
    if (this instanceof HTMLAudioElement && this.dataset["ringer"] !== undefined) {
      window.ringers.push(this);
      const context = new AudioContext();
      void context.resume();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(this.srcObject as MediaStream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      let quiet = 10;
      window.setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const loud = samples.some((sample) => Math.abs(sample) > 0.02);
        // A pause between two turns is longer than any moment between two pitches.
        if (loud && quiet >= 10) window.rung += 1;
        quiet = loud ? 0 : quiet + 1;
      }, 50);
    }
    return play.call(this);
  };
}
