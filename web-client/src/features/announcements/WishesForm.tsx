import { useText } from "../../i18n";
import { kinds, useWishes } from "./wishes";

/** What one's screen reader shall say. */
export function WishesForm() {
  const words = useText("session").session.announcements;
  const [wishes, change] = useWishes();
  return (
    <fieldset className="wishes">
      <legend className="sm q2">{words.help}</legend>
      {kinds.map((kind) => (
        <label key={kind} className="check sm">
          <input
            type="checkbox"
            checked={wishes[kind]}
            onChange={(event) => change({ [kind]: event.target.checked })}
          />
          {words.wishes[kind]}
        </label>
      ))}
    </fieldset>
  );
}
