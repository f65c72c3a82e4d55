import { useEffect, useRef, useState } from "react";
import { useText } from "../../i18n";
import { announced, type Announcement, type Scene } from "./announcements";
import { useWishes } from "./wishes";

interface Props {
  /** Nothing while the line is cut: whoever was there before is no news after. */
  scene: Scene | undefined;
}

/** Says what happens to those who do not see it. */
export function Announcer({ scene }: Props) {
  const words = useText("session").session.announcements;
  const [wishes] = useWishes();
  const before = useRef<Scene>(undefined);
  const [said, setSaid] = useState<readonly Announcement[]>([]);

  useEffect(() => {
    const news = scene && before.current ? announced(before.current, scene, wishes) : [];
    before.current = scene;
    if (news.length > 0) setSaid(news);
  }, [scene, wishes]);

  const sentence = (one: Announcement) =>
    "name" in one ? words.of[one.says](one.name) : words.many[one.says](one.count);
  return (
    <p className="hide" role="status" data-announcer>
      {said.map(sentence).join(" ")}
    </p>
  );
}
