import { CUT } from "./support/cut.js";
import { expectFlow } from "./support/media.js";
import { HOST } from "./support/server.js";
import { expect, onlyOver, test, ways, type Transport } from "./support/with-relay.js";

for (const transport of ["udp", "tcp", "tls"] satisfies Transport[]) {
  test(`two browsers meet whose network lets only the relay over ${transport} through`, async ({ arrive, server }) => {
    const host = await arrive(HOST.name);
    const guest = await arrive("Consule générale");
    for (const person of [host, guest]) await person.context.addInitScript(onlyOver, transport);
    await host.signIn();
    const code = await host.makeMeeting("Poste isolé", false);
    await host.enter(code);
    await guest.enter(code);

    for (const person of [host, guest]) {
      await expectFlow(person.page, { sounds: 1, pictures: 1 });
      expect(await ways(person.page)).toEqual([{ policy: "relay", type: "relay", protocol: transport }]);
    }
    expect(await relayed(server.url)).toMatchObject({ leads: true });

    await guest.key("Quitter").click();
    await expect(guest.page.getByRole("heading", { name: "Vous avez quitté la séance" })).toBeVisible();
    await host.key("Quitter").click();
    // Whoever has left holds nothing any more.
    await expect.poll(async () => (await relayed(server.url)).allocations).toBe(0);
  });
}

test("a browser that needs no relay takes the direct way", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Siège", false);
  await host.enter(code);

  await expect.poll(async () => (await ways(host.page)).length).toBe(1);
  expect(["host", "prflx"]).toContain((await ways(host.page))[0]?.type);
});

test("a relay that is cut off in session is found again", async ({ arrive, server }) => {
  const host = await arrive(HOST.name);
  const guest = await arrive("Consule générale");
  for (const person of [host, guest]) {
    await person.context.addInitScript(onlyOver, "tcp" as Transport);
    person.excuse(...CUT);
  }
  await host.signIn();
  const code = await host.makeMeeting("Poste isolé", false);
  await host.enter(code);
  await guest.enter(code);
  await expectFlow(host.page, { sounds: 1, pictures: 1 });

  await server.kill();
  for (const person of [host, guest]) await expect(person.page.getByText("Votre place est gardée")).toBeVisible();
  await server.run();

  for (const person of [host, guest]) {
    await person.isInside();
    await expectFlow(person.page, { sounds: 1, pictures: 1 });
    expect(await ways(person.page)).toEqual([{ policy: "relay", type: "relay", protocol: "tcp" }]);
  }
});

/** What the program says of its relay. */
async function relayed(url: string): Promise<{ allocations: number; leads: boolean }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const figure = (name: string): number => Number(text.split("\n").find((line) => line.startsWith(name))?.split(" ")[1]);
  const [inward, outward] = ["in", "out"].map((way) => figure(`palabre_relay_bytes_total{direction="${way}"}`));
  return { allocations: figure("palabre_relay_allocations"), leads: Number(inward) > 0 && Number(outward) > 0 };
}
