/** `?raw` gives an icon's SVG as text, for a page without a framework. */
declare module "~icons/lucide/*?raw" {
  const svg: string;
  export default svg;
}
