//! Every component of `src/ui` in all its states on one page, and the meeting's pieces below. For development: no build has it.

import { lazy, Suspense, useState, type ReactNode } from "react";
import { languages, nameOf, useLanguage } from "../i18n";
import {
  AppearanceMenu,
  Bars,
  Brand,
  Button,
  Checks,
  Choice,
  Confirm,
  ErrorBoundary,
  DataTable,
  Field,
  Flag,
  FormError,
  Link,
  Loading,
  MarkingBanner,
  Pick,
  Sheet,
  Stamp,
  SearchField,
  TableFile,
  chooseTheme,
  chosenTheme,
  useTitle,
  type Theme,
} from "../ui";
import { Shown } from "./Shown";
import "./design.css";

const Pieces = lazy(async () => ({ default: (await import("../features/meeting/Pieces")).Pieces }));

export function DesignPage() {
  useTitle("Composants");
  return (
    <main id="main" className="design">
      <h1>Composants</h1>
      <Appearance />
      <Ui />
      <Suspense fallback={<Loading />}>
        <Pieces />
      </Suspense>
    </main>
  );
}

const themes: readonly Theme[] = ["light", "dark", "contrast", "system"];

function Appearance() {
  const { text, language, speak } = useLanguage();
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <div className="states">
      {themes.map((each) => (
        <Button
          key={each}
          small
          rank={each === theme ? "primary" : "plain"}
          onPress={() => {
            chooseTheme(each);
            setTheme(each);
          }}
        >
          {text.app.themes[each]}
        </Button>
      ))}
      {languages.map((each) => (
        <Button key={each} small rank={each === language ? "primary" : "plain"} onPress={() => speak(each)}>
          {nameOf(each)}
        </Button>
      ))}
    </div>
  );
}

const ranks = ["primary", "plain", "ghost", "danger"] as const;
const levels = ["public", "internal", "restricted"] as const;
const qualities = ["good", "fair", "poor", "lost"] as const;
const options = [
  { id: "rome", word: "Ambassade à Rome" },
  { id: "tokyo", word: "Ambassade à Tokyo" },
];
const marking = (level: (typeof levels)[number]) => ({
  level,
  label: { fr: "Diffusion restreinte", en: "Restricted" },
  audience: { fr: "Les délégations", en: "The delegations" },
});

function Ui() {
  const [open, setOpen] = useState<"sheet" | "question">();
  const [chosen, setChosen] = useState("rome");
  const close = () => setOpen(undefined);
  return (
    <>
      <Shown name="Button">
        {ranks.map((rank) => (
          <Button key={rank} rank={rank}>
            Envoyer
          </Button>
        ))}
        {ranks.map((rank) => (
          <Button key={rank} rank={rank} small>
            Envoyer
          </Button>
        ))}
        {ranks.map((rank) => (
          <Button key={rank} rank={rank} isDisabled>
            Envoyer
          </Button>
        ))}
      </Shown>
      <Shown name="Field">
        <Field label="Objet" help="Tel que les invités le liront." />
        <Field label="Objet" defaultValue="Commission mixte" />
        <Field label="Objet" error="Écrire l’objet de la rencontre." />
        <Field label="Objet" defaultValue="Commission mixte" isDisabled />
      </Shown>
      <Shown name="Choice, Pick">
        <Choice label="Poste" options={options} chosen={chosen} onChoose={setChosen} />
        <Pick label="Poste" options={options} chosen={chosen} onChoose={setChosen} />
      </Shown>
      <Shown name="Checks">
        <Checks
          title="Ménager la liaison"
          checks={[
            {
              id: "sound",
              title: "Son seulement",
              help: "Aucune caméra n’est envoyée ni reçue.",
              isChecked: true,
            },
            {
              id: "blur",
              title: "Flouter",
              help: "Cet appareil n’est pas assez puissant.",
              isChecked: false,
              isDisabled: true,
            },
          ]}
          onChange={() => undefined}
        />
      </Shown>
      <Shown name="SearchField, DataTable">
        <Seeking />
        <DataTable label="Présence">
          <thead>
            <tr>
              <th scope="col">Nom</th>
              <th scope="col" className="num">
                Temps
              </th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <td className="b">Consule générale</td>
              <td className="num">12:40</td>
            </tr>
          </tbody>
        </DataTable>
      </Shown>
      <Shown name="FormError, Loading, TableFile">
        <FormError>L’adresse ou le mot de passe n’est pas le bon.</FormError>
        <Loading />
        <TableFile label="Tableau" onChoose={() => undefined} />
      </Shown>
      <Shown name="Stamp, MarkingBanner">
        {levels.map((level) => (
          <Stamp key={level} marking={marking(level)} />
        ))}
        <div className="cloth">
          <Stamp marking={marking("internal")} onCloth />
        </div>
        {levels.map((level) => (
          <MarkingBanner key={level} marking={marking(level)} />
        ))}
      </Shown>
      <Shown name="Flag, Bars, Brand, Link">
        {["BJ", "IN", "IT", "ZZ"].map((country) => (
          <Flag key={country} country={country} />
        ))}
        <Flag country="BJ" small />
        {qualities.map((quality) => (
          <Bars key={quality} of={quality} />
        ))}
        <span className="brand">
          <Brand />
        </span>
        <Link to="/design">Composants</Link>
      </Shown>
      <Shown name="AppearanceMenu, Sheet, Confirm, ErrorBoundary">
        <AppearanceMenu />
        <Button onPress={() => setOpen("sheet")}>Ouvrir la feuille</Button>
        <Button onPress={() => setOpen("question")}>Poser la question</Button>
        <ErrorBoundary fallback={<span>La page s’est arrêtée</span>}>
          <Broken />
        </ErrorBoundary>
        {open === "sheet" && (
          <Sheet title="Importer des comptes" help="Un tableau, une ligne par personne." onClose={close}>
            <Button onPress={close}>Fermer</Button>
          </Sheet>
        )}
        {open === "question" && (
          <Confirm
            title="Clore la séance"
            help="Tous la quittent."
            action="Clore"
            onConfirm={close}
            onClose={close}
          />
        )}
      </Shown>
    </>
  );
}

function Seeking() {
  const [sought, setSought] = useState("");
  return <SearchField label="Fonction, poste ou numéro" value={sought} onChange={setSought} />;
}

function Broken(): ReactNode {
  throw new Error("broken on purpose");
}
