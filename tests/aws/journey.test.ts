import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { connect, connectClaim, create, openAws, register } from "./support.js";

test.each(["rsa", "ec"] as const)(
  "by claim, from the claim to a message of the permanent identity (%s)",
  async (serverKey) => {
    const world = await openAws({ serverKey });
    const { aws, clock, events } = world;
    const { client } = await connectClaim(world);
    const created = await create(client);
    expect(aws.certificates.find(({ id }) => id === created.certificateId)?.status).toBe("PENDING_ACTIVATION");
    const registered = await register(client, created.certificateOwnershipToken);
    expect(registered).toMatchObject({ thingName: "board_1", deviceConfiguration: { url: "https://seattle.example" } });
    await client.endAsync();
    clock.advance(1_000);
    const device = await connect(aws, created, { clientId: "board_1" });
    await device.publishAsync("devices/board_1/data", "hello", { qos: 1 });
    expect(events.at(-1)).toMatchObject({ type: "message", clientId: "board_1", topic: "devices/board_1/data" });
    expect(aws.things).toMatchObject([{ name: "board_1", attributes: { serial: "1" } }]);
    expect(new X509Certificate(created.certificatePem).subject).toBe("CN=AWS IoT Certificate");
  },
);
