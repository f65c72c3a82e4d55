import { useEffect, useState } from "react";
import { useLanguage } from "../../i18n";

/** The hour here, at the left of the bar. */
export function Clock() {
  const { language } = useLanguage();
  const [now, setNow] = useState(() => new Date());

  useEffect(() => {
    const timer = window.setInterval(() => setNow(new Date()), 5_000);
    return () => window.clearInterval(timer);
  }, []);

  return (
    <time className="twin b clock" dateTime={now.toISOString()}>
      {now.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })}
    </time>
  );
}
