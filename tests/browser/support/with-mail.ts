//! Tests of a server that sends mail, and of whom it is sent to.

import { MailSink } from "./mail-sink.js";
import { Server } from "./server.js";
import { test as base } from "./test.js";

export { expect } from "./test.js";

export const test = base.extend<object, { sink: MailSink }>({
  sink: [
    async ({}, use) => {
      const sink = await MailSink.open();
      await use(sink);
      sink.close();
    },
    { scope: "worker" },
  ],
  server: [
    async ({ sink }, use) => {
      const server = await Server.start(`
[mail]
server = "127.0.0.1"
port = ${sink.port}
encryption = "none"
from = "palabre@example.org"
`);
      server.addHost();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
});
