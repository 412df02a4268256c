/** Two colours of text, one accent, one width; light and dark by the system's wish. */
export const pageStyle = `:root {
  --ground: #f5f5f2; --card: #ffffff; --line: #deded8; --text: #1d1f21; --quiet: #5c6166;
  --accent: #0b5fbe; --on-accent: #ffffff; --good: #17663a; --good-ground: #e4f3e9; --bad: #9c2318; --bad-ground: #fbe9e7;
  --wait: #7a4d00; --wait-ground: #fbf0d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #16181a; --card: #1f2224; --line: #383c40; --text: #eceeef; --quiet: #a5abb1;
    --accent: #7db8ff; --on-accent: #0a1a2c; --good: #86d8a4; --good-ground: #173224; --bad: #ffab9f; --bad-ground: #3b1e1b;
    --wait: #f2c879; --wait-ground: #37290f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 44rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
main { padding-bottom: 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: 0; }
a { color: var(--accent); }
code, pre { font: .92em/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { margin: .25rem 0 0; white-space: pre-wrap; }
.quiet { color: var(--quiet); font-size: .875rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; margin: 0 0 1rem; }
.notice { border-radius: 8px; padding: .625rem .875rem; margin: 0 0 1rem; }
.notice.good { color: var(--good); background: var(--good-ground); }
.notice.bad { color: var(--bad); background: var(--bad-ground); }
label { font-weight: 600; }
.code-line { display: flex; flex-wrap: wrap; gap: .625rem; margin-top: .625rem; }
#code {
  flex: 1 1 11rem; min-width: 0; max-width: 16rem; padding: .5rem .75rem; color: inherit; background: var(--ground);
  border: 1px solid var(--quiet); border-radius: 8px; font: 600 1.5rem/1.4 ui-monospace, Menlo, Consolas, monospace; letter-spacing: .18em;
}
button {
  min-height: 2.75rem; padding: 0 1rem; font: inherit; color: var(--text); background: transparent;
  border: 1px solid var(--line); border-radius: 8px; cursor: pointer;
}
button:hover { border-color: var(--quiet); }
button.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.rows { list-style: none; margin: 0; padding: 0; }
.rows li { padding: .875rem 0; border-top: 1px solid var(--line); }
.rows li:first-child { border-top: 0; padding-top: 0; }
.rows li:last-child { padding-bottom: 0; }
.rows:not(:empty) ~ .when-empty { display: none; }
.row-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .25rem .75rem; }
.row-head > .mac { font-size: 1rem; font-weight: 600; }
.mac, .badge { white-space: nowrap; }
.badge { font-size: .8125rem; padding: .125rem .625rem; border-radius: 99px; color: var(--quiet); border: 1px solid var(--line); }
.badge.online { color: var(--good); background: var(--good-ground); border-color: transparent; }
.badge.waiting, .badge.unregistered { color: var(--wait); background: var(--wait-ground); border-color: transparent; }
.badge.disabled { color: var(--bad); background: var(--bad-ground); border-color: transparent; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .625rem; }
.waiting-code { font: 600 1.15rem/1.4 ui-monospace, Menlo, Consolas, monospace; letter-spacing: .12em; }
nav { display: flex; gap: 1.25rem; margin: -.5rem 0 1rem; }
nav a { padding: .5rem 0; }
nav a[aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
.register { margin-top: 1.25rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.field {
  min-width: 0; min-height: 2.75rem; padding: .375rem .625rem; color: inherit; background: var(--ground);
  border: 1px solid var(--quiet); border-radius: 8px; font: inherit;
}
.mono { flex: 1 1 11rem; max-width: 16rem; font-family: ui-monospace, Menlo, Consolas, monospace; }
.choices { list-style: none; margin: .75rem 0 0; padding: 0; display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1rem; }
.choices li { display: contents; }
.choices span { align-self: center; }
details { border-top: 1px solid var(--line); }
summary { min-height: 2.75rem; padding: .625rem 0; cursor: pointer; font-weight: 600; }
details > form { padding-bottom: 1rem; }
.switch { display: grid; grid-template-columns: 1fr 14rem; gap: .125rem 1rem; align-items: center; padding: .5rem 0; }
.switch > label { font-weight: 400; overflow-wrap: anywhere; }
.switch > .quiet { grid-column: 1 / -1; }
.switch.changed > label { font-weight: 600; color: var(--wait); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.topic { font-size: .875rem; color: var(--quiet); }
#messages { max-height: 28rem; overflow-y: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
.stale #devices, .stale #messages { opacity: .55; }
@media (max-width: 30rem) { .switch { grid-template-columns: 1fr; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
`;
