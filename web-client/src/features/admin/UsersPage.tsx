import { BookUser, Download, Plus, Upload } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { searchUsers, waysIn, type Me, type User, type UserPage } from "../../api/accounts";
import { codeOf } from "../../api/client";
import { listPosts } from "../../api/phones";
import { tableAddress } from "../../api/tables";
import { sentenceFor, useText } from "../../i18n";
import { useLoaded } from "../../useLoaded";
import { Button, Choice, Field, FormError, Loading, useTitle } from "../../ui";
import { DirectoryDialog } from "./DirectoryDialog";
import { ImportDialog } from "./ImportDialog";
import { PersonSide } from "./PersonSide";
import { Said } from "./telephony/shared";
import { Table } from "./telephony/Table";
import "./telephony/telephony.css";
import "./people.css";

/** The accounts of this server, for those who look after them. */
export function UsersPage({ me }: { me: Me }) {
  const text = useText("people");
  const words = text.people;
  const posts = useLoaded(listPosts);
  const [sought, setSought] = useState("");
  const [post, setPost] = useState("");
  const { page, error, reload, more } = useUsers(sought, post);
  const [open, setOpen] = useState<string>();
  const [importing, setImporting] = useState<"file" | "directory">();
  const ways = useLoaded(waysIn);
  const [said, setSaid] = useState("");
  const [told, setTold] = useState<{ id: string; password: string | undefined }>();
  useTitle(words.title);

  const chosen = page?.users.find(({ id }) => id === open);
  const changed = (what: string) => {
    setSaid(what);
    reload();
  };
  // What was told once is not told again.
  const close = () => {
    setTold(undefined);
    setOpen(undefined);
  };
  const beside = open === "new" || chosen !== undefined;

  return (
    <div className="telephony accounts">
      <div className="head">
        <div>
          <h1>{words.title}</h1>
          <p className="lede">{page ? words.lede(page.total) : text.app.loading}</p>
        </div>
        <div className="row">
          {me.may.administer && ways.value?.sign_in.includes("ldap") && (
            <Button onPress={() => setImporting("directory")}>
              <BookUser className="i s" aria-hidden />
              {words.importDirectory}
            </Button>
          )}
          <a className="btn plain" href={tableAddress("people")} download>
            <Download className="i s" aria-hidden />
            {words.exportTable}
          </a>
          <Button onPress={() => setImporting("file")}>
            <Upload className="i s" aria-hidden />
            {words.importTable}
          </Button>
          <Button rank={beside ? "plain" : "primary"} onPress={() => setOpen("new")}>
            <Plus className="i s" aria-hidden />
            {words.add}
          </Button>
        </div>
      </div>
      <FormError>{(error && sentenceFor(text, error)) ?? posts.error}</FormError>
      <div className="filters" role="search">
        <Field label={words.search} name="search" autoComplete="off" value={sought} onChange={setSought} />
        {(posts.value?.length ?? 0) > 1 && (
          <Choice
            label={words.post}
            options={[
              { id: "", word: words.allPosts },
              ...(posts.value ?? []).map(({ id, name }) => ({ id: String(id), word: name })),
            ]}
            chosen={post}
            onChoose={setPost}
          />
        )}
      </div>
      <Said>{said}</Said>
      <div className={beside ? "beside" : "beside alone"}>
        {page ? (
          <Table
            label={words.title}
            items={page.users}
            keyOf={({ id }) => id}
            columns={[
              { head: words.name, cell: ({ name }) => name },
              { head: words.function, cell: ({ function: does }) => does || "–" },
              { head: words.post, cell: ({ post_name }) => post_name ?? "–" },
              { head: words.extension, cell: ({ extension }) => extension ?? "–" },
              { head: words.role, cell: ({ role }) => words.roles[role] },
              { head: words.state, cell: (user) => <Standing user={user} /> },
            ]}
            open={open}
            onOpen={({ id }) => setOpen(id)}
            nameOf={({ name }) => words.open(name)}
            none={sought === "" && post === "" ? words.none : words.noneFound}
            below={
              page.next !== null && (
                <p className="nothing">
                  <Button rank="ghost" onPress={more}>
                    {words.more(page.total - page.users.length)}
                  </Button>
                </p>
              )
            }
          />
        ) : (
          <div>{error === undefined && <Loading />}</div>
        )}
        {beside && posts.value && (
          <PersonSide
            key={open}
            me={me}
            user={chosen}
            posts={posts.value}
            told={told !== undefined && told.id === open ? told.password : undefined}
            onTold={(id, password) => setTold({ id, password })}
            onChanged={changed}
            onMade={(user, what) => {
              changed(what);
              setOpen(user.id);
            }}
            onRemoved={(what) => {
              close();
              changed(what);
            }}
            onClose={close}
          />
        )}
      </div>
      {importing === "directory" && (
        <DirectoryDialog onDone={changed} onClose={() => setImporting(undefined)} />
      )}
      {importing === "file" && (
        <ImportDialog
          of="people"
          onDone={(what) => {
            setPost("");
            changed(what);
          }}
          onClose={() => setImporting(undefined)}
        />
      )}
    </div>
  );
}

/** Whether somebody can sign in, in a word. */
function Standing({ user }: { user: User }) {
  const words = useText("people").people.states;
  if (user.disabled) {
    return (
      <span className="state">
        <span className="dot busy" />
        {words.disabled}
      </span>
    );
  }
  return (
    <span className="state">
      <span className={user.must_change ? "dot off" : "dot on"} />
      {user.must_change ? words.initial : user.second_factor ? words.twofold : words.active}
    </span>
  );
}

/** The page asked for, and what follows it; asked again when one pauses in typing. */
function useUsers(sought: string, post: string) {
  const [page, setPage] = useState<UserPage>();
  const [error, setError] = useState<string>();
  const [turn, setTurn] = useState(0);
  const q = sought.trim();
  const ask = useCallback(
    (after?: number) =>
      searchUsers({
        ...(q !== "" && { q }),
        ...(post !== "" && { post: Number(post) }),
        ...(after !== undefined && { after }),
      }),
    [q, post],
  );

  useEffect(() => {
    let asked = true;
    const timer = window.setTimeout(
      () =>
        void ask().then(
          (found) => {
            if (!asked) return;
            setPage(found);
            setError(undefined);
          },
          (failure: unknown) => {
            if (asked) setError(codeOf(failure));
          },
        ),
      q === "" ? 0 : 150,
    );
    return () => {
      asked = false;
      window.clearTimeout(timer);
    };
  }, [ask, q, turn]);

  const more = () => {
    if (page?.next == null) return;
    ask(page.next).then(
      (rest) => setPage({ ...rest, users: [...page.users, ...rest.users] }),
      (failure: unknown) => setError(codeOf(failure)),
    );
  };
  return { page, error, more, reload: () => setTurn((before) => before + 1) };
}
