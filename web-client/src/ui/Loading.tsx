import { useText } from "../i18n";

/** Said rather than turned: a slow link shows a word, not a spinner. */
export function Loading() {
  const text = useText();
  return (
    <p className="loading q3" role="status">
      {text.app.loading}
    </p>
  );
}
