import { Mic, Square, Trash2, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { codeOf } from "../../api/client";
import {
  greetingSound,
  ownGreeting,
  removeGreeting,
  setGreeting,
  type Greeting as Own,
} from "../../api/messages";
import { sentenceFor, useText } from "../../i18n";
import { Button, FormError } from "../../ui";
import { recallChoices } from "../prejoin";
import { toWav } from "./wav";

/** What callers hear in one's mailbox: recorded here, brought as a file, or the standard greeting. */
export function Greeting() {
  const text = useText("calls", "settings");
  const words = text.settings.greeting;
  const [own, setOwn] = useState<Own | null>();
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [recorder, setRecorder] = useState<MediaRecorder>();
  const file = useRef<HTMLInputElement>(null);

  useEffect(() => {
    let asked = true;
    ownGreeting().then(
      (greeting) => {
        if (asked) setOwn(greeting);
      },
      (error: unknown) => {
        if (asked) setFailure(sentenceFor(text, codeOf(error)));
      },
    );
    return () => {
      asked = false;
    };
  }, [text]);
  // Whoever leaves the page in the middle of a sentence has not said it.
  useEffect(() => () => stop(recorder), [recorder]);

  const take = async (change: () => Promise<Own | null>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      setOwn(await change());
    } catch (error) {
      const code = codeOf(error);
      const unusable = error instanceof DOMException || error instanceof RangeError || code === "invalid";
      setFailure(unusable ? words.unusable : sentenceFor(text, code));
    }
    setBusy(false);
  };
  const keep = (sound: Blob) => take(async () => setGreeting(await toWav(sound, LONGEST)));

  const record = async () => {
    setFailure(undefined);
    const { microphoneId } = recallChoices();
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: microphoneId === "" ? true : { deviceId: { ideal: microphoneId } },
      });
      const next = new MediaRecorder(stream);
      const pieces: Blob[] = [];
      next.ondataavailable = ({ data }) => pieces.push(data);
      next.onstop = () => {
        stream.getTracks().forEach((track) => track.stop());
        setRecorder(undefined);
        void keep(new Blob(pieces, { type: next.mimeType }));
      };
      next.start();
      window.setTimeout(() => {
        if (next.state === "recording") next.stop();
      }, LONGEST * 1_000);
      setRecorder(next);
    } catch {
      setFailure(text.calls.live.deaf);
    }
  };

  return (
    <section className="section narrow" aria-labelledby="greeting">
      <h2 id="greeting">{words.title}</h2>
      <div className="stack">
        <p className="q2" role="status">
          {recorder ? words.recording : own === null ? words.standard : own ? words.own : ""}
        </p>
        {own && !recorder && (
          <audio controls preload="none" src={greetingSound(own)} aria-label={words.title} />
        )}
        <FormError>{failure}</FormError>
        <p className="row">
          {recorder ? (
            <Button rank="primary" onPress={() => recorder.stop()}>
              <Square className="i s" aria-hidden />
              {words.stop}
            </Button>
          ) : (
            <>
              <Button isDisabled={busy} onPress={() => void record()}>
                <Mic className="i s" aria-hidden />
                {words.record}
              </Button>
              <Button isDisabled={busy} onPress={() => file.current?.click()}>
                <Upload className="i s" aria-hidden />
                {words.choose}
              </Button>
              {own && (
                <Button
                  rank="ghost"
                  isDisabled={busy}
                  onPress={() =>
                    void take(async () => {
                      await removeGreeting();
                      return null;
                    })
                  }
                >
                  <Trash2 className="i s" aria-hidden />
                  {words.remove}
                </Button>
              )}
            </>
          )}
        </p>
        <input
          ref={file}
          type="file"
          accept="audio/*"
          hidden
          aria-label={words.choose}
          onChange={({ target }) => {
            const [chosen] = target.files ?? [];
            target.value = "";
            if (chosen) void keep(chosen);
          }}
        />
        <p className="sm q3">{words.help}</p>
      </div>
    </section>
  );
}

function stop(recorder: MediaRecorder | undefined): void {
  if (recorder?.state !== "recording") return;
  recorder.onstop = null;
  recorder.stop();
  recorder.stream.getTracks().forEach((track) => track.stop());
}

/** A minute, in seconds. */
const LONGEST = 60;
