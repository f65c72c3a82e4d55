import { useState } from "react";
import { Dialog, Form, Heading, Modal, ModalOverlay } from "react-aria-components";
import { addUser, listUsers, removeUser, setExtension, type Role, type User } from "../../api/accounts";
import { useText } from "../../i18n";
import { AccountForm, AccountLine } from "../auth";
import { useLoaded } from "../../useLoaded";
import { Button, Choice, Confirm, Field, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";

/** The accounts of this server, for its administrators. */
export function UsersPage({ me }: { me: User }) {
  const text = useText();
  const users = useLoaded(listUsers);
  const form = useForm();
  const [leaving, setLeaving] = useState<User>();
  const [giving, setGiving] = useState<User>();
  const [said, setSaid] = useState("");
  useTitle(text.users.title);

  const remove = (user: User) =>
    form.submit(async () => {
      await removeUser(user.id);
      setSaid(text.users.removed(user.name));
      users.reload();
    });

  return (
    <>
      <div className="head">
        <div>
          <h1>{text.users.title}</h1>
          <p className="lede">{users.value ? text.users.lede(users.value.length) : text.app.loading}</p>
        </div>
      </div>
      <FormError>{users.error ?? form.errorElsewhere()}</FormError>
      <p role="status" className="sm q2 said">
        {said}
      </p>
      <div className="columns">
        <section className="card scrolls" aria-label={text.users.title} tabIndex={0}>
          {users.value ? (
            <table className="data">
              <thead>
                <tr>
                  <th scope="col">{text.users.name}</th>
                  <th scope="col">{text.users.email}</th>
                  <th scope="col">{text.users.role}</th>
                  <th scope="col">{text.users.extension}</th>
                  <th scope="col">
                    <span className="hide">{text.users.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {users.value.map((user) => (
                  <tr key={user.id}>
                    <td className="b">{user.name}</td>
                    <td>{user.email}</td>
                    <td>{text.users.roles[user.role]}</td>
                    <td>
                      <Button rank="ghost" small className="flushleft" onPress={() => setGiving(user)}>
                        {user.extension ?? text.users.noExtension}
                        <span className="hide">{`, ${text.users.extensionOf(user.name)}`}</span>
                      </Button>
                    </td>
                    <td className="num">
                      {user.id === me.id ? (
                        <span className="q3">{text.users.you}</span>
                      ) : (
                        <Button
                          rank="ghost"
                          small
                          aria-label={`${text.users.remove} ${user.name}`}
                          onPress={() => setLeaving(user)}
                        >
                          {text.users.remove}
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <Loading />
          )}
        </section>
        <NewUserForm
          onAdded={(user) => {
            setSaid(text.users.added(user.name));
            users.reload();
          }}
        />
      </div>
      {giving && (
        <ExtensionDialog
          user={giving}
          onDone={(user) => {
            setSaid(text.users.extensionSaid(user.name, user.extension));
            users.reload();
          }}
          onClose={() => setGiving(undefined)}
        />
      )}
      {leaving && (
        <Confirm
          title={text.users.removeTitle}
          help={text.users.removeHelp(leaving.name)}
          action={text.users.remove}
          onConfirm={() => void remove(leaving)}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </>
  );
}

/** Which extension somebody answers in the browser. */
function ExtensionDialog({
  user,
  onDone,
  onClose,
}: {
  user: User;
  onDone: (user: User) => void;
  onClose: () => void;
}) {
  const text = useText();
  const form = useForm();
  const [number, setNumber] = useState(user.extension ?? "");

  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="dialog">
        <Dialog>
          <Form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void form.submit(async () => {
                const typed = number.trim();
                onDone(await setExtension(user.id, typed === "" ? null : typed));
                onClose();
              });
            }}
          >
            <div>
              <Heading slot="title">{text.users.extensionOf(user.name)}</Heading>
              <p className="lede">{text.users.extensionHelp}</p>
            </div>
            <FormError>{form.errorElsewhere("extension")}</FormError>
            <Field
              label={text.users.extension}
              error={form.errorAt("extension")}
              inputMode="numeric"
              autoComplete="off"
              maxLength={10}
              value={number}
              onChange={setNumber}
              autoFocus
            />
            <div className="actions">
              <Button onPress={onClose}>{text.app.cancel}</Button>
              <Button rank="primary" type="submit" isPending={form.sending}>
                {text.telephony.save}
              </Button>
            </div>
          </Form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function NewUserForm({ onAdded }: { onAdded: (user: User) => void }) {
  const text = useText();
  const [role, setRole] = useState<Role>("user");

  return (
    <section className="card inset" aria-labelledby="new-user">
      <h2 id="new-user">{text.users.add}</h2>
      <AccountForm
        names={["name", "email", "password"]}
        word={text.users.create}
        send={async (written) => onAdded(await addUser({ ...written, role }))}
      >
        <AccountLine name="name" kind="name" label={text.users.name} foreign />
        <AccountLine name="email" kind="email" label={text.users.email} foreign />
        <Choice
          label={text.users.role}
          options={(["user", "administrator"] as const).map((each) => ({
            id: each,
            word: text.users.roles[each],
          }))}
          chosen={role}
          onChoose={(next) => setRole(next as Role)}
        />
        <AccountLine
          name="password"
          kind="newPassword"
          label={text.users.password}
          help={text.users.passwordHelp}
        />
      </AccountForm>
    </section>
  );
}
