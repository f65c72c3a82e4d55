import { Info, Volume2, X } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { sentenceFor, useText, type Words } from "../../i18n";
import { Button } from "../../ui";
import type { MeetingSession } from "./session";
import type { MeetingView, Notice } from "./view";

// Most run no meeting at which somebody waits.
const KnockToast = lazy(async () => ({ default: (await import("./KnockToast")).KnockToast }));

interface Props {
  session: MeetingSession;
  view: MeetingView;
  onShowPeople: () => void;
}

/** What floats at the foot of the stage: the held-back sound, who knocks, the newest notice. */
export function Toasts({ session, view, onShowPeople }: Props) {
  const text = useText();
  const { notice } = view;

  useEffect(() => {
    if (!notice) return;
    const timer = window.setTimeout(() => session.dismissNotice(), NOTICE_STAYS);
    return () => window.clearTimeout(timer);
  }, [notice, session]);

  return (
    <div className="toasts" role="status">
      {!view.canHear && view.link.is === "live" && (
        <div className="toast">
          <Volume2 className="i" aria-hidden />
          <span className="grow">{text.meeting.audioBlocked}</span>
          <Button small rank="primary" onPress={() => void session.startAudio()}>
            {text.meeting.audioStart}
          </Button>
        </div>
      )}
      {view.knocks.length > 0 && (
        <Suspense fallback={null}>
          <KnockToast session={session} knocks={view.knocks} onShowPeople={onShowPeople} />
        </Suspense>
      )}
      {notice && (
        <div className="toast" key={notice.id}>
          <Info className="i" aria-hidden />
          <span className="grow">{wordsFor(notice, text)}</span>
          <Button
            small
            rank="ghost"
            className="icon"
            aria-label={text.meeting.dismiss}
            onPress={() => session.dismissNotice()}
          >
            <X className="i s" aria-hidden />
          </Button>
        </div>
      )}
      {view.sharing && (
        <div className="toast">
          <span className="grow">{text.meeting.youPresent}</span>
          <Button small rank="plain" onPress={() => void session.toggleShare()}>
            {text.meeting.stopPresenting}
          </Button>
        </div>
      )}
    </div>
  );
}

const NOTICE_STAYS = 6_000;

function wordsFor(notice: Notice, text: Words): string {
  switch (notice.says) {
    case "muted-by-host":
      return text.meeting.mutedByHost;
    case "device-failed":
      return notice.what === "device" ? text.meeting.deviceFailed : text.effects.failed[notice.what];
    case "unplugged":
      return text.meeting.unplugged[notice.kind](notice.lost, notice.next);
    case "share-failed":
      return text.meeting.shareFailed;
    case "spared":
      return text.sparing.given[notice.what ?? "nothing"];
    case "link-copied":
      return text.meeting.linkCopied;
    case "back":
      return text.meeting.back;
    case "pictures":
      return notice.still ? text.meeting.picturesStill : text.meeting.picturesBack;
    case "floor-yours":
      return text.floor.yours;
    case "floor-elsewhere":
      return text.floor.elsewhere;
    case "floor-given":
      return text.floor.given;
    case "floor-free":
      return text.floor.freed;
    case "listens":
      return text.floor.listens;
    case "speaks":
      return text.floor.speaksNow;
    case "silenced":
      return text.meeting.silenced;
    case "asks-host":
      return text.meeting.phone.asksHost(notice.name);
    case "on-the-phone":
      return text.meeting.phone.onThePhone;
    case "error":
      return sentenceFor(text, notice.code);
  }
}
