//! How voices are sent: as the link of a post can bear it.

import { PASSWORD } from "./support/house.js";
import { expectFlow } from "./support/media.js";
import { voiceRate } from "./support/sent.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const POST = { name: "Ambassade à Niamey", country: "NE", city: "Niamey", down_kbit: 1_500, up_kbit: 384 };
const CONSUL = { name: "Consul général", email: "niamey@example.org" };

test("from a post with a thin link a voice comes in a third of the packets, and in fewer bits", async ({ arrive, server }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const ask = async (path: string, data: object): Promise<{ id: string | number }> => {
    const answer = await host.context.request.post(path, { headers: { origin: server.url }, data });
    expect(answer.status(), `${path}: ${await answer.text()}`).toBe(201);
    return (await answer.json()) as { id: string | number };
  };
  const post = await ask("/api/admin/posts", POST);
  await ask("/api/users", { ...CONSUL, post: post.id, role: "user", password: PASSWORD, must_change: false });
  const code = await host.makeMeeting("Point avec Niamey", false);

  const far = await arrive(CONSUL.name);
  await far.signInAs(CONSUL.email, PASSWORD);
  await far.enter(code);
  await host.enter(code);
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await expectFlow(far.page, { sounds: 1, pictures: 1 });

  const [thin, usual] = await Promise.all([voiceRate(far.page), voiceRate(host.page)]);

  console.log(`    thin ${JSON.stringify(thin)}, usual ${JSON.stringify(usual)}`);
  expect(usual.packets).toBeGreaterThan(40);
  // Nothing is repeated where nothing is lost.
  expect(usual.kbits).toBeLessThan(30);
  expect(thin.packets).toBeGreaterThan(13);
  expect(thin.packets).toBeLessThan(20);
  expect(thin.kbits).toBeLessThan(18);
});
