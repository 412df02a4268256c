import { expect, test } from "vitest";
import { DebugReader } from "../../tools/debug-reader.js";

test("the console comes in lines, whatever the pieces, without exceptions that the agent catches", () => {
  const said = [
    '<xsbug><login name="agent" value="XS"/>',
    "<log>{&quot;state&quot;:",
    '</log><log path="a.js" line="7"># Exception: throw!\n</log><log>1}\nnote &lt;b&gt; &#65;&amp;',
    '\n</log><instruments><instrument name="Slots"/><instrument name="Stack used"/></instruments>',
    '<samples>3,640,9</samples><break path="b.js" line="1">memory full</break></xsbug>',
  ];
  // Byte by byte, too: where an element is torn makes no difference.
  for (const pieces of [said, [...said.join("")]]) {
    const reader = new DebugReader();
    expect(pieces.flatMap((piece) => reader.take(piece))).toEqual([
      { kind: "login" },
      { kind: "line", text: '{"state":1}' },
      { kind: "line", text: "note <b> A&" },
      { kind: "stack", bytes: 640 },
      { kind: "break", text: "memory full" },
    ]);
  }
});
