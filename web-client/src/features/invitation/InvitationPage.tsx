import { useCallback } from "react";
import { openInvitation } from "../../api/schedules";
import { useText } from "../../i18n";
import { Loading, PlainPage, useTitle } from "../../ui";
import { useLoaded } from "../../useLoaded";
import { MeetingPage } from "../meeting";

/** Where a personal link leads: into its meeting, under its name. */
export function InvitationPage({ secret }: { secret: string }) {
  const text = useText();
  const load = useCallback(() => openInvitation(secret), [secret]);
  const { value, error } = useLoaded(load);
  if (error !== undefined) return <NoInvitation sentence={error} title={text.errors.no_invitation_title} />;
  if (value === undefined) return <Loading />;
  return <MeetingPage code={value.code} invitation={{ secret, ...value }} />;
}

function NoInvitation({ sentence, title }: { sentence: string; title: string }) {
  useTitle(title);
  return <PlainPage title={title} help={sentence} />;
}
