import { actionNames, awsStates, brokerStates, stateNames } from "./page.js";

/**
 * Keeps the lists of the page fresh: asks `/admin/state` every two seconds and rebuilds a list when it is different.
 * Text goes in as text, never as HTML. The page works without it.
 */
export const pageScript = `"use strict";
const stateNames = ${JSON.stringify(stateNames)};
const actionNames = ${JSON.stringify(actionNames)};
const awsStates = ${JSON.stringify(awsStates)};
const brokerStates = ${JSON.stringify(brokerStates)};
const shown = new Map();

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** As the server does it: addresses and topics are broken behind a slash or a hyphen. */
function breakable(text) {
  return text.split(/(?<=[/-])/).flatMap((part) => [part, element("wbr", {})]);
}

function time(ms) {
  const date = new Date(ms);
  return element("time", { dateTime: date.toISOString() }, date.toLocaleTimeString());
}

function deviceRow({ mac, serial, keyKnown, state, code, tooManyCount, lastSeenMs, actions }) {
  const about = element("p", { className: "quiet" });
  if (serial !== null) about.append(element("span", { className: "serial" }, serial), keyKnown ? " · key known · " : " · key unknown · ");
  if (lastSeenMs === null) about.append("has not called yet");
  else about.append("called ", time(lastSeenMs));
  if (tooManyCount > 0) about.append(" · asked too often " + tooManyCount + "×");
  const form = element("form", { method: "post", action: "/devices", className: "actions" });
  form.append(element("input", { type: "hidden", name: "mac", value: mac }));
  for (const action of actions) {
    const button = element("button", { name: "action", value: action }, actionNames[action]);
    if (action === "register") button.className = "primary";
    button.setAttribute("aria-label", actionNames[action] + " " + mac);
    form.append(button);
  }
  const head = element("div", { className: "row-head" });
  head.append(element("code", { className: "mac" }, mac), element("span", { className: "badge " + state }, stateNames[state]));
  const codeLine = code === null ? [] : [element("p", {}, "Shows the code ", element("strong", { className: "waiting-code" }, code))];
  return element("li", {}, head, ...codeLine, about, form);
}

function awsRow({ name, certificateId, online, last, lastSeenMs }) {
  const badge = element("span", { className: "badge " + (online ? "online" : "seen") }, awsStates[online]);
  const head = element("div", { className: "row-head" }, element("code", { className: "mac" }, name), badge);
  const about = element("p", { className: "quiet" }, "AWS IoT · certificate ", element("code", {}, certificateId), " · ", time(lastSeenMs));
  return element("li", {}, head, about, ...(last === null ? [] : [element("pre", {}, last)]));
}

function messageRow({ direction, mac, topic, payload, atMs }) {
  const head = element("div", { className: "row-head" });
  const where = element("span", { className: "arrow" }, direction === "up" ? "from" : "to");
  head.append(element("span", { className: "quiet" }, time(atMs), " ", where, " ", element("code", { className: "mac" }, mac)));
  return element("li", {}, head, element("p", { className: "topic" }, element("code", {}, ...breakable(topic))), element("pre", {}, payload));
}

function update(id, items, row) {
  const fingerprint = JSON.stringify(items);
  if (shown.get(id) === fingerprint) return;
  shown.set(id, fingerprint);
  const list = document.getElementById(id);
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  list.replaceChildren(...items.map(row));
  // Whoever walks through the buttons with the keyboard stays where they were.
  if (focused !== null) [...list.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === focused)?.focus();
}

async function refresh() {
  try {
    const response = await fetch("/admin/state", { cache: "no-store" });
    const state = await response.json();
    update("devices", state.devices, deviceRow);
    update("aws-devices", state.awsDevices, awsRow);
    update("messages", state.messages, messageRow);
    document.getElementById("broker-state").textContent = brokerStates[state.brokerRuns];
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
  }
  setTimeout(refresh, 2000);
}

refresh();
`;
