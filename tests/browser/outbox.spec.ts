//! What an administrator sees of the mails that leave the house, and of those that do not arrive.

import { fits, hasGoodAccess } from "./support/access.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/with-mail.js";

test("a test arrives, and what nobody takes is shown, tried again and removed", async ({ arrive, sink }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  await host.page.goto("/");
  await host.page.getByRole("link", { name: "Courriels" }).click();
  await expect(host.page.getByText(/^Par 127\.0\.0\.1/)).toBeVisible();
  await expect(host.page.getByText("Aucun courriel n’attend.")).toBeVisible();

  const send = host.page.getByRole("button", { name: "Envoyer un essai" });
  await host.page.getByLabel("Adresse").fill("greffe@example.org");
  await send.click();
  await expect(host.page.getByText("Le serveur a pris le courriel pour greffe@example.org.")).toBeVisible();
  expect((await sink.next()).to).toBe("greffe@example.org");

  // The browser says on its console that an address was refused.
  host.excuse(/400 .*\/api\/admin\/mail\/test/);
  await host.page.getByLabel("Adresse").fill("pas une adresse");
  await send.click();
  await expect(host.page.getByLabel("Adresse")).toHaveAttribute("aria-invalid", "true");

  const failed = host.page.getByRole("group", { name: "Non remis" });
  await host.page.getByLabel("Adresse").fill("nobody@example.org");
  await send.click();
  await expect(failed.getByRole("row", { name: /nobody@example\.org/ })).toContainText("no such mailbox");
  await hasGoodAccess(host.page);

  await host.page.getByRole("button", { name: "Réessayer le courriel pour nobody@example.org" }).click();
  await expect(host.page.getByText("Nouvel essai pour nobody@example.org.")).toBeVisible();
  // It is refused again.
  await expect(async () => {
    await host.page.getByRole("button", { name: "Actualiser" }).click();
    await expect(failed.getByRole("row", { name: /nobody@example\.org/ })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await host.page.getByRole("button", { name: "Retirer le courriel pour nobody@example.org" }).click();
  await expect(host.page.getByText("Aucun courriel n’est resté sans destinataire.")).toBeVisible();
  await host.page.setViewportSize({ width: 360, height: 740 });
  await fits(host);
});
