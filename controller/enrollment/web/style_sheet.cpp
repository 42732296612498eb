#include "controller/enrollment/web/style_sheet.h"

namespace perennial::enrollment::server::web {

// Text on its ground has a contrast of at least 7:1 in both colour schemes (WCAG 1.4.6), what can
// be operated at least 3:1.
std::string_view styleSheet()
{
    return R"css(:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --soft: #eef2f6; --line: #6b7785; --link: #0b4a8f; --accent: #0b4a8f;
  --on-accent: #ffffff; --warn: #7a1f14; --warn-ground: #fdeeeb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181d; --text: #eef1f4; --soft: #1f262e; --line: #8b97a5; --link: #a9cdfb; --accent: #a9cdfb;
    --on-accent: #10151b; --warn: #ffc9bf; --warn-ground: #38201c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; }
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0.75rem 1.25rem; }
header { border-bottom: 1px solid var(--line); }
footer { border-top: 1px solid var(--line); margin-top: 2rem; }
.authority { font-weight: 700; margin: 0.25rem 0; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 0; padding: 0; }
nav a { display: inline-block; padding: 0.25rem 0; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, textarea:focus-visible,
summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: 0.5rem; top: -4rem; background: var(--ground); padding: 0.5rem 1rem; }
.skip:focus { top: 0.5rem; z-index: 1; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.75rem 0; }
h2 { font-size: 1.2rem; margin: 1.5rem 0 0.5rem; }
p, li, dd { max-width: 46rem; }
.field { margin: 1rem 0; }
.field label, legend { display: block; font-weight: 600; margin-bottom: 0.25rem; }
.hint { margin: 0.25rem 0; color: var(--text); font-size: 0.925rem; }
fieldset { border: 1px solid var(--line); border-radius: 4px; margin: 1rem 0; padding: 0.25rem 1rem 0.75rem; max-width: 46rem; }
.choice label { display: inline; font-weight: 400; }
textarea, select, input[type=file], input[type=text] {
  width: 100%; max-width: 46rem; padding: 0.5rem; font-size: 1rem; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: 4px;
}
textarea, code, pre { font-family: "DejaVu Sans Mono", ui-monospace, monospace; font-size: 0.875rem; }
pre { background: var(--soft); padding: 0.75rem 1rem; overflow-x: auto; border-radius: 4px; max-width: 60rem; }
button {
  font: inherit; font-weight: 600; padding: 0.5rem 1.25rem; border: 1px solid var(--accent); border-radius: 4px;
  background: var(--accent); color: var(--on-accent); cursor: pointer;
}
button.plain { background: var(--ground); color: var(--link); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); }
td code { overflow-wrap: anywhere; }
td.when { white-space: nowrap; }
td form { margin: 0; }
dt { font-weight: 600; margin-top: 0.75rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.notice { border-left: 4px solid var(--accent); background: var(--soft); padding: 0.5rem 1rem; max-width: 46rem; overflow-wrap: anywhere; }
.notice.warn { border-color: var(--warn); background: var(--warn-ground); color: var(--warn); }
)css";
}

} // namespace perennial::enrollment::server::web
