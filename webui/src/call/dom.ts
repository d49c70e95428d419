/** The few words this page needs to speak to the DOM. Nothing is written that has not changed, so drawing often is cheap. */

type Child = Node | string | null;
type Attributes = Record<string, string | boolean>;

/** Makes an element: `class` and the like as attributes, true for one without a value. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** An icon from its SVG source, hidden from screen readers: words stand beside it. */
export function icon(svg: string): Element {
  const holder = document.createElement("template");
  holder.innerHTML = svg.trim();
  const element = holder.content.firstElementChild!;
  element.setAttribute("aria-hidden", "true");
  element.setAttribute("class", "icon");
  return element;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Gives a video or audio element its stream, once. */
export function setStream(element: HTMLMediaElement, stream: MediaStream | null): void {
  if (element.srcObject !== stream) element.srcObject = stream;
}

/** A button with an icon over or beside its word; `label` may be changed later. */
export function button(className: string, svg: string | null, label: string, onclick: () => void) {
  const word = h("span", {}, label);
  const picture = h("span", { class: "picture" });
  const element = h("button", { type: "button", class: className }, svg ? picture : null, word);
  element.addEventListener("click", onclick);
  let drawn = "";
  const set = (nextLabel: string, nextSvg: string | null = svg) => {
    setText(word, nextLabel);
    if (nextSvg && nextSvg !== drawn) picture.replaceChildren(icon(nextSvg));
    drawn = nextSvg ?? "";
  };
  set(label);
  return { element, set };
}
