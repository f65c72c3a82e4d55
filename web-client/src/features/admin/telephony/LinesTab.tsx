import { Plus } from "lucide-react";
import { useState } from "react";
import { listNumbers, listPosts, listRoutes, listTrunks } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, FormError, Loading } from "../../../ui";
import { useLoaded } from "../../../useLoaded";
import { Numbers } from "./Numbers";
import { Routes } from "./Routes";
import { Said } from "./shared";
import { TrunkSide } from "./TrunkSide";

/** Lines to the public network, which calls take them, and where public numbers lead. */
export function LinesTab() {
  const text = useText();
  const words = text.telephony.lines;
  const trunks = useLoaded(listTrunks);
  const posts = useLoaded(listPosts);
  const routes = useLoaded(listRoutes);
  const numbers = useLoaded(listNumbers);
  const [open, setOpen] = useState<number | "new">();
  const [said, setSaid] = useState("");

  const error = trunks.error ?? posts.error ?? routes.error ?? numbers.error;
  if (!trunks.value || !posts.value || !routes.value || !numbers.value) {
    return error === undefined ? <Loading /> : <FormError>{error}</FormError>;
  }
  const chosen = trunks.value.find(({ id }) => id === open);
  const changed = (what: string) => {
    setSaid(what);
    trunks.reload();
    routes.reload();
    numbers.reload();
  };

  return (
    <>
      <div className="blockhead">
        <p className="q2">{words.lede}</p>
        <Button
          rank={open === undefined ? "primary" : "plain"}
          isDisabled={posts.value.length === 0}
          onPress={() => setOpen("new")}
        >
          <Plus className="i s" aria-hidden />
          {words.add}
        </Button>
      </div>
      <FormError>{error}</FormError>
      <Said>{posts.value.length === 0 ? text.telephony.extensions.noSite : said}</Said>
      <div className={open === undefined ? "beside alone" : "beside"}>
        <div>
          <section className="card scrolls" aria-label={text.telephony.tabs.lines} tabIndex={0}>
            {trunks.value.length === 0 ? (
              <p className="nothing q2">{words.none}</p>
            ) : (
              <table className="data">
                <thead>
                  <tr>
                    <th scope="col">{words.name}</th>
                    <th scope="col">{text.telephony.site}</th>
                    <th scope="col">{words.provider}</th>
                    <th scope="col">{words.reach}</th>
                    <th scope="col" className="num">
                      {words.calls}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {trunks.value.map((trunk) => (
                    <tr key={trunk.id} aria-selected={trunk.id === open}>
                      <td>
                        <button className="open" onClick={() => setOpen(trunk.id)}>
                          {trunk.name}
                        </button>
                      </td>
                      <td className="q2">{trunk.post_name}</td>
                      <td className="q2">
                        {trunk.transport.toUpperCase()} {trunk.host}
                      </td>
                      <td className="q2">{text.telephony.rights[trunk.rights]}</td>
                      <td className="q2 num">{trunk.calls}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </section>
          {trunks.value.length > 0 && (
            <>
              <Routes routes={routes.value} trunks={trunks.value} posts={posts.value} onChanged={changed} />
              <Numbers numbers={numbers.value} trunks={trunks.value} onChanged={changed} />
            </>
          )}
        </div>
        {(open === "new" || chosen) && (
          <TrunkSide
            key={open}
            trunk={chosen}
            posts={posts.value}
            onDone={(what) => {
              setOpen(undefined);
              changed(what);
            }}
            onClose={() => setOpen(undefined)}
          />
        )}
      </div>
    </>
  );
}
