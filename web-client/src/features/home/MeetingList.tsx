import { ClipboardList, Copy, Trash2 } from "lucide-react";
import { useState } from "react";
import { deleteMeeting, type DialIn, type Meeting } from "../../api/meetings";
import { useLanguage, type Words } from "../../i18n";
import { go } from "../../navigation";
import { Button, Confirm, copyText, FormError } from "../../ui";
import { useForm } from "../../useForm";
import { pinInGroups } from "../meeting";

interface Props {
  meetings: readonly Meeting[];
  onChange: () => void;
}

/** One line a meeting: what, since when, its link, the door. */
export function MeetingList({ meetings, onChange }: Props) {
  const { text, language } = useLanguage("home");
  const form = useForm();
  const [leaving, setLeaving] = useState<Meeting>();
  const [copied, setCopied] = useState<{ code: string; sentence: string }>();

  const copy = async (meeting: Meeting) => {
    const link = new URL(meeting.link, location.href).href;
    const sentence = (await copyText(link)) ? text.home.copied : text.home.copyFailed(link);
    setCopied({ code: meeting.code, sentence });
  };
  if (meetings.length === 0) return <p className="q3 empty">{text.home.none}</p>;

  return (
    <>
      <FormError>{form.errorElsewhere()}</FormError>
      <ul className="card list">
        {meetings.map((meeting) => (
          <li key={meeting.code} className="meetingrow">
            <span className="two grow">
              <span>{meeting.title}</span>
              <span className="sm q3" role={copied?.code === meeting.code ? "status" : undefined}>
                {copied?.code === meeting.code
                  ? copied.sentence
                  : `${meeting.code} · ${text.home.created(day(meeting.created_at, language))}`}
              </span>
              {meeting.dial_in && <span className="sm q3">{byPhone(meeting.dial_in, text)}</span>}
            </span>
            {meeting.in_session && (
              <span className="tag voice">
                <span className="dot voice" aria-hidden />
                {text.home.inSession(meeting.participants)}
              </span>
            )}
            <span className="row">
              <Button rank="ghost" small onPress={() => void copy(meeting)}>
                <Copy className="i s" aria-hidden />
                {text.home.copy}
              </Button>
              <Button
                rank="ghost"
                small
                className="icon"
                aria-label={text.home.attendanceOf(meeting.title)}
                onPress={() => go(`/m/${meeting.code}/attendance`)}
              >
                <ClipboardList className="i s" aria-hidden />
              </Button>
              <Button
                rank="ghost"
                small
                className="icon"
                aria-label={`${text.home.remove} ${meeting.title}`}
                onPress={() => setLeaving(meeting)}
              >
                <Trash2 className="i s" aria-hidden />
              </Button>
              <Button
                small
                aria-label={`${text.home.enter} ${meeting.title}`}
                onPress={() => go(`/m/${meeting.code}`)}
              >
                {text.home.enter}
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {leaving && (
        <Confirm
          title={text.home.removeTitle}
          help={text.home.removeHelp(leaving.title)}
          action={text.home.remove}
          onConfirm={() =>
            void form.submit(async () => {
              await deleteMeeting(leaving.code);
              onChange();
            })
          }
          onClose={() => setLeaving(undefined)}
        />
      )}
    </>
  );
}

/** The first number, and the PIN if it asks for one. */
function byPhone({ numbers: [first], direct: [door], pin }: DialIn, text: Words<"home">): string {
  if (door) return text.home.byPhoneDirect(door.number);
  return first ? text.home.byPhone(first.number, pinInGroups(pin)) : "";
}

const day = (time: string, language: string) =>
  new Date(time).toLocaleDateString(language, { day: "numeric", month: "long" });
