//! Who is signed in here, asked once and known everywhere.

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { codeOf } from "../../api/client";
import { signOut, whoAmI, type Me } from "../../api/accounts";

interface AccountState {
  account: Me | "nobody" | "unknown";
  /** The server does not answer; the page is what the device keeps of it. */
  away: boolean;
  arrived: (me: Me) => void;
  /** The office said that the session is over. */
  expired: () => void;
  leave: () => Promise<void>;
}

const AccountContext = createContext<AccountState | undefined>(undefined);

export function AccountProvider({ children }: { children: ReactNode }) {
  const [account, setAccount] = useState<AccountState["account"]>("unknown");
  const [away, setAway] = useState(false);

  useEffect(() => {
    let asked = true;
    let timer: number | undefined;
    const ask = () => {
      whoAmI().then(
        (user) => {
          if (!asked) return;
          setAccount(user ?? "nobody");
          setAway(false);
        },
        (error: unknown) => {
          if (!asked) return;
          setAccount("nobody");
          const unreached = codeOf(error) === "offline";
          setAway(unreached);
          if (unreached) timer = window.setTimeout(ask, ASK_AGAIN);
        },
      );
    };
    ask();
    return () => {
      asked = false;
      window.clearTimeout(timer);
    };
  }, []);

  const leave = useCallback(async () => {
    // Signed out here even if the server could not be told: the cookie then dies by itself.
    await signOut().catch(() => undefined);
    setAccount("nobody");
  }, []);
  const expired = useCallback(() => setAccount("nobody"), []);
  const state = useMemo(
    () => ({ account, away, arrived: setAccount, expired, leave }),
    [account, away, expired, leave],
  );

  return <AccountContext.Provider value={state}>{children}</AccountContext.Provider>;
}

/** How long until a server that does not answer is asked again, in milliseconds. */
const ASK_AGAIN = 5_000;

/** The account of this browser. */
export function useAccount(): AccountState {
  const state = useContext(AccountContext);
  if (!state) throw new Error("useAccount outside AccountProvider");
  return state;
}
