import { Mic, MicOff, Video, VideoOff, Volume2, type LucideIcon } from "lucide-react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { ToggleButton } from "react-aria-components";
import { useText } from "../../i18n";
import { Button, Choice, testTone, type Option } from "../../ui";
import { useDevices, wordsFor } from "./devices";
import { LevelMeter } from "./LevelMeter";
import type { Preview } from "./preview";
import type { Kind, Source } from "./prejoin-machine";
import "./prejoin.css";

/** Microphone, camera and sound: which ones, whether open, and whether they work. */
export function DeviceLines({ preview }: { preview: Preview }) {
  const text = useText();
  const { microphone, camera, choices } = useSyncExternalStore(preview.subscribe, preview.current);
  const devices = useDevices(`${microphone.is} ${camera.is}`);
  return (
    <div className="dev">
      <Line
        kind="microphone"
        source={microphone}
        icons={[Mic, MicOff]}
        options={wordsFor(devices.microphones, text)}
        chosen={choices.microphoneId}
        preview={preview}
      >
        <LevelMeter track={preview.track("microphone")} />
      </Line>
      <Line
        kind="camera"
        source={camera}
        icons={[Video, VideoOff]}
        options={wordsFor(devices.cameras, text)}
        chosen={choices.cameraId}
        preview={preview}
      />
      {devices.speakers.length > 0 && (
        <div className="line">
          <span className="sw">
            <Volume2 className="i" aria-hidden />
            {text.prejoin.speaker}
          </span>
          <Choice
            label={text.prejoin.choose.speaker}
            labelHidden
            className="pick"
            options={wordsFor(devices.speakers, text)}
            chosen={choices.speakerId}
            onChoose={(deviceId) => preview.handle({ on: "chosen", kind: "speaker", deviceId })}
          />
          <Button
            rank="ghost"
            small
            className="flush"
            onPress={() => void testTone(choices.speakerId === "" ? undefined : choices.speakerId)}
          >
            {text.prejoin.test}
          </Button>
        </div>
      )}
    </div>
  );
}

/** One's own picture, as a mirror shows it. */
export function Picture({ camera, track }: { camera: Source; track: MediaStreamTrack | undefined }) {
  const text = useText();
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    if (video.current) video.current.srcObject = track ? new MediaStream([track]) : null;
  }, [track]);

  return (
    <div className="tile self room">
      {camera.is === "on" ? (
        <video
          ref={video}
          autoPlay
          playsInline
          muted
          className="mirrored"
          aria-label={text.prejoin.yourPicture}
        />
      ) : (
        <p className="nopicture">
          {camera.is === "opening" ? text.prejoin.cameraOpening : text.prejoin.cameraOff}
        </p>
      )}
    </div>
  );
}

interface LineProps {
  kind: Kind;
  source: Source;
  icons: readonly [LucideIcon, LucideIcon];
  options: readonly Option[];
  chosen: string;
  preview: Preview;
  children?: React.ReactNode;
}

function Line({ kind, source, icons: [On, Off], options, chosen, preview, children }: LineProps) {
  const text = useText();
  const open = source.is === "on" || source.is === "opening";
  return (
    <>
      <div className="line">
        <ToggleButton
          className="sw"
          isSelected={open}
          onChange={() => preview.handle({ on: "toggled", kind })}
        >
          {open ? <On className="i" aria-hidden /> : <Off className="i" aria-hidden />}
          <span>
            {text.prejoin[kind]}{" "}
            <span className="q3">{(open ? text.prejoin.on : text.prejoin.off)[kind]}</span>
          </span>
        </ToggleButton>
        <Choice
          label={text.prejoin.choose[kind]}
          labelHidden
          className="pick"
          options={options}
          chosen={chosen}
          onChoose={(deviceId) => preview.handle({ on: "chosen", kind, deviceId })}
        />
        {children ?? <span />}
      </div>
      {source.is === "failed" && (
        <p className="error linefault" role="status">
          {text.prejoin.failures[source.why]}
        </p>
      )}
    </>
  );
}
