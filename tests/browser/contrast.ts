/** How well text stands out from what is behind it (WCAG 2.2, 1.4.3). */
import type { Page } from "playwright-core";

export interface Contrast {
  what: string;
  ratio: number;
}

/** Of every visible text, placeholders too; the worst first. Opacity counts, pictures behind text do not. */
export async function contrasts(page: Page): Promise<Contrast[]> {
  const found: Contrast[] = await page.locator("html").evaluate((root) => {
    const document = root.ownerDocument;
    const view = document.defaultView;
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    type Colour = { rgb: number[]; alpha: number };

    /** The browser reads its own notation best. */
    const read = (text: string): Colour => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      return { rgb: [red, green, blue], alpha: alpha / 255 };
    };
    const over = ({ rgb, alpha }: Colour, below: number[]) =>
      rgb.map((value, index) => value * alpha + below[index]! * (1 - alpha));
    const luminance = (rgb: number[]) => {
      const [red, green, blue] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };

    const probe = document.createElement("div");
    document.body.append(probe);
    probe.style.backgroundColor = "Canvas";
    const ground = read(view.getComputedStyle(probe).backgroundColor).rgb;
    probe.remove();

    // biome-ignore lint/suspicious/noExplicitAny: the DOM's types are not in scope on the host
    const measure = (element: any, style: any, what: string) => {
      const chain = [];
      for (let at = element; at; at = at.parentElement) chain.unshift(view.getComputedStyle(at));
      let back = ground;
      let opacity = 1;
      for (const each of chain) {
        opacity *= Number(each.opacity);
        const { rgb, alpha } = read(each.backgroundColor);
        back = over({ rgb, alpha: alpha * opacity }, back);
      }
      const { rgb, alpha } = read(style.color);
      const [low, high] = [luminance(back), luminance(over({ rgb, alpha: alpha * opacity }, back))].sort(
        (a, b) => a - b,
      );
      return { what, ratio: (high! + 0.05) / (low! + 0.05) };
    };

    const results = [];
    for (const element of document.body.querySelectorAll("*")) {
      if (!element.checkVisibility() || ["SCRIPT", "STYLE", "OPTION"].includes(element.tagName)) continue;
      const style = view.getComputedStyle(element);
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const own = [...element.childNodes].filter((node: any) => node.nodeType === 3).map((node: any) => node.data);
      const text = own.join("").trim() || (element.value ?? "");
      const name = `${element.tagName.toLowerCase()}${element.className ? `.${element.className}` : ""}`;
      if (text) results.push(measure(element, style, `${name} "${text.slice(0, 30)}"`));
      if (element.placeholder) {
        const placeholder = view.getComputedStyle(element, "::placeholder");
        results.push(measure(element, placeholder, `placeholder "${element.placeholder}"`));
      }
    }
    return results;
  });
  return found.sort((a, b) => a.ratio - b.ratio);
}
