//! Trying the link: a room of one's own for a few minutes.

import { call } from "./client";

/** The two ends of a test. */
export interface TestRoom {
  url: string;
  sender: string;
  receiver: string;
  /** After so many seconds it ends. */
  seconds: number;
}

export const beginTest = () => call<TestRoom>("POST", "/api/connection-test", {});
