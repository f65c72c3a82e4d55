//! Who is signed in here, asked once and known everywhere.

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { signOut, whoAmI, type Me } from "../../api/accounts";

interface AccountState {
  account: Me | "nobody" | "unknown";
  arrived: (me: Me) => void;
  /** The office said that the session is over. */
  expired: () => void;
  leave: () => Promise<void>;
}

const AccountContext = createContext<AccountState | undefined>(undefined);

export function AccountProvider({ children }: { children: ReactNode }) {
  const [account, setAccount] = useState<AccountState["account"]>("unknown");

  useEffect(() => {
    let asked = true;
    whoAmI().then(
      (user) => {
        if (asked) setAccount(user ?? "nobody");
      },
      () => {
        if (asked) setAccount("nobody");
      },
    );
    return () => {
      asked = false;
    };
  }, []);

  const leave = useCallback(async () => {
    // Signed out here even if the server could not be told: the cookie then dies by itself.
    await signOut().catch(() => undefined);
    setAccount("nobody");
  }, []);
  const expired = useCallback(() => setAccount("nobody"), []);
  const state = useMemo(() => ({ account, arrived: setAccount, expired, leave }), [account, expired, leave]);

  return <AccountContext.Provider value={state}>{children}</AccountContext.Provider>;
}

/** The account of this browser. */
export function useAccount(): AccountState {
  const state = useContext(AccountContext);
  if (!state) throw new Error("useAccount outside AccountProvider");
  return state;
}
