import { useText } from "../../i18n";
import { Bars } from "../../ui";
import type { LinkState } from "./link-machine";

/** Says when the line is cut, what is kept, and that we are trying. */
export function LinkBanner({ link }: { link: LinkState }) {
  const text = useText();
  const sentence =
    link.is === "joining"
      ? text.meeting.connecting
      : link.is === "resuming"
        ? text.meeting.resuming
        : link.is === "returning"
          ? text.meeting.returning
          : undefined;

  return (
    <div role="status" className="linkbanner" data-link={link.is}>
      {sentence !== undefined && (
        <p>
          {link.is !== "joining" && <Bars of="lost" />}
          {sentence}
        </p>
      )}
    </div>
  );
}
