//! What is done to one's own picture and voice before they are sent, as the others see and hear it.

import { expectFlow } from "./support/media.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

declare global {
  interface Window {
    /** The greatest sharpness of any picture that has come, since it was last asked. */
    sharpest: () => number;
    /** How loud what comes in is, from 0 to 1. */
    loudness: () => number;
  }
}

test("a blurred background is never seen sharp, and may be seen again", async ({ arrive }) => {
  const { host, guest, code } = await before(arrive, 8);
  await host.page.addInitScript(watchesSharpness);
  await guest.page.addInitScript(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = wanted?.audio ? await open({ audio: wanted.audio }) : new MediaStream();
      if (!wanted?.video) return stream;
      // A wall of sharp squares, as nobody has at home.
      const wall = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
      const paint = wall.getContext("2d");
      let step = 0;
      window.setInterval(() => {
        step += 1;
        for (let x = 0; x < 40; x++)
          for (let y = 0; y < 23; y++) {
            if (paint) paint.fillStyle = (x + y + step) % 2 === 0 ? "#fff" : "#000";
            paint?.fillRect(x * 16, y * 16, 16, 16);
          }
      }, 200);
      wall.captureStream(5).getTracks().forEach((track) => stream.addTrack(track));
      return stream;
    };
  });
  await host.enter(code);

  await guest.prepare(code);
  await guest.page.getByRole("checkbox", { name: "Flouter l’arrière-plan" }).check();
  await expect(guest.page.locator(".self video")).toBeVisible({ timeout: 60_000 });
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await guest.isInside();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await host.page.waitForTimeout(3_000);
  const blurred = await host.page.evaluate(() => window.sharpest());

  const settings = await guest.openSettings();
  await settings.getByRole("checkbox", { name: "Flouter l’arrière-plan" }).uncheck();
  await expect.poll(() => host.page.evaluate(() => window.sharpest()), { timeout: 30_000 }).toBeGreaterThan(blurred * 3);
  await host.page.waitForTimeout(1_000);
  const plain = await host.page.evaluate(() => window.sharpest());
  console.log(`    sharpness ${blurred.toFixed(1)} blurred, ${plain.toFixed(1)} plain`);
  expect(blurred, "something was seen").toBeGreaterThan(0);
  expect(blurred).toBeLessThan(plain / 3);

  // Chosen while the camera is closed, it is there when it opens.
  await guest.key("Caméra").click();
  await settings.getByRole("checkbox", { name: "Flouter l’arrière-plan" }).check();
  await expect(guest.key("Caméra coupée")).toBeVisible();
  await host.page.evaluate(() => window.sharpest());
  await guest.key("Caméra coupée").click();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await host.page.waitForTimeout(3_000);
  const again = await host.page.evaluate(() => window.sharpest());
  expect(again).toBeGreaterThan(0);
  expect(again).toBeLessThan(plain / 3);
});

test("noises are taken out of a voice, and the voice stays", async ({ arrive }) => {
  const { host, guest, code } = await before(arrive, 8);
  await host.page.addInitScript(hearsLoudness);
  await guest.page.addInitScript(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      if (!wanted?.audio) return open(wanted);
      const stream = wanted.video ? await open({ video: wanted.video }) : new MediaStream();
      const context = new AudioContext();
      const output = context.createMediaStreamDestination();
      // An air conditioner, which the browser does not take out of what it has not recorded itself.
      const noise = context.createBuffer(1, 2 * context.sampleRate, context.sampleRate);
      noise.getChannelData(0).forEach((_, index, samples) => (samples[index] = 0.6 * (Math.random() - 0.5)));
      const player = new AudioBufferSourceNode(context, { buffer: noise, loop: true });
      player.connect(new BiquadFilterNode(context, { type: "lowpass", frequency: 800 })).connect(output);
      player.start();
      output.stream.getAudioTracks().forEach((track) => stream.addTrack(track));
      return stream;
    };
  });
  await host.enter(code);
  await guest.enter(code);
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  const loudness = () => host.page.evaluate(() => window.loudness());
  await expect.poll(loudness, { timeout: 30_000 }).toBeGreaterThan(0.01);
  const noisy = await loudness();

  const settings = await guest.openSettings();
  await settings.getByRole("checkbox", { name: "Réduire les bruits" }).check();

  await expect.poll(loudness, { timeout: 30_000 }).toBeLessThan(noisy / 5);
  console.log(`    loudness ${noisy.toFixed(4)}, then ${(await loudness()).toFixed(4)}`);

  // Muted and open again, and after another microphone was chosen, it is still done.
  await guest.key("Micro ouvert").click();
  await guest.key("Micro coupé").click();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await host.page.waitForTimeout(2_000);
  expect(await loudness()).toBeLessThan(noisy / 5);

  await settings.getByRole("checkbox", { name: "Réduire les bruits" }).uncheck();
  await expect.poll(loudness, { timeout: 30_000 }).toBeGreaterThan(noisy / 2);
});

