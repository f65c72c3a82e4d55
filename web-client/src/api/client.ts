//! How the page asks the office something: JSON in, JSON out, every failure an `ApiError` with a code we can put in words.

/** A request that did not end well; `code` is stable and what the interface translates. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly field?: string,
    /** Why, as a word, where the code alone does not say it. */
    readonly reason?: string,
  ) {
    super(code);
    this.name = "ApiError";
  }
}

/** By which the office knows whoever has no account, and below which address it is shown. */
let pass = { under: "", token: "" };

/** From now on requests below an address show who makes them. */
export function showPass(under: string, token: string): void {
  pass = { under, token };
}

/** The header of a request to an address, for who has something to show there. */
export const passFor = (path: string): Record<string, string> =>
  pass.under !== "" && path.startsWith(pass.under) ? { authorization: `Bearer ${pass.token}` } : {};

/** Sends one request to the office and gives its answer. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json", ...passFor(path) };
  const request: RequestInit = { method, headers };
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    request.body = JSON.stringify(body);
  }

  return answered<T>(path, request);
}

/** Sends a table as it is. */
export function sendTable<T>(path: string, table: Blob): Promise<T> {
  const headers = { accept: "application/json", "content-type": "text/csv" };
  return answered<T>(path, { method: "POST", headers, body: table });
}

/** Sends a sound as it is, in the place of what was there. */
export function putSound<T>(path: string, sound: Blob): Promise<T> {
  const headers = { accept: "application/json", "content-type": "audio/wav" };
  return answered<T>(path, { method: "PUT", headers, body: sound });
}

async function answered<T>(path: string, request: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new ApiError("offline", 0);
  }
  if (!response.ok) throw await failure(response);
  if (response.status === 204) return undefined as T;

  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError("unexpected", response.status);
  }
}

/** The code of whatever went wrong; what did not come from the office is `offline` or `unexpected`. */
export function codeOf(error: unknown): string {
  return error instanceof ApiError ? error.code : "unexpected";
}

async function failure(response: Response): Promise<ApiError> {
  // 502 to 504 come from a proxy whose server is away: for us that is the same as no network.
  if (response.status >= 502 && response.status <= 504) {
    const draining = await errorBody(response);
    return new ApiError(draining?.code ?? "offline", response.status);
  }
  const told = await errorBody(response);
  return new ApiError(told?.code ?? "unexpected", response.status, told?.field, told?.reason);
}

interface ErrorBody {
  code: string;
  field?: string;
  reason?: string;
}

async function errorBody(response: Response): Promise<ErrorBody | undefined> {
  try {
    const body = (await response.json()) as { error?: Record<string, unknown> };
    const { code, field, reason } = body.error ?? {};
    if (typeof code !== "string") return undefined;
    return {
      code,
      ...(typeof field === "string" && { field }),
      ...(typeof reason === "string" && { reason }),
    };
  } catch {
    return undefined;
  }
}
