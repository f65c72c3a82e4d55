import { SunMoon } from "lucide-react";
import { useState } from "react";
import { languages, nameOf, useLanguage, type Language } from "../i18n";
import { PopoverButton, type PopoverParts } from "./PopoverButton";
import { chooseTheme, chosenTheme, type Theme } from "./theme";

const themes: readonly Theme[] = ["system", "light", "dark", "contrast"];

/** Language and theme, one button away on every page. */
export function AppearanceMenu() {
  const { text } = useLanguage();
  return (
    <PopoverButton
      className="btn small ghost"
      placement="bottom end"
      content={(parts) => <AppearanceChoices {...parts} />}
    >
      <SunMoon className="i s" aria-hidden />
      {text.app.appearance}
    </PopoverButton>
  );
}

/** The choices themselves. */
function AppearanceChoices({ Menu, MenuSection, MenuItem, Header }: PopoverParts) {
  const { text, language, speak } = useLanguage();
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  return (
    <Menu className="menu" aria-label={text.app.appearance}>
      <MenuSection
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[language]}
        onSelectionChange={(keys) => {
          const [next] = keys;
          if (next !== undefined) speak(next as Language);
        }}
      >
        <Header className="caps">{text.app.languageLabel}</Header>
        {languages.map((each) => (
          <MenuItem key={each} id={each} className="option" lang={each}>
            <span className="radio" />
            {nameOf(each)}
          </MenuItem>
        ))}
      </MenuSection>
      <MenuSection
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[theme]}
        onSelectionChange={(keys) => {
          const [next] = keys;
          if (next === undefined) return;
          chooseTheme(next as Theme);
          setTheme(next as Theme);
        }}
      >
        <Header className="caps">{text.app.theme}</Header>
        {themes.map((each) => (
          <MenuItem key={each} id={each} className="option">
            <span className="radio" />
            {text.app.themes[each]}
          </MenuItem>
        ))}
      </MenuSection>
    </Menu>
  );
}
