import { labelNames } from "../factory/label.js";
import { recordMistakes } from "../factory/record.js";
import type { Progress } from "./progress.js";
import type { Texts } from "./texts.js";

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`;
const again = "Nothing is lost: connect the board again.";
const startless = "A board with it would not start: ask whoever made the release for another one. Nothing was written.";

export const en: Texts = {
  name: "English",
  labels: {
    title: "Flash a board",
    intro: "Brings the firmware onto an ESP32-S3 over USB, gives it its serial number and key, and prints its label.",
    board: "Board",
    boardNote: "Connect it with a USB data cable, then choose its port from the browser’s list.",
    connect: "Connect",
    disconnect: "Let it run",
    chip: "Chip",
    mac: "MAC",
    flashSize: "Flash",
    record: "Factory record",
    recordOnBoard: "Record",
    firmware: "Firmware",
    chooseRelease: "Choose a release",
    chooseReleaseNote: "manifest.json and the files that it names, all at once.",
    part: "File",
    offset: "Address",
    size: "Size",
    recordNote: "Serial number and key, which the signed activation needs.",
    recordKeep: "Leave it as it is",
    recordNew: "Make a new one",
    recordImport: "Take one from a file",
    recordFile: "Record (JSON)",
    recordFileNote: "The factory’s records.jsonl, or one record of it.",
    recordSerial: "Number on the label",
    recordSerialNote: "Only where the records have no MAC addresses: this board’s serial number.",
    serial: "Serial number",
    serialNote: "1 to 64 letters, digits or signs, no spaces.",
    hardwareVersion: "Hardware version",
    productId: "Product id",
    url: "Provisioning address",
    urlNote: "Empty: what the firmware says, or the person who sets it up.",
    urlLocked: "People cannot change it",
    password: "Password of the board’s network",
    passwordNote: "8 to 63 characters, printed on the label. Empty: the board makes one and shows it on its console.",
    makePassword: "New password",
    keyNote: "The key has 32 random bytes. It is never shown; it is saved with the record.",
    write: "Write",
    eraseSettings: "Erase the board’s settings",
    eraseSettingsNote: "Wi-Fi, addresses and credentials. Without this they stay.",
    flash: "Flash the board",
    label: "Label",
    labelNote: "The code joins the board’s network; its page then opens on the phone.",
    print: "Print the label",
    saveJson: "Save for the server (JSON)",
    saveCsv: "Save for the server (CSV)",
    secretNote: "The file holds the key. This page forgets it with the next board: save it now, and hand it on safely.",
    console: "Console",
    consoleNote:
      "What the board prints. It names no secret but the password of its own network, where the factory gave it none.",
    listen: "Open",
    stop: "Close",
    restart: "Restart",
    reset: "Factory reset",
    saveLog: "Save the log",
    wifi: "Wi-Fi",
    wifiNote:
      "For a board that is to be used here. It is tried before the board keeps it; else its own page asks for it.",
    wifiName: "Network",
    wifiPassword: "Password",
    show: "Show",
    join: "Give it to the board",
    cancel: "Cancel",
  },
  layouts: {
    agent: "It has this firmware already. Its settings stay.",
    blank: "It is blank.",
    other: "It has other firmware, which is replaced together with its settings.",
  },
  noRecord: "none",
  connecting: "Connecting… This takes some seconds.",
  connected: "Connected.",
  noRelease: "There is none beside this page.",
  checking: "Checking the files…",
  checked: "All files are as the manifest says.",
  writing: (progress) => (progress ? describe(progress) : "Preparing…"),
  bytes: kilobytes,
  flashed: "Done. The board holds exactly what was sent.",
  starts: { awaited: " Waiting for its first line…", shown: " It has started." },
  resetDone: "The settings are erased. The factory record is still there.",
  listening: "The console is open.",
  wifi: {
    asking: "The board tries it. This takes up to a minute.",
    given: "It works, and the board keeps it.",
    refused: {
      silent: "The board does not answer. Its firmware may not take Wi-Fi over the cable: use its own page.",
      mistyped: "The name or the password is none that Wi-Fi takes.",
      "not-joined": "The board could not join the network. Look at name and password; the board needs 2.4 GHz.",
      "no-address": "The board has no provisioning address. Give it one with its factory record, or use its own page.",
      "no-internet": "The Wi-Fi works, but the board does not reach its provisioning address.",
      service: "The Wi-Fi works, but the service does not accept the board. The console says why.",
      broker: "The service accepts the board, but the broker does not. The console says why.",
      late: "The board has not said in time whether it works. The console says how far it came.",
      unknown: "It did not work. The console says why.",
    },
  },
  labelNames,
  labelAlt: (serial, mac, network) => `Label: serial number ${serial}, MAC ${mac}, network ${network}`,
  questions: {
    replace: {
      title: "Replace the factory record?",
      text: "This board has one already. A server that knows the old serial number and key will refuse the new ones.",
      yes: "Replace it",
    },
    reset: {
      title: "Reset the board?",
      text: "Wi-Fi, addresses and credentials are erased. The factory record stays.",
      yes: "Reset it",
    },
    unsaved: {
      title: "Go on without saving the record?",
      text: "The key of the last board was not saved. This page forgets it now, and no server will accept that board.",
      yes: "Go on",
    },
  },
  failures: {
    "no-web-serial": {
      what: () => "This browser cannot talk to boards.",
      next: "Open this page in Chrome, Edge or Opera on a computer, under https:// or http://localhost.",
    },
    "no-port": {
      what: () => "No port was chosen.",
      next: "Press Connect again and choose the board. If the list is empty, the cable may only carry power: try another one.",
    },
    "port-busy": {
      what: () => "The port is in use.",
      next: "Close other programs and browser tabs that have it: serial monitors, other flashers. Then connect again.",
    },
    "no-answer": {
      what: () => "The board does not answer.",
      next: "Hold its BOOT button, press RESET briefly, let BOOT go, and connect again. If that does not help, try another cable or another USB socket.",
    },
    "wrong-chip": {
      what: (chip) => `This is for the ESP32-S3, not for the ${chip}.`,
      next: "Choose another port, or another board, or a release that is for this chip.",
    },
    protected: {
      what: () => "This chip only takes signed or encrypted firmware.",
      next: "Its eFuses say so, for good. Use the tools of whoever has its keys, or another board. Nothing was written.",
    },
    "flash-unknown": {
      what: () => "The board’s flash does not say how large it is.",
      next: "Take away what is wired to its pins and connect again. If it stays so, the board is damaged.",
    },
    "flash-small": {
      what: (size) => `The board’s flash has ${size}: too little for this release.`,
      next: "Use a board with more flash, or a release that is made for this one. Nothing was written.",
    },
    "cable-pulled": {
      what: () => "The connection broke.",
      next: `The cable was pulled, or the board lost its power. ${again} If it happens again, try another cable, and no USB hub.`,
    },
    "flash-corrupt": {
      what: () => "The flash does not hold what was sent.",
      next: "Connect the board and flash it again. If it happens again, try another cable; then its flash is worn.",
    },
    "line-broken": {
      what: () => "The board stopped answering.",
      next: `${again} Use a short cable and no USB hub; if it does not answer, hold BOOT and press RESET.`,
    },
    held: {
      what: () => "The board is still in download mode.",
      next: "Its BOOT button brought it there, and this cable cannot let it out: press RESET, without BOOT. Then open the console and press Restart: its first line shows that it runs.",
    },
    "release-missing": {
      what: (file) => `There is no ${file} among the files.`,
      next: "Choose all files of a release together.",
    },
    "release-unreadable": {
      what: (field) => `The release’s manifest is wrong: ${field}.`,
      next: "Ask whoever made the release for another one.",
    },
    "release-layout": {
      what: (file) => `The release lays out the flash in another way (${file}).`,
      next: "It would not find the board’s settings. Use a release of this version or a newer one.",
    },
    "part-missing": {
      what: (file) => `The release’s file ${file} is missing.`,
      next: "Choose all files of the release together.",
    },
    "part-corrupt": {
      what: (file) => `The file ${file} is not what the manifest says.`,
      next: "It was damaged on its way: download the release again. Nothing was written.",
    },
    "part-absent": {
      what: (part) => `The release has no ${part}.`,
      next: startless,
    },
    "part-misplaced": {
      what: (place) => `By the release’s own partition table nothing begins there: ${place}.`,
      next: startless,
    },
    "part-large": {
      what: (place) => `The file is larger than its place: ${place}.`,
      next: startless,
    },
    "table-damaged": {
      what: (file) => `The partition table ${file} is damaged.`,
      next: startless,
    },
    "table-flash": {
      what: (table) => `The partition table goes beyond the flash that the bootloader and the manifest know: ${table}.`,
      next: startless,
    },
    "slots-chosen": {
      what: (file) => `The record of the slots is not blank: ${file}.`,
      next: startless,
    },
    "image-magic": {
      what: (file) => `The file ${file} is no firmware image.`,
      next: startless,
    },
    "image-chip": {
      what: (file) => `The image ${file} is for another chip.`,
      next: startless,
    },
    "image-segments": {
      what: (file) => `The image ${file} is cut off, or its segments are wrong.`,
      next: startless,
    },
    "image-checksum": {
      what: (file) => `The image ${file} does not have its checksum.`,
      next: startless,
    },
    "image-hash": {
      what: (file) => `The image ${file} does not have its hash.`,
      next: startless,
    },
    "not-started": {
      what: () => "The board has not shown that it runs.",
      next: "Press the RESET button, without BOOT, open the console and press Restart: the last lines say where it stops; with none at all, look at its power and its cable. A build may have its console switched off: then look for the board’s Wi-Fi network with your phone.",
    },
    "settings-damaged": {
      what: () => "The settings on the board are damaged.",
      next: "A record cannot be added to them. Tick “Erase the board’s settings” and flash again.",
    },
    "settings-full": {
      what: () => "The settings on the board leave no room for the record.",
      next: "Tick “Erase the board’s settings” and flash again.",
    },
    "record-invalid": {
      what: (mistake) => mistake,
      next: "Correct the record and flash again. Nothing was written.",
    },
    "record-file": {
      what: () => "This file holds no factory record for this board.",
      next: "Choose the factory’s records.jsonl with the board’s MAC address in it, or a file with one record.",
    },
    "record-which": {
      what: (count) => `The boards in this file have no MAC addresses (${count} records).`,
      next: "Type the serial number of the board’s label beside the file: the page takes the record that has it. Nothing was written.",
    },
    "record-other-board": {
      what: (mac) => `This record belongs to the board ${mac}.`,
      next: "Choose the record of the board that is connected. Nothing was written.",
    },
  },
  mistakes: recordMistakes,
};

function describe({ name, doneBytes, totalBytes, bytesPerSecond, secondsLeft }: Progress): string {
  const parts = [`${name}: ${kilobytes(doneBytes)} of ${kilobytes(totalBytes)}`, `${kilobytes(bytesPerSecond)}/s`];
  if (secondsLeft !== undefined) parts.push(secondsLeft === 1 ? "1 second left" : `${secondsLeft} seconds left`);
  return parts.join(" · ");
}
