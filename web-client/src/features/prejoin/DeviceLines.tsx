import { Aperture, Mic, MicOff, Video, VideoOff, type LucideIcon } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ToggleButton } from "react-aria-components";
import { useText, withWords } from "../../i18n";
import { Pick, type Option } from "../../ui";
import type { Why } from "./blocked";
import { useDevices, wordsFor } from "./devices";
import { LevelMeter } from "./LevelMeter";
import type { Preview } from "./preview";
import type { Background, Kind, Source } from "./prejoin-machine";
import { SpeakerLine } from "./SpeakerLine";
import "./prejoin.css";

// Most never need it.
const BlockedHelp = lazy(async () => ({
  default: (await withWords(import("./BlockedHelp"), "blocked")).BlockedHelp,
}));

/** Microphone, camera and sound: which ones, whether open, and whether they work. */
export function DeviceLines({ preview }: { preview: Preview }) {
  const text = useText();
  const { microphone, camera, choices } = useSyncExternalStore(preview.subscribe, preview.current);
  const devices = useDevices(`${microphone.is} ${camera.is}`);
  const [silent, setSilent] = useState(false);
  const failed = failures({ microphone, camera });
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
        <LevelMeter track={preview.track("microphone")} onSilence={setSilent} />
      </Line>
      <p className="sm q2 linefault" role="status" hidden={!silent}>
        {silent && (
          <>
            <b>{text.prejoin.silent}</b> {text.prejoin.silentHelp}
          </>
        )}
      </p>
      <Line
        kind="camera"
        source={camera}
        icons={[Video, VideoOff]}
        options={wordsFor(devices.cameras, text)}
        chosen={choices.cameraId}
        preview={preview}
        closedBy={choices.audioOnly ? text.sparing.cameraClosed : undefined}
      />
      <SpeakerLine
        options={devices.speakers.length > 0 ? wordsFor(devices.speakers, text) : []}
        chosen={choices.speakerId}
        onChoose={(deviceId) => preview.handle({ on: "chosen", kind: "speaker", deviceId })}
      />
      <Suspense fallback={null}>
        {[...new Set(failed.map(({ why }) => why))].map((why) => (
          <BlockedHelp
            key={why}
            why={why}
            onRetry={() => {
              for (const each of failed)
                if (each.why === why) preview.handle({ on: "toggled", kind: each.kind });
            }}
          />
        ))}
      </Suspense>
    </div>
  );
}

function failures(sources: Record<Kind, Source>): { kind: Kind; why: Why }[] {
  return (["microphone", "camera"] as const).flatMap((kind) => {
    const source = sources[kind];
    return source.is === "failed" ? [{ kind, why: source.why }] : [];
  });
}

/** One's own picture, as a mirror shows it. */
export function Picture({ camera, background, track }: PictureProps) {
  const text = useText();
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    if (video.current) video.current.srcObject = track ? new MediaStream([track]) : null;
  }, [track]);

  return (
    <div className="tile self room">
      {camera.is === "on" && track ? (
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
          {camera.is === "off" || camera.is === "failed"
            ? text.prejoin.cameraOff
            : background === "plain"
              ? text.prejoin.cameraOpening
              : background === "failed"
                ? text.effects.failed.blur
                : text.effects.blurring}
        </p>
      )}
      {background === "blurred" && camera.is === "on" && (
        <div className="corner">
          <span>
            <Aperture className="i s" aria-hidden />
            {text.effects.blurred}
          </span>
        </div>
      )}
    </div>
  );
}

interface PictureProps {
  camera: Source;
  background: Background;
  track: MediaStreamTrack | undefined;
}

interface LineProps {
  kind: Kind;
  source: Source;
  icons: readonly [LucideIcon, LucideIcon];
  options: readonly Option[];
  chosen: string;
  preview: Preview;
  /** Why it cannot be opened now. */
  closedBy?: string | undefined;
  children?: React.ReactNode;
}

function Line({ kind, source, icons: [On, Off], options, chosen, preview, closedBy, children }: LineProps) {
  const text = useText();
  const open = source.is === "on" || source.is === "opening";
  return (
    <>
      <div className="line">
        <ToggleButton
          className="sw"
          isSelected={open}
          isDisabled={closedBy !== undefined}
          onChange={() => preview.handle({ on: "toggled", kind })}
        >
          {open ? <On className="i" aria-hidden /> : <Off className="i" aria-hidden />}
          <span>
            {text.prejoin[kind]}{" "}
            <span className="q3">{(open ? text.prejoin.on : text.prejoin.off)[kind]}</span>
          </span>
        </ToggleButton>
        <Pick
          label={text.prejoin.choose[kind]}
          labelHidden
          className="pick"
          options={options}
          chosen={chosen}
          onChoose={(deviceId) => preview.handle({ on: "chosen", kind, deviceId })}
        />
        {children ?? <span />}
      </div>
      {closedBy !== undefined && <p className="sm q2 linefault">{closedBy}</p>}
      {source.is === "failed" && (
        <p className="error linefault" role="status">
          {text.prejoin.failures[source.why]}
        </p>
      )}
    </>
  );
}
