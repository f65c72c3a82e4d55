//! The second factor, and the devices on which one is signed in.

import { call } from "./client";

/** A square of modules; the dark ones are a path of SVG. */
export interface QrCode {
  size: number;
  path: string;
}

export interface OfferedSecret {
  secret: string;
  uri: string;
  qr: QrCode;
}

export interface Device {
  id: string;
  /** What the browser calls itself. */
  agent: string;
  address: string;
  since: string;
  last_used: string;
  is_this: boolean;
}

export const secondFactor = () =>
  call<{ enabled: boolean; recovery_codes_left: number }>("GET", "/api/me/second-factor");

export const beginSecondFactor = (password: string) =>
  call<OfferedSecret>("POST", "/api/me/second-factor", { current: password });

export const confirmSecondFactor = async (code: string) =>
  (await call<{ recovery_codes: string[] }>("POST", "/api/me/second-factor/confirm", { code }))
    .recovery_codes;

export const removeSecondFactor = (password: string, code: string) =>
  call<undefined>("POST", "/api/me/second-factor/remove", { current: password, code });

export const listDevices = async () => (await call<{ devices: Device[] }>("GET", "/api/me/devices")).devices;

export const removeDevice = (id: string) =>
  call<undefined>("DELETE", `/api/me/devices/${encodeURIComponent(id)}`);

export const removeOtherDevices = () => call<undefined>("DELETE", "/api/me/devices");