test("a voice out of which noises are taken is heard as loud as before", async ({ arrive }) => {
  const { host, guest, code } = await before(arrive, 8);
  await host.page.addInitScript(hearsLoudness);
  await host.enter(code);
  await guest.enter(code);
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  const loudest = async () => {
    let most = 0;
    for (let second = 0; second < 4; second++) {
      await host.page.waitForTimeout(1_000);
      most = Math.max(most, await host.page.evaluate(() => window.loudness()));
    }
    return most;
  };
  const plain = await loudest();

  const settings = await guest.openSettings();
  await settings.getByRole("checkbox", { name: "Réduire les bruits" }).check();
  await host.page.waitForTimeout(3_000);
  const quiet = await loudest();

  console.log(`    voice ${plain.toFixed(4)}, then ${quiet.toFixed(4)}`);
  expect(quiet).toBeGreaterThan(plain / 2);
});

test("a machine that is too weak is told so", async ({ arrive }) => {
  const { guest, code } = await before(arrive, 2);
  await guest.prepare(code);

  const blur = guest.page.getByRole("checkbox", { name: "Flouter l’arrière-plan" });
  await expect(blur).toBeDisabled();
  await expect(guest.page.getByText("Cet appareil n’est pas assez puissant.")).toBeVisible();
  await guest.page.getByRole("checkbox", { name: /^Économiser les données/ }).check();
  await expect(guest.page.getByText("Le choix « Économiser les données » l’exclut.")).toBeVisible();
});

async function before(arrive: (name: string) => Promise<Person>, cores: number) {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");
  await guest.page.addInitScript((cores) => {
    Object.defineProperty(navigator, "hardwareConcurrency", { get: () => cores });
  }, cores);
  return { host, guest, code };
}

/** Looks at the pictures of others many times a second. */
function watchesSharpness(): void {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  let most = 0;
  window.setInterval(() => {
    for (const video of document.querySelectorAll<HTMLVideoElement>("figure video:not(.mirrored)")) {
      if (video.videoWidth === 0 || !paint) continue;
      paint.drawImage(video, 0, 0, 320, 180);
      const { data } = paint.getImageData(0, 0, 320, 180);
      let sum = 0;
      for (let at = 4; at < data.length; at += 4) sum += Math.abs((data[at] ?? 0) - (data[at - 4] ?? 0));
      most = Math.max(most, sum / (data.length / 4));
    }
  }, 50);
  window.sharpest = () => {
    const before = most;
    most = 0;
    return before;
  };
}

/** Listens to whatever comes in. */
function hearsLoudness(): void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 32_768;
  const samples = new Float32Array(analyser.fftSize);
  const heard = new Set<string>();
  window.setInterval(() => {
    for (const { track } of window.peers.flatMap((peer) => peer.getReceivers())) {
      if (track.kind !== "audio" || heard.has(track.id)) continue;
      heard.add(track.id);
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    }
  }, 100);
  window.loudness = () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  };
}
