import { pathOf, routeOf, type Route } from "./routes";

/** The address bar as state: where the panel is, and the way to go elsewhere. */
class Router {
  route = $state.raw<Route>(routeOf(location.pathname));

  constructor() {
    addEventListener("popstate", () => (this.route = routeOf(location.pathname)));
    document.addEventListener("click", (event) => this.follow(event));
  }

  /** Goes to a route as a step of the history, or in place of the present one. */
  go(route: Route, { replace = false } = {}): void {
    const path = pathOf(route);
    if (path !== location.pathname) history[replace ? "replaceState" : "pushState"](null, "", path);
    this.route = route;
  }

  /** Lets links within the panel change the route instead of loading a page. */
  private follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.origin !== location.origin || !link.pathname.startsWith("/agent")) return;
    event.preventDefault();
    this.go(routeOf(link.pathname));
  }
}

export const router = new Router();
