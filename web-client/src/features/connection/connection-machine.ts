//! The test of the link, step by step: what is tried next, from what was found before. Pure; `connection.ts` tries it.

import {
  isRelayed,
  isUsable,
  outcomeOf,
  steps,
  type BrowserFindings,
  type DeviceFindings,
  type Findings,
  type Measures,
  type Outcome,
  type Path,
  type Step,
} from "./findings";

export interface ConnectionState {
  is: "idle" | "running" | "done";
  /** What is being found out now. */
  now: Step | undefined;
  found: Findings;
}

export type ConnectionInput =
  | { on: "started" }
  | { on: "browser-seen"; browser: BrowserFindings }
  | { on: "devices-seen"; devices: DeviceFindings }
  | { on: "signalled"; took: number }
  | { on: "signal-failed"; code: string }
  /** Media go to the server and back, or find no way there. */
  | { on: "connected"; path: Path | undefined }
  | { on: "measured"; measures: Measures }
  /** The room did not last until everything was measured. */
  | { on: "broken" };

/** What a connection is held to. */
export type Way = "any" | "tcp" | "relay";

export type ConnectionEffect =
  | { do: "look-at-browser" }
  | { do: "look-at-devices" }
  | { do: "connect"; only: Way }
  | { do: "measure" }
  | { do: "close" };

type Outputs = [ConnectionState, readonly ConnectionEffect[]];

/** Nobody has asked for anything yet: devices are not opened unasked. */
export const idle: ConnectionState = { is: "idle", now: undefined, found: {} };

export function connection(state: ConnectionState, input: ConnectionInput): Outputs {
  if (input.on === "started") return state.is === "running" ? [state, []] : begin();
  // What comes late is of a test that is over.
  if (state.is !== "running") return [state, []];

  const { found } = state;
  switch (input.on) {
    case "browser-seen": {
      const next = { ...found, browser: input.browser };
      if (!isUsable(input.browser)) return done(next);
      return [{ is: "running", now: "devices", found: next }, [{ do: "look-at-devices" }]];
    }
    case "devices-seen": {
      const next = { ...found, devices: input.devices };
      return [{ is: "running", now: "signalling", found: next }, [{ do: "connect", only: "any" }]];
    }
    case "signalled":
      // For TCP and the relay it says nothing new.
      if (found.signalling) return [state, []];
      return [{ is: "running", now: "udp", found: { ...found, signalling: { took: input.took } } }, []];
    case "signal-failed":
      // For TCP and the relay it says nothing of them.
      return done(found.signalling ? found : { ...found, signalling: { failed: input.code } });
    case "connected":
      if (found.direct === undefined) return connectedDirectly(found, input.path ?? "none");
      return state.now === "tcp"
        ? connectedByTcp(found, input.path)
        : connectedByRelay(found, input.path ?? "none");
    case "measured": {
      const next = { ...found, measures: input.measures };
      if (next.relay !== undefined) return done(next);
      return next.direct === "udp" ? tryOnly("tcp", next) : tryOnly("relay", next);
    }
    case "broken":
      return done(found);
  }
}

/** Where each step stands. */
export function standing(
  step: Step,
  { is, now, found }: ConnectionState,
): Outcome | "waiting" | "running" | "left-out" {
  const outcome = outcomeOf(step, found);
  if (outcome) return outcome;
  if (is === "running") return now === step ? "running" : "waiting";
  return is === "idle" ? "waiting" : "left-out";
}

/** How many steps are behind us. */
export const stepsDone = ({ found }: ConnectionState): number =>
  steps.filter((step) => outcomeOf(step, found) !== undefined).length;

function begin(): Outputs {
  return [{ is: "running", now: "browser", found: {} }, [{ do: "look-at-browser" }]];
}

function connectedDirectly(found: Findings, direct: Path | "none"): Outputs {
  const next = { ...found, direct };
  if (direct === "none") return tryOnly("relay", next);
  // Left to themselves browsers take the relay last: then the other ways are closed, and this one is tried.
  const measured = isRelayed(direct) ? { ...next, relay: direct } : next;
  return [{ is: "running", now: "throughput", found: measured }, [{ do: "measure" }]];
}

function connectedByTcp(found: Findings, path: Path | undefined): Outputs {
  return tryOnly("relay", { ...found, tcp: path === "tcp" ? "tcp" : "none" });
}

function connectedByRelay(found: Findings, relay: Path | "none"): Outputs {
  const next = { ...found, relay };
  // What the direct way has measured stands.
  if (found.measures || relay === "none") return done(next);
  return [{ is: "running", now: "throughput", found: next }, [{ do: "measure" }]];
}

function tryOnly(way: "tcp" | "relay", found: Findings): Outputs {
  return [{ is: "running", now: way, found }, [{ do: "close" }, { do: "connect", only: way }]];
}

function done(found: Findings): Outputs {
  return [{ is: "done", now: undefined, found }, [{ do: "close" }]];
}
