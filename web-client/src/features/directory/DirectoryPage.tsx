import { Mail, Phone, Users } from "lucide-react";
import { useEffect, useState } from "react";
import { codeOf } from "../../api/client";
import { searchDirectory, type DirectoryPage as Page, type Entry, type Place } from "../../api/directory";
import { sentenceFor, useLanguage } from "../../i18n";
import { go } from "../../navigation";
import { Button, Choice, FormError, Loading, SearchField, useTitle } from "../../ui";
import { hourAt, isLate, PresenceWord, useNow, usePhone, useTelephone } from "../phone";
import "./directory.css";

/** Who can be called: by post, with the time there and a word of presence. */
export function DirectoryPage() {
  const { text } = useLanguage("directory");
  const words = text.directory;
  const { state } = usePhone();
  const [typed, setTyped] = useState("");
  const [post, setPost] = useState("");
  const { page, error, more } = useDirectory(typed, post, state.stale);
  useTitle(words.title);

  return (
    <>
      <div className="head">
        <div>
          <h1>{words.title}</h1>
          <p className="lede">{page ? words.lede(page.posts.length) : text.app.loading}</p>
        </div>
      </div>
      <div className="directory">
        <div className="find" role="search">
          <SearchField label={words.search} value={typed} onChange={setTyped} />
          <Choice
            label={words.post}
            labelHidden
            options={[
              { id: "", word: words.allPosts },
              ...(page?.posts ?? []).map(({ id, name }) => ({ id: String(id), word: name })),
            ]}
            chosen={post}
            onChoose={setPost}
          />
        </div>
        <FormError>{error && sentenceFor(text, error)}</FormError>
        {!page ? (
          error === undefined && <Loading />
        ) : page.entries.length === 0 ? (
          <p className="q3 empty" role="status">
            {typed === "" && post === "" ? words.empty : words.none}
          </p>
        ) : (
          byPost(page).map(([place, entries]) => (
            <PostSection key={place.id} place={place} entries={entries} />
          ))
        )}
        {page?.next != null && (
          <Button rank="ghost" onPress={more}>
            {words.more}
          </Button>
        )}
      </div>
    </>
  );
}

function PostSection({ place, entries }: { place: Place; entries: readonly Entry[] }) {
  const { text, language } = useLanguage("directory");
  const words = text.directory;
  const now = useNow(10_000);
  const hour = hourAt(place.time_zone, language, now);
  const late = isLate(place.time_zone, now);

  return (
    <section aria-labelledby={`post-${place.id}`}>
      <div className="posthead">
        <h2 id={`post-${place.id}`}>{place.name}</h2>
        {hour !== undefined && (
          <p className={late ? "late sm" : "sm q2"}>
            <time>{late ? words.hour(hour) : hour}</time>
          </p>
        )}
      </div>
      <ul className="card list">
        {entries.map((entry) => (
          <Row key={entry.number} entry={entry} hour={late ? hour : undefined} />
        ))}
      </ul>
    </section>
  );
}

function Row({ entry, hour }: { entry: Entry; hour: string | undefined }) {
  const { text } = useLanguage("directory");
  const words = text.directory;
  const telephone = useTelephone();
  const { state, asking } = usePhone();
  const presence = state.presence[entry.number] ?? entry.presence;
  const callable = state.extension !== null && !entry.is_self;

  return (
    <li className="person" data-number={entry.number}>
      <span className="face" aria-hidden>
        {entry.kind === "group" ? <Users className="i" /> : entry.name.charAt(0).toUpperCase()}
      </span>
      <span className="two grow">
        <span>
          {entry.name}
          {entry.is_self && ` (${words.you})`}
        </span>
        <span>
          {entry.function !== "" && `${entry.function} · `}
          {text.app.extension(entry.number)}
        </span>
      </span>
      <span className="moment">
        {presence ? <PresenceWord presence={presence} /> : <span className="sm q3">{words.group}</span>}
      </span>
      <span className="act">
        {entry.email !== null && !entry.is_self && (
          <a
            className="btn plain small"
            href={`mailto:${encodeURIComponent(entry.email)}`}
            aria-label={text.directory.writeTo(entry.name)}
          >
            <Mail className="i s" aria-hidden />
            {text.directory.write}
          </a>
        )}
        {callable && (
          <Button
            small
            aria-label={words.callName(entry.name)}
            isDisabled={asking}
            onPress={() => {
              go("/calls");
              void telephone?.place(entry.number);
            }}
          >
            <Phone className="i s" aria-hidden />
            {words.call}
            {hour !== undefined && <span className="hide">{words.hour(hour)}</span>}
          </Button>
        )}
      </span>
    </li>
  );
}

/** The page asked for, and what follows it; asked again when one pauses in typing. */
function useDirectory(typed: string, post: string, stale: number) {
  const [page, setPage] = useState<Page>();
  const [error, setError] = useState<string>();
  const q = typed.trim();

  useEffect(() => {
    let asked = true;
    const look = () =>
      searchDirectory({ ...(q !== "" && { q }), ...(post !== "" && { post: Number(post) }) }).then(
        (found) => {
          if (!asked) return;
          setPage(found);
          setError(undefined);
        },
        (failure: unknown) => {
          if (asked) setError(codeOf(failure));
        },
      );
    const timer = window.setTimeout(() => void look(), q === "" ? 0 : 150);
    return () => {
      asked = false;
      window.clearTimeout(timer);
    };
  }, [q, post, stale]);

  const more = () => {
    if (page?.next == null) return;
    searchDirectory({
      after: page.next,
      ...(q !== "" && { q }),
      ...(post !== "" && { post: Number(post) }),
    }).then(
      (rest) => setPage({ ...rest, entries: [...page.entries, ...rest.entries] }),
      (failure: unknown) => setError(codeOf(failure)),
    );
  };
  return { page, error, more };
}

/** The entries of each post, in their order. */
function byPost({ entries, posts }: Page): [Place, Entry[]][] {
  const sections = new Map<number, [Place, Entry[]]>();
  for (const entry of entries) {
    const known = sections.get(entry.post);
    if (known) {
      known[1].push(entry);
      continue;
    }
    const place = posts.find(({ id }) => id === entry.post) ?? {
      id: entry.post,
      name: entry.post_name,
      country: entry.country,
      time_zone: entry.time_zone,
    };
    sections.set(entry.post, [place, [entry]]);
  }
  return [...sections.values()];
}
