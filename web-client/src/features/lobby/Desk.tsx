import { LogOut, Mic, MicOff, SlidersHorizontal } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button as AriaButton, ToggleButton, Toolbar } from "react-aria-components";
import { useText, type Words } from "../../i18n";
import { Button } from "../../ui";
import { ChatPanel } from "../chat";
import { AudioSink } from "../room";
import type { Gathering, GatheringView } from "./gathering";

interface Props {
  gathering: Gathering;
  onCheck: () => void;
  onLeave: () => void;
}

/** What one's delegation says and writes while it waits, and the keys for it. */
export function Desk({ gathering, onCheck, onLeave }: Props) {
  const text = useText("lobby");
  const words = text.lobby;
  const view = useSyncExternalStore(gathering.shown.subscribe, gathering.shown.current);
  const fault = faultOf(words, view);
  return (
    <>
      <aside className="lobbychat" aria-labelledby="lobby-chat" data-gathering={view.line.is}>
        <header>
          <h2 id="lobby-chat">{words.messages}</h2>
          <p className="sm q3">{words.privacy}</p>
        </header>
        <ChatPanel chat={view.chat} mayWrite onSend={gathering.send} label={words.write} />
      </aside>
      <div className="lobbydesk">
        <p className="sm lobbyfault" role="status">
          {fault}
        </p>
        {!view.canHear && view.line.is === "together" && (
          <p className="sm lobbyfault">
            {words.audioBlocked}{" "}
            <Button small rank="primary" onPress={() => void gathering.startAudio()}>
              {words.audioStart}
            </Button>
          </p>
        )}
        <Toolbar className="lobbykeys" aria-label={words.controls}>
          <ToggleButton
            className={`lobbykey ${view.microphoneOpen ? "live" : "cut"}`}
            isSelected={view.microphoneOpen}
            isDisabled={view.line.is !== "together"}
            onChange={() => void gathering.toggleMicrophone()}
          >
            {view.microphoneOpen ? <Mic className="i" aria-hidden /> : <MicOff className="i" aria-hidden />}
            {view.microphoneOpen ? words.microphone.open : words.microphone.muted}
          </ToggleButton>
          <AriaButton className="lobbykey" onPress={onCheck}>
            <SlidersHorizontal className="i" aria-hidden />
            {words.check}
          </AriaButton>
          <LeaveKey onLeave={onLeave} />
        </Toolbar>
      </div>
      <AudioSink voices={view.voices} />
    </>
  );
}

/** Before one is with one's delegation. */
export function NoDesk({ onLeave }: { onLeave: () => void }) {
  const words = useText("lobby").lobby;
  return (
    <div className="lobbydesk">
      <p className="sm lobbyfault" role="status">
        {words.joining}
      </p>
      <div className="lobbykeys">
        <LeaveKey onLeave={onLeave} />
      </div>
    </div>
  );
}

function LeaveKey({ onLeave }: { onLeave: () => void }) {
  return (
    <AriaButton className="lobbykey leave" onPress={onLeave}>
      <LogOut className="i" aria-hidden />
      {useText("lobby").lobby.leave}
    </AriaButton>
  );
}

/** What stands between one and one's delegation, in a sentence. */
function faultOf(words: Words<"lobby">["lobby"], { line, microphoneFailed }: GatheringView): string {
  switch (line.is) {
    case "together":
      return microphoneFailed ? words.deviceFailed : "";
    case "joining":
      return line.attempt === 0 ? words.joining : words.apart;
    case "apart":
      return words.apart;
    case "elsewhere":
      return words.elsewhere;
    case "over":
      return "";
  }
}
