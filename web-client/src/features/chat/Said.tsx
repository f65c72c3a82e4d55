import { LockKeyhole } from "lucide-react";
import { useLanguage } from "../../i18n";
import type { ReactNode } from "react";
import type { Message } from "./chat-machine";

/** One message: who, when, for whom if not for all, and what. */
export function Said({ message, children }: { message: Message; children?: ReactNode }) {
  const { text, language } = useLanguage();
  const { own, name, at, onlyFor } = message;
  return (
    <article className={own ? "said own" : "said"}>
      <h3>
        {own ? text.meeting.you : name}{" "}
        <time className="q3">
          {new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })}
        </time>
      </h3>
      {onlyFor !== undefined && (
        <p className="onlyfor">
          <LockKeyhole className="i s" aria-hidden />
          {onlyFor === "" ? text.chat.onlyForYou : text.chat.onlyFor(onlyFor)}
        </p>
      )}
      {message.file === undefined ? <p>{message.text}</p> : children}
    </article>
  );
}
