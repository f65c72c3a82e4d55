import { DoorOpen, Info, Volume2, X } from "lucide-react";
import { useEffect } from "react";
import { sentenceFor, useText, type Words } from "../../i18n";
import { Button } from "../../ui";
import { byParty } from "./knocks";
import type { MeetingSession } from "./session";
import type { MeetingView, Notice } from "./view";

interface Props {
  session: MeetingSession;
  view: MeetingView;
  onShowPeople: () => void;
}

/** What floats at the foot of the stage: the held-back sound, who knocks, the newest notice. */
export function Toasts({ session, view, onShowPeople }: Props) {
  const text = useText();
  const { notice, knocks } = view;

  useEffect(() => {
    if (!notice) return;
    const timer = window.setTimeout(() => session.dismissNotice(), NOTICE_STAYS);
    return () => window.clearTimeout(timer);
  }, [notice, session]);

  const [first, ...others] = knocks;
  const [group, ...groups] = byParty(knocks);
  // A delegation that waits alone is let in from here.
  const delegation = groups.length === 0 && group?.id !== undefined ? group : undefined;
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
      {first && (
        <div className="toast">
          <DoorOpen className="i" aria-hidden />
          <span className="grow">
            {others.length === 0
              ? text.meeting.knock(first.name)
              : delegation
                ? text.meeting.partyKnocks(delegation.party ?? "", knocks.length)
                : text.meeting.knocks(knocks.length)}
          </span>
          {others.length === 0 ? (
            <>
              <Button small rank="ghost" onPress={() => void session.orders.refuse(first.ticket)}>
                {text.meeting.refuse}
              </Button>
              <Button small rank="primary" onPress={() => void session.orders.admit(first.ticket)}>
                {text.meeting.admit}
              </Button>
            </>
          ) : (
            <>
              <Button small rank={delegation ? "ghost" : "primary"} onPress={onShowPeople}>
                {text.meeting.participants}
              </Button>
              {delegation && (
                <Button small rank="primary" onPress={() => void session.orders.admitTogether(delegation.id)}>
                  {text.meeting.admitParty}
                </Button>
              )}
            </>
          )}
        </div>
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
      return text.meeting.deviceFailed;
    case "share-failed":
      return text.meeting.shareFailed;
    case "link-copied":
      return text.meeting.linkCopied;
    case "back":
      return text.meeting.back;
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
