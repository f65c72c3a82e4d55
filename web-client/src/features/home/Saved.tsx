import { amountOf, currencyWord } from "../../amounts";
import { loadSavings } from "../../api/savings";
import { useLanguage } from "../../i18n";
import { Link } from "../../ui";
import { useLoaded } from "../../useLoaded";

/** One quiet line: what calls would have cost this month. */
export function Saved() {
  const { text, language } = useLanguage("home");
  const savings = useLoaded(thisMonth).value;
  if (!savings || savings.total.saved <= 0) return null;
  const amount = `${amountOf(savings.total.saved, savings.decimals, language)}\u00a0${currencyWord(savings.currency, language)}`;
  const month = new Date(`${savings.month}-15`).toLocaleDateString(language, { month: "long" });
  return (
    <p className="saved sm q2">
      <span className="grow">{text.home.saved(amount, month)}</span>
      <Link to="/savings" className="b">
        {text.home.details}
      </Link>
    </p>
  );
}

const thisMonth = () => loadSavings({});
