import { expect, test } from "vitest";
import { ramText, slotText } from "../../tools/esp32/fit.js";

const SLOT_BYTES = 3 * 2 ** 20;

test("an image that fits says how full its slot is; one byte more than the slot does not fit", () => {
  expect(slotText("Image", 1_524_768, SLOT_BYTES)).toBe("Image: 1,524,768 bytes, 49 % of a slot (3,145,728 bytes)");
  expect(slotText("Image", SLOT_BYTES, SLOT_BYTES)).toContain("100 %");
  expect(() => slotText("Image", SLOT_BYTES + 1, SLOT_BYTES)).toThrow(
    "Image: 3,145,729 bytes, 101 % of a slot (3,145,728 bytes): it does not fit.",
  );
});

test("RAM that is short is a sentence behind the shares", () => {
  const end = "512,main,16384";
  const makefile = (slots: number) => `CREATION = -c 59136,0,${slots},0,${end}\n`;
  const config = new Map([
    ["CONFIG_ESP_WIFI_DYNAMIC_RX_BUFFER_NUM", "6"],
    ["CONFIG_ESP_WIFI_DYNAMIC_TX_BUFFER_NUM", "16"],
    ["CONFIG_LWIP_TCP_MSL", "5000"],
  ]);
  expect(ramText(makefile(3_696), config)).toMatch(
    /^RAM, at most:\n( +[\d,]+ bytes {3}.*\n)+ +[\d,]+ bytes {3}of 339,968/,
  );
  expect(() => ramText(makefile(8_192), config)).toThrow(/Wi-Fi: its buffers[\s\S]* bytes are missing: take them from/);
});
