import {
  conferenceNumbers,
  listNumbers,
  listPosts,
  listRoutes,
  listTrunks,
  type Trunk,
} from "../../../api/phones";
import { useText } from "../../../i18n";
import { FormError, Loading } from "../../../ui";
import { useLoaded } from "../../../useLoaded";
import { ConferenceNumbers } from "./ConferenceNumbers";
import { Listing, useOpen } from "./Listing";
import { Numbers } from "./Numbers";
import { Routes } from "./Routes";
import { Table } from "./Table";
import { TrunkSide } from "./TrunkSide";

/** Lines to the public network, which calls take them, and where public numbers lead. */
export function LinesTab() {
  const text = useText("telephony");
  const words = text.telephony.lines;
  const trunks = useLoaded(listTrunks);
  const posts = useLoaded(listPosts);
  const routes = useLoaded(listRoutes);
  const numbers = useLoaded(listNumbers);
  const conference = useLoaded(conferenceNumbers);
  const { open, show, close, said, say } = useOpen();

  const error = trunks.error ?? posts.error ?? routes.error ?? numbers.error ?? conference.error;
  if (!trunks.value || !posts.value || !routes.value || !numbers.value || !conference.value) {
    return error === undefined ? <Loading /> : <FormError>{error}</FormError>;
  }
  const keyOf = ({ id }: Trunk) => String(id);
  const chosen = trunks.value.find((trunk) => keyOf(trunk) === open);
  const changed = (what: string) => {
    say(what);
    trunks.reload();
    routes.reload();
    numbers.reload();
    conference.reload();
  };

  return (
    <>
      <FormError>{error}</FormError>
      <Listing
        lede={words.lede}
        add={{
          word: words.add,
          why: posts.value.length === 0 ? text.telephony.extensions.noSite : undefined,
          onPress: () => show("new"),
        }}
        said={said}
        side={
          (open === "new" || chosen) && (
            <TrunkSide
              key={open}
              trunk={chosen}
              posts={posts.value}
              onDone={(what) => {
                close();
                changed(what);
              }}
              onClose={close}
            />
          )
        }
      >
        <div>
          <Table
            label={text.telephony.tabs.lines}
            items={trunks.value}
            keyOf={keyOf}
            columns={[
              { head: words.name, cell: ({ name }) => name },
              { head: text.telephony.site, cell: ({ post_name }) => post_name },
              { head: words.provider, cell: ({ transport, host }) => `${transport.toUpperCase()} ${host}` },
              { head: words.reach, cell: ({ rights }) => text.telephony.rights[rights] },
              { head: words.calls, cell: ({ calls }) => calls, rank: "number" },
            ]}
            open={open}
            onOpen={(trunk) => show(keyOf(trunk))}
            none={words.none}
          />
          {trunks.value.length > 0 && (
            <>
              <Routes routes={routes.value} trunks={trunks.value} posts={posts.value} onChanged={changed} />
              <Numbers numbers={numbers.value} trunks={trunks.value} onChanged={changed} />
            </>
          )}
          <ConferenceNumbers conference={conference.value} onChanged={changed} />
        </div>
      </Listing>
    </>
  );
}
