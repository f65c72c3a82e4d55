import { Plus } from "lucide-react";
import { useState } from "react";
import {
  listExtensions,
  listPosts,
  listRegistrations,
  type Credentials,
  type Extension,
} from "../../../api/phones";
import { useText } from "../../../i18n";
import { go } from "../../../navigation";
import { Button, Field, FormError, Loading } from "../../../ui";
import { useLoaded } from "../../../useLoaded";
import { ExtensionSide } from "./ExtensionSide";
import { NewExtension } from "./NewExtension";
import { Said } from "./shared";
import { Table } from "./Table";
import { useEvery } from "./useEvery";

type Shown = "all" | "registered" | "absent";

/** Every number, who has it, and whether its phones are there. */
export function ExtensionsTab() {
  const text = useText("telephony");
  const words = text.telephony.extensions;
  const extensions = useLoaded(listExtensions);
  const posts = useLoaded(listPosts);
  const registrations = useLoaded(listRegistrations);
  const [sought, setSought] = useState("");
  const [shown, setShown] = useState<Shown>("all");
  const [open, setOpen] = useState<string>();
  const [slip, setSlip] = useState<{ number: string; credentials: Credentials }>();
  const [said, setSaid] = useState("");
  useEvery(5_000, registrations.reload);

  const error = extensions.error ?? posts.error ?? registrations.error;
  if (!extensions.value || !posts.value || !registrations.value) {
    return error === undefined ? <Loading /> : <FormError>{error}</FormError>;
  }
  const all = extensions.value;
  const registered = new Map<string, number>();
  for (const { number } of registrations.value) registered.set(number, (registered.get(number) ?? 0) + 1);
  const isThere = ({ number }: Extension) => registered.has(number);
  const counts: Record<Shown, number> = {
    all: all.length,
    registered: all.filter(isThere).length,
    absent: all.filter((extension) => !isThere(extension)).length,
  };
  const listed = all
    .filter((extension) => shown === "all" || isThere(extension) === (shown === "registered"))
    .filter((extension) => matches(extension, sought));
  const chosen = all.find(({ number }) => number === open);

  const show = (next: string | undefined) => {
    setSlip(undefined);
    setOpen(next);
  };
  const close = () => show(undefined);
  const changed = (what: string) => {
    setSaid(what);
    extensions.reload();
    registrations.reload();
  };

  if (posts.value.length === 0) {
    return (
      <div className="empty">
        <p>{words.noSite}</p>
        <p className="after">
          <Button rank="primary" onPress={() => go("/telephony/sites")}>
            {text.telephony.sites.add}
          </Button>
        </p>
      </div>
    );
  }

  return (
    <>
      <FormError>{error}</FormError>
      <div className="filters">
        <Field label={words.search} value={sought} onChange={setSought} name="search" autoComplete="off" />
        <div className="seg" role="group" aria-label={words.state}>
          {(["all", "registered", "absent"] as const).map((each) => (
            <button key={each} aria-pressed={shown === each} onClick={() => setShown(each)}>
              {words.shown[each]} <span className="q3">{counts[each]}</span>
            </button>
          ))}
        </div>
        <Button rank={open === undefined ? "primary" : "plain"} onPress={() => show("new")}>
          <Plus className="i s" aria-hidden />
          {words.add}
        </Button>
      </div>
      <Said>{said}</Said>
      <div className={open === undefined ? "beside alone" : "beside"}>
        <Table
          label={text.telephony.tabs.extensions}
          items={listed.slice(0, MOST_ROWS)}
          keyOf={({ number }) => number}
          columns={[
            { head: words.number, cell: ({ number }) => number },
            { head: words.holder, cell: ({ name }) => name, rank: "main" },
            { head: text.telephony.site, cell: ({ post_name }) => post_name },
            { head: words.devices, cell: ({ devices }) => devices.length },
            {
              head: words.state,
              cell: (extension) => <State extension={extension} there={isThere(extension)} />,
            },
            { head: words.forward, cell: (extension) => forwardOf(extension, words.forwardShort) },
          ]}
          open={open}
          onOpen={({ number }) => show(number)}
          nameOf={({ number, name }) => words.open(number, name)}
          none={all.length === 0 ? words.none : words.noneFound}
          below={
            listed.length > MOST_ROWS && <p className="nothing q2">{words.more(listed.length - MOST_ROWS)}</p>
          }
        />
        {open === "new" && (
          <NewExtension
            posts={posts.value}
            onClose={close}
            onAdded={({ extension, credentials }) => {
              setSlip({ number: extension.number, credentials });
              setOpen(extension.number);
              changed(words.added(extension.number, extension.name));
            }}
          />
        )}
        {chosen && (
          <ExtensionSide
            key={chosen.number}
            extension={chosen}
            posts={posts.value}
            registrations={registrations.value.filter(({ number }) => number === chosen.number)}
            slip={slip?.number === chosen.number ? slip.credentials : undefined}
            onSlip={(credentials) => setSlip({ number: chosen.number, credentials })}
            onChanged={changed}
            onRemoved={() => {
              close();
              changed(words.removed(chosen.number));
            }}
            onClose={close}
          />
        )}
      </div>
    </>
  );
}

function State({ extension, there }: { extension: Extension; there: boolean }) {
  const words = useText("telephony").telephony.extensions;
  if (extension.do_not_disturb) {
    return (
      <span className="state">
        <span className="dot busy" />
        {words.quiet}
      </span>
    );
  }
  return (
    <span className="state">
      <span className={there ? "dot on" : "dot off"} />
      {there ? words.there : words.absent}
    </span>
  );
}

function matches({ number, name, post_name }: Extension, sought: string): boolean {
  const plain = (text: string) =>
    text
      .normalize("NFD")
      .replace(/\p{Diacritic}/gu, "")
      .toLowerCase();
  return plain(`${number} ${name} ${post_name}`).includes(plain(sought.trim()));
}

function forwardOf(
  { forward }: Extension,
  words: { always: (to: string) => string; busy: (to: string) => string; no_answer: (to: string) => string },
): string {
  if (forward.always !== null) return words.always(forward.always);
  if (forward.busy !== null) return words.busy(forward.busy);
  if (forward.no_answer !== null) return words.no_answer(forward.no_answer);
  return "–";
}

/** More than this nobody reads; a search finds the rest. */
const MOST_ROWS = 300;
