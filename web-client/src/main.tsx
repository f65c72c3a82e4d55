import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/page.css";
import "./ui/button.css";
import "./ui/form.css";
import "./ui/tag.css";
import "./ui/overlay.css";
import { App } from "./App";
import { firstWords } from "./i18n";
import { applyTheme } from "./ui";

applyTheme();

const root = document.getElementById("root");
if (!root) throw new Error("index.html holds no #root");
const page = createRoot(root);
void firstWords.then(() =>
  page.render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
