//! What the browser and the SDK say in the console while the server is away, or the line is cut.

export const CUT: readonly RegExp[] = [
  /WebSocket connection to/,
  /websocket error during connection establishment/,
  /net::ERR_/,
  /signal stream/,
  /Failed to fetch/,
  /received leave request/i,
];
