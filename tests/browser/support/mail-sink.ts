//! A mail server that keeps what it is given (RFC 5321), and knows nobody whose name begins with "nobody".

import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

export interface Mail {
  to: string;
  subject: string;
  /** The plain text, decoded. */
  text: string;
}

export class MailSink {
  private readonly mails: Mail[] = [];
  private readonly waiting: ((mail: Mail) => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async open(): Promise<MailSink> {
    const server = createServer();
    const sink = new MailSink(server);
    server.on("connection", (socket) => sink.serve(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return sink;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the sink is closed");
    return address.port;
  }

  /** The next mail. */
  next(): Promise<Mail> {
    const mail = this.mails.shift();
    if (mail) return Promise.resolve(mail);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no mail has come")), 20_000);
      this.waiting.push((come) => {
        clearTimeout(timer);
        resolve(come);
      });
    });
  }

  close(): void {
    this.server.close();
  }

  private serve(socket: Socket): void {
    let unread = "";
    let to = "";
    let message: string | undefined;
    socket.setEncoding("latin1");
    socket.write("220 sink\r\n");
    // Whoever hangs up in the middle has said nothing.
    socket.on("error", () => undefined);
    socket.on("data", (chunk: string) => {
      unread += chunk;
      for (let end = unread.indexOf("\r\n"); end >= 0; end = unread.indexOf("\r\n")) {
        const line = unread.slice(0, end);
        unread = unread.slice(end + 2);
        if (message !== undefined) {
          if (line === ".") {
            this.keep(read(to, message));
            message = undefined;
            socket.write("250 kept\r\n");
          } else message += `${line.startsWith(".") ? line.slice(1) : line}\r\n`;
          continue;
        }
        to = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1] ?? to;
        if (/^RCPT TO:<nobody/i.test(line)) {
          socket.write("550 5.1.1 no such mailbox\r\n");
          continue;
        }
        if (/^DATA/i.test(line)) message = "";
        socket.write(/^DATA/i.test(line) ? "354 go on\r\n" : /^QUIT/i.test(line) ? "221 bye\r\n" : "250 ok\r\n");
      }
    });
  }

  private keep(mail: Mail): void {
    const first = this.waiting.shift();
    if (first) first(mail);
    else this.mails.push(mail);
  }
}

/** Subject and text of a message, as far as ours go. */
function read(to: string, message: string): Mail {
  const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(message)?.[1] ?? "";
  const part = /Content-Type: text\/plain[^]*?\r\n\r\n([^]*?)\r\n--/.exec(message);
  const encoding = /Content-Transfer-Encoding: (\S+)/.exec(part?.[0] ?? "")?.[1] ?? "7bit";
  return { to, subject, text: decoded(part?.[1] ?? "", encoding) };
}

function decoded(text: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(text, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return Buffer.from(text, "latin1").toString("utf8");
  const bytes = text
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
