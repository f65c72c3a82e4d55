//! What is done to one's own picture and voice before they are sent: fetched when somebody first asks for it, and kept
//! from pre-join to the end of the stay.

import type { BlurredCamera } from "./blurred-camera";
import type { QuietMicrophone } from "./quiet-microphone";

export class Effects {
  private blurred: Promise<BlurredCamera> | undefined;
  private quiet: Promise<QuietMicrophone> | undefined;

  camera(): Promise<BlurredCamera> {
    this.blurred ??= import("./blurred-camera").then(({ BlurredCamera }) => new BlurredCamera());
    // What did not come may come the next time.
    this.blurred.catch(() => (this.blurred = undefined));
    return this.blurred;
  }

  microphone(): Promise<QuietMicrophone> {
    this.quiet ??= import("./quiet-microphone").then(({ QuietMicrophone }) => QuietMicrophone.fetched());
    this.quiet.catch(() => (this.quiet = undefined));
    return this.quiet;
  }

  /** The background is seen again. */
  clear(): void {
    void this.blurred?.then((blurred) => blurred.destroy()).catch(() => undefined);
  }

  /** The stay is over. */
  close(): void {
    this.clear();
    void this.quiet?.then((quiet) => quiet.close()).catch(() => undefined);
    this.blurred = this.quiet = undefined;
  }
}
