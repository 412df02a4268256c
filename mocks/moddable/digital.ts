/**
 * `embedded:io/digital` of the ESP32-S3 (modules/io/digital/digital.js, esp32/digitalbank.c): inputs only. Edges of one
 * turn are told together and without their direction; what the pin is now, `read` says.
 */
import type DigitalType from "embedded:io/digital";
import { host } from "./host.js";
import { post } from "./machine.js";
import type { Level } from "./pins.js";

type Options = ConstructorParameters<typeof DigitalType>[0] & { onReadable?: (this: DigitalType) => void };

const inputs = { Input: 0, InputPullUp: 1, InputPullDown: 2, InputPullUpDown: 3 } as const;
const edges = { Rising: 1, Falling: 2 } as const;

/** SOC_GPIO_VALID_GPIO_MASK: 0 to 21 and 26 to 48. */
const isPin = (pin: number): boolean => (pin >= 0 && pin <= 21) || (pin >= 26 && pin <= 48);

class Digital {
  static readonly Input = inputs.Input;
  static readonly InputPullUp = inputs.InputPullUp;
  static readonly InputPullDown = inputs.InputPullDown;
  static readonly InputPullUpDown = inputs.InputPullUpDown;
  static readonly Output = 8;
  static readonly OutputOpenDrain = 9;
  static readonly Rising = edges.Rising;
  static readonly Falling = edges.Falling;

  target: unknown;
  #pin: number | undefined;
  #posted = false;
  #unwatch: () => void;

  /** @throws "invalid pin", "in use", "invalid mode", "invalid edges", "invalid format" */
  constructor(options: Options) {
    const { pin, mode, onReadable, edge = 0 } = options;
    if (pin === undefined) throw new Error("invalid");
    if (typeof pin !== "number" || !isPin(pin)) throw new Error("invalid pin");
    if (!Object.values<unknown>(inputs).includes(mode)) throw new RangeError("invalid mode");
    if (onReadable && (edge & (edges.Rising | edges.Falling)) === 0) throw new RangeError("invalid edges");
    if (options.format && options.format !== "number") throw new RangeError("invalid format");
    if ("target" in options) this.target = options.target;
    this.#unwatch = host.pins.watch(pin, (level) => {
      if (onReadable && edge & (level ? edges.Rising : edges.Falling)) this.#tell(onReadable);
    });
    this.#pin = pin;
  }

  get format(): "number" {
    return "number";
  }

  set format(format: "number") {
    if (format !== "number") throw new RangeError();
  }

  read(): Level {
    if (this.#pin === undefined) throw new SyntaxError("Digital: closed");
    return host.pins.read(this.#pin);
  }

  /** @throws always: an input is not written to */
  write(_value: Level): void {
    throw new Error("can't write input");
  }

  close(): void {
    this.#unwatch();
    this.#pin = undefined;
  }

  #tell(onReadable: (this: DigitalType) => void): void {
    if (this.#posted) return;
    this.#posted = true;
    post(() => {
      this.#posted = false;
      if (this.#pin !== undefined) onReadable.call(this as unknown as DigitalType);
    });
  }
}

type StaticsOf<Class> = { [Name in Exclude<keyof Class, "prototype">]: Class[Name] };

export default Digital satisfies StaticsOf<typeof DigitalType>;
