import { Grip, Mic, MicOff, Pause, PhoneForwarded, PhoneOff, Play, UserPlus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ToggleButton, Toolbar } from "react-aria-components";
import type { Call } from "../../api/calls";
import { useLanguage, useText } from "../../i18n";
import { Bars, Button } from "../../ui";
import { hourAt, nameOf, stateOf, useNow, usePhone, useTelephone } from "../phone";
import { AddDialog, TransferDialog } from "./CallDialogs";
import { DialPad } from "./DialPad";
import { Peer } from "./LiveCall";

/** The call of this page with its keys; several calls of one room are one conversation. */
export function Talk({ calls }: { calls: readonly Call[] }) {
  const text = useText("calls", "phone");
  const words = text.calls;
  const telephone = useTelephone();
  const { room, asking } = usePhone();
  const [open, setOpen] = useState<"pad" | "transfer" | "add">();
  const [pressed, setPressed] = useState("");
  const [call] = calls;
  if (!call || !telephone) return null;

  const talks = call.state === "talking";
  const speaking = talks && (room?.others.some((one) => one.speaking) ?? false);
  const third = calls.length > 1;
  const toggle = (what: "pad" | "transfer" | "add") => setOpen(open === what ? undefined : what);

  return (
    <>
      <Peer call={call} speaking={speaking} />
      {third && (
        <ul className="party sm" aria-label={words.live.with(calls.length + 1)}>
          {calls.map((each) => (
            <li key={each.id}>
              <span className="b">{nameOf(text, each)}</span>
              <span className="q3 grow">{stateOf(text, each)}</span>
              <Button small rank="ghost" onPress={() => void telephone.hangUp(each)}>
                {words.keys.hangUp}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div role="alert">
        {room?.deaf && <p className="notice bad">{words.live.deaf}</p>}
        {call.transfer_failed !== null && <p className="notice bad">{words.live.transferFailed}</p>}
      </div>
      {room?.silenced && (
        <div className="notice beside">
          <span className="grow">{words.live.silenced}</span>
          <Button small onPress={() => void telephone.startAudio()}>
            {words.live.startAudio}
          </Button>
        </div>
      )}
      <Toolbar className="ctl" aria-label={words.keys.toolbar}>
        <Key
          icon={room?.microphoneOpen === false ? <MicOff className="i l" /> : <Mic className="i l" />}
          word={room?.microphoneOpen === false ? words.keys.micMuted : words.keys.micOpen}
          pressed={room?.microphoneOpen !== false}
          onPress={() => void telephone.toggleMicrophone()}
        />
        <Key
          icon={<Grip className="i l" />}
          word={words.keys.pad}
          pressed={open === "pad"}
          off={!talks || call.in_browser}
          onPress={() => toggle("pad")}
        />
        <Key
          icon={call.held ? <Play className="i l" /> : <Pause className="i l" />}
          word={call.held ? words.keys.resume : words.keys.hold}
          pressed={call.held}
          off={!talks || asking || call.mailbox}
          onPress={() => void telephone.hold(call, !call.held)}
        />
        <Key
          icon={<PhoneForwarded className="i l" />}
          word={words.keys.transfer}
          pressed={open === "transfer"}
          off={!talks || third || call.mailbox}
          onPress={() => toggle("transfer")}
        />
        <Key
          icon={<UserPlus className="i l" />}
          word={words.keys.add}
          pressed={open === "add"}
          off={!talks || call.mailbox}
          onPress={() => toggle("add")}
        />
        <button className="ck end" onClick={() => void telephone.leave(call)}>
          <PhoneOff className="i l" aria-hidden />
          <span>{talks ? words.keys.hangUp : text.phone.giveUp}</span>
        </button>
      </Toolbar>
      {open === "pad" && (
        <div className="touches">
          <DialPad
            onKey={(key) => {
              setPressed((before) => (before + key).slice(-16));
              void telephone.press(call, key);
            }}
          />
          <p className="sm q2" role="status">
            {pressed !== "" && words.dial.sent(pressed)}
          </p>
        </div>
      )}
      {open === "transfer" && <TransferDialog call={call} onClose={() => setOpen(undefined)} />}
      {open === "add" && <AddDialog call={call} onClose={() => setOpen(undefined)} />}
      <Facts call={call} />
    </>
  );
}

interface KeyProps {
  icon: ReactNode;
  word: string;
  pressed: boolean;
  off?: boolean;
  onPress: () => void;
}

function Key({ icon, word, pressed, off = false, onPress }: KeyProps) {
  return (
    <ToggleButton className="ck" isSelected={pressed} isDisabled={off} onChange={onPress}>
      {icon}
      <span>{word}</span>
    </ToggleButton>
  );
}

/** What time it is there, how the voice is, by which way it goes. */
function Facts({ call }: { call: Call }) {
  const { text, language } = useLanguage("calls", "phone");
  const words = text.calls.live;
  const { room } = usePhone();
  const now = useNow(10_000);
  const hour = hourAt(call.time_zone, language, now);
  const link = room?.link ?? "connecting";

  return (
    <dl className="facts">
      {hour !== undefined && (
        <div>
          <dt>{call.post_name}</dt>
          <dd>
            {hour}
            <span>{words.localHour}</span>
          </dd>
        </div>
      )}
      <div>
        <dt>{words.voice}</dt>
        <dd>
          {link !== "connecting" && <Bars of={link} />}
          {words.voices[link]}
        </dd>
      </div>
      {call.state === "talking" && (
        <div>
          <dt>{words.way}</dt>
          <dd>{call.mailbox ? words.byMailbox : call.in_browser ? words.byBrowser : words.byPhone}</dd>
        </div>
      )}
      <div>
        <dt>{words.devices}</dt>
        <dd>
          {words.headset}
          <span>{words.chooseDevices}</span>
        </dd>
      </div>
    </dl>
  );
}
