import { useState } from "react";
import { addUser, listUsers, removeUser, type Role, type User } from "../../api/accounts";
import { useText } from "../../i18n";
import { AccountForm, AccountLine } from "../auth";
import { useLoaded } from "../../useLoaded";
import { Button, Choice, Confirm, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";

/** The accounts of this server, for its administrators. */
export function UsersPage({ me }: { me: User }) {
  const text = useText();
  const users = useLoaded(listUsers);
  const form = useForm();
  const [leaving, setLeaving] = useState<User>();
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
