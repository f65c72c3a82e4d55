import { useEffect, useRef, type JSX } from "react";
import { useText } from "../../../i18n";
import { postTabs, telephonyTabs, type TelephonyTab } from "../../../routes";
import { Link, useTitle } from "../../../ui";
import { CallsTab } from "./CallsTab";
import { ExplainTab } from "./ExplainTab";
import { ExtensionsTab } from "./ExtensionsTab";
import { GroupsTab } from "./GroupsTab";
import { LinesTab } from "./LinesTab";
import { LiveTab } from "./LiveTab";
import { SitesTab } from "./SitesTab";
import "./telephony.css";

const pages: Record<TelephonyTab, () => JSX.Element> = {
  extensions: ExtensionsTab,
  sites: SitesTab,
  groups: GroupsTab,
  lines: LinesTab,
  live: LiveTab,
  calls: CallsTab,
  explain: ExplainTab,
};

/** The phones of this server, or those of one post for whoever looks after them. */
export function TelephonyPage({ tab, whole }: { tab: TelephonyTab; whole: boolean }) {
  const text = useText("telephony");
  useTitle(`${text.telephony.tabs[tab]} · ${text.telephony.title}`);
  const Page = pages[tab];
  const tabs = useRef<HTMLElement>(null);

  // On a narrow screen the tabs scroll; the current one must be seen.
  useEffect(() => {
    tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab]);

  return (
    <div className="telephony">
      <p className="sm q3">{text.telephony.title}</p>
      <h1>{text.telephony.tabs[tab]}</h1>
      <nav ref={tabs} className="tabs sub" aria-label={text.telephony.title}>
        {(whole ? telephonyTabs : postTabs).map((each) => (
          <Link
            key={each}
            to={each === "extensions" ? "/telephony" : `/telephony/${each}`}
            aria-current={each === tab ? "page" : undefined}
          >
            {text.telephony.tabs[each]}
          </Link>
        ))}
      </nav>
      <Page />
    </div>
  );
}
