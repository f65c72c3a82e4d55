//! An OpenID Connect issuer: one person, who is sent back at once as if a password had been given here.

import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

interface Grant {
  challenge: string;
  nonce: string;
  redirect: string;
}

export interface Person {
  sub: string;
  email: string;
  name: string;
}

export class Issuer {
  private readonly grants = new Map<string, Grant>();
  private readonly keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

  private constructor(
    private readonly server: Server,
    private readonly clientId: string,
    /** Who signs in here next; nobody refuses. */
    public person: Person | undefined,
  ) {}

  static async open(clientId: string): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server, clientId, undefined);
    server.on("request", (request, response) => void issuer.answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return issuer;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the issuer is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = new URL(request.url ?? "/", this.url);
    switch (asked.pathname) {
      case "/.well-known/openid-configuration":
        return json(response, {
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/keys`,
          authorization_response_iss_parameter_supported: true,
        });
      case "/keys":
        return json(response, { keys: [{ ...this.keys.publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" }] });
      case "/authorize":
        return this.authorize(asked.searchParams, response);
      case "/token":
        return this.token(new URLSearchParams(await bodyOf(request)), response);
      default:
        response.writeHead(404).end();
    }
  }

  /** Sends the browser back, with a code or with a refusal. */
  private authorize(asked: URLSearchParams, response: ServerResponse): void {
    const redirect = asked.get("redirect_uri") ?? "";
    const back = new URL(redirect);
    back.searchParams.set("state", asked.get("state") ?? "");
    back.searchParams.set("iss", this.url);
    if (this.person) {
      const code = randomUUID();
      this.grants.set(code, { challenge: asked.get("code_challenge") ?? "", nonce: asked.get("nonce") ?? "", redirect });
      back.searchParams.set("code", code);
    } else back.searchParams.set("error", "access_denied");
    response.writeHead(302, { location: back.href }).end();
  }

  /** Gives a token for a code, once, to whoever began. */
  private token(asked: URLSearchParams, response: ServerResponse): void {
    const code = asked.get("code") ?? "";
    const grant = this.grants.get(code);
    this.grants.delete(code);
    const challenge = createHash("sha256").update(asked.get("code_verifier") ?? "").digest("base64url");
    if (!grant || !this.person || challenge !== grant.challenge || asked.get("redirect_uri") !== grant.redirect) {
      response.writeHead(400).end();
      return;
    }
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.url, aud: this.clientId, iat: now, exp: now + 300, nonce: grant.nonce, email_verified: true, ...this.person };
    json(response, { access_token: "x", token_type: "Bearer", id_token: signed(claims, this.keys.privateKey) });
  }
}

function signed(claims: object, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", kid: "one", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}
